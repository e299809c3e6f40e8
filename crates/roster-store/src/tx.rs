//! A transaction of one mutation.

use roster_domain::{PersonKey, Revision, TeamId, Timestamp, UserId};
use sea_orm::DbBackend;
use tracing::{Instrument, Span};

use crate::apply::{Kept, WRITE, write};
use crate::db::{Transaction, system};
use crate::error::{Error, Result};
use crate::failpoint::Failpoint;
use crate::idempotency::{self, Claim};
use crate::people;
use crate::queue::Turn;

/// A transaction that holds a lock and has its facts. It is undone unless [`Tx::finish`] commits it.
pub struct Tx {
    pub(crate) txn: Transaction,
    pub(crate) span: Span,
    pub(crate) now: Timestamp,
    pub(crate) claim: Option<Claim>,
    pub(crate) failpoint: Failpoint,
    /// What was applied and is not written yet.
    pub(crate) kept: Kept,
    /// Kept until the transaction is over.
    pub(crate) _turn: Option<Turn>,
    /// The team that is locked and its revision; none while a team is being created.
    pub(crate) team: Option<(TeamId, Revision)>,
}

impl Tx {
    /// The time of this mutation: one reading, taken after the lock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The key of a person who acts without being a member, made known now if it was not.
    pub async fn person(&self, user: &UserId) -> Result<PersonKey> {
        people::ensure(&self.txn, user, self.now).await
    }

    /// Writes what was applied, keeps the answer for a retry where the request made a claim, and commits. A no-op has an
    /// answer too. It is stored as it is given: whoever gives it sees to it that it holds nothing in the clear. Where the
    /// connection breaks at the commit, the outcome is unknown.
    pub async fn finish(self, answer: &[u8]) -> Result<()> {
        let Self { txn, span, now, claim, failpoint, kept, .. } = self;
        async {
            let mut parts = kept.take();
            txn.doing(if parts.is_empty() { "keep answer" } else { WRITE });
            parts.extend(claim.map(|claim| idempotency::answer(&claim, answer, now)));
            write(&txn, parts, failpoint).await?;
            txn.commit().await.map_err(|error| Error::of_commit(&error))?;
            failpoint.after_commit();
            Ok(())
        }
        .instrument(span)
        .await
    }

    /// Undoes everything. What was applied and not written is never sent.
    pub async fn undo(self) -> Result<()> {
        let Self { txn, span, .. } = self;
        Ok(txn.rollback().instrument(span).await?)
    }
}

/// A span for one transaction, under the span of the call.
pub(crate) fn span(backend: DbBackend) -> Span {
    tracing::info_span!(
        "transaction",
        otel.kind = "client",
        db.system.name = system(backend),
        db.operation.name = "transaction"
    )
}
