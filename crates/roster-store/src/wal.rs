//! SQLite's write-ahead log after an erasure.

use std::time::Duration;

use sea_orm::{ConnectionTrait, DbBackend, Statement};

use crate::error::Result;
use crate::open::Store;

/// How often, and after which pause, SQLite is asked once more to empty its log while somebody reads from it.
const TRIES: usize = 100;
const PAUSE: Duration = Duration::from_millis(10);

impl Store {
    /// Takes what was erased out of SQLite's write-ahead log, where it stays until the log is emptied: up to a second, while
    /// others read from it. Postgres keeps and archives its own log as its operator has decided.
    pub async fn empty_log(&self) {
        if self.backend() == DbBackend::Sqlite && !matches!(self.try_to_empty_log().await, Ok(true)) {
            tracing::warn!(
                "the write-ahead log could not be emptied after an erasure: it holds what was erased until it is"
            );
        }
    }

    async fn try_to_empty_log(&self) -> Result<bool> {
        let statements = &self.statements("empty write-ahead log");
        for _ in 0..TRIES {
            let checkpoint = Statement::from_string(DbBackend::Sqlite, "PRAGMA wal_checkpoint(TRUNCATE)");
            let row = statements.query_one_raw(checkpoint).await?;
            let busy: i32 = row.map_or(Ok(0), |row| row.try_get_by_index(0))?;
            if busy == 0 {
                return Ok(true);
            }
            tokio::time::sleep(PAUSE).await;
        }
        Ok(false)
    }
}
