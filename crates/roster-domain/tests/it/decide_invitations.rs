//! Which refusal comes first where invitations are made, sent again and cancelled, what they count for, and how they end.

use roster_domain::decide::{
    InvitationRequest, ResendRequest, cancel_invitation, create_invitation, expire_invitations, may_invite,
    remove_member, resend_invitation,
};
use roster_domain::facts::{
    Invitation, InvitationFacts, InvitationState, MemberFacts, Occupancy, RemovalFacts,
};
use roster_domain::policy::Policy;
use roster_domain::{
    Access, Change, Delivery, EmailAddress, InvitationId, Locale, PersonKey, Refusal, RoleName, SecretRecord,
    Timestamp,
};

use crate::support::{joining_rows, rows};

use joining_rows::{MAKER, joining};
use rows::{ACTOR, VERSION, brand, kept, member, words};

const END: i64 = 1_772_625_600_000_000;
const CAP: u64 = 3;

#[test]
fn inviting_somebody() {
    let check = |policy: &Policy, actor, role, facts: &InvitationFacts, expected: &str| {
        let facts = InvitationFacts { actor: member(ACTOR, actor), ..facts.clone() };
        let outcome = create(policy, &facts, role, Delivery::Token);
        assert_eq!(words(&outcome), expected, "{} {actor}, {role}", policy.name);
        // What refuses a whole batch comes before whatever refuses a row.
        let refuses_all = match may_invite(policy, facts.actor.as_ref()) {
            Ok(()) => None,
            Err(refusal) => Some(Err(refusal)),
        };
        let of_all = ["TeamNotAccessible", "ActorSuspended", "MethodNotInPolicy", "RoleLacksPermission"];
        assert_eq!(refuses_all, of_all.contains(&expected).then_some(outcome), "{actor}");
    };
    let all = InvitationFacts {
        is_member: true,
        pending: Some(invitation(InvitationState::Pending, END + 1)),
        live_invitations: CAP,
        ..facts("-")
    };
    let (policy, without) = (brand(), kept());
    check(&without, "-", "none", &all, "TeamNotAccessible");
    check(&without, "suspended owner", "none", &all, "ActorSuspended");
    check(&without, "idle", "none", &all, "MethodNotInPolicy");
    check(&without, "owner", "idle", &facts("-"), "MethodNotInPolicy");
    check(&policy, "-", "none", &all, "TeamNotAccessible");
    check(&policy, "no-role", "none", &all, "TeamNotAccessible");
    check(&policy, "suspended owner", "none", &all, "ActorSuspended");
    check(&policy, "member", "none", &all, "RoleLacksPermission");
    check(&policy, "admin", "none", &all, "RoleUnknown");
    check(&policy, "admin", "owner", &all, "SoleRole");
    check(&policy, "admin", "guest", &all, "AlreadyMember");
    let all = InvitationFacts { is_member: false, ..all };
    check(&policy, "admin", "guest", &all, "InvitationPending");
    let all = InvitationFacts { pending: Some(invitation(InvitationState::Pending, END)), ..all };
    check(&policy, "admin", "guest", &all, "CapReached");
    let all = InvitationFacts { live_invitations: CAP - 1, ..all };
    check(&policy, "admin", "guest", &all, "several changes");
    // Those whose maker is gone hold seats and count towards no cap.
    let occupancy = Occupancy { pending: CAP + 1, ..Occupancy::default() };
    check(&policy, "admin", "guest", &InvitationFacts { occupancy, ..facts("-") }, "InvitationCreated");
}

