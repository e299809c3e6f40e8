//! The manual of `account`: roles, invitations and projects.

use roster_domain::AccessRequest;
use roster_domain::policy::{KindName, Period};

use super::scene::{Scene, at, on, only, refused};

fn account() -> Scene {
    Scene::of("account")
        .on_tier("enterprise")
        .with("bob", "admin")
        .with("cem", "editor")
        .with("dan", "viewer")
}

/// A viewer whose role names these projects.
fn projects(ids: &[&str]) -> AccessRequest {
    only(&ids.iter().map(|id| on("project", id, "viewer")).collect::<Vec<_>>())
}

fn unrestricted() -> AccessRequest {
    let kind = KindName::parse("project").expect("a name");
    AccessRequest { grants: vec![], unrestrict: vec![kind] }
}

// "invited_at": "2025-03-22T14:30:00Z", "expires_at": "2025-04-22T14:30:00Z"
#[test]
fn an_invitation_lasts_one_calendar_month() {
    let check = |made: &str, ends: &str| {
        let mut scene = account();
        scene.now = at(made);
        scene.invite("ada", "eve", "editor", &[]).unwrap();
        assert_eq!(scene.invitations[0].expires_at, at(ends), "made at {made}");
        scene.now = scene.invitations[0].expires_at;
        assert_eq!(refused(scene.clone().accept("eve", 0)), "EXPIRED");
        scene.wait(-1);
        scene.accept("eve", 0).unwrap();
    };
    check("2025-03-22T14:30:00Z", "2025-04-22T14:30:00Z");
    check("2025-01-31T14:30:00Z", "2025-02-28T14:30:00Z");
    check("2024-01-31T14:30:00Z", "2024-02-29T14:30:00Z");
    check("2024-01-30T23:59:59.999999Z", "2024-02-29T23:59:59.999999Z");
    check("2025-02-28T00:00:00Z", "2025-03-28T00:00:00Z");
    check("2025-03-31T00:00:00Z", "2025-04-30T00:00:00Z");
    check("2025-12-31T23:30:00Z", "2026-01-31T23:30:00Z");
    // In UTC, so that an evening elsewhere, already another day here, makes no difference.
    check("2025-01-31T23:30:00-05:00", "2025-03-01T04:30:00Z");
}

// "Invited users create accounts or link existing ones"
#[test]
fn an_invitation_can_be_accepted_with_an_account_of_another_address() {
    let mut scene = account();
    scene.invite("ada", "eve", "editor", &[]).unwrap();
    scene.accept("fay", 0).unwrap();
    assert_eq!((scene.place("fay"), scene.place("eve")), ("editor".to_owned(), "-".to_owned()));
    assert_eq!(refused(scene.accept("gil", 0)), "NOT_PENDING");
}

// "Select Admin, Editor, or Viewer based on what they need to do: Admin: Full account access. Editor: Validations,
// projects, exports. Viewer: Read-only access (optionally scoped to specific projects)"
#[test]
fn each_role_does_what_it_is_for() {
    let scene = account();
    let allowed = |who: &str| {
        ["validations.run", "exports.create", "members.invite", "team.delete", "quota.read"]
            .map(|permission| scene.may(who, permission))
    };
    assert_eq!(allowed("ada"), [true; 5]);
    assert_eq!(allowed("bob"), [true; 5]);
    assert_eq!(allowed("cem"), [true, true, false, false, true]);
    assert_eq!(allowed("dan"), [false, false, false, false, true]);
    let reach = ["ada", "bob", "cem", "dan"].map(|who| scene.reaches(who, "p1"));
    assert_eq!(reach, ["manager", "manager", "manager", "viewer"]);
}

// "Choose a Role: Select Admin, Editor, or Viewer"
#[test]
fn owner_is_no_role_to_choose() {
    let mut scene = account();
    assert_eq!(refused(scene.invite("ada", "eve", "owner", &[])), "SOLE_ROLE");
    assert_eq!(refused(scene.make("ada", "bob", "owner")), "SOLE_ROLE");
    for who in ["ada", "bob"] {
        for role in ["admin", "editor", "viewer"] {
            scene.clone().invite(who, "eve", role, &[]).unwrap();
        }
    }
}

// "Viewer Project Scoping: Restrict viewer access to specific projects"
#[test]
fn only_an_invitation_or_a_change_for_a_viewer_names_projects() {
    let mut scene = account();
    let named = [on("project", "p1", "viewer")];
    let request = only(&named);
    for role in ["admin", "editor"] {
        assert_eq!(refused(scene.invite("ada", "eve", role, &named)), "GRANTS_NOT_ALLOWED");
        assert_eq!(refused(scene.make_with("ada", "dan", role, Some(&request))), "GRANTS_NOT_ALLOWED");
    }
    for whom in ["ada", "bob", "cem"] {
        assert_eq!(refused(scene.grant("ada", whom, &request)), "GRANTS_NOT_ALLOWED");
    }
    // A viewer reads, so nothing else can be granted to it.
    let raised = [on("project", "p1", "manager")];
    assert_eq!(refused(scene.invite("ada", "eve", "viewer", &raised)), "GRANTS_NOT_ALLOWED");
    assert_eq!(refused(scene.grant("ada", "dan", &only(&raised))), "GRANTS_NOT_ALLOWED");
    scene.invite("ada", "eve", "viewer", &named).unwrap();
    scene.accept("eve", 0).unwrap();
    assert_eq!((scene.reaches("eve", "p1"), scene.reaches("eve", "p2")), ("viewer", "-"));
    scene.make_with("ada", "cem", "viewer", Some(&request)).unwrap();
    assert_eq!((scene.reaches("cem", "p1"), scene.reaches("cem", "p2")), ("viewer", "-"));
}

