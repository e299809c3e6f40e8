//! An invitation is accepted or declined.

use super::invitation::{could_invite, invitation_state};
use super::join::{Redemption, WayIn, may_join, newcomer};
use super::seats::Taker;
use crate::facts::{AnswerFacts, Invitation, InvitationState};
use crate::policy::Policy;
use crate::{Change, EmailAddress, JoinedBy, PersonKey, Refusal, Timestamp};

/// How the person shows that the invitation is for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presented {
    /// It names the invitation: only the invited address may.
    ById,
    /// It has the token out of the mail: whoever has it may, unless the policy locks the address.
    ByToken,
}

/// Who answers an invitation.
#[derive(Clone, Copy, Debug)]
pub struct Answerer<'a> {
    /// The person.
    pub person: PersonKey,
    /// Its verified address, if the call states one.
    pub email: Option<&'a EmailAddress>,
    /// How it shows that the invitation is for it.
    pub presented: Presented,
}

/// Decides whether the person may accept; a preview asks no more than this.
pub fn may_accept(
    policy: &Policy,
    facts: &AnswerFacts,
    answerer: Answerer<'_>,
    now: Timestamp,
) -> Result<Redemption, Refusal> {
    refuse_other_address(policy, facts, answerer)?;
    let comes = may_join(policy, &facts.joining, &way_in(policy, facts, now))?;
    if comes == Redemption::AlreadyMember {
        is_open(&facts.invitation, answerer, now)?;
    }
    Ok(comes)
}

/// Whether the invitation is still open, so that a member already would end it; refuses where it has ended otherwise
/// than by that member.
fn is_open(invitation: &Invitation, answerer: Answerer<'_>, now: Timestamp) -> Result<bool, Refusal> {
    match invitation_state(invitation, now) {
        InvitationState::Pending => Ok(true),
        InvitationState::Accepted if invitation.answered_by == Some(answerer.person) => Ok(false),
        InvitationState::Expired => Err(Refusal::Expired),
        state => Err(Refusal::NotPending { state }),
    }
}

/// Decides as [`may_accept`] and answers with the changes. Whoever is a member already changes nothing but the
/// invitation, if that is still open.
pub fn accept_invitation(
    policy: &Policy,
    facts: &AnswerFacts,
    answerer: Answerer<'_>,
    now: Timestamp,
) -> Result<Vec<Change>, Refusal> {
    refuse_other_address(policy, facts, answerer)?;
    let (way, invitation) = (way_in(policy, facts, now), &facts.invitation);
    let accepted = Change::InvitationAccepted { invitation: invitation.id, person: answerer.person };
    Ok(match may_join(policy, &facts.joining, &way)? {
        Redemption::AlreadyMember if is_open(invitation, answerer, now)? => vec![accepted],
        Redemption::AlreadyMember => Vec::new(),
        Redemption::Joins => {
            let by = JoinedBy::Invitation { invitation: invitation.id, maker: invitation.maker };
            vec![accepted, Change::MemberJoined(newcomer(&way, by, answerer.person, answerer.email.cloned()))]
        }
    })
}

/// Decides whether the person may decline. What it has declined already stays so.
pub fn decline_invitation(
    policy: &Policy,
    facts: &AnswerFacts,
    answerer: Answerer<'_>,
    now: Timestamp,
) -> Result<Vec<Change>, Refusal> {
    refuse_other_address(policy, facts, answerer)?;
    let invitation = &facts.invitation;
    match invitation_state(invitation, now) {
        InvitationState::Pending => {
            Ok(vec![Change::InvitationDeclined { invitation: invitation.id, person: answerer.person }])
        }
        InvitationState::Declined if invitation.answered_by == Some(answerer.person) => Ok(Vec::new()),
        InvitationState::Expired => Err(Refusal::Expired),
        state => Err(Refusal::NotPending { state }),
    }
}

/// Refuses whoever is not the one that the invitation is for. Without rules for invitations the address is locked.
fn refuse_other_address(policy: &Policy, facts: &AnswerFacts, answerer: Answerer<'_>) -> Result<(), Refusal> {
    let locked = policy.invitations.is_none_or(|rules| rules.address_locked);
    if answerer.presented == Presented::ByToken && !locked {
        return Ok(());
    }
    let email = answerer.email.ok_or(Refusal::EmailNotVerified)?;
    if email.key() == facts.invitation.email.key() { Ok(()) } else { Err(Refusal::EmailMismatch) }
}

fn way_in<'a>(policy: &Policy, facts: &'a AnswerFacts, now: Timestamp) -> WayIn<'a> {
    let (invitation, maker) = (&facts.invitation, facts.joining.maker.as_ref());
    let admits = match invitation_state(invitation, now) {
        InvitationState::Pending if could_invite(policy, maker, &invitation.role, &invitation.access) => {
            Ok(())
        }
        InvitationState::Pending => Err(Refusal::MakerGone),
        InvitationState::Expired => Err(Refusal::Expired),
        state => Err(Refusal::NotPending { state }),
    };
    WayIn {
        revision: invitation.revision,
        admits,
        role: &invitation.role,
        access: &invitation.access,
        taker: Taker::Invited,
    }
}
