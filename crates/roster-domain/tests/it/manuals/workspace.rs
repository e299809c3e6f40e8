//! The manual of `workspace`.

use super::scene::{Scene, person, refused};

fn workspace() -> Scene {
    Scene::of("workspace").with("bob", "admin").with("cem", "admin").with("dan", "user")
}

// "Admins and creators can invite new members". "Select role (User or Admin)"
#[test]
fn admins_and_creators_invite_users_and_admins() {
    let mut scene = workspace();
    for who in ["ada", "bob"] {
        for role in ["user", "admin"] {
            scene.clone().invite(who, "eve", role, &[]).unwrap();
        }
        assert_eq!(refused(scene.invite(who, "eve", "creator", &[])), "SOLE_ROLE");
    }
    assert_eq!(refused(scene.invite("dan", "eve", "user", &[])), "ROLE_LACKS_PERMISSION");
}

// "Member invitations are limited by your workspace's member limit."
#[test]
fn pending_invitations_count_towards_the_member_limit() {
    const WEEK: i64 = 7 * 86_400_000_000;
    let mut scene = workspace();
    assert_eq!(scene.seats().available, 1);
    scene.invite("bob", "eve", "user", &[]).unwrap();
    assert_eq!(refused(scene.invite("ada", "fay", "user", &[])), "NO_SEAT");
    let mut cancelled = scene.clone();
    cancelled.cancel("bob", 0).unwrap();
    cancelled.invite("ada", "fay", "user", &[]).unwrap();
    let mut declined = scene.clone();
    declined.decline("eve", 0).unwrap();
    declined.invite("ada", "fay", "user", &[]).unwrap();
    let mut expired = scene.clone();
    expired.wait(WEEK);
    expired.invite("ada", "fay", "user", &[]).unwrap();
    let mut larger = scene.clone();
    larger.tier("team").unwrap();
    assert_eq!(larger.seats().limit, 25);
    larger.invite("ada", "fay", "user", &[]).unwrap();
    scene.accept("eve", 0).unwrap();
    assert_eq!((scene.seats().used, scene.seats().available), (5, 0));
    assert_eq!(refused(scene.invite("ada", "fay", "user", &[])), "NO_SEAT");
    scene.remove("bob", "eve").unwrap();
    scene.invite("ada", "fay", "user", &[]).unwrap();
}

// "Creators - Can change any member's role"
#[test]
fn the_creator_changes_anybodys_role() {
    let mut scene = workspace();
    for whom in ["bob", "cem", "dan"] {
        for role in ["user", "admin", "user", "admin"] {
            scene.make("ada", whom, role).unwrap();
            assert_eq!(scene.place(whom), role);
        }
    }
}

// "Admins - Can only promote Users to Admin"
#[test]
fn an_admin_promotes_users_and_changes_nobody_else() {
    let mut scene = workspace();
    scene.make("bob", "dan", "admin").unwrap();
    assert_eq!(scene.place("dan"), "admin");
    for whom in ["cem", "dan"] {
        assert_eq!(refused(scene.make("bob", whom, "user")), "ROLE_NOT_MANAGEABLE");
    }
    assert_eq!(refused(scene.make("bob", "bob", "user")), "OWN_ROLE");
    assert_eq!(refused(scene.make("bob", "cem", "creator")), "SOLE_ROLE");
}

// "Creator role cannot be changed" and "Cannot be removed"
#[test]
fn the_creator_stays_the_creator() {
    let mut scene = workspace();
    for who in ["bob", "cem"] {
        for role in ["admin", "user"] {
            assert_eq!(refused(scene.make(who, "ada", role)), "SOLE_ROLE");
        }
        assert_eq!(refused(scene.remove(who, "ada")), "SOLE_ROLE");
    }
    assert_eq!(refused(scene.make("ada", "ada", "admin")), "OWN_ROLE");
    assert_eq!(refused(scene.leave("ada")), "SOLE_ROLE");
    assert_eq!(refused(scene.transfer("ada", "bob")), "NOT_TRANSFERABLE");
    assert_eq!(refused(scene.transfer("bob", "bob")), "NOT_THE_HOLDER");
    assert_eq!(scene.place("ada"), "creator");
}

// "Cannot remove yourself. Cannot remove the creator. Admins can only remove Users". "Member loses workspace access
// immediately"
#[test]
fn an_admin_removes_users_only_and_nobody_removes_itself() {
    let mut scene = workspace();
    for who in ["ada", "bob"] {
        assert_eq!(refused(scene.remove(who, who)), "OWN_REMOVAL");
    }
    assert_eq!(refused(scene.remove("dan", "dan")), "ROLE_LACKS_PERMISSION");
    assert_eq!(refused(scene.remove("bob", "cem")), "ROLE_NOT_MANAGEABLE");
    scene.remove("bob", "dan").unwrap();
    assert!(!scene.may("dan", "team.read"));
    scene.remove("ada", "cem").unwrap();
    assert_eq!(scene.place("cem"), "-");
}

// "Accept: Click 'Accept' → Join workspace". "Decline: Click 'Decline' → Invitation removed"
#[test]
fn an_invitation_is_accepted_or_declined_and_then_no_longer_pending() {
    let mut scene = workspace().on_tier("team");
    scene.invite("bob", "eve", "admin", &[]).unwrap();
    scene.invite("bob", "fay", "user", &[]).unwrap();
    assert_eq!(scene.pending(), ["eve@example.org", "fay@example.org"]);
    scene.accept("eve", 0).unwrap();
    assert_eq!(scene.place("eve"), "admin");
    scene.decline("fay", 1).unwrap();
    assert!(scene.pending().is_empty());
    assert_eq!(refused(scene.accept("fay", 1)), "NOT_PENDING");
    assert_eq!(refused(scene.cancel("bob", 1)), "NOT_PENDING");
    scene.invite("bob", "fay", "user", &[]).unwrap();
    scene.accept("fay", 2).unwrap();
}

// "Each invitation shows: Inviter's email, Your assigned role". "Who invited them"
#[test]
fn an_invitation_says_who_made_it_and_to_which_role() {
    let mut scene = workspace();
    scene.invite("bob", "eve", "admin", &[]).unwrap();
    let made = &scene.invitations[0];
    assert_eq!((made.maker, made.role.as_str()), (person("bob"), "admin"));
}

// "Creator: Full workspace control. Can delete workspace." "Admins can: Invite new members, Edit workspace settings,
// Remove User role members, Promote Users to Admin, Create and manage BVs". "Users can: Read only access. No member
// management access"
#[test]
fn each_role_does_what_it_is_for() {
    let mut scene = workspace();
    let allowed = |who: &str| {
        ["team.read", "members.read", "bvs.manage", "members.invite"].map(|one| scene.may(who, one))
    };
    assert_eq!(allowed("ada"), [true; 4]);
    assert_eq!(allowed("bob"), [true; 4]);
    assert_eq!(allowed("dan"), [true, true, false, false]);
    scene.may_delete("ada").unwrap();
    assert_eq!(refused(scene.may_delete("bob")), "ROLE_LACKS_PERMISSION");
    scene.rename("ada", "One").unwrap();
    scene.rename("bob", "Two").unwrap();
    assert_eq!(refused(scene.rename("dan", "Three")), "ROLE_LACKS_PERMISSION");
    for whom in ["ada", "bob", "dan"] {
        assert_eq!(refused(scene.make("dan", whom, "admin")), "ROLE_LACKS_PERMISSION");
    }
}