// "projects": [] in the example of an invitation: naming none restricts nobody, and raises nobody.
#[test]
fn naming_no_projects_changes_nothing() {
    let mut scene = account();
    scene.invite("ada", "eve", "viewer", &[]).unwrap();
    scene.accept("eve", 0).unwrap();
    assert_eq!(scene.reaches("eve", "p1"), "viewer");
    assert_eq!(scene.grant("ada", "eve", &projects(&[])), Ok(vec![]));
    assert_eq!(scene.reaches("eve", "p1"), "viewer");
}

// "Viewer: Read-only access (optionally scoped to specific projects)": what was restricted stays so until somebody
// says otherwise.
#[test]
fn a_restriction_lasts_until_it_is_lifted() {
    let mut scene = account();
    scene.grant("ada", "dan", &projects(&["p1", "p2"])).unwrap();
    let reach = |scene: &Scene| ["p1", "p2", "p3"].map(|id| scene.reaches("dan", id).to_owned());
    assert_eq!(reach(&scene), ["viewer", "viewer", "-"]);
    scene.grant("ada", "dan", &projects(&["p2"])).unwrap();
    assert_eq!(reach(&scene), ["-", "viewer", "-"]);
    scene.grant("ada", "dan", &projects(&[])).unwrap();
    assert_eq!(reach(&scene), ["-", "-", "-"], "restricted to nothing is nothing");
    scene.make("ada", "dan", "editor").unwrap();
    assert_eq!(reach(&scene), ["manager", "manager", "manager"]);
    scene.make("ada", "dan", "viewer").unwrap();
    assert_eq!(reach(&scene), ["-", "-", "-"], "a role in between does not lift it");
    scene.grant("ada", "dan", &projects(&["*"])).unwrap();
    assert_eq!(reach(&scene), ["viewer", "viewer", "viewer"], "all of them can be named");
    scene.grant("ada", "dan", &projects(&["p3"])).unwrap();
    assert_eq!(reach(&scene), ["-", "-", "viewer"]);
    scene.grant("ada", "dan", &unrestricted()).unwrap();
    assert_eq!(reach(&scene), ["viewer", "viewer", "viewer"]);
}

// "Change roles anytime or remove members."
#[test]
fn roles_change_any_time_but_the_owners_and_ones_own() {
    let mut scene = account();
    for role in ["viewer", "admin", "editor"] {
        scene.make("bob", "cem", role).unwrap();
        assert_eq!(scene.place("cem"), role);
    }
    assert_eq!(refused(scene.make("bob", "bob", "viewer")), "OWN_ROLE");
    assert_eq!(refused(scene.make("ada", "ada", "viewer")), "OWN_ROLE");
    assert_eq!(refused(scene.make("bob", "ada", "viewer")), "SOLE_ROLE");
    assert_eq!(refused(scene.remove("bob", "ada")), "SOLE_ROLE");
    assert_eq!(refused(scene.leave("ada")), "SOLE_ROLE");
    scene.transfer("ada", "cem").unwrap();
    assert_eq!((scene.place("ada"), scene.place("cem")), ("admin".to_owned(), "owner".to_owned()));
    scene.leave("ada").unwrap();
}

// "Immediate removal. User loses all access."
#[test]
fn a_removed_member_has_no_access_at_all() {
    let mut scene = account();
    scene.grant("ada", "dan", &projects(&["p1"])).unwrap();
    for whom in ["cem", "dan"] {
        scene.remove("bob", whom).unwrap();
        assert_eq!((scene.place(whom).as_str(), scene.reaches(whom, "p1")), ("-", "-"));
        assert!(!["team.read", "quota.read", "exports.create"].iter().any(|one| scene.may(whom, one)));
    }
}

// "All members share the account's validation quota"
#[test]
fn the_account_has_one_quota_of_validations_a_month() {
    let scene = account();
    let [meter] = &scene.policy.meters[..] else { panic!("one meter") };
    let limits: Vec<_> = meter.by_tier.iter().map(|(tier, limit)| (tier.as_str(), *limit)).collect();
    assert_eq!(limits, [("free", 100), ("pro", 1_000), ("agency", 10_000), ("enterprise", 100_000)]);
    assert_eq!((meter.name.as_str(), meter.period), ("validations", Some(Period::Month)));
}
