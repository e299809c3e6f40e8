//! Which refusal comes first where one member acts upon another, and what happens at the edges.
//!
//! A row gives a situation in which the expected refusal and all that come later have their cause.

use roster_domain::decide::{
    Answerer, NewRole, Presented, accept_invitation, change_role, decline_invitation, redeem_code,
    redeem_link, remove_member, take_up_email,
};
use roster_domain::facts::{
    AnswerFacts, CodeRedemptionFacts, Invitation, InvitationState, MemberFacts, RedemptionFacts,
    RemovalFacts, TeamCode,
};
use roster_domain::policy::{Policy, parse};
use roster_domain::{
    Access, Change, CodeId, EmailAddress, InvitationId, InviteLink, LinkId, Membership, PersonKey, Refusal,
    Revision, RoleName, Timestamp,
};

use crate::support::{joining_rows, rows};

use joining_rows::{MAKER, joining, team};
use rows::{ACTOR, VERSION, brand, kept, member, words};

const TARGET: i64 = 2;
/// The revision that made the way in, and when its time ends.
const MADE: Revision = 10;
const END: i64 = 1_772_625_600_000_000;

/// Administrators who manage users, and not each other.
fn workspace() -> Policy {
    parse("workspace.toml", include_str!("../../presets/workspace.toml")).expect("a good file")
}

