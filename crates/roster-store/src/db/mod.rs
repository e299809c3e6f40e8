//! The database as the store uses it: SeaORM's statements over connections of our own.
//!
//! SeaORM's pool, which is sqlx's, asks a connection whether it is there each time it is given back, without a limit: that
//! costs a round trip a statement, and a server that vanishes keeps every connection for ever. Here a connection is asked
//! only where there is doubt, everything is limited in time, and a transaction ends before its connection is used again.

mod breaker;
mod cause;
mod connection;
mod mark;
mod pool;
mod pooled;
mod postgres;
mod span;
mod transaction;
mod waits;

use std::sync::Arc;
use std::time::{Duration, Instant};

use sea_orm::sqlx::postgres::PgConnectOptions;
use sea_orm::sqlx::sqlite::SqliteConnectOptions;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, ExecResult, QueryResult, RuntimeErr, Statement};

use connection::Connection;
pub(crate) use connection::is_silence;
pub use pool::PoolState;
pub(crate) use pool::WAIT_TIMEOUT;
use pool::{Connector, Pool};
pub(crate) use postgres::CONNECT_TIMEOUT;
use postgres::Postgres;
pub(crate) use span::system;
pub(crate) use transaction::Transaction;

use crate::pooler::Pooler;

/// A database. Cheap to clone: clones share the connections.
#[derive(Clone)]
pub(crate) struct Db {
    backend: DbBackend,
    pooler: Pooler,
    pool: Pool,
    /// Connections for statements that only read, where `pool` has one writer.
    readers: Option<Pool>,
}

/// How long SQLite's log is tried to be emptied, and how soon again.
const LONGEST_CHECKPOINT: Duration = Duration::from_secs(1);
const CHECKPOINT_PAUSE: Duration = Duration::from_millis(10);

/// How many read from an SQLite file at once.
const SQLITE_READERS: u32 = 4;

/// A database for statements that stand alone, each on any connection. Their spans have its name.
pub(crate) struct Statements<'a> {
    db: &'a Db,
    name: &'static str,
}

impl Db {
    /// Connects to Postgres, once, to see that it can be reached and that what stands before it can be worked with.
    pub(crate) async fn postgres(
        options: PgConnectOptions,
        pooler: Pooler,
        limit: u32,
    ) -> Result<Self, DbErr> {
        let postgres = Arc::new(Postgres::new(pooler.session(options)));
        let pool = Pool::new(Connector::Postgres(Arc::clone(&postgres)), limit)?;
        let mut first = pool.get().await?;
        if pooler == Pooler::Transaction {
            pooled::check(&postgres, first.connection()?).await?;
        }
        drop(first);
        Ok(Self { backend: DbBackend::Postgres, pooler, pool, readers: None })
    }

    /// Opens an SQLite file: one connection that writes, since SQLite has one writer anyway, and some beside it that read what
    /// was committed.
    pub(crate) async fn sqlite(options: SqliteConnectOptions) -> Result<Self, DbErr> {
        let reading = options.clone().pragma("query_only", "ON");
        let pool = Pool::new(Connector::Sqlite(Box::new(options)), 1)?;
        drop(pool.get().await?);
        let readers = Some(Pool::new(Connector::Sqlite(Box::new(reading)), SQLITE_READERS)?);
        Ok(Self { backend: DbBackend::Sqlite, pooler: Pooler::None, pool, readers })
    }

    /// Writes SQLite's log into the file and empties it, unless others read from it or write to it for a second. On a connection
    /// of its own, which waits for nobody: those who write do not wait for it either.
    pub(crate) async fn empty_log(options: SqliteConnectOptions) -> Result<bool, DbErr> {
        let options = options.busy_timeout(Duration::ZERO);
        let mut connection = Connection::sqlite(&options)
            .await
            .map_err(|error| DbErr::Conn(RuntimeErr::SqlxError(Arc::new(error))))?;
        let until = Instant::now() + LONGEST_CHECKPOINT;
        let emptied = loop {
            let checkpoint = Statement::from_string(DbBackend::Sqlite, "PRAGMA wal_checkpoint(TRUNCATE)");
            let row = connection.query_one(checkpoint).await?;
            let busy: i32 = row.map_or(Ok(0), |row| row.try_get_by_index(0))?;
            if busy == 0 || Instant::now() >= until {
                break busy == 0;
            }
            tokio::time::sleep(CHECKPOINT_PAUSE).await;
        };
        connection.close().await;
        Ok(emptied)
    }

    pub(crate) fn pooler(&self) -> Pooler {
        self.pooler
    }

    pub(crate) fn backend(&self) -> DbBackend {
        self.backend
    }

    /// For statements that stand alone, for what the name says, such as `list members`.
    pub(crate) fn statements(&self, name: &'static str) -> Statements<'_> {
        Statements { db: self, name }
    }

    /// Begins a transaction by that statement, or by those statements.
    pub(crate) async fn begin(&self, sql: &str) -> Result<Transaction, DbErr> {
        Transaction::begin(self.pool.get().await?, self.backend, sql).await
    }

    pub(crate) fn state(&self) -> PoolState {
        self.pool.state()
    }

    pub(crate) async fn close(&self) {
        if let Some(readers) = &self.readers {
            readers.close().await;
        }
        self.pool.close().await;
    }

    /// The connections that a statement may run on.
    fn pool_for(&self, statement: &Statement) -> &Pool {
        match &self.readers {
            Some(readers) if statement.sql.starts_with("SELECT") => readers,
            _ => &self.pool,
        }
    }
}

#[async_trait::async_trait]
impl ConnectionTrait for Statements<'_> {
    fn get_database_backend(&self) -> DbBackend {
        self.db.backend
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        let mut lease = self.db.pool.get().await?;
        span::statement(self.db.backend, self.name, async { lease.connection()?.execute(statement).await })
            .await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        let mut lease = self.db.pool.get().await?;
        span::statement(self.db.backend, self.name, async { lease.connection()?.execute_plain(sql).await })
            .await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        let mut lease = self.db.pool_for(&statement).get().await?;
        span::statement(self.db.backend, self.name, async { lease.connection()?.query_one(statement).await })
            .await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let mut lease = self.db.pool_for(&statement).get().await?;
        span::statement(self.db.backend, self.name, async { lease.connection()?.query_all(statement).await })
            .await
    }
}
