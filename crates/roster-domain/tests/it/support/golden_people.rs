//! Who acts in the tables, upon whom, in which team.

use roster_domain::facts::{
    Holder, Invitation, InvitationState, JoinFacts, MemberFacts, Occupancy, TeamCode, TeamFacts,
};
use roster_domain::policy::{Kind, KindRole, Policy, Role};
use roster_domain::{
    Access, CodeId, DisplayName, EmailAddress, Grant, GrantTarget, InvitationId, InviteLink, LinkId,
    MemberState, Membership, PersonKey, ResourceId, RoleName, SecretRecord, Timestamp,
};

/// Who acts.
pub(crate) const ACTOR: PersonKey = PersonKey(1);
/// Who is acted upon.
pub(crate) const TARGET: PersonKey = PersonKey(2);
/// Who made the way in.
pub(crate) const MAKER: PersonKey = PersonKey(3);
/// 1 March 2026, 12:00 UTC.
pub(crate) const NOW: Timestamp = Timestamp::from_micros(1_772_366_400_000_000);
/// The revision at which the way in was made.
pub(crate) const MADE: i64 = 10;
/// How many grants a member may have if nothing else is configured.
pub(crate) const GRANT_CAP: u64 = 200;

/// An outsider, a holder of each role, and a suspended one of the strongest.
pub(crate) fn actors(policy: &Policy) -> Vec<(String, Option<Membership>)> {
    let mut actors = vec![("outsider".to_owned(), None)];
    for role in &policy.roles {
        actors.push((format!("`{}`", role.name), Some(member(ACTOR, role))));
    }
    let suspended = suspended(member(ACTOR, policy.founder()));
    actors.push((format!("suspended `{}`", suspended.role), Some(suspended)));
    actors
}

/// A holder of each role.
pub(crate) fn members(policy: &Policy) -> impl Iterator<Item = Membership> {
    policy.roles.iter().map(|role| member(ACTOR, role))
}

/// An active member.
pub(crate) fn member(person: PersonKey, role: &Role) -> Membership {
    Membership { person, role: role.name.clone(), state: MemberState::Active, email: None, version: 1 }
}

/// The same member, who was granted nothing.
pub(crate) fn holder(membership: Membership) -> Holder {
    Holder { membership, access: Access::default() }
}

/// The same member, suspended.
pub(crate) fn suspended(member: Membership) -> Membership {
    Membership { state: MemberState::Suspended, ..member }
}

/// A team with the policy's default tier.
pub(crate) fn team() -> TeamFacts {
    let display_name = DisplayName::parse("Team").expect("a good name");
    TeamFacts { display_name, tier: None, personal: None, version: 1 }
}

/// What the decisions about one member by another need; nobody was granted anything.
pub(crate) fn facts(actor: Option<Membership>, target: Option<Membership>, holders: i64) -> MemberFacts {
    MemberFacts {
        team: team(),
        actor,
        actor_access: Access::default(),
        target,
        target_access: Access::default(),
        holders_of_target_role: holders,
    }
}

/// Somebody who comes by a way in that this member made, where there is room.
pub(crate) fn joining(membership: Option<Membership>, maker: Option<Membership>) -> JoinFacts {
    JoinFacts {
        team: team(),
        membership,
        removed_at: None,
        maker: maker.map(holder),
        occupancy: Occupancy::default(),
    }
}

/// A role that no policy has.
pub(crate) fn no_role() -> RoleName {
    RoleName::parse("no-such-role").expect("a well-shaped name")
}

/// A grant of that role on one resource, always the same, or on all.
pub(crate) fn grant(kind: &Kind, role: &KindRole, all: bool) -> Grant {
    let target = if all { GrantTarget::All } else { GrantTarget::One(resource("one")) };
    Grant { kind: kind.name.clone(), target, role: role.name.clone() }
}

/// A resource.
pub(crate) fn resource(id: &str) -> ResourceId {
    ResourceId::parse(id).expect("a good id")
}

/// An address.
pub(crate) fn address(text: &str) -> EmailAddress {
    EmailAddress::parse(text).expect("a good address")
}

/// What is stored of a secret; any will do.
pub(crate) fn secret() -> SecretRecord {
    SecretRecord { digest: [0; 32], salt: [0; 16], generation: 0, key_id: "key".to_owned() }
}

/// A moment so many microseconds later, or earlier.
pub(crate) fn after(time: Timestamp, micros: i64) -> Timestamp {
    Timestamp::from_micros(time.micros() + micros)
}

/// A live link to that role.
pub(crate) fn link(role: &RoleName, expires_at: Timestamp) -> InviteLink {
    InviteLink {
        id: LinkId::from_uuid(uuid::Uuid::from_u128(1)),
        role: role.clone(),
        maker: MAKER,
        revision: MADE,
        created_at: NOW,
        expires_at,
        revoked_at: None,
        uses: 0,
    }
}

/// A live code to that role.
pub(crate) fn code(role: &RoleName, expires_at: Option<Timestamp>) -> TeamCode {
    TeamCode {
        id: CodeId::from_uuid(uuid::Uuid::from_u128(2)),
        role: role.clone(),
        access: Access::default(),
        maker: MAKER,
        revision: MADE,
        expires_at,
        revoked_at: None,
        uses: 0,
        max_uses: None,
    }
}

/// An invitation of `ada@example.org` to that role; if it was answered, it was by nobody in these tables.
pub(crate) fn invitation(role: &RoleName, state: InvitationState, expires_at: Timestamp) -> Invitation {
    Invitation {
        id: InvitationId::from_uuid(uuid::Uuid::from_u128(3)),
        email: address("ada@example.org"),
        role: role.clone(),
        access: Access::default(),
        maker: MAKER,
        revision: MADE,
        version: MADE,
        generation: 0,
        expires_at,
        state,
        answered_by: None,
    }
}