#[test]
fn the_version_that_was_read() {
    let check = |actor, one: Option<&Invitation>, etag, [resent, cancelled]: [&str; 2]| {
        let facts = InvitationFacts { invitation: one.cloned(), ..facts(actor) };
        let request = ResendRequest { expected: etag, delivery: Delivery::Token, pending_cap: CAP };
        let outcome = resend_invitation(&brand(), &facts, &request, secret(1), Timestamp::from_micros(END));
        assert_eq!(words(&outcome), resent, "{actor} resends {one:?} at {etag:?}");
        let outcome = cancel_invitation(&brand(), &facts, etag, Timestamp::from_micros(END));
        assert_eq!(words(&outcome), cancelled, "{actor} cancels {one:?} at {etag:?}");
    };
    let (old, current) = (Some(VERSION - 1), Some(VERSION));
    let accepted = invitation(InvitationState::Accepted, END);
    let cancelled = invitation(InvitationState::Cancelled, END);
    let pending = invitation(InvitationState::Pending, END + 1);
    check("-", None, old, ["TeamNotAccessible"; 2]);
    check("suspended admin", None, old, ["ActorSuspended"; 2]);
    check("member", Some(&pending), old, ["RoleLacksPermission"; 2]);
    check("admin", None, old, ["InvitationNotFound"; 2]);
    check("admin", Some(&accepted), old, ["EtagMismatch"; 2]);
    check("admin", Some(&accepted), Some(VERSION + 1), ["EtagMismatch"; 2]);
    check("admin", Some(&accepted), current, ["NotPending"; 2]);
    check("admin", Some(&cancelled), old, ["EtagMismatch"; 2]);
    check("admin", Some(&cancelled), None, ["NotPending", "no change"]);
    check("admin", Some(&pending), old, ["EtagMismatch"; 2]);
    check("admin", Some(&pending), current, ["InvitationResent", "InvitationCancelled"]);
    check("admin", Some(&pending), None, ["InvitationResent", "InvitationCancelled"]);
}

#[test]
fn what_is_sent_again_needs_room_beside_the_others() {
    let check = |expires_at, live_invitations, other: Option<i64>, expected: &str| {
        let one = invitation(InvitationState::Pending, expires_at);
        let id = InvitationId::from_uuid(uuid::Uuid::from_u128(2));
        let pending = other.map(|end| Invitation { id, ..invitation(InvitationState::Pending, end) });
        let facts = InvitationFacts { invitation: Some(one), live_invitations, pending, ..facts("admin") };
        let request = ResendRequest { expected: None, delivery: Delivery::Token, pending_cap: CAP };
        let outcome = resend_invitation(&brand(), &facts, &request, secret(1), Timestamp::from_micros(END));
        assert_eq!(words(&outcome), expected, "ends at {expires_at}, {live_invitations} live, {other:?}");
    };
    check(END + 1, CAP, None, "CapReached");
    check(END + 1, CAP - 1, None, "InvitationResent");
    check(END, CAP, None, "CapReached");
    check(END, CAP - 1, None, "InvitationResent");
    check(END, CAP, Some(END + 1), "InvitationPending");
    check(END, CAP - 1, Some(END), "several changes");
}

#[test]
fn how_the_secret_reaches_whom_it_is_for() {
    let mail =
        |locale: Option<&str>| Delivery::Mail { locale: locale.map(|tag| Locale::parse(tag).unwrap()) };
    for delivery in [Delivery::Token, mail(None), mail(Some("pt-BR"))] {
        let created = create(&brand(), &facts("admin"), "guest", delivery.clone()).unwrap();
        let [Change::InvitationCreated(new)] = created.as_slice() else { panic!("{created:?}") };
        assert_eq!((&new.delivery, &new.secret), (&delivery, &secret(0)));
        let invitation = Some(invitation(InvitationState::Pending, END + 1));
        let facts = InvitationFacts { invitation, ..facts("admin") };
        let request = ResendRequest { expected: None, delivery: delivery.clone(), pending_cap: CAP };
        let now = Timestamp::from_micros(END);
        let resent = resend_invitation(&brand(), &facts, &request, secret(1), now).unwrap();
        let [Change::InvitationResent { delivery: by, secret: new, maker, .. }] = resent.as_slice() else {
            panic!("{resent:?}")
        };
        assert_eq!((by, new, *maker), (&delivery, &secret(1), PersonKey(ACTOR)));
    }
}

