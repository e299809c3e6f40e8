//! How transactions begin: what they see of others, and how long they wait.

use std::time::Duration;

use sea_orm::{
    AccessMode, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, IsolationLevel,
    SqliteTransactionMode, TransactionOptions, TransactionTrait,
};

use crate::deadline;
use crate::error::{Error, Result};

/// The longest that a transaction waits for a lock.
const LOCK_TIMEOUT: Duration = Duration::from_secs(5);

/// How much later than the call's own deadline a lock is given up.
const AFTER_DEADLINE: Duration = Duration::from_millis(50);

/// The longest that one of its statements takes.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(10);

/// Begins a transaction that only reads, and sees in all its statements what was committed before the first of them.
pub(crate) async fn begin_reading(db: &DatabaseConnection) -> Result<DatabaseTransaction> {
    let options = match db.get_database_backend() {
        // Every transaction of SQLite sees one state.
        DbBackend::Sqlite => TransactionOptions::default(),
        _ => TransactionOptions {
            isolation_level: Some(IsolationLevel::RepeatableRead),
            access_mode: Some(AccessMode::ReadOnly),
            ..Default::default()
        },
    };
    Ok(db.begin_with_options(options).await?)
}

/// Begins a transaction that will write: under READ COMMITTED on Postgres, so that what is read after a lock is what
/// the former holder left; as the only writer on SQLite. Nothing begins for a call that nobody waits for any more, and
/// Postgres is told how long that will be.
pub(crate) async fn begin_writing(db: &DatabaseConnection) -> Result<DatabaseTransaction> {
    deadline::still_wanted()?;
    if db.get_database_backend() == DbBackend::Sqlite {
        let mode = Some(SqliteTransactionMode::Immediate);
        let options = TransactionOptions { sqlite_transaction_mode: mode, ..Default::default() };
        return Ok(db.begin_with_options(options).await?);
    }
    let txn = db.begin().await?;
    let Some(lock) = deadline::left(LOCK_TIMEOUT) else {
        txn.rollback().await?;
        return Err(Error::deadline_passed());
    };
    // A little longer than that: what comes of it then comes after the deadline for certain, and is known by that.
    let lock = (lock + AFTER_DEADLINE).min(LOCK_TIMEOUT);
    // Only the waiting is cut short. What has its lock is done, and above all committed: a commit that is cancelled
    // while it waits for its replica is committed all the same, and only here.
    let (lock, statement) = (lock.as_millis().max(1), STATEMENT_TIMEOUT.as_millis());
    // One round trip for all three. They end with the transaction, so that this is right behind a pooler as well.
    let settings = format!(
        "SET TRANSACTION ISOLATION LEVEL READ COMMITTED; SET LOCAL lock_timeout = {lock}; \
         SET LOCAL statement_timeout = {statement}"
    );
    txn.execute_unprepared(&settings).await?;
    Ok(txn)
}
