//! Invitations that exist are sent again, cancelled, or marked as expired.

use super::access::refuse_beyond_own;
use super::create_invitation::{end, require_uncapped, room};
use super::invitation::{PERMISSION, invitation_state, rules};
use super::standing::{Standing, givable, refuse_stale, standing};
use crate::facts::{Invitation, InvitationFacts, InvitationState};
use crate::policy::Policy;
use crate::{Change, Delivery, Refusal, Revision, SecretRecord, Timestamp};

/// How an invitation is to be sent again.
#[derive(Clone, Debug)]
pub struct ResendRequest {
    /// The version that the caller has read, if it says so.
    pub expected: Option<Revision>,
    /// How the invited person is to get the new secret.
    pub delivery: Delivery,
    /// How many pending invitations a team may have; those whose maker could not make them now count for nothing.
    pub pending_cap: u64,
}

/// Decides whether the actor may send the invitation again: with a new secret, its full life again, and the actor as
/// its maker. One that has expired is pending again.
pub fn resend_invitation(
    policy: &Policy,
    facts: &InvitationFacts,
    request: &ResendRequest,
    secret: SecretRecord,
    now: Timestamp,
) -> Result<Vec<Change>, Refusal> {
    let (actor, invitation) = managed(policy, facts, request.expected)?;
    let rules = rules(policy)?;
    let state = invitation_state(invitation, now);
    // Where the address was erased there is nobody to send it to, nor ever will be.
    let open = matches!(state, InvitationState::Pending | InvitationState::Expired);
    if !open || invitation.email.is_erased() {
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
        changes = room(policy, facts, request.pending_cap, now)?;
    } else {
        // One whose maker could not make it any more counted for nothing, and counts from now on.
        require_uncapped(facts, request.pending_cap)?;
    }
    changes.push(Change::InvitationResent {
        invitation: invitation.id,
        maker: actor.membership.person,
        expires_at: end(rules, now),
        secret,
        delivery: request.delivery.clone(),
    });
    Ok(changes)
}

/// Decides whether the actor may take the invitation back. One that is cancelled already stays as it is. `expected` is
/// the version that the caller has read.
pub fn cancel_invitation(
    policy: &Policy,
    facts: &InvitationFacts,
    expected: Option<Revision>,
    now: Timestamp,
) -> Result<Vec<Change>, Refusal> {
    let (_, invitation) = managed(policy, facts, expected)?;
    match invitation_state(invitation, now) {
        InvitationState::Pending => Ok(vec![Change::InvitationCancelled { invitation: invitation.id }]),
        InvitationState::Cancelled => Ok(Vec::new()),
        state => Err(Refusal::NotPending { state }),
    }
}

/// Marks as expired those that are pending as stored and have run out; whatever else is given stays as it is.
#[must_use]
pub fn expire_invitations(overdue: &[Invitation], now: Timestamp) -> Vec<Change> {
    let unnoticed = |one: &&Invitation| {
        one.state == InvitationState::Pending && invitation_state(one, now) == InvitationState::Expired
    };
    overdue.iter().filter(unnoticed).map(|one| Change::InvitationExpired { invitation: one.id }).collect()
}

/// Whoever manages invitations, and the one that is acted upon, in the version that the caller has read.
fn managed<'a>(
    policy: &'a Policy,
    facts: &'a InvitationFacts,
    expected: Option<Revision>,
) -> Result<(Standing<'a>, &'a Invitation), Refusal> {
    let actor = standing(policy, facts.actor.as_ref())?;
    actor.require(PERMISSION)?;
    let invitation = facts.invitation.as_ref().ok_or(Refusal::InvitationNotFound)?;
    refuse_stale(invitation.version, expected)?;
    Ok((actor, invitation))
}
