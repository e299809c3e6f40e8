//! The manual of `brand`: how a role and the access to brands meet.

use super::brand::brand;
use super::scene::{Scene, on, only, refused};

const BRANDS: [&str; 4] = ["b1", "b2", "b3", "b4"];

/// What cem reaches of four brands: of the last, nothing was ever granted.
fn reach(scene: &Scene) -> [&str; 4] {
    BRANDS.map(|brand| scene.reaches("cem", brand))
}

/// Somebody with each of the three roles on a brand.
fn granted() -> Scene {
    let mut scene = brand();
    let grants = [on("brand", "b1", "admin"), on("brand", "b2", "standard"), on("brand", "b3", "viewer")];
    scene.grant("ada", "cem", &only(&grants)).expect("an owner grants");
    scene
}

const OWN: [&str; 4] = ["admin", "standard", "viewer", "-"];
const ALL: [&str; 4] = ["admin"; 4];
const LOWERED: [&str; 4] = ["viewer", "viewer", "viewer", "-"];

// "Demoting an Admin to Member keeps their explicit brand access intact but removes org-derived Admin access on every
// brand."
#[test]
fn an_admin_that_becomes_a_member_keeps_its_own_grants_alone() {
    let mut scene = granted();
    assert_eq!(reach(&scene), OWN);
    scene.make("ada", "cem", "admin").unwrap();
    assert_eq!(reach(&scene), ALL);
    scene.make("ada", "cem", "member").unwrap();
    assert_eq!(reach(&scene), OWN);
}

// "keeps their explicit brand access intact": also what was given to an Admin while it lay dormant.
#[test]
fn grants_to_an_admin_lie_dormant_until_it_is_a_member() {
    let mut scene = brand();
    scene.make("ada", "cem", "admin").unwrap();
    scene.grant("ada", "cem", &only(&[on("brand", "b2", "standard")])).unwrap();
    assert_eq!(reach(&scene), ALL);
    scene.make("ada", "cem", "member").unwrap();
    assert_eq!(reach(&scene), ["-", "standard", "-", "-"]);
}

// "Demoting a Member to Guest downgrades all their brand roles to Viewer."
#[test]
fn whoever_becomes_a_guest_is_a_viewer_of_its_brands_for_good() {
    let paths: [&[&str]; 6] = [
        &["guest"],
        &["guest", "member"],
        &["guest", "member", "guest", "member"],
        &["admin", "guest"],
        &["admin", "guest", "member"],
        &["admin", "member", "guest", "admin", "member"],
    ];
    for path in paths {
        let mut scene = granted();
        for role in path {
            scene.make("bob", "cem", role).unwrap();
        }
        assert_eq!(reach(&scene), LOWERED, "{path:?}");
    }
}

// The same rules, in every order of four changes.
#[test]
fn every_order_of_changes_obeys_the_same_rules() {
    let roles = ["admin", "member", "guest"];
    let mut walks = vec![(vec!["member"], granted())];
    for _ in 0..4 {
        let next = walks.iter().flat_map(|(path, scene)| {
            roles.map(|role| {
                let mut scene = scene.clone();
                scene.make("ada", "cem", role).unwrap();
                ([&path[..], &[role]].concat(), scene)
            })
        });
        walks = next.collect();
        for (path, scene) in &walks {
            let expected = match path.last().copied() {
                Some("admin") => ALL,
                _ if path.contains(&"guest") => LOWERED,
                _ => OWN,
            };
            assert_eq!(reach(scene), expected, "{path:?}");
        }
    }
}

// "Changing someone's org role does not update their brand-level assignments": nor does a transfer of the Owner's.
#[test]
fn a_transfer_keeps_the_grants_of_both() {
    let mut scene = granted();
    scene.transfer("ada", "cem").unwrap();
    assert_eq!((scene.place("ada").as_str(), scene.place("cem").as_str()), ("admin", "owner"));
    assert_eq!(reach(&scene), ALL);
    assert_eq!(refused(scene.transfer("ada", "bob")), "NOT_THE_HOLDER");
    scene.transfer("cem", "ada").unwrap();
    assert_eq!(reach(&scene), ALL, "the former owner is an admin");
    scene.make("ada", "cem", "member").unwrap();
    assert_eq!(reach(&scene), OWN);
    let mut scene = granted();
    scene.make("ada", "cem", "guest").unwrap();
    scene.transfer("ada", "cem").unwrap();
    scene.transfer("cem", "ada").unwrap();
    scene.make("ada", "cem", "member").unwrap();
    assert_eq!(reach(&scene), LOWERED, "once a guest, a viewer of its brands");
}

// "The per-brand role is locked to Viewer."
#[test]
fn a_guest_is_granted_nothing_but_viewer() {
    let mut scene = brand();
    for role in ["admin", "standard"] {
        for resource in ["b1", "*"] {
            let request = only(&[on("brand", resource, role)]);
            assert_eq!(refused(scene.grant("ada", "dan", &request)), "GRANTS_NOT_ALLOWED");
            assert_eq!(refused(scene.make_with("ada", "cem", "guest", Some(&request))), "GRANTS_NOT_ALLOWED");
        }
    }
    scene.grant("ada", "dan", &only(&[on("brand", "b1", "viewer")])).unwrap();
    assert_eq!((scene.reaches("dan", "b1"), scene.reaches("dan", "b2")), ("viewer", "-"));
    // Whoever leaves the role can be raised again, but only by somebody's choice.
    scene.make_with("ada", "dan", "member", Some(&only(&[on("brand", "b1", "admin")]))).unwrap();
    assert_eq!(scene.reaches("dan", "b1"), "admin");
}

// "Use Select All to grant every brand at once."
#[test]
fn selecting_all_grants_those_that_there_are_and_all_grants_those_to_come_too() {
    let mut scene = brand();
    let every = ["b1", "b2", "b3"].map(|brand| on("brand", brand, "standard"));
    scene.grant("ada", "cem", &only(&every)).unwrap();
    assert_eq!(reach(&scene), ["standard", "standard", "standard", "-"], "b4 came later");
    scene.grant("ada", "cem", &only(&[on("brand", "*", "viewer"), on("brand", "b1", "standard")])).unwrap();
    assert_eq!(reach(&scene), ["standard", "viewer", "viewer", "viewer"], "the highest wins");
    scene.grant("ada", "cem", &only(&[])).unwrap();
    assert_eq!(reach(&scene), ["-"; 4]);
}
