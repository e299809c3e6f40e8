//! E-mail invitations: made, sent again, cancelled.

use super::access::{Giving, check_grants, offered, refuse_beyond_own};
use super::seats::{Taker, require_seat};
use super::standing::{Standing, givable, standing};
use crate::facts::{Invitation, InvitationFacts, InvitationState};
use crate::policy::{InvitationRules, Policy, Role, RoleName};
use crate::refusal::Cap;
use crate::{Change, EmailAddress, Grant, InvitationId, NewInvitation, Refusal, SecretRecord, Timestamp};

const PERMISSION: &str = "members.invite";

/// An invitation that is asked for.
#[derive(Clone, Debug)]
pub struct InvitationRequest<'a> {
    /// Whom it is for.
    pub email: &'a EmailAddress,
    /// The role that it is to give.
    pub role: &'a RoleName,
    /// What it is to grant.
    pub grants: &'a [Grant],
    /// How many grants it may bring.
    pub grant_cap: u64,
    /// How many pending invitations a team may have.
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
    let actor = standing(policy, facts.actor.as_ref())?;
    let rules = rules(policy)?;
    actor.require(PERMISSION)?;
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
    }));
    Ok(changes)
}

/// Decides whether the actor may send the invitation again: with a new secret, its full life again, and the actor as
/// its maker. One that has expired is pending again.
pub fn resend_invitation(
    policy: &Policy,
    facts: &InvitationFacts,
    secret: SecretRecord,
    pending_cap: u64,
    now: Timestamp,
) -> Result<Vec<Change>, Refusal> {
    let (actor, invitation) = managed(policy, facts)?;
    let rules = rules(policy)?;
    let state = invitation_state(invitation, now);
    if !matches!(state, InvitationState::Pending | InvitationState::Expired) {
        return Err(Refusal::NotPending { state });
    }
    let role = givable(policy, &invitation.role)?;
    actor.require_assigns(&role.name)?;
    let own = (&actor.membership.role, &facts.actor_access);
    refuse_beyond_own(policy, None, (&role.name, &invitation.access), own)?;
    let mut changes = Vec::new();
    if state == InvitationState::Expired {
        if facts.is_member {
            return Err(Refusal::AlreadyMember);
        }
        changes = room(policy, facts, pending_cap, now)?;
    }
    changes.push(Change::InvitationResent {
        invitation: invitation.id,
        maker: actor.membership.person,
        expires_at: end(rules, now),
        secret,
    });
    Ok(changes)
}

/// Decides whether the actor may take the invitation back. One that is cancelled already stays as it is.
pub fn cancel_invitation(
    policy: &Policy,
    facts: &InvitationFacts,
    now: Timestamp,
) -> Result<Vec<Change>, Refusal> {
    let (_, invitation) = managed(policy, facts)?;
    match invitation_state(invitation, now) {
        InvitationState::Pending => Ok(vec![Change::InvitationCancelled { invitation: invitation.id }]),
        InvitationState::Cancelled => Ok(Vec::new()),
        state => Err(Refusal::NotPending { state }),
    }
}

/// What became of an invitation by now: one that ran out has expired whether or not anybody noticed.
#[must_use]
pub fn invitation_state(invitation: &Invitation, now: Timestamp) -> InvitationState {
    match invitation.state {
        InvitationState::Pending if now >= invitation.expires_at => InvitationState::Expired,
        state => state,
    }
}

/// Whether holders of the first role invite to the second.
#[must_use]
pub fn invites(maker: &Role, role: &RoleName) -> bool {
    maker.permissions.allow(PERMISSION) && maker.assigns(role)
}

/// Refuses where there is no room for another pending invitation of the address; else marks the one that ran out.
fn room(
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
    if facts.occupancy.pending >= pending_cap {
        return Err(Refusal::CapReached { cap: Cap::PendingInvitationsPerTeam, limit: pending_cap });
    }
    require_seat(policy, &facts.team, facts.occupancy, Taker::Newcomer)?;
    Ok(changes)
}

fn managed<'a>(
    policy: &'a Policy,
    facts: &'a InvitationFacts,
) -> Result<(Standing<'a>, &'a Invitation), Refusal> {
    let actor = standing(policy, facts.actor.as_ref())?;
    actor.require(PERMISSION)?;
    Ok((actor, facts.invitation.as_ref().ok_or(Refusal::InvitationNotFound)?))
}

fn end(rules: InvitationRules, now: Timestamp) -> Timestamp {
    Timestamp::from_micros(rules.lifetime.end(now.micros()))
}

fn rules(policy: &Policy) -> Result<InvitationRules, Refusal> {
    policy.invitations.ok_or(Refusal::MethodNotInPolicy { method: "invitations" })
}
