//! The beginning of every mutation: claim the request, take the lock, load the facts.
//!
//! The order is what keeps the promises. The idempotency record comes first, so that a twin in flight is waited for and
//! then found. The facts come in a statement after the lock, since one that locks and loads reads other tables as they
//! were before it waited.

mod creation;
mod named;
mod team;

use std::future::Future;
use std::hash::Hash;

pub use creation::{Creation, CreationFacts, CreationQuestion, PersonalTeam};
pub use team::Locked;

use crate::begin::begin_writing;
use crate::db::Transaction;
use crate::deadline;
use crate::error::Result;
use crate::idempotency::{self, Answered, Claim, Earlier};
use crate::open::Store;
use crate::queue::Turn;

/// What comes of a begun mutation.
pub enum Loaded<T> {
    /// It is the first of its kind: decide, apply, finish.
    Fresh(T),
    /// It was done before and answered so.
    Replay(Answered),
    /// There is no such team for this caller.
    Absent,
}

/// What a mutation locks.
pub(crate) trait Lock: Sync {
    /// What was found under the lock.
    type Held: Send;

    /// Waits for the lock.
    fn take(&self, txn: &Transaction) -> impl Future<Output = Result<Self::Held>> + Send;

    /// Claims the request and then waits for the lock. None where the request was claimed before: then nothing is locked.
    fn claim_and_take(
        &self,
        txn: &Transaction,
        claim: &Claim,
    ) -> impl Future<Output = Result<Option<Self::Held>>> + Send {
        one_after_the_other(self, txn, claim)
    }
}

/// Claims and locks in a statement each.
async fn one_after_the_other<L: Lock + ?Sized>(
    lock: &L,
    txn: &Transaction,
    claim: &Claim,
) -> Result<Option<L::Held>> {
    txn.doing("claim request");
    if idempotency::claim(txn, claim).await? { lock.take(txn).await.map(Some) } else { Ok(None) }
}

/// How a mutation began.
pub(crate) enum Begun<H> {
    /// It holds its lock; the facts can be loaded.
    Locked(Transaction, H),
    /// The request was answered before. Nothing is locked.
    Answered(Transaction, Answered),
}

impl Store {
    /// Begins a transaction, claims the request if it can be sent again, and takes the lock, in that order.
    pub(crate) async fn claim_and_lock<L: Lock>(
        &self,
        claim: Option<&Claim>,
        lock: &L,
    ) -> Result<Begun<L::Held>> {
        let txn = begin_writing(self.db()).await?;
        let held = match claim {
            None => lock.take(&txn).await?,
            Some(claim) => loop {
                if let Some(held) = lock.claim_and_take(&txn, claim).await? {
                    break held;
                }
                txn.doing("find answer");
                match idempotency::earlier(&txn, self.clock, claim).await? {
                    Earlier::Answered(answer) => return Ok(Begun::Answered(txn, answer)),
                    Earlier::Outdated => break lock.take(&txn).await?,
                    Earlier::Swept => {}
                }
            },
        };
        deadline::still_wanted()?;
        Ok(Begun::Locked(txn, held))
    }

    /// Waits for the call's turn, before it takes a connection. A race test whose facts were loaded too early does not
    /// wait: it is to lose the race.
    pub(crate) async fn turn(&self, of: impl Hash, loaded_early: bool) -> Result<Option<Turn>> {
        if loaded_early { Ok(None) } else { self.queues.turn(of).await.map(Some) }
    }
}
