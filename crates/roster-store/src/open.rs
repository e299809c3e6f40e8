//! Opening a database.

use std::path::{Path, PathBuf};
use std::time::Duration;

use roster_domain::Timestamp;
use sea_orm::DbBackend;
use sea_orm::sqlx::ConnectOptions as _;
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};

use crate::clock::Clock;
use crate::db::{Db, PoolState, Statements, WAIT_TIMEOUT};
use crate::error::Result;
use crate::failpoint::Failpoint;
use crate::pooler::Pooler;
use crate::queue::Queues;
use crate::url::PostgresUrl;

/// Which database, and how.
#[derive(Clone)]
pub struct Options {
    /// Where the data is.
    pub place: Place,
    /// How far the service's clock is ahead of the database's: zero but in development.
    pub clock_offset: Duration,
}

/// Where the data is.
#[derive(Clone)]
pub enum Place {
    /// A Postgres server.
    Postgres {
        /// Where the server is, with the password if it needs one.
        url: PostgresUrl,
        /// The most connections to open: 1 or more. Beyond about 8 busy ones throughput falls.
        max_connections: u32,
        /// What stands before the server.
        pooler: Pooler,
    },
    /// An SQLite file, made if it is not there.
    Sqlite {
        /// The file.
        file: PathBuf,
    },
}

/// An open database. Cheap to share by reference; all of its methods may run at once.
pub struct Store {
    db: Db,
    place: Place,
    pub(crate) clock: Clock,
    pub(crate) queues: Queues,
    /// Where requests that are sent again while they run wait for each other.
    pub(crate) twins: Queues,
    pub(crate) failpoint: Failpoint,
}

impl Store {
    /// Connects. Neither runs migrations nor checks the schema.
    pub async fn open(options: Options) -> Result<Self> {
        let db = match &options.place {
            Place::Postgres { url, max_connections, pooler } => {
                Db::postgres(url.options(), *pooler, *max_connections).await?
            }
            Place::Sqlite { file } => Db::sqlite(sqlite_options(file)).await?,
        };
        Ok(Self {
            db,
            place: options.place,
            clock: Clock::new(options.clock_offset),
            queues: Queues::new(),
            twins: Queues::new(),
            failpoint: Failpoint::from_environment(),
        })
    }

    /// Reads the clock that validity is judged by. For deadlines of retention and the like; a mutation uses the
    /// reading it got with its lock.
    pub async fn now(&self) -> Result<Timestamp> {
        self.clock.now(&self.statements("read clock")).await
    }

    /// How many connections there are, and how many calls wait for one.
    #[must_use]
    pub fn pool_state(&self) -> PoolState {
        self.db.state()
    }

    /// Closes the connections that nobody uses; those in use close when they are given back.
    pub async fn close(&self) {
        self.db.close().await;
    }

    pub(crate) fn db(&self) -> &Db {
        &self.db
    }

    pub(crate) fn place(&self) -> &Place {
        &self.place
    }

    /// For statements that stand alone, for what the name says, such as `list members`.
    pub(crate) fn statements(&self, name: &'static str) -> Statements<'_> {
        self.db.statements(name)
    }

    pub(crate) fn backend(&self) -> DbBackend {
        self.db.backend()
    }
}

/// How to open an SQLite file.
pub(crate) fn sqlite_options(file: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        // sqlx's own record of statements would hold texts that are not for a log.
        .disable_statement_logging()
        .filename(file)
        .create_if_missing(true)
        .foreign_keys(true)
        // What is erased is overwritten: without it the file keeps it where no row is any more.
        .pragma("secure_delete", "ON")
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(WAIT_TIMEOUT)
}
