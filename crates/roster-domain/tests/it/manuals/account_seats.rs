//! The manual of `account`: seats.

use super::scene::{Outcome, Scene, refused};

// "| Free | 1 (owner only) | Pro | 1 (owner only) | Agency | 3 | Enterprise | 10 |"
#[test]
fn each_tier_has_its_seats() {
    let mut scene = Scene::of("account");
    assert_eq!(scene.seats().limit, 1, "the tier of a new team is free");
    for (tier, limit) in [("free", 1), ("pro", 1), ("agency", 3), ("enterprise", 10)] {
        scene.tier(tier).unwrap();
        assert_eq!(scene.seats().limit, limit, "{tier}");
    }
}

// "1 (owner only)"
#[test]
fn free_and_pro_are_for_the_owner_alone() {
    for tier in ["free", "pro"] {
        let mut scene = Scene::of("account").on_tier(tier);
        assert_eq!(refused(scene.invite("ada", "bob", "viewer", &[])), "NO_SEAT");
    }
}

// Two members, one pending invitation, "seats_available": 1
#[test]
fn of_three_seats_with_two_members_and_one_pending_one_is_available() {
    let mut scene = Scene::of("account").on_tier("agency").with("bob", "editor");
    scene.invite("ada", "cem", "viewer", &[]).unwrap();
    let seats = scene.seats();
    assert_eq!((seats.limit, seats.used, seats.pending, seats.available), (3, 2, 1, 1));
    scene.invite("ada", "dan", "viewer", &[]).unwrap();
    assert_eq!(scene.seats().available, 1, "pending invitations hold none");
    scene.accept("dan", 1).unwrap();
    assert_eq!(scene.seats().available, 0);
    assert_eq!(refused(scene.accept("cem", 0)), "NO_SEAT");
    assert_eq!(refused(scene.invite("ada", "eve", "viewer", &[])), "NO_SEAT");
    scene.remove("ada", "bob").unwrap();
    scene.accept("cem", 0).unwrap();
    assert_eq!(scene.place("cem"), "viewer");
}

// A smaller tier removes nobody and blocks new members.
#[test]
fn a_smaller_tier_removes_nobody_and_admits_nobody() {
    let mut scene = Scene::of("account").on_tier("enterprise");
    for who in ["bob", "cem", "dan"] {
        scene = scene.with(who, "editor");
    }
    scene.invite("ada", "eve", "viewer", &[]).unwrap();
    scene.tier("agency").unwrap();
    let seats = scene.seats();
    assert_eq!((seats.limit, seats.used, seats.pending, seats.available), (3, 4, 1, 0));
    assert!(["bob", "cem", "dan"].iter().all(|who| scene.may(who, "validations.run")));
    assert_eq!(refused(scene.accept("eve", 0)), "NO_SEAT");
    assert_eq!(refused(scene.invite("ada", "fay", "viewer", &[])), "NO_SEAT");
    scene.make("ada", "bob", "viewer").unwrap();
    scene.remove("ada", "bob").unwrap();
    assert_eq!(refused(scene.accept("eve", 0)), "NO_SEAT");
    scene.remove("ada", "cem").unwrap();
    scene.accept("eve", 0).unwrap();
}

// "Agency | 3": in whatever order things happen.
#[test]
fn no_order_of_events_lets_in_more_people_than_there_are_seats() {
    type Step = (&'static str, fn(&mut Scene) -> Outcome);
    const STEPS: [Step; 6] = [
        ("invite", |scene| {
            let whom = ["bob", "cem", "dan", "eve", "fay", "gil", "hal"][scene.invitations.len()];
            scene.invite("ada", whom, "viewer", &[])
        }),
        ("accept", |scene| answer(scene, Scene::accept)),
        ("cancel", |scene| answer(scene, |scene, _, place| scene.cancel("ada", place))),
        ("remove", |scene| match latest(scene) {
            Some(who) => scene.remove("ada", who),
            None => Ok(vec![]),
        }),
        ("agency", |scene| scene.tier("agency")),
        ("free", |scene| scene.tier("free")),
    ];
    let mut walks = vec![(vec!["agency"], Scene::of("account").on_tier("agency"))];
    let mut full = 0;
    for _ in 0..6 {
        let mut further = vec![];
        for (names, scene) in walks {
            for (name, step) in STEPS {
                let mut after = scene.clone();
                let outcome = step(&mut after);
                let names = [&names[..], &[name]].concat();
                let (before, after_seats) = (scene.seats(), after.seats());
                let grew = after_seats.used > before.used;
                assert!(!grew || after_seats.used <= after_seats.limit, "{names:?}");
                let wants = ["invite", "accept"].contains(&name);
                match outcome.map_err(|refusal| refused(Err(refusal))) {
                    Ok(changes) if wants && !changes.is_empty() => assert!(before.available > 0, "{names:?}"),
                    Ok(_) => assert!(name != "free" || after_seats.used == before.used, "{names:?}"),
                    Err(refusal) => {
                        assert_eq!((refusal, before.available), ("NO_SEAT", 0), "{names:?}");
                        full += 1;
                    }
                }
                further.push((names, after));
            }
        }
        walks = further;
    }
    assert!(full > 1_000, "the walks were refused {full} times only");
}

/// Does something about the first pending invitation, if there is one.
fn answer(scene: &mut Scene, act: impl Fn(&mut Scene, &str, usize) -> Outcome) -> Outcome {
    let Some(address) = scene.pending().first().map(ToString::to_string) else { return Ok(vec![]) };
    let place = scene.invitations.iter().position(|one| one.email.as_typed() == address);
    let who = address.split('@').next().expect("a name");
    act(scene, who, place.expect("an invitation"))
}

/// A member who is not the owner.
fn latest(scene: &Scene) -> Option<&'static str> {
    ["bob", "cem", "dan", "eve", "fay", "gil", "hal"].into_iter().find(|who| scene.member(who).is_some())
}
