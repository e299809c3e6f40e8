//! A transaction of one mutation.

use std::time::Duration;

use roster_domain::{PersonKey, Revision, TeamId, Timestamp, UserId};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, SqliteTransactionMode,
    TransactionOptions, TransactionTrait,
};
use tracing::{Instrument, Span};

use crate::deadline;
use crate::error::{Error, Result};
use crate::failpoint::Failpoint;
use crate::idempotency::{self, Claim};
use crate::people;
use crate::queue::Turn;

/// A transaction that holds a lock and has its facts. It is undone unless [`Tx::finish`] commits it.
pub struct Tx {
    pub(crate) txn: DatabaseTransaction,
    pub(crate) span: Span,
    pub(crate) now: Timestamp,
    pub(crate) claim: Option<Claim>,
    pub(crate) failpoint: Failpoint,
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

    /// Commits, and keeps the answer for a retry where the request made a claim. A no-op has an answer too. It is
    /// stored as it is given: whoever gives it sees to it that it holds nothing in the clear. Where the connection
    /// breaks at the commit, the outcome is unknown.
    pub async fn finish(self, answer: &[u8]) -> Result<()> {
        let Self { txn, span, now, claim, failpoint, .. } = self;
        async {
            if let Some(claim) = &claim {
                idempotency::answer(&txn, claim, answer, now).await?;
            }
            txn.commit().await.map_err(|error| Error::of_commit(&error))?;
            failpoint.after_commit();
            Ok(())
        }
        .instrument(span)
        .await
    }

    /// Undoes everything.
    pub async fn undo(self) -> Result<()> {
        let Self { txn, span, .. } = self;
        Ok(txn.rollback().instrument(span).await?)
    }
}

/// A span for one transaction, under the span of the call.
pub(crate) fn span(backend: DbBackend) -> Span {
    let system = match backend {
        DbBackend::Postgres => "postgresql",
        _ => "sqlite",
    };
    tracing::info_span!(
        "transaction",
        otel.kind = "client",
        db.system.name = system,
        db.operation.name = "transaction"
    )
}

/// The longest that a transaction waits for a lock.
pub(crate) const LOCK_TIMEOUT: Duration = Duration::from_secs(5);

/// The longest that one of its statements takes.
pub(crate) const STATEMENT_TIMEOUT: Duration = Duration::from_secs(10);

/// Begins a transaction that will write: under READ COMMITTED on Postgres, so that what is read after a lock is what
/// the former holder left; as the only writer on SQLite. Nothing begins for a call that nobody waits for any more, and
/// Postgres is told how long that will be.
pub(crate) async fn begin_writing(db: &DatabaseConnection) -> Result<DatabaseTransaction> {
    if deadline::left(Duration::MAX).is_none() {
        return Err(Error::deadline_passed());
    }
    if db.get_database_backend() == DbBackend::Sqlite {
        let mode = Some(SqliteTransactionMode::Immediate);
        let options = TransactionOptions { sqlite_transaction_mode: mode, ..Default::default() };
        return Ok(db.begin_with_options(options).await?);
    }
    let txn = db.begin().await?;
    let left = |longest| deadline::left(longest).map(|left| left.as_millis().max(1));
    let (Some(lock), Some(statement)) = (left(LOCK_TIMEOUT), left(STATEMENT_TIMEOUT)) else {
        txn.rollback().await?;
        return Err(Error::deadline_passed());
    };
    // One round trip for all three. They end with the transaction, so that this is right behind a pooler as well.
    let settings = format!(
        "SET TRANSACTION ISOLATION LEVEL READ COMMITTED; SET LOCAL lock_timeout = {lock}; \
         SET LOCAL statement_timeout = {statement}"
    );
    txn.execute_unprepared(&settings).await?;
    Ok(txn)
}
