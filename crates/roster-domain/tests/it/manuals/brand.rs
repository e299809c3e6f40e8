//! The manual of `brand`: who may do what, and invitations.

use super::scene::{Outcome, Scene, on, only, refused};

pub(crate) fn brand() -> Scene {
    Scene::of("brand").with("bob", "admin").with("cem", "member").with("dan", "guest")
}

// "Admins and Owners can perform every action on this page. Members and Guests can view the team list but cannot
// invite, change roles, or remove anyone."
#[test]
fn admins_and_owners_do_all_and_members_and_guests_look() {
    let acts: [fn(&mut Scene, &str) -> Outcome; 7] = [
        |scene, who| scene.invite(who, "eve", "member", &[]),
        |scene, who| scene.cancel(who, 0),
        |scene, who| scene.make_code(who, "guest", "P7D", None, &[]),
        |scene, who| scene.revoke(who, 0),
        |scene, who| scene.delete(who, 0),
        |scene, who| scene.make(who, "cem", "guest"),
        |scene, who| scene.remove(who, "dan"),
    ];
    for who in ["ada", "bob"] {
        let mut scene = brand();
        for act in acts {
            act(&mut scene, who).unwrap();
        }
    }
    let mut scene = brand();
    for who in ["cem", "dan"] {
        assert!(scene.may(who, "members.read"));
        for act in [acts[0], acts[2], acts[5], acts[6]] {
            assert_eq!(refused(act(&mut scene, who)), "ROLE_LACKS_PERMISSION");
        }
    }
}

// "For Admin: a banner confirms Admins have access to all brands. No picker appears."
// "For Guest: the same picker appears with the per-brand role locked to Viewer."
// "For Member: a brand picker appears with no brands selected by default."
#[test]
fn an_invitation_brings_what_its_role_may_have() {
    let mut scene = brand();
    for role in ["admin", "standard", "viewer"] {
        for resource in ["b1", "*"] {
            let grants = [on("brand", resource, role)];
            assert_eq!(refused(scene.invite("ada", "eve", "admin", &grants)), "GRANTS_NOT_ALLOWED");
            let guest = scene.clone().invite("ada", "eve", "guest", &grants);
            assert_eq!(guest.is_ok(), role == "viewer", "a guest as {role} on {resource}");
            scene.clone().invite("ada", "eve", "member", &grants).unwrap();
        }
    }
    scene.invite("ada", "eve", "admin", &[]).unwrap();
    scene.invite("ada", "fay", "member", &[]).unwrap();
    scene
        .invite("ada", "gil", "member", &[on("brand", "b1", "standard"), on("brand", "b2", "admin")])
        .unwrap();
    scene.invite("ada", "hal", "guest", &[on("brand", "b1", "viewer")]).unwrap();
    for (place, who) in ["eve", "fay", "gil", "hal"].into_iter().enumerate() {
        scene.accept(who, place).unwrap();
    }
    let reach = |who: &str| ["b1", "b2", "b3"].map(|brand| scene.reaches(who, brand));
    assert_eq!(reach("eve"), ["admin", "admin", "admin"]);
    assert_eq!(reach("fay"), ["-", "-", "-"]);
    assert_eq!(reach("gil"), ["standard", "admin", "-"]);
    assert_eq!(reach("hal"), ["viewer", "-", "-"]);
}

// "The invitation appears under the Pending Invitations tab and expires after 7 days. To cancel it before the recipient
// accepts, click Cancel from that tab."
#[test]
fn an_invitation_is_pending_for_seven_days_unless_it_is_cancelled() {
    const DAY: i64 = 86_400_000_000;
    let mut scene = brand();
    scene.invite("bob", "eve", "member", &[]).unwrap();
    scene.invite("bob", "fay", "member", &[]).unwrap();
    assert_eq!(scene.pending(), ["eve@example.org", "fay@example.org"]);
    scene.cancel("ada", 1).unwrap();
    assert_eq!(scene.pending(), ["eve@example.org"]);
    assert_eq!(refused(scene.accept("fay", 1)), "NOT_PENDING");
    scene.wait(7 * DAY - 1);
    scene.clone().accept("eve", 0).unwrap();
    scene.wait(1);
    assert_eq!(refused(scene.accept("eve", 0)), "EXPIRED");
    scene.invite("bob", "eve", "guest", &[]).unwrap();
    scene.accept("eve", 2).unwrap();
    assert_eq!(refused(scene.cancel("ada", 2)), "NOT_PENDING");
}

// "They cannot claim the invitation with a different email."
#[test]
fn the_address_of_an_invitation_is_locked() {
    let mut scene = brand();
    scene.invite("ada", "eve", "admin", &[]).unwrap();
    assert_eq!(refused(scene.accept("fay", 0)), "EMAIL_MISMATCH");
    assert_eq!(refused(scene.decline("fay", 0)), "EMAIL_MISMATCH");
    scene.accept("eve", 0).unwrap();
}

// "Use the role dropdown next to a person's name to switch them between Admin, Member, and Guest. The change takes
// effect immediately. You cannot change the Owner role from this control, and you cannot change your own role."
#[test]
fn roles_switch_but_the_owners_and_ones_own() {
    let mut scene = brand();
    for who in ["ada", "bob"] {
        for role in ["admin", "member", "guest", "admin", "guest", "member"] {
            scene.make(who, "cem", role).unwrap();
            assert_eq!(scene.place("cem"), role);
            assert_eq!(scene.may("cem", "members.invite"), role == "admin");
        }
        for role in ["admin", "member", "guest"] {
            assert_eq!(refused(scene.make("bob", "ada", role)), "SOLE_ROLE");
        }
        assert_eq!(refused(scene.make(who, who, "guest")), "OWN_ROLE");
        assert_eq!(refused(scene.make(who, "cem", "owner")), "SOLE_ROLE");
    }
}

// "They lose org membership and all brand access immediately. You cannot remove yourself or the Owner."
#[test]
fn a_removed_member_reaches_no_brand_and_nobody_removes_itself_or_the_owner() {
    let mut scene = brand();
    scene.grant("bob", "cem", &only(&[on("brand", "*", "admin")])).unwrap();
    assert_eq!(scene.reaches("cem", "b1"), "admin");
    scene.remove("bob", "cem").unwrap();
    assert_eq!((scene.place("cem").as_str(), scene.reaches("cem", "b1")), ("-", "-"));
    assert_eq!(refused(scene.remove("bob", "bob")), "OWN_REMOVAL");
    assert_eq!(refused(scene.remove("ada", "ada")), "OWN_REMOVAL");
    assert_eq!(refused(scene.remove("bob", "ada")), "SOLE_ROLE");
    for who in ["bob", "dan"] {
        assert_eq!(refused(scene.leave(who)), "LEAVING_NOT_ALLOWED");
    }
    scene.invite("ada", "cem", "member", &[]).unwrap();
    scene.accept("cem", 0).unwrap();
    assert_eq!(scene.reaches("cem", "b1"), "-", "what was granted before does not come back");
}
