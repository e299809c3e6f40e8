//! What somebody may be granted, by whom, and what of it they may give to themself.

use roster_domain::decide::{
    Addition, Answerer, Presented, add_members, may_accept, restore_member, rewritten, set_access,
};
use roster_domain::facts::{
    AdditionFacts, AnswerFacts, Invitation, InvitationState, MemberFacts, Occupancy, RestorationFacts,
};
use roster_domain::policy::{KindName, Policy, parse};
use roster_domain::{
    Access, AccessRequest, EmailAddress, Grant, GrantTarget, InvitationId, PersonKey, ResourceId, RoleName,
    Timestamp,
};

use crate::support::joining_rows::{MAKER, joining, team};
use crate::support::rows::{ACTOR, VERSION, member, words};

const NOW: Timestamp = Timestamp::from_micros(1_772_366_400_000_000);

fn walked() -> Policy {
    parse("walked.toml", include_str!("../policies/walked.toml")).expect("a good file")
}

/// `book/one=writer`, in the order of the store.
fn grants(words: &[&str]) -> Vec<Grant> {
    let grant = |word: &&str| {
        let (kind, rest) = word.split_once('/').expect("a kind");
        let (resource, role) = rest.split_once('=').expect("a role");
        Grant {
            kind: KindName::parse(kind).expect("a name"),
            target: GrantTarget::One(ResourceId::parse(resource).expect("an id")),
            role: RoleName::parse(role).expect("a name"),
        }
    };
    words.iter().map(grant).collect()
}

/// What a guide with the first grants, restricted to the books of those, is told who asks for the second for themself.
fn to_themself(before: &[&str], after: &[&str], unrestrict: bool) -> String {
    let book = walked().kinds[0].name.clone();
    let access = Access { grants: grants(before), restricted: vec![book.clone()] };
    let facts = MemberFacts {
        team: team(),
        actor: member(ACTOR, "guide"),
        actor_access: access.clone(),
        target: member(ACTOR, "guide"),
        target_access: access,
        holders_of_target_role: 2,
    };
    let request =
        AccessRequest { grants: grants(after), unrestrict: unrestrict.then_some(book).into_iter().collect() };
    words(&set_access(&walked(), &facts, &request, None, 10))
}

#[test]
fn nobody_lifts_their_own_restriction_or_raises_what_they_have() {
    assert_eq!(to_themself(&["book/one=writer"], &["book/one=writer"], false), "no change");
    assert_eq!(to_themself(&["book/one=writer"], &["book/one=reader"], false), "MemberAccessChanged");
    assert_eq!(to_themself(&["book/one=reader"], &["book/one=writer"], false), "OwnAccess");
    assert_eq!(to_themself(&["book/one=reader"], &["book/two=reader"], false), "OwnAccess");
    assert_eq!(to_themself(&["book/one=writer"], &[], true), "OwnAccess");
    assert_eq!(to_themself(&["shelf/one=viewer"], &["shelf/one=user"], false), "OwnAccess");
    assert_eq!(to_themself(&["shelf/one=user"], &["shelf/one=viewer"], false), "MemberAccessChanged");
}

#[test]
fn a_join_time_may_be_now_or_past() {
    let check = |joined_at: i64, expected: &str| {
        let addition = Addition {
            person: PersonKey(5),
            role: RoleName::parse("guest").expect("a name"),
            grants: vec![],
            email: None,
            joined_at: Some(Timestamp::from_micros(NOW.micros() + joined_at)),
        };
        let facts = AdditionFacts { team: team(), members: vec![], occupancy: Occupancy::default() };
        let added = add_members(&walked(), &facts, &[addition], 10, NOW);
        let added: Result<Vec<_>, _> =
            added.into_iter().map(|one| one.map(|one| one.expect("a newcomer"))).collect();
        assert_eq!(words(&added), expected, "{joined_at} µs from now");
    };
    check(-1, "MemberJoined");
    check(0, "MemberJoined");
    check(1, "JoinTimeAhead");
}

#[test]
fn a_member_is_told_how_an_invitation_has_ended() {
    let check = |who, state, expected: &str| {
        let invitation = Invitation {
            id: InvitationId::from_uuid(uuid::Uuid::from_u128(1)),
            email: EmailAddress::parse("ada@example.org").expect("an address"),
            role: RoleName::parse("guest").expect("a name"),
            access: Access::default(),
            maker: PersonKey(MAKER),
            revision: VERSION,
            version: VERSION,
            generation: 0,
            expires_at: Timestamp::from_micros(NOW.micros() + 1),
            state,
            answered_by: None,
        };
        let email = invitation.email.clone();
        let answerer = Answerer { person: PersonKey(ACTOR), email: Some(&email), presented: Presented::ById };
        let facts = AnswerFacts { invitation, joining: joining(ACTOR, (who, None, "owner"), 1) };
        let told = match may_accept(&walked(), &facts, answerer, NOW) {
            Ok(comes) => format!("{comes:?}"),
            Err(refusal) => words(&Err(refusal)),
        };
        assert_eq!(told, expected, "{who}, {state:?}");
    };
    check("guest", InvitationState::Pending, "AlreadyMember");
    check("guest", InvitationState::Cancelled, "NotPending");
    check("-", InvitationState::Pending, "Joins");
}

#[test]
fn who_is_restored_needs_a_seat_unless_they_held_one() {
    let restored = |hold: bool| {
        let mut policy = walked();
        policy.seats.as_mut().expect("seats").suspended_members_hold = hold;
        let member = MemberFacts {
            team: team(),
            actor: member(ACTOR, "owner"),
            actor_access: Access::default(),
            target: member(5, "suspended guest"),
            target_access: Access::default(),
            holders_of_target_role: 0,
        };
        // All five seats of the tier.
        let occupancy = Occupancy { active: if hold { 4 } else { 5 }, suspended: 1, pending: 0 };
        words(&restore_member(&policy, &RestorationFacts { member, occupancy }, None))
    };
    assert_eq!([restored(true), restored(false)], ["MemberRestored", "NoSeat"]);
}

#[test]
fn a_grant_is_rewritten_where_its_role_alone_is_another() {
    let access = |words: &[&str]| Access { grants: grants(words), restricted: vec![] };
    let before = access(&["book/one=writer", "book/two=writer", "shelf/one=user"]);
    let after = access(&["book/one=reader", "book/two=writer", "shelf/two=viewer"]);
    let found = rewritten(&before, &after);
    let [one] = &found[..] else { panic!("{found:?}") };
    assert_eq!((&one.grant, one.old_role.as_str()), (&after.grants[0], "writer"));
}
