//! Somebody is invited by e-mail.

use super::access::{Giving, check_grants, offered, refuse_beyond_own};
use super::invitation::{invitation_state, inviter};
use super::seats::{Taker, require_seat};
use super::standing::givable;
use crate::facts::{InvitationFacts, InvitationState};
use crate::policy::{InvitationRules, Policy, RoleName};
use crate::refusal::Cap;
use crate::{
    Change, Delivery, EmailAddress, Grant, InvitationId, NewInvitation, Refusal, SecretRecord, Timestamp,
};

/// An invitation that is asked for.
#[derive(Clone, Debug)]
pub struct InvitationRequest<'a> {
    /// Whom it is for.
    pub email: &'a EmailAddress,
    /// The role that it is to give.
    pub role: &'a RoleName,
    /// What it is to grant.
    pub grants: &'a [Grant],
    /// How the invited person is to get its secret.
    pub delivery: Delivery,
    /// How many grants it may bring.
    pub grant_cap: u64,
    /// How many pending invitations a team may have; those whose maker could not make them now count for nothing.
    pub pending_cap: u64,
}

/// Decides whether the actor may invite that address, now. An invitation of the address that ran out unnoticed is
/// marked as expired in the same commit.
pub fn create_invitation(
    policy: &Policy,
    facts: &InvitationFacts,
    request: &InvitationRequest<'_>,
    (id, secret): (InvitationId, SecretRecord),
    now: Timestamp,
) -> Result<Vec<Change>, Refusal> {
    let (actor, rules) = inviter(policy, facts.actor.as_ref())?;
    let role = givable(policy, request.role)?;
    actor.require_assigns(&role.name)?;
    check_grants(policy, role, request.grants, Giving::Offered, request.grant_cap)?;
    let access = offered(policy, request.grants);
    let own = (&actor.membership.role, &facts.actor_access);
    refuse_beyond_own(policy, None, (&role.name, &access), own)?;
    if facts.is_member {
        return Err(Refusal::AlreadyMember);
    }
    let mut changes = room(policy, facts, request.pending_cap, now)?;
    changes.push(Change::InvitationCreated(NewInvitation {
        id,
        email: request.email.clone(),
        role: role.name.clone(),
        access,
        maker: actor.membership.person,
        expires_at: end(rules, now),
        secret,
        delivery: request.delivery.clone(),
    }));
    Ok(changes)
}

/// Refuses where there is no room for another pending invitation of the address; else marks the one that ran out.
pub(super) fn room(
    policy: &Policy,
    facts: &InvitationFacts,
    pending_cap: u64,
    now: Timestamp,
) -> Result<Vec<Change>, Refusal> {
    let mut changes = Vec::new();
    if let Some(pending) = &facts.pending {
        if invitation_state(pending, now) == InvitationState::Pending {
            return Err(Refusal::InvitationPending { invitation: pending.id });
        }
        changes.push(Change::InvitationExpired { invitation: pending.id });
    }
    require_uncapped(facts, pending_cap)?;
    require_seat(policy, &facts.team, facts.occupancy, Taker::Newcomer)?;
    Ok(changes)
}

/// Refuses where the team has as many other pending invitations as it may have.
pub(super) fn require_uncapped(facts: &InvitationFacts, pending_cap: u64) -> Result<(), Refusal> {
    if facts.live_invitations < pending_cap {
        return Ok(());
    }
    Err(Refusal::CapReached { cap: Cap::PendingInvitationsPerTeam, limit: pending_cap })
}

/// When an invitation ends that is made or sent again now.
pub(super) fn end(rules: InvitationRules, now: Timestamp) -> Timestamp {
    Timestamp::from_micros(rules.lifetime.end(now.micros()))
}
