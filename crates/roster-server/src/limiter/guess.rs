//! Guesses of codes. A code is short enough to be guessed, so failures are counted: by person, by network address, by
//! calling service and by all together.
//!
//! The first two refuse. The others are shared by people who did nothing, so they refuse nobody: while one of them is
//! spent the log warns, and the first two are tightened for those who have failures of their own.

use std::net::IpAddr;
use std::time::Instant;

use roster_domain::{CallerName, Timestamp, UserId};

use super::budget::Budget;
use super::counters::{Counters, Taken};
use super::slot::Slot;
use super::{Exceeded, Limiter};
use crate::network::network;
use crate::redis::patience;

/// Who guesses.
#[derive(Clone, Copy, Debug)]
pub struct Guesser<'a> {
    /// The calling service.
    pub caller: &'a CallerName,
    /// The person that it acts for.
    pub actor: &'a UserId,
    /// That person's network address, if the service knows it.
    pub address: Option<IpAddr>,
}

/// A guess under way: one failure is set aside for it, so that many guesses at once have no more failures than the
/// budgets. Say how it ended; dropped without a word, as where the call failed for another reason, it counts for
/// nothing, as soon as Redis has heard of it.
#[must_use = "say how the guess ended"]
pub struct Guess<'a> {
    counters: &'a Counters,
    held: Vec<Taken>,
    caller: Slot,
    all: Slot,
}

impl Limiter {
    /// Begins a guess at that time, unless the person's or the address's budget is spent. Guesses under way count as
    /// failures until they end.
    pub async fn begin_guess(&self, who: &Guesser<'_>, now: Timestamp) -> Result<Guess<'_>, Exceeded> {
        let until = patience();
        let mut guess = Guess {
            counters: &self.counters,
            held: vec![],
            caller: self.slot(Budget::GuessesOfCaller, who.caller.as_str().as_bytes(), now),
            all: self.slot(Budget::GuessesOfAll, &[], now),
        };
        let actor = self.slot(Budget::GuessesOfActor, who.actor.as_str().as_bytes(), now);
        // All at once: where Redis hangs, these three show it to everybody after them.
        let (tightened, actor) = tokio::join!(guess.many_fail(until), self.counters.take(actor, until));
        let failures = self.hold(&mut guess.held, actor, tightened, until).await?;
        // The address's only then: whoever has spent its own takes nothing, not even for a moment, of what others share.
        if let Some(address) = who.address {
            let network = network(address).to_string();
            let address = self.slot(Budget::GuessesOfAddress, network.as_bytes(), now);
            let address = self.counters.take(address, until).await;
            // This guess is one of them. Whoever has no other does not pay for those who share the address.
            let tightened = tightened && failures > 1;
            self.hold(&mut guess.held, address, tightened, until).await?;
        }
        Ok(guess)
    }
}

impl Guess<'_> {
    /// The code was there: the guess was no failure, whatever became of it afterwards.
    pub async fn found(mut self) {
        let held = std::mem::take(&mut self.held);
        self.counters.give_back(held, patience()).await;
    }

    /// No such code: a failure.
    pub async fn not_found(mut self) {
        // What is forgotten here is not given back.
        self.held.clear();
        let until = patience();
        let (caller, all) = tokio::join!(
            self.counters.take(self.caller.clone(), until),
            self.counters.take(self.all.clone(), until)
        );
        warn_if_spent(&caller, "caller");
        warn_if_spent(&all, "global");
    }

    /// Whether the budget of the calling service or that of all is spent.
    async fn many_fail(&self, until: Instant) -> bool {
        let (caller, all) =
            tokio::join!(self.counters.tally(&self.caller, until), self.counters.tally(&self.all, until));
        caller.is_spent() || all.is_spent()
    }
}

impl Drop for Guess<'_> {
    fn drop(&mut self) {
        self.counters.give_back_later(std::mem::take(&mut self.held));
    }
}

/// Warns of a budget that was spent just now: by its last failure alone, which of all replicas only one counts, so
/// that there is one line a window.
fn warn_if_spent(taken: &Taken, budget: &'static str) {
    if taken.tally.count == u64::from(taken.tally.limit.get()) {
        tracing::warn!(
            target: "roster",
            budget,
            failures = taken.tally.count,
            "too many codes are guessed wrong: whoever fails is refused sooner until the hour ends"
        );
    }
}
