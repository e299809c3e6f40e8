//! E-mail invitations: who makes them, and what became of them.

use super::maker::could_give;
use super::standing::{Standing, standing};
use crate::facts::{Holder, Invitation, InvitationState};
use crate::policy::{InvitationRules, Policy, Role, RoleName};
use crate::{Access, Membership, Refusal, Timestamp};

/// What makes, sends again and cancels invitations.
pub(super) const PERMISSION: &str = "members.invite";

/// What became of an invitation, as it is shown to people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ShownInvitationState {
    /// It can be accepted.
    Pending,
    /// Somebody joined by it.
    Accepted,
    /// Whom it was for declined it.
    Declined,
    /// It was taken back.
    Cancelled,
    /// Nobody answered in time.
    Expired,
    /// Nobody answered yet, and whoever made it could not make it now. It is pending again should its maker be able to.
    MakerGone,
}

/// What became of an invitation by now: one that ran out has expired whether or not anybody noticed.
#[must_use]
pub fn invitation_state(invitation: &Invitation, now: Timestamp) -> InvitationState {
    match invitation.state {
        InvitationState::Pending if now >= invitation.expires_at => InvitationState::Expired,
        state => state,
    }
}

/// The same with what its maker has to do with it. It is computed for whoever reads, and never stored.
#[must_use]
pub fn shown_invitation_state(
    policy: &Policy,
    invitation: &Invitation,
    maker: Option<&Holder>,
    now: Timestamp,
) -> ShownInvitationState {
    match invitation_state(invitation, now) {
        InvitationState::Pending if could_invite(policy, maker, &invitation.role, &invitation.access) => {
            ShownInvitationState::Pending
        }
        InvitationState::Pending => ShownInvitationState::MakerGone,
        InvitationState::Accepted => ShownInvitationState::Accepted,
        InvitationState::Declined => ShownInvitationState::Declined,
        InvitationState::Cancelled => ShownInvitationState::Cancelled,
        InvitationState::Expired => ShownInvitationState::Expired,
    }
}

/// Whether that member could invite to that role and access now: its role does, and it reaches as much as the
/// invitation gives.
#[must_use]
pub fn could_invite(policy: &Policy, holder: Option<&Holder>, role: &RoleName, access: &Access) -> bool {
    policy.invitations.is_some() && could_give(policy, holder, (role, access), invites)
}

/// Whether holders of the first role invite to the second.
#[must_use]
pub fn invites(maker: &Role, role: &RoleName) -> bool {
    maker.permissions.allow(PERMISSION) && maker.assigns(role)
}

/// Decides whether the actor may invite anybody at all: what it says refuses every row of a batch alike.
pub fn may_invite(policy: &Policy, actor: Option<&Membership>) -> Result<(), Refusal> {
    inviter(policy, actor).map(|_| ())
}

/// Whoever may invite, and the rules for it.
pub(super) fn inviter<'a>(
    policy: &'a Policy,
    actor: Option<&'a Membership>,
) -> Result<(Standing<'a>, InvitationRules), Refusal> {
    let actor = standing(policy, actor)?;
    let rules = rules(policy)?;
    actor.require(PERMISSION)?;
    Ok((actor, rules))
}

/// The policy's rules for invitations.
pub(super) fn rules(policy: &Policy) -> Result<InvitationRules, Refusal> {
    policy.invitations.ok_or(Refusal::MethodNotInPolicy { method: "invitations" })
}
