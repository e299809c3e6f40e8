//! The manual of `brand`: team codes.

use super::brand::brand;
use super::scene::{Scene, on, refused};

const DAY: i64 = 86_400_000_000;

// "The code appears in the format SK-XXXXXX."
#[test]
fn a_code_has_its_format() {
    let scene = brand();
    let rules = scene.policy.team_codes.as_ref().expect("codes");
    assert_eq!((rules.prefix.as_str(), rules.length), ("SK-", 6));
}

// "Choose the org role (Admin, Member, or Guest) and an expiry: 1 day, 7 days, 30 days, or never."
#[test]
fn a_code_lives_for_a_day_a_week_thirty_days_or_for_ever_and_for_no_other_time() {
    for (life, days) in [("P1D", 1), ("P7D", 7), ("P30D", 30)] {
        let mut scene = brand();
        scene.make_code("ada", "guest", life, None, &[]).unwrap();
        scene.wait(days * DAY - 1);
        scene.type_code("eve", 0).unwrap();
        scene.wait(1);
        assert_eq!(refused(scene.type_code("fay", 0)), "EXPIRED", "{life}");
    }
    let mut scene = brand();
    scene.make_code("ada", "guest", "never", None, &[]).unwrap();
    scene.wait(36_500 * DAY);
    scene.type_code("eve", 0).unwrap();
    for life in ["PT24H", "P2D", "P14D", "P29D", "P31D", "P1M", "P1Y", "PT1S"] {
        assert_eq!(refused(scene.make_code("ada", "guest", life, None, &[])), "FIELD_INVALID", "{life}");
    }
    for role in ["admin", "member", "guest"] {
        scene.make_code("ada", role, "P1D", None, &[]).unwrap();
    }
    assert_eq!(refused(scene.make_code("ada", "owner", "P1D", None, &[])), "SOLE_ROLE");
}

// "For Member: choose which brands to grant and set the per-brand role (Admin, Standard, or Viewer) for each. For Guest:
// choose which brands to grant. The per-brand role is locked to Viewer. For Admin: no picker."
#[test]
fn a_code_brings_what_its_role_may_have() {
    let mut scene = brand();
    for role in ["admin", "standard", "viewer"] {
        let grants = [on("brand", "b1", role)];
        scene.clone().make_code("ada", "member", "P1D", None, &grants).unwrap();
        let admin = scene.make_code("ada", "admin", "P1D", None, &grants);
        assert_eq!(refused(admin), "GRANTS_NOT_ALLOWED");
        let guest = scene.clone().make_code("ada", "guest", "P1D", None, &grants);
        assert_eq!(guest.is_ok(), role == "viewer", "a guest as {role}");
    }
}

// "The same code can be redeemed by multiple people; the Team Codes tab tracks the use count." "everyone who redeems it
// gets the same role and brand access"
#[test]
fn many_people_redeem_one_code_and_all_get_the_same() {
    let mut scene = brand();
    let grants = [on("brand", "b1", "standard"), on("brand", "b2", "viewer")];
    scene.make_code("bob", "member", "P30D", None, &grants).unwrap();
    let people = ["eve", "fay", "gil", "hal", "ida"];
    for (before, who) in (0..).zip(people) {
        assert_eq!(scene.codes[0].uses, before);
        scene.type_code(who, 0).unwrap();
        assert_eq!(scene.place(who), "member");
        assert_eq!(["b1", "b2", "b3"].map(|brand| scene.reaches(who, brand)), ["standard", "viewer", "-"]);
    }
    assert_eq!(scene.type_code("eve", 0), Ok(vec![]), "a member already");
    assert_eq!(scene.type_code("dan", 0), Ok(vec![]), "of whatever role");
    assert_eq!((scene.codes[0].uses, scene.reaches("dan", "b1")), (5, "-"));
}

// "click Revoke to deactivate it while preserving the audit trail. Once inactive (revoked, expired, or fully used), you
// can permanently remove it with Delete."
#[test]
fn revoking_keeps_a_code_and_deleting_needs_it_inactive() {
    let made = |life: &str, max_uses| {
        let mut scene = brand();
        scene.make_code("ada", "guest", life, max_uses, &[]).unwrap();
        assert_eq!(refused(scene.delete("ada", 0)), "STILL_ACTIVE");
        scene
    };
    let deletes = |mut scene: Scene| {
        assert_eq!(scene.codes.len(), 1);
        scene.delete("bob", 0).unwrap();
        assert!(scene.codes.is_empty());
        assert_eq!(refused(scene.delete("bob", 0)), "TEAM_CODE_NOT_FOUND");
    };
    let mut scene = made("never", None);
    scene.type_code("eve", 0).unwrap();
    scene.revoke("bob", 0).unwrap();
    assert_eq!((scene.codes.len(), scene.codes[0].uses), (1, 1));
    assert_eq!(refused(scene.type_code("fay", 0)), "REVOKED");
    assert_eq!(scene.place("eve"), "guest", "who joined stays");
    assert_eq!(scene.revoke("ada", 0), Ok(vec![]), "revoked already");
    deletes(scene);

    let mut scene = made("P1D", None);
    scene.wait(DAY);
    deletes(scene);

    let mut scene = made("never", Some(2));
    scene.type_code("eve", 0).unwrap();
    assert_eq!(refused(scene.delete("ada", 0)), "STILL_ACTIVE");
    scene.type_code("fay", 0).unwrap();
    assert_eq!(refused(scene.type_code("gil", 0)), "EXHAUSTED");
    deletes(scene);

    let mut scene = made("never", None);
    scene.make_code("bob", "guest", "never", None, &[]).unwrap();
    scene.make("ada", "bob", "member").unwrap();
    assert_eq!(refused(scene.type_code("eve", 1)), "MAKER_GONE");
    scene.delete("ada", 1).unwrap();
    assert_eq!(refused(scene.delete("ada", 0)), "STILL_ACTIVE", "its maker is there");
}

// A removal lasts: "They lose org membership and all brand access immediately."
#[test]
fn a_removed_member_comes_back_by_a_newer_code_only() {
    let mut scene = brand();
    scene.make_code("ada", "member", "never", None, &[on("brand", "b1", "admin")]).unwrap();
    scene.type_code("eve", 0).unwrap();
    scene.remove("bob", "eve").unwrap();
    assert_eq!(refused(scene.type_code("eve", 0)), "REMOVED");
    assert_eq!(scene.reaches("eve", "b1"), "-");
    scene.make_code("ada", "guest", "P1D", None, &[]).unwrap();
    scene.type_code("eve", 1).unwrap();
    assert_eq!((scene.place("eve").as_str(), scene.reaches("eve", "b1")), ("guest", "-"));
}
