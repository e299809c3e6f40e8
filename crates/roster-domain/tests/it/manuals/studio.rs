//! The manual of `studio`.

use roster_domain::facts::Occupancy;
use roster_domain::{Change, PersonKey};

use super::scene::{Outcome, Scene, refused};

const WORKS: [&str; 4] = ["works.view", "works.add", "works.edit", "works.delete"];

fn studio() -> Scene {
    Scene::of("studio").with("bob", "editor").with("cem", "viewer")
}

// "Every Valise account is part of a team, even if it's a team of one."
#[test]
fn everybody_has_a_team_of_one() {
    let scene = Scene::personal("studio");
    assert_eq!(scene.place("ada"), "owner");
    assert_eq!(scene.occupancy(), Occupancy { active: 1, ..Occupancy::default() });
    assert_eq!(scene.team.personal, Some(PersonKey(0)));
}

// The team of one stays its person's, whoever else is invited to it: "invite them to help you manage your works".
#[test]
fn the_person_of_a_team_of_one_keeps_its_place_beside_other_owners() {
    let mut scene = Scene::personal("studio").with("bob", "owner");
    for role in ["editor", "viewer"] {
        assert_eq!(refused(scene.make("bob", "ada", role)), "PERSONAL_TEAM");
        assert_eq!(refused(scene.make("ada", "ada", role)), "PERSONAL_TEAM");
    }
    assert_eq!(refused(scene.suspend("bob", "ada")), "PERSONAL_TEAM");
    assert_eq!(refused(scene.remove("bob", "ada")), "PERSONAL_TEAM");
    assert_eq!(refused(scene.leave("ada")), "PERSONAL_TEAM");
    assert_eq!(refused(scene.may_delete("ada")), "PERSONAL_TEAM");
    assert_eq!(refused(scene.may_delete("bob")), "PERSONAL_TEAM");
    assert_eq!(scene.place("ada"), "owner");
    scene.make("bob", "bob", "viewer").unwrap();
    scene.make("ada", "bob", "owner").unwrap();
    scene.suspend("ada", "bob").unwrap();
    scene.remove("ada", "bob").unwrap();
    assert_eq!(scene.occupancy(), Occupancy { active: 1, ..Occupancy::default() });
}

// "The owner has full control of the account. They can add, edit, and delete works. They can also edit team settings,
// like the team name, or invite and remove team members."
#[test]
fn an_owner_has_full_control() {
    let mut scene = studio();
    assert!(WORKS.iter().all(|permission| scene.may("ada", permission)));
    scene.rename("ada", "Gallery").unwrap();
    scene.invite("ada", "dan", "owner", &[]).unwrap();
    scene.remove("ada", "bob").unwrap();
    assert_eq!(scene.place("bob"), "-");
    scene.may_delete("ada").unwrap();
}

// "An editor can add, edit, and delete works. They cannot edit team settings or invite/remove team members."
// "A viewer can only view works. They cannot add, edit, or delete works or change settings."
#[test]
fn editors_edit_works_and_viewers_view_them_and_neither_touches_the_team() {
    let mut scene = studio().with("dan", "viewer");
    let allowed = |who: &str| WORKS.map(|permission| scene.may(who, permission));
    assert_eq!(allowed("bob"), [true; 4]);
    assert_eq!(allowed("cem"), [true, false, false, false]);
    let acts: [fn(&mut Scene, &str) -> Outcome; 7] = [
        |scene, who| scene.rename(who, "Gallery"),
        |scene, who| scene.invite(who, "eve", "viewer", &[]),
        |scene, who| scene.remove(who, "dan"),
        |scene, who| scene.make(who, "dan", "editor"),
        |scene, who| scene.suspend(who, "dan"),
        |scene, who| scene.restore(who, "dan"),
        |scene, who| scene.may_delete(who),
    ];
    for who in ["bob", "cem"] {
        for act in acts {
            assert_eq!(refused(act(&mut scene, who)), "ROLE_LACKS_PERMISSION");
        }
    }
}

// "Once they accept the invitation, they will be able to access your works."
#[test]
fn whoever_accepts_can_access_the_works_and_not_before() {
    let mut scene = studio();
    scene.invite("ada", "dan", "editor", &[]).unwrap();
    assert!(!scene.may("dan", "works.view"));
    scene.accept("dan", 0).unwrap();
    assert!(scene.may("dan", "works.edit"));
    assert!(scene.pending().is_empty());
}

// "you can 'suspend' their account. This prevents them from accessing your Valise." "Show (number) suspended members"
#[test]
fn a_suspended_member_has_no_access_and_stays_listed() {
    let mut scene = studio();
    scene.suspend("ada", "bob").unwrap();
    assert!(
        !WORKS.iter().chain(&["team.read", "members.read"]).any(|permission| scene.may("bob", permission))
    );
    assert_eq!(scene.place("bob"), "suspended editor");
    assert_eq!(scene.occupancy(), Occupancy { active: 2, suspended: 1, pending: 0 });
    assert_eq!(refused(scene.leave("bob")), "ACTOR_SUSPENDED");
}

// "This will immediately restore their access, but will not notify them via email."
#[test]
fn a_restored_member_has_its_role_again_and_no_invitation() {
    let mut scene = studio();
    let before = (scene.place("bob"), scene.access("bob"));
    scene.suspend("ada", "bob").unwrap();
    let changes = scene.restore("ada", "bob").unwrap();
    assert!(matches!(changes[..], [Change::MemberRestored { .. }]), "{changes:?}");
    assert_eq!((scene.place("bob"), scene.access("bob")), before);
    assert!(scene.may("bob", "works.edit") && scene.invitations.is_empty());
}

// "To revoke a team member's access": no way in leads around it.
#[test]
fn a_suspended_member_does_not_get_in_by_an_invitation() {
    let mut scene = studio();
    scene.invite("ada", "dan", "editor", &[]).unwrap();
    let mut scene = scene.with("dan", "viewer");
    scene.suspend("ada", "dan").unwrap();
    assert_eq!(refused(scene.accept("dan", 0)), "SUSPENDED");
    assert_eq!(scene.place("dan"), "suspended viewer");
}

#[test]
fn nobody_suspends_the_only_owner_nor_itself() {
    let mut scene = studio();
    assert_eq!(refused(scene.suspend("ada", "ada")), "OWN_SUSPENSION");
    let mut scene = scene.with("dan", "owner");
    scene.suspend("dan", "ada").unwrap();
    assert_eq!(refused(scene.suspend("dan", "dan")), "OWN_SUSPENSION");
    assert_eq!(refused(scene.restore("ada", "ada")), "ACTOR_SUSPENDED");
    assert_eq!(refused(scene.leave("dan")), "LAST_HOLDER");
}
