//! Invitation mails, resends included: nobody is to use the service to pester people.

use std::time::Instant;

use futures_util::future::join_all;
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

/// A mail that was taken from the budgets. Say that it is sent; dropped without a word, as where the call failed, it is
/// given back as soon as Redis has heard of it.
#[must_use = "say whether the mail is sent"]
pub struct MailTaken<'a> {
    counters: &'a Counters,
    held: Vec<Taken>,
}

impl Limiter {
    /// Takes a mail from the day's budgets of the person, the team and the recipient for each of these, in their order;
    /// from none of them where one is spent. All at once: many cost no more time than one.
    pub async fn take_mails(
        &self,
        mails: impl IntoIterator<Item = MailBudget<'_>>,
        now: Timestamp,
    ) -> Vec<Result<MailTaken<'_>, Exceeded>> {
        let until = patience();
        join_all(mails.into_iter().map(|of| self.take_mail(of, now, until))).await
    }

    async fn take_mail(
        &self,
        of: MailBudget<'_>,
        now: Timestamp,
        until: Instant,
    ) -> Result<MailTaken<'_>, Exceeded> {
        // Whatever ends this early gives back what it holds.
        let mut taken = MailTaken { counters: &self.counters, held: vec![] };
        // In this order: whoever has spent a budget takes nothing, not even for a moment, of what more people share.
        for (budget, subject) in [
            (Budget::MailsOfActor, of.actor.as_str().as_bytes()),
            (Budget::MailsOfTeam, of.team.uuid().as_bytes()),
            (Budget::MailsToRecipient, of.recipient.key().as_bytes()),
        ] {
            let one = self.counters.take(self.slot(budget, subject, now), until).await;
            self.hold(&mut taken.held, one, false, until).await?;
        }
        Ok(taken)
    }
}

impl MailTaken<'_> {
    /// The mail is sent, or will be: it stays taken.
    pub fn keep(mut self) {
        self.held.clear();
    }

    /// Gives mails back that are not going to be sent.
    pub async fn give_back(mails: impl IntoIterator<Item = Self>) {
        let until = patience();
        join_all(mails.into_iter().map(|mut mail| {
            let (counters, held) = (mail.counters, std::mem::take(&mut mail.held));
            async move { counters.give_back(held, until).await }
        }))
        .await;
    }
}

impl Drop for MailTaken<'_> {
    fn drop(&mut self) {
        self.counters.give_back_later(std::mem::take(&mut self.held));
    }
}
