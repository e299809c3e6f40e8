//! Opening a database.

use std::path::PathBuf;
use std::time::Duration;

use roster_domain::Timestamp;
use sea_orm::{ConnectOptions, Database, DatabaseConnection, DbBackend};

use crate::clock::Clock;
use crate::error::Result;
use crate::failpoint::Failpoint;
use crate::queue::Queues;

/// How long a call waits for a connection, and a new connection for the server.
const PATIENCE: Duration = Duration::from_secs(3);

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
        /// `postgres://…`, with the password if it needs one.
        url: String,
        /// The most connections to open: 1 or more. Beyond about 8 busy ones throughput falls.
        max_connections: u32,
    },
    /// An SQLite file, made if it is not there.
    Sqlite {
        /// The file.
        file: PathBuf,
    },
}

/// An open database. Cheap to share by reference; all of its methods may run at once.
pub struct Store {
    db: DatabaseConnection,
    pub(crate) clock: Clock,
    pub(crate) queues: Queues,
    pub(crate) failpoint: Failpoint,
}

impl Store {
    /// Connects. Neither runs migrations nor checks the schema.
    pub async fn open(options: Options) -> Result<Self> {
        let connect = match options.place {
            Place::Postgres { url, max_connections } => postgres(url, max_connections),
            Place::Sqlite { file } => sqlite(file),
        };
        Ok(Self {
            db: Database::connect(connect).await?,
            clock: Clock::new(options.clock_offset),
            queues: Queues::new(),
            failpoint: Failpoint::from_environment(),
        })
    }

    /// Reads the clock that validity is judged by. For deadlines of retention and the like; a mutation uses the
    /// reading it got with its lock.
    pub async fn now(&self) -> Result<Timestamp> {
        self.clock.now(&self.db).await
    }

    /// Closes the connections once they are idle.
    pub async fn close(&self) -> Result<()> {
        Ok(self.db.close_by_ref().await?)
    }

    pub(crate) fn connection(&self) -> &DatabaseConnection {
        &self.db
    }

    pub(crate) fn backend(&self) -> DbBackend {
        self.db.get_database_backend()
    }
}

fn postgres(url: String, max_connections: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(max_connections)
        .acquire_timeout(PATIENCE)
        .connect_timeout(PATIENCE)
        .sqlx_logging(false)
        // A ping before each use costs a round trip; see `incident` for what is done instead.
        .test_before_acquire(false)
        .map_sqlx_postgres_pool_opts(|options| {
            options.before_acquire(|_, connection| {
                Box::pin(async move { Ok(crate::incident::is_past(connection.age)) })
            })
        })
        .map_sqlx_postgres_opts(|options| {
            options.application_name("roster").options([
                ("lock_timeout", "5s"),
                ("statement_timeout", "10s"),
                ("idle_in_transaction_session_timeout", "30s"),
            ])
        });
    options
}

/// One connection: SQLite has one writer anyway, and embedded use is one process.
fn sqlite(file: PathBuf) -> ConnectOptions {
    let mut options = ConnectOptions::new("sqlite::memory:");
    options.max_connections(1).acquire_timeout(PATIENCE).sqlx_logging(false).map_sqlx_sqlite_opts(
        move |options| {
            options
                .filename(&file)
                .in_memory(false)
                .shared_cache(false)
                .create_if_missing(true)
                .foreign_keys(true)
                // What is erased is overwritten: without it the file keeps it where no row is any more.
                .pragma("secure_delete", "ON")
                .journal_mode(sea_orm::sqlx::sqlite::SqliteJournalMode::Wal)
                .synchronous(sea_orm::sqlx::sqlite::SqliteSynchronous::Full)
                .busy_timeout(PATIENCE)
        },
    );
    options
}
