//! How transactions begin: what they see of others, and how long they wait.

use std::time::Duration;

use sea_orm::DbBackend;

use crate::db::{Db, Transaction};
use crate::deadline;
use crate::error::{Error, Result};

/// The longest that a transaction waits for a lock.
const LOCK_TIMEOUT: Duration = Duration::from_secs(5);

/// How much later than the call's own deadline a lock is given up.
const AFTER_DEADLINE: Duration = Duration::from_millis(50);

/// Begins a transaction that only reads, and sees in all its statements what was committed before the first of them.
pub(crate) async fn begin_reading(db: &Db) -> Result<Transaction> {
    let begin = match db.backend() {
        // Every transaction of SQLite sees one state.
        DbBackend::Sqlite => "BEGIN",
        _ => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
    };
    Ok(db.begin(begin).await?)
}

/// Begins a transaction that will write: under READ COMMITTED on Postgres, so that what is read after a lock is what
/// the former holder left; as the only writer on SQLite. Nothing begins for a call that nobody waits for any more, and
/// Postgres is told how long that will be.
pub(crate) async fn begin_writing(db: &Db) -> Result<Transaction> {
    deadline::still_wanted()?;
    if db.backend() == DbBackend::Sqlite {
        return Ok(db.begin("BEGIN IMMEDIATE").await?);
    }
    let lock = deadline::left(LOCK_TIMEOUT).ok_or_else(Error::deadline_passed)?;
    // A little longer than that: a time-out then comes after the deadline for certain, and is known by that.
    let lock = (lock + AFTER_DEADLINE).min(LOCK_TIMEOUT);
    // Only the waiting is cut short. What has its lock is done, and above all committed: a commit that is cancelled
    // while it waits for its replica is committed all the same, and only here.
    let lock = lock.as_millis().max(1);
    // The isolation is said although it is the default: under a role with another one, facts would be read from before
    // the lock. All of it is one round trip, and ends with the transaction, so that it is right behind a pooler as well.
    let settings = db.pooler().transaction();
    let begin = format!("BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL lock_timeout = {lock}{settings}");
    Ok(db.begin(&begin).await?)
}