/// An actor and a target in words, where `itself` is the actor.
fn pair(actor: &str, target: &str, holders: i64) -> MemberFacts {
    let actor = member(ACTOR, actor);
    let target = if target == "itself" { actor.clone() } else { member(TARGET, target) };
    MemberFacts {
        team: team(),
        actor,
        actor_access: Access::default(),
        target,
        target_access: Access::default(),
        holders_of_target_role: holders,
    }
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
    let new = NewRole { role: &role, access: None, grant_cap: 0 };
    let outcome = change_role(policy, &pair(actor, target, holders), &new, etag);
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
        let member = pair(actor, target, holders);
        let facts = RemovalFacts { member, invitations: vec![], links: vec![], codes: vec![] };
        let outcome = remove_member(policy, &facts, true, etag, Timestamp::from_micros(0));
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

/// Which refusal comes first for whoever comes by a link, by a code and by an invitation to an account that has three
/// seats. `ended` names all that has ended the way in.
#[test]
fn joining_is_refused_in_the_same_order_whatever_the_way_in() {
    let (older, newer) = (Some(MADE + 1), Some(MADE - 1));
    let all = "revoked expired used";
    let check = |comes, (ended, active), [link, code, invitation]: [&str; 3]| {
        let outcomes = [by_link(comes, ended, active), by_code(comes, ended, active)];
        assert_eq!(outcomes.map(|one| words(&one)), [link, code], "{comes:?}, {ended}, {active} members");
        assert_eq!(words(&by_invitation(comes, ended, active)), invitation, "{comes:?}, {ended}, {active}");
    };
    check(("suspended reader", older, "-"), (all, 3), ["Suspended"; 3]);
    check(("suspended owner", None, "owner"), ("", 0), ["Suspended"; 3]);
    check(("reader", older, "-"), (all, 3), ["no change", "no change", "NotPending"]);
    check(("reader", older, "-"), ("expired", 3), ["no change", "no change", "Expired"]);
    check(("reader", older, "-"), ("", 3), ["no change", "no change", "InvitationAccepted"]);
    check(("-", older, "-"), (all, 3), ["Removed"; 3]);
    check(("-", older, "owner"), ("", 0), ["Removed"; 3]);
    check(("-", newer, "-"), (all, 3), ["Revoked", "Revoked", "NotPending"]);
    check(("-", newer, "-"), ("expired used", 3), ["Expired", "Expired", "NotPending"]);
    check(("-", newer, "-"), ("expired", 3), ["Expired"; 3]);
    check(("-", None, "-"), ("used", 3), ["MakerGone", "Exhausted", "NotPending"]);
    check(("-", None, "suspended owner"), ("", 3), ["MakerGone"; 3]);
    check(("-", None, "reader"), ("", 3), ["MakerGone"; 3]);
    check(("-", newer, "helper"), ("", 3), ["NoSeat"; 3]);
    check(("-", newer, "helper"), ("", 2), ["MemberJoined", "MemberJoined", "several changes"]);
    check(("-", None, "owner"), ("", 2), ["MemberJoined", "MemberJoined", "several changes"]);
}

/// The address comes before everything else: whoever is not meant learns nothing of the invitation.
#[test]
fn an_invitation_is_answered_by_whom_it_is_for() {
    let check = |locked, (presented, shows), expected: [&str; 2]| {
        let mut policy = sample();
        policy.invitations.as_mut().unwrap().address_locked = locked;
        let facts = AnswerFacts {
            invitation: invitation(InvitationState::Cancelled),
            joining: joining(ACTOR, ("suspended reader", Some(MADE + 1), "-"), 3),
        };
        let shown = (shows != "-").then(|| EmailAddress::parse(shows).unwrap());
        let answerer = Answerer { person: PersonKey(ACTOR), email: shown.as_ref(), presented };
        let now = Timestamp::from_micros(END);
        let outcomes = [accept_invitation, decline_invitation].map(|one| one(&policy, &facts, answerer, now));
        assert_eq!(outcomes.map(|one| words(&one)), expected, "locked: {locked}, {presented:?}, {shows}");
    };
    for (locked, presented) in [(true, Presented::ById), (true, Presented::ByToken), (false, Presented::ById)]
    {
        check(locked, (presented, "-"), ["EmailNotVerified"; 2]);
        check(locked, (presented, "other@example.org"), ["EmailMismatch"; 2]);
        check(locked, (presented, "ADA@example.org"), ["Suspended", "NotPending"]);
    }
    check(false, (Presented::ByToken, "-"), ["Suspended", "NotPending"]);
    check(false, (Presented::ByToken, "other@example.org"), ["Suspended", "NotPending"]);
}

type Comes<'a> = (&'a str, Option<Revision>, &'a str);

fn by_link(comes: Comes<'_>, ended: &str, active: u64) -> Result<Vec<Change>, Refusal> {
    let link = InviteLink {
        id: LinkId::from_uuid(uuid::Uuid::from_u128(1)),
        role: reader(),
        maker: PersonKey(MAKER),
        revision: MADE,
        created_at: Timestamp::from_micros(0),
        expires_at: Timestamp::from_micros(END),
        revoked_at: revoked_at(ended),
        uses: 0,
    };
    let facts = RedemptionFacts { link, joining: joining(ACTOR, comes, active) };
    redeem_link(&sample(), &facts, PersonKey(ACTOR), None, moment(ended))
}

fn by_code(comes: Comes<'_>, ended: &str, active: u64) -> Result<Vec<Change>, Refusal> {
    let facts = CodeRedemptionFacts { code: code(ended), joining: joining(ACTOR, comes, active) };
    redeem_code(&sample(), &facts, PersonKey(ACTOR), None, moment(ended))
}

fn code(ended: &str) -> TeamCode {
    TeamCode {
        id: CodeId::from_uuid(uuid::Uuid::from_u128(1)),
        role: reader(),
        access: Access::default(),
        maker: PersonKey(MAKER),
        revision: MADE,
        expires_at: Some(Timestamp::from_micros(END)),
        revoked_at: revoked_at(ended),
        uses: i64::from(ended.contains("used")),
        max_uses: Some(1),
    }
}

fn by_invitation(comes: Comes<'_>, ended: &str, active: u64) -> Result<Vec<Change>, Refusal> {
    let state = match ended {
        _ if ended.contains("revoked") => InvitationState::Cancelled,
        _ if ended.contains("used") => InvitationState::Accepted,
        _ => InvitationState::Pending,
    };
    let facts = AnswerFacts { invitation: invitation(state), joining: joining(ACTOR, comes, active) };
    let answerer = Answerer { person: PersonKey(ACTOR), email: None, presented: Presented::ByToken };
    accept_invitation(&sample(), &facts, answerer, moment(ended))
}

fn invitation(state: InvitationState) -> Invitation {
    Invitation {
        id: InvitationId::from_uuid(uuid::Uuid::from_u128(1)),
        email: EmailAddress::parse("ada@example.org").expect("an address"),
        role: reader(),
        access: Access::default(),
        maker: PersonKey(MAKER),
        revision: MADE,
        version: VERSION,
        generation: 0,
        expires_at: Timestamp::from_micros(END),
        state,
        answered_by: None,
    }
}

/// Every way in, and three seats.
fn sample() -> Policy {
    parse("sample.toml", include_str!("../policies/sample.toml")).expect("a good file")
}

fn reader() -> RoleName {
    RoleName::parse("reader").expect("a well-shaped name")
}

fn revoked_at(ended: &str) -> Option<Timestamp> {
    ended.contains("revoked").then(|| Timestamp::from_micros(1))
}

fn moment(ended: &str) -> Timestamp {
    Timestamp::from_micros(if ended.contains("expired") { END } else { END - 1 })
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
