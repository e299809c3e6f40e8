//! Which refusal comes first where one member acts upon another, and what happens at the edges.
//!
//! A row gives a situation in which the expected refusal and all that come later have their cause.

use roster_domain::decide::{change_role, remove_member, take_up_email};
use roster_domain::facts::MemberFacts;
use roster_domain::policy::{Policy, parse};
use roster_domain::{EmailAddress, Membership, RoleName};

#[path = "support/rows.rs"]
mod rows;

use rows::{ACTOR, VERSION, brand, kept, member, words};

const TARGET: i64 = 2;

/// Administrators who manage users, and not each other.
fn workspace() -> Policy {
    parse("workspace.toml", include_str!("policies/workspace.toml")).expect("a good file")
}

/// An actor and a target in words, where `itself` is the actor.
fn pair(actor: &str, target: &str, holders: i64) -> MemberFacts {
    let actor = member(ACTOR, actor);
    let target = if target == "itself" { actor.clone() } else { member(TARGET, target) };
    MemberFacts { actor, target, holders_of_target_role: holders }
}

/// One row: who acts upon whom, where so many hold the other's role; to which role, upon which version.
#[track_caller]
fn check_change(
    policy: &Policy,
    (actor, target, holders): (&str, &str, i64),
    (role, etag): (&str, Option<i64>),
    expected: &str,
) {
    let role = RoleName::parse(role).expect("a well-shaped name");
    let outcome = change_role(policy, &pair(actor, target, holders), &role, etag);
    assert_eq!(words(&outcome), expected, "{} {actor} -> {target} as {role}", policy.name);
}

#[test]
fn a_change_of_role() {
    let check = check_change;
    let (old, current) = (Some(VERSION - 1), Some(VERSION));
    let policy = kept();
    check(&policy, ("-", "-", 0), ("none", old), "TeamNotAccessible");
    check(&policy, ("no-role", "-", 0), ("none", old), "TeamNotAccessible");
    check(&policy, ("suspended idle", "-", 0), ("none", old), "ActorSuspended");
    check(&policy, ("suspended no-role", "-", 0), ("none", old), "ActorSuspended");
    check(&policy, ("idle", "-", 0), ("none", old), "RoleLacksPermission");
    check(&policy, ("clerk", "-", 0), ("none", old), "RoleUnknown");
    check(&policy, ("clerk", "owner", 1), ("none", old), "RoleUnknown");
    check(&policy, ("clerk", "-", 0), ("idle", old), "MemberNotFound");
    check(&policy, ("clerk", "owner", 1), ("owner", old), "EtagMismatch");
    check(&policy, ("clerk", "owner", 1), ("owner", Some(VERSION + 1)), "EtagMismatch");
    check(&policy, ("clerk", "owner", 1), ("owner", current), "no change");
    check(&policy, ("clerk", "owner", 1), ("owner", None), "no change");
    check(&policy, ("clerk", "itself", 1), ("clerk", None), "no change");
    check(&policy, ("clerk", "owner", 1), ("idle", current), "RoleNotManageable");
    check(&policy, ("clerk", "itself", 1), ("owner", current), "RoleNotManageable");
    check(&policy, ("steward", "itself", 1), ("owner", current), "RoleNotManageable");
    check(&policy, ("steward", "owner", 1), ("idle", current), "RoleNotAssignable");
    check(&policy, ("owner", "itself", 1), ("idle", current), "LastHolder");
    check(&policy, ("owner", "itself", 2), ("idle", current), "MemberRoleChanged");
    check(&policy, ("owner", "suspended owner", 1), ("idle", None), "MemberRoleChanged");
    check(&policy, ("owner", "idle", 1), ("owner", None), "MemberRoleChanged");
}

#[test]
fn a_change_of_a_sole_or_own_role() {
    let check = check_change;
    let policy = brand();
    check(&policy, ("owner", "itself", 1), ("owner", None), "no change");
    check(&policy, ("owner", "itself", 1), ("admin", None), "OwnRole");
    check(&policy, ("admin", "itself", 1), ("owner", None), "OwnRole");
    check(&policy, ("admin", "owner", 1), ("member", None), "SoleRole");
    check(&policy, ("admin", "member", 1), ("owner", None), "SoleRole");
    let policy = workspace();
    check(&policy, ("admin", "itself", 1), ("user", None), "OwnRole");
    check(&policy, ("admin", "admin", 2), ("creator", None), "SoleRole");
    check(&policy, ("admin", "admin", 2), ("user", None), "RoleNotManageable");
    check(&policy, ("admin", "user", 2), ("admin", None), "MemberRoleChanged");
}

#[test]
fn a_removal() {
    let check = |policy: &Policy, (actor, target, holders), etag, expected: &str| {
        let outcome = remove_member(policy, &pair(actor, target, holders), etag);
        assert_eq!(words(&outcome), expected, "{} {actor} -> {target}", policy.name);
    };
    let (old, current) = (Some(VERSION - 1), Some(VERSION));
    let policy = kept();
    check(&policy, ("-", "-", 0), old, "TeamNotAccessible");
    check(&policy, ("suspended idle", "-", 0), old, "ActorSuspended");
    check(&policy, ("suspended idle", "itself", 1), old, "ActorSuspended");
    check(&policy, ("idle", "itself", 1), old, "RoleLacksPermission");
    check(&policy, ("clerk", "-", 0), old, "MemberNotFound");
    check(&policy, ("clerk", "itself", 1), old, "EtagMismatch");
    check(&policy, ("clerk", "itself", 1), current, "OwnRemoval");
    check(&policy, ("owner", "itself", 1), None, "OwnRemoval");
    check(&policy, ("clerk", "owner", 1), None, "RoleNotManageable");
    check(&policy, ("steward", "owner", 1), None, "LastHolder");
    check(&policy, ("steward", "owner", 2), None, "MemberRemoved");
    check(&policy, ("steward", "suspended owner", 1), current, "MemberRemoved");
    check(&policy, ("owner", "idle", 1), None, "MemberRemoved");
    let policy = brand();
    check(&policy, ("owner", "itself", 1), None, "OwnRemoval");
    check(&policy, ("admin", "owner", 1), None, "SoleRole");
    check(&policy, ("member", "owner", 1), None, "RoleLacksPermission");
}

#[test]
fn an_address_is_taken_up_when_it_is_another() {
    let check = |known: Option<&str>, seen: Option<&str>, expected: bool| {
        let address = |text: &str| EmailAddress::parse(text).unwrap();
        let member = Membership { email: known.map(address), ..member(ACTOR, "idle").unwrap() };
        let change = take_up_email(&member, seen.map(address).as_ref());
        assert_eq!(change.is_some(), expected, "{known:?} -> {seen:?}");
    };
    check(None, None, false);
    check(Some("a@example.org"), None, false);
    check(Some("a@example.org"), Some("a@example.org"), false);
    check(None, Some("a@example.org"), true);
    check(Some("a@example.org"), Some("b@example.org"), true);
    // The same mailbox in another spelling is no news; else two clients that spell it differently would take turns.
    check(Some("a@example.org"), Some("A@example.org"), false);
}
