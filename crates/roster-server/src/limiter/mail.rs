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
    /// Takes mails of one person and one team from the day's budgets of these and of each recipient; from none of them
    /// where one is spent. Where there is not enough for all, the first have it. All at once: many cost little more time
    /// than one.
    pub async fn take_mails(
        &self,
        mails: impl IntoIterator<Item = MailBudget<'_>>,
        now: Timestamp,
    ) -> Vec<Result<MailTaken<'_>, Exceeded>> {
        let until = patience();
        let mails: Vec<MailBudget<'_>> = mails.into_iter().collect();
        // Whoever has spent a budget takes nothing, not even for a moment, of what more people share.
        let shared = join_all(mails.iter().map(|of| self.take_shared(of, now, until))).await;
        // In which order they were counted is chance; what they hold so far is the same for all.
        let (held, spent): (Vec<_>, Vec<_>) = shared.into_iter().partition(Result::is_ok);
        let in_order = mails.iter().zip(held.into_iter().chain(spent));
        join_all(in_order.map(|(of, taken)| self.take_recipient(of, taken, now, until))).await
    }

    async fn take_shared(
        &self,
        of: &MailBudget<'_>,
        now: Timestamp,
        until: Instant,
    ) -> Result<MailTaken<'_>, Exceeded> {
        // Whatever ends this early gives back what it holds.
        let mut taken = MailTaken { counters: &self.counters, held: vec![] };
        for (budget, subject) in [
            (Budget::MailsOfActor, of.actor.as_str().as_bytes()),
            (Budget::MailsOfTeam, of.team.uuid().as_bytes()),
        ] {
            let one = self.counters.take(self.slot(budget, subject, now), until).await;
            self.hold(&mut taken.held, one, false, until).await?;
        }
        Ok(taken)
    }

    async fn take_recipient<'a>(
        &'a self,
        of: &MailBudget<'_>,
        taken: Result<MailTaken<'a>, Exceeded>,
        now: Timestamp,
        until: Instant,
    ) -> Result<MailTaken<'a>, Exceeded> {
        let mut taken = taken?;
        let slot = self.slot(Budget::MailsToRecipient, of.recipient.key().as_bytes(), now);
        let one = self.counters.take(slot, until).await;
        self.hold(&mut taken.held, one, false, until).await?;
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
