//! Invitation mails, resends included: nobody is to use the service to pester people.

use roster_domain::{EmailAddress, TeamId, Timestamp, UserId};

use super::budget::Budget;
use super::counters::{Counters, Taken};
use super::{Exceeded, Limiter};
use crate::redis::patience;

/// Whose budgets a mail is taken from.
#[derive(Clone, Copy, Debug)]
pub struct MailBudget<'a> {
    /// Who invites.
    pub actor: &'a UserId,
    /// Where to.
    pub team: TeamId,
    /// Who gets it; however the address is spelled, by its key.
    pub recipient: &'a EmailAddress,
}

/// A mail that was taken from the budgets. It stays taken unless it is given back.
pub struct MailTaken<'a> {
    counters: &'a Counters,
    held: Vec<Taken>,
}

impl Limiter {
    /// Takes a mail from the day's budgets of the person, the team and the recipient; from none of them where one is
    /// spent.
    pub async fn take_mail(&self, of: &MailBudget<'_>, now: Timestamp) -> Result<MailTaken<'_>, Exceeded> {
        let until = patience();
        let mut held = vec![];
        // In this order: whoever has spent a budget takes nothing, not even for a moment, of what more people share.
        for (budget, subject) in [
            (Budget::MailsOfActor, of.actor.as_str().as_bytes()),
            (Budget::MailsOfTeam, of.team.uuid().as_bytes()),
            (Budget::MailsToRecipient, of.recipient.key().as_bytes()),
        ] {
            let taken = self.counters.take(self.slot(budget, subject, now), until).await;
            self.hold(&mut held, taken, false, until).await?;
        }
        Ok(MailTaken { counters: &self.counters, held })
    }
}

impl MailTaken<'_> {
    /// Gives it back, for a mail that is not going to be sent.
    pub async fn give_back(self) {
        self.counters.give_back(self.held, patience()).await;
    }
}
