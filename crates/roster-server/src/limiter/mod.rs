//! Limits against abuse: how many codes may be guessed wrong, and how many invitations mailed.
//!
//! What is counted is counted in windows of the clock, an hour or a day, in Redis for all replicas together. A Redis
//! that is away is no error: each process then counts for itself, with half of every budget. `docs/limits.md` is for
//! those who run the service, and `docs/adr/0015-budgets-against-abuse.md` says why it is so.
//!
//! Nothing here decides who may join or invite; it only says that it was tried too often. No id and no address may
//! reach Redis or the log.

mod budget;
mod counters;
mod guess;
mod mail;
mod slot;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use roster_domain::Timestamp;

pub use self::budget::Budgets;
pub use self::guess::{Guess, Guesser};
pub use self::mail::{MailBudget, MailTaken};

use self::counters::{Counters, Taken};
use crate::keys::Keys;
use crate::redis::Redis;

/// Counts what may be done so often and no oftener. Never an error: where Redis does not answer within 0.6 seconds,
/// this process counts alone.
pub struct Limiter {
    counters: Counters,
    keys: Arc<Keys>,
    budgets: Budgets,
    clock_offset: Duration,
}

/// A budget is spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exceeded {
    /// Its name, which does not change: `code_guesses_of_actor`, `code_guesses_of_address`, `mails_of_actor`,
    /// `mails_of_team` or `mails_to_recipient`.
    pub budget: &'static str,
    /// How much it was: what is configured, or less where it is tightened or Redis is away; at least 1.
    pub limit: u32,
    /// How long it stays spent: until its window ends, more than nothing and at most an hour or a day.
    pub retry_after: Duration,
}

impl Limiter {
    /// A limiter that counts in Redis, under keys `roster:limit:…`, or without one in this process, which then is
    /// alone and has the whole budgets. `keys` hide whose budget it is; the clock is `clock_offset` ahead.
    #[must_use]
    pub fn new(redis: Option<Redis>, keys: Arc<Keys>, budgets: Budgets, clock_offset: Duration) -> Self {
        Self { counters: Counters::new(redis), keys, budgets, clock_offset }
    }

    /// The time by which windows are told: the host's, which Redis and the database need not be asked for.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let micros = since.saturating_add(self.clock_offset).as_micros();
        Timestamp::from_micros(i64::try_from(micros).unwrap_or(i64::MAX))
    }

    /// Adds what was taken to what is held, and says how many of its budget are taken by now. Where that is more than
    /// there is, gives back all that is held.
    async fn hold(
        &self,
        held: &mut Vec<Taken>,
        taken: Taken,
        tightened: bool,
        until: Instant,
    ) -> Result<u64, Exceeded> {
        let (count, exceeded) = (taken.tally.count, taken.exceeded(tightened));
        held.push(taken);
        if let Some(exceeded) = exceeded {
            self.counters.give_back(std::mem::take(held), until).await;
            return Err(exceeded);
        }
        Ok(count)
    }
}
