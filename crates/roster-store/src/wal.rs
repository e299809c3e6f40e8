//! SQLite's write-ahead log after an erasure.

use crate::db::Db;
use crate::open::{Place, Store, sqlite_options};

impl Store {
    /// Takes what was erased out of SQLite's write-ahead log, where it stays until the log is emptied: within a second, or the
    /// service's log tells that it could not. Postgres keeps and archives its own log as its operator has decided.
    pub async fn empty_log(&self) {
        let Place::Sqlite { file } = self.place() else { return };
        if !matches!(Db::empty_log(sqlite_options(file)).await, Ok(true)) {
            tracing::warn!(
                "the write-ahead log could not be emptied after an erasure: it holds what was erased until it is"
            );
        }
    }
}