#[test]
fn what_ran_out_is_marked_once() {
    use InvitationState::{Accepted, Cancelled, Declined, Expired, Pending};
    let check = |state, expires_at, expected: &str| {
        let changes = expire_invitations(&[invitation(state, expires_at)], Timestamp::from_micros(END));
        assert_eq!(words(&Ok(changes)), expected, "{state:?}, ends at {expires_at}");
    };
    check(Pending, END - 1, "InvitationExpired");
    check(Pending, END, "InvitationExpired");
    check(Pending, END + 1, "no change");
    for state in [Accepted, Declined, Cancelled, Expired] {
        check(state, END - 1, "no change");
    }
    let id = |n| InvitationId::from_uuid(uuid::Uuid::from_u128(n));
    let all: Vec<_> = (0..6)
        .map(|n| Invitation { id: id(n), ..invitation(Pending, END + i64::from(n % 2 == 0)) })
        .collect();
    let changes = expire_invitations(&all, Timestamp::from_micros(END));
    assert_eq!(changes, [1, 3, 5].map(|n| Change::InvitationExpired { invitation: id(n) }));
    assert_eq!(expire_invitations(&[], Timestamp::from_micros(END)), []);
}

/// An invitation ends in one state, whoever notices first that its time is over.
#[test]
fn a_removal_ends_the_invitations_to_the_address() {
    let check = |now, expected: fn(InvitationId) -> Change| {
        let member = MemberFacts {
            team: facts("-").team,
            actor: member(ACTOR, "admin"),
            actor_access: Access::default(),
            target: member(MAKER, "guest"),
            target_access: Access::default(),
            holders_of_target_role: 1,
        };
        let one = invitation(InvitationState::Pending, END);
        let id = one.id;
        let facts = RemovalFacts { member, invitations: vec![one], links: vec![], codes: vec![] };
        let changes = remove_member(&brand(), &facts, true, None, Timestamp::from_micros(now)).unwrap();
        assert_eq!(changes[1..], [expected(id)], "{} after its end", now - END);
    };
    check(END - 1, |invitation| Change::InvitationCancelled { invitation });
    check(END, |invitation| Change::InvitationExpired { invitation });
    check(END + 1, |invitation| Change::InvitationExpired { invitation });
}

fn create(
    policy: &Policy,
    facts: &InvitationFacts,
    role: &str,
    delivery: Delivery,
) -> Result<Vec<Change>, Refusal> {
    let email = address();
    let role = &RoleName::parse(role).expect("a well-shaped name");
    let request =
        InvitationRequest { email: &email, role, grants: &[], delivery, grant_cap: 0, pending_cap: CAP };
    let id = InvitationId::from_uuid(uuid::Uuid::from_u128(9));
    create_invitation(policy, facts, &request, (id, secret(0)), Timestamp::from_micros(END))
}

/// An actor in words, in a team with nobody else.
fn facts(actor: &str) -> InvitationFacts {
    let joining = joining(ACTOR, (actor, None, "-"), 1);
    InvitationFacts {
        team: joining.team,
        actor: joining.membership,
        actor_access: Access::default(),
        invitation: None,
        pending: None,
        is_member: false,
        occupancy: joining.occupancy,
        live_invitations: 0,
    }
}

fn invitation(state: InvitationState, expires_at: i64) -> Invitation {
    Invitation {
        id: InvitationId::from_uuid(uuid::Uuid::from_u128(1)),
        email: address(),
        role: RoleName::parse("guest").expect("a well-shaped name"),
        access: Access::default(),
        maker: PersonKey(MAKER),
        revision: VERSION - 1,
        version: VERSION,
        generation: 0,
        expires_at: Timestamp::from_micros(expires_at),
        state,
        answered_by: None,
    }
}

fn address() -> EmailAddress {
    EmailAddress::parse("ada@example.org").expect("an address")
}

fn secret(generation: u32) -> SecretRecord {
    SecretRecord { digest: [0; 32], salt: [0; 16], generation, key_id: "k".to_owned() }
}
