//! What a file means.

use super::desired::{Desired, desired};
use super::file;
use super::rules::{KindRules, Rules};

const ADMINS: &str = "admins: [ada]\nmembers: [Bob, cy]\nteams:\n";

fn rules() -> Rules {
    Rules {
        roles: vec!["owner".into(), "member".into()],
        founder_role: "owner".into(),
        admin_role: "owner".into(),
        member_role: "member".into(),
        kind: Some(KindRules {
            name: "repository".into(),
            roles: ["admin", "maintain", "write", "triage", "read"].map(str::to_owned).into(),
            reaching_all: vec!["owner".into()],
            scoping: Vec::new(),
            dormant_grants: true,
        }),
    }
}

fn read(text: &str, rules: &Rules) -> Desired {
    desired(&file::parse(text).unwrap(), rules)
}

/// Each person as `login role repo=role …`.
fn show(desired: &Desired) -> Vec<String> {
    let person = |person: &super::desired::Person| {
        let grants = person.grants.iter().map(|(repo, role)| format!("{repo}={role}"));
        [person.login.clone(), person.role.clone()].into_iter().chain(grants).collect::<Vec<_>>().join(" ")
    };
    desired.people.iter().map(person).collect()
}

#[track_caller]
fn check(text: &str, people: &[&str], bad: &[(usize, &str)]) {
    let desired = read(text, &rules());
    assert_eq!(show(&desired), people);
    let found: Vec<_> = desired.bad.iter().map(|row| (row.line.unwrap(), &row.what[..])).collect();
    assert_eq!(found.len(), bad.len(), "{found:?}");
    for ((line, what), (expected, part)) in found.iter().zip(bad) {
        assert!(line == expected && what.contains(part), "{found:?}");
    }
}

#[test]
fn people_of_a_team_have_its_roles() {
    let teams = "  a:\n    maintainers: [ada]\n    members: [bob]\n    repos: {x: write, y: read}\n";
    check(
        &format!("{ADMINS}{teams}"),
        &["ada owner x=write y=read", "Bob member x=write y=read", "cy member"],
        &[],
    );
}

#[test]
fn child_teams_have_the_roles_of_those_above_and_not_the_other_way_round() {
    let teams = "  a:\n    members: [bob]\n    repos: {x: write}\n    teams:\n      b:\n        repos: {x: read, y: admin}\n        \
                 teams: {c: {members: [CY]}}\n";
    check(
        &format!("{ADMINS}{teams}"),
        &["ada owner", "Bob member x=write", "cy member x=write y=admin"],
        &[],
    );
}

#[test]
fn the_highest_role_wins_wherever_it_stands() {
    for (first, second) in [("maintain", "triage"), ("triage", "maintain")] {
        let teams = format!(
            "  a: {{members: [cy], repos: {{x: {first}}}}}\n  b: {{members: [cy], repos: {{x: {second}}}}}\n"
        );
        check(&format!("{ADMINS}{teams}"), &["ada owner", "Bob member", "cy member x=maintain"], &[]);
    }
}

#[test]
fn a_doubled_login_is_named_and_counts_once() {
    check(
        "admins: [ada]\nmembers:\n- bob\n- ADA\n- Bob",
        &["ada owner", "bob member"],
        &[(4, "ADA is listed at line 1 already"), (5, "Bob is listed at line 3 already")],
    );
    check(
        &format!("{ADMINS}  a:\n    maintainers: [bob]\n    members: [cy, BOB]\n    repos: {{x: read}}"),
        &["ada owner", "Bob member x=read", "cy member x=read"],
        &[(6, "BOB is in team a at line 5 already")],
    );
    // Letters beyond ASCII are as they are.
    check("admins: [É]\nmembers: [é]", &["É owner", "é member"], &[]);
}

#[test]
fn a_stranger_in_a_team_is_named_and_the_others_are_not_lost() {
    let text = format!("{ADMINS}  a:\n    members: [bob, Dan]\n    repos: {{x: read}}");
    check(
        &text,
        &["ada owner", "Bob member x=read", "cy member"],
        &[(5, "Dan is in team a and neither an admin nor a member")],
    );
    assert!(read(&text, &rules()).strangers.contains("dan"));
}

#[test]
fn a_role_that_the_kind_does_not_have_is_named_with_its_line() {
    let text =
        format!("{ADMINS}  a:\n    members: [bob]\n    repos:\n      x: read\n      y: push\n      z:");
    check(
        &text,
        &["ada owner", "Bob member x=read", "cy member"],
        &[(8, "\"push\" is no role on a repository; there are: admin"), (9, "\"\" is no role")],
    );
    let unclear = &read(&text, &rules()).people[1].unclear;
    assert_eq!(unclear.iter().collect::<Vec<_>>(), ["y", "z"]);
}

#[test]
fn who_takes_no_grants_gets_none() {
    let mut rules = rules();
    let text = format!("{ADMINS}  a: {{members: [ada, bob], repos: {{x: read}}}}");
    rules.kind.as_mut().unwrap().dormant_grants = false;
    assert_eq!(show(&read(&text, &rules)), ["ada owner", "Bob member x=read", "cy member"]);
    rules.kind = None;
    assert_eq!(show(&read(&text, &rules)), ["ada owner", "Bob member", "cy member"]);
}

#[test]
fn admins_are_found_in_any_case() {
    let desired = read(ADMINS, &rules());
    assert_eq!(desired.admin("ADA").map(|person| person.login.as_str()), Some("ada"));
    assert!(desired.admin("bob").is_none());
}
