//! The manual of `organization`.

use roster_domain::Timestamp;

use super::scene::{Scene, at, refused};

const HOUR: i64 = 3_600_000_000;

fn organization() -> Scene {
    Scene::of("organization").with("bob", "editor").with("cem", "viewer")
}

// "Only a team member with the Admin role can generate an invite link and copy it for sending."
#[test]
fn only_an_admin_generates_a_link() {
    let mut scene = organization();
    for who in ["bob", "cem"] {
        assert_eq!(refused(scene.make_link(who)), "ROLE_LACKS_PERMISSION");
    }
    assert_eq!(refused(scene.make_link("dan")), "TEAM_NOT_ACCESSIBLE");
    scene.make_link("ada").unwrap();
}

// "The invite link is valid for 72 hours"
#[test]
fn a_link_is_valid_for_72_hours_to_the_microsecond() {
    let mut scene = organization();
    scene.make_link("ada").unwrap();
    let end = at("2026-03-04T12:00:00Z");
    assert_eq!(scene.links[0].expires_at, end);
    scene.wait(72 * HOUR - 1);
    scene.open_link("dan", 0).unwrap();
    assert_eq!(scene.place("dan"), "viewer");
    scene.wait(1);
    assert_eq!(scene.now, end);
    assert_eq!(refused(scene.open_link("eve", 0)), "EXPIRED");
}

// Hours are hours, also where clocks are changed: at the end of March they are in much of the world.
#[test]
fn seventy_two_hours_are_counted_and_not_read_off_a_clock() {
    let mut scene = organization();
    for start in
        ["2026-03-27T23:30:00Z", "2026-10-24T12:00:00Z", "2024-02-28T00:00:00Z", "2025-12-30T23:59:59Z"]
    {
        scene.now = at(start);
        scene.make_link("ada").unwrap();
        let made = scene.links.last().expect("a link");
        assert_eq!(made.expires_at, Timestamp::from_micros(scene.now.micros() + 72 * HOUR), "{start}");
    }
}

// "Multiple people can use the same link to join the organization."
// "New team members are automatically assigned the Viewer role."
#[test]
fn many_people_join_by_one_link_and_all_are_viewers() {
    let mut scene = organization();
    scene.make_link("ada").unwrap();
    let people = ["dan", "eve", "fay", "gil", "hal", "ida", "jon", "kim"];
    for who in people {
        assert!(!scene.may(who, "assets.view"));
        scene.open_link(who, 0).unwrap();
        assert_eq!(scene.place(who), "viewer");
        assert!(scene.may(who, "assets.view") && !scene.may(who, "assets.edit"));
    }
    assert_eq!(scene.links[0].uses, 8);
    for who in people.into_iter().chain(["ada", "bob"]) {
        let place = scene.place(who);
        assert_eq!(scene.open_link(who, 0), Ok(vec![]), "a member already");
        assert_eq!(scene.place(who), place);
    }
    assert_eq!(scene.links[0].uses, 8, "members are not counted again");
}

// "An organization must have at least one Admin. If you are the only Admin, you cannot change your role."
#[test]
fn the_only_admin_keeps_its_role_and_stays_until_there_is_another() {
    let mut scene = organization();
    for role in ["editor", "viewer"] {
        assert_eq!(refused(scene.make("ada", "ada", role)), "LAST_HOLDER");
    }
    assert_eq!(refused(scene.leave("ada")), "LAST_HOLDER");
    assert_eq!(refused(scene.remove("ada", "ada")), "OWN_REMOVAL");
    scene.make("ada", "bob", "admin").unwrap();
    let mut stays = scene.clone();
    stays.make("ada", "ada", "viewer").unwrap();
    assert_eq!(refused(stays.leave("bob")), "LAST_HOLDER");
    assert_eq!(refused(stays.make("bob", "bob", "editor")), "LAST_HOLDER");
    scene.leave("ada").unwrap();
    assert_eq!((scene.place("ada"), scene.place("bob")), ("-".to_owned(), "admin".to_owned()));
    assert_eq!(refused(scene.leave("bob")), "LAST_HOLDER");
}

// "Only a team member with the Admin role can change the roles of other members."
// "You can change the role of a member at any time."
#[test]
fn only_an_admin_changes_roles_and_any_to_any() {
    let mut scene = organization().with("dan", "viewer");
    for who in ["bob", "cem", "dan"] {
        for whom in ["ada", "bob", "cem", "dan"] {
            assert_eq!(refused(scene.make(who, whom, "editor")), "ROLE_LACKS_PERMISSION", "{who} {whom}");
        }
    }
    for role in ["editor", "admin", "viewer", "admin", "editor", "viewer"] {
        scene.make("ada", "dan", role).unwrap();
        assert_eq!(scene.place("dan"), role);
    }
}

// "Only a team member with the Admin role can remove a member from the organization."
// "The now former team member no longer has access to the organization and its private assets."
#[test]
fn only_an_admin_removes_and_all_access_is_gone() {
    let mut scene = organization();
    for (who, whom) in [("bob", "cem"), ("cem", "bob"), ("bob", "ada"), ("bob", "bob")] {
        assert_eq!(refused(scene.remove(who, whom)), "ROLE_LACKS_PERMISSION");
    }
    scene.remove("ada", "bob").unwrap();
    assert!(
        !["team.read", "members.read", "assets.view", "assets.edit"].iter().any(|one| scene.may("bob", one))
    );
}

// A removal lasts: what was shared before it does not undo it. What is shared after it may.
#[test]
fn a_removed_member_comes_back_by_a_newer_link_only() {
    let mut scene = organization();
    scene.make_link("ada").unwrap();
    scene.open_link("dan", 0).unwrap();
    scene.make("ada", "dan", "admin").unwrap();
    scene.remove("ada", "dan").unwrap();
    assert_eq!(refused(scene.open_link("dan", 0)), "REMOVED");
    scene.open_link("eve", 0).unwrap();
    scene.make_link("ada").unwrap();
    scene.open_link("dan", 1).unwrap();
    assert_eq!(scene.place("dan"), "viewer");
    scene.leave("dan").unwrap();
    scene.open_link("dan", 1).unwrap();
    scene.remove("ada", "dan").unwrap();
    assert_eq!(refused(scene.open_link("dan", 1)), "REMOVED");
}

#[test]
fn a_link_ends_with_its_makers_authority_and_comes_back_with_it() {
    let mut scene = organization();
    scene.make("ada", "bob", "admin").unwrap();
    scene.make_link("bob").unwrap();
    scene.make("ada", "bob", "editor").unwrap();
    assert_eq!(refused(scene.open_link("dan", 0)), "MAKER_GONE");
    scene.make("ada", "bob", "admin").unwrap();
    scene.open_link("dan", 0).unwrap();
    scene.remove("ada", "bob").unwrap();
    assert_eq!(refused(scene.open_link("eve", 0)), "MAKER_GONE");
}
