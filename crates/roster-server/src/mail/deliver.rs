//! One mail, from what the store knows of it to how the attempt ended.

use roster_domain::decide::could_invite;
use roster_domain::{EmailAddress, Policy, PolicySet};
use roster_store::{ClaimedMail, Letter, MailOutcome};

use super::message::{Envelope, compose, for_people, for_programs};
use super::{Mail, Trouble, Words};
use crate::keys::Keys;

/// Sends the mail if there is still reason to.
pub(super) async fn deliver(
    mail: &Mail,
    keys: &Keys,
    policies: &PolicySet,
    claimed: &ClaimedMail,
) -> (MailOutcome, Option<Trouble>) {
    let Some(letter) = &claimed.letter else { return (MailOutcome::Skipped, None) };
    let attempted = match policies.get(&letter.policy) {
        None => Err(Trouble::Unprepared),
        Some(policy) if !is_wanted(policy, letter) => return (MailOutcome::Skipped, None),
        Some(policy) => attempt(mail, keys, policy, claimed, letter).await,
    };
    match attempted {
        Ok(()) => (MailOutcome::Sent, None),
        Err(trouble) => (trouble.outcome(claimed.attempt), Some(trouble)),
    }
}

/// Whether the link would admit anybody: what expired while the mail waited, and what its maker may no longer give,
/// is not sent.
fn is_wanted(policy: &Policy, letter: &Letter) -> bool {
    let invitation = &letter.invitation;
    letter.now < invitation.expires_at
        && could_invite(policy, letter.maker.as_ref(), &invitation.role, &invitation.access)
}

async fn attempt(
    mail: &Mail,
    keys: &Keys,
    policy: &Policy,
    claimed: &ClaimedMail,
    letter: &Letter,
) -> Result<(), Trouble> {
    let key = keys.find(&letter.secret.key_id).ok_or(Trouble::Unprepared)?;
    let invitation = &letter.invitation;
    let role = policy.role(&invitation.role).ok_or(Trouble::Unprepared)?;
    let token = key.invitation_token(claimed.invitation, claimed.generation, &letter.secret.salt);
    let inviter = letter.maker.as_ref().and_then(|maker| maker.membership.email.as_ref());
    let words = Words {
        team: letter.team_name.as_str(),
        role: &role.title,
        policy: &policy.title,
        inviter: inviter.map(EmailAddress::as_typed).unwrap_or_default(),
        link: &mail.link.fill(&policy.name, &token),
        expires: &for_people(invitation.expires_at),
        expires_at: &for_programs(invitation.expires_at),
    };
    let rendered = mail.templates.render(claimed.locale.as_ref(), &words).map_err(|_| Trouble::Unprepared)?;
    let envelope = Envelope {
        invitation: claimed.invitation,
        generation: claimed.generation,
        from: &mail.from,
        to: &invitation.email,
        date: letter.now,
    };
    let message = compose(&envelope, rendered).ok_or(Trouble::Address)?;
    mail.transport.send(&format!("{}.{}", claimed.invitation, claimed.generation), &message).await
}

#[cfg(test)]
mod tests;
