//! The schema and how it comes to be.
//!
//! SeaORM's migrations take no lock of their own; [`Store::migrate_up`] runs them in one transaction under an advisory
//! lock, so that two migrators at once do no harm. SQLite migrates as a part of the start, behind the file lock that
//! allows one process only. SeaORM runs them over a connection of its own alone, which is closed afterwards.

mod m0001_first;
mod m0002_ways_in;
mod m0003_erasure;
mod m0004_start;
mod m0005_links_key;

use sea_orm::sea_query::{Alias, Query};
use sea_orm::sqlx::postgres::PgPoolOptions;
use sea_orm::sqlx::sqlite::SqlitePoolOptions;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbBackend, DbErr, RuntimeErr, SqliteTransactionMode,
    SqlxPostgresConnector, SqlxSqliteConnector, Statement, TransactionOptions, TransactionTrait,
};
use sea_orm_migration::{MigrationTrait, MigratorTrait, async_trait::async_trait};

use crate::db::CONNECT_TIMEOUT;
use crate::error::{Error, Result};
use crate::open::{Place, Store, sqlite_options};

/// Any number that no other user of the database takes for an advisory lock.
const LOCK: i64 = 0x0520_5354_4552_0001;

struct Migrator;

#[async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_first::Migration),
            Box::new(m0002_ways_in::Migration),
            Box::new(m0003_erasure::Migration),
            Box::new(m0004_start::Migration),
            Box::new(m0005_links_key::Migration),
        ]
    }
}

/// Which migrations the database has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MigrationStatus {
    /// The names of those that ran, in their order, those of later versions included.
    pub applied: Vec<String>,
    /// The names of those that this version of the service needs besides.
    pub pending: Vec<String>,
}

impl Store {
    /// Runs the migrations that are pending and returns their names. Safe to run twice at once: the second waits and
    /// finds nothing to do.
    pub async fn migrate_up(&self) -> Result<Vec<String>> {
        let connection = connect(self.place()).await?;
        let pending = migrate(&connection).await;
        connection.close().await?;
        Ok(pending?)
    }

    /// Which migrations ran and which are pending. Changes nothing.
    pub async fn migration_status(&self) -> Result<MigrationStatus> {
        Ok(status(&self.statements("list migrations")).await?)
    }
}

/// A connection of SeaORM's own, through its own pool of one.
async fn connect(place: &Place) -> Result<DatabaseConnection> {
    let connected = match place {
        Place::Postgres { url, pooler, .. } => PgPoolOptions::new()
            .max_connections(1)
            .acquire_timeout(CONNECT_TIMEOUT)
            .connect_with(pooler.session(url.options()))
            .await
            .map(SqlxPostgresConnector::from_sqlx_postgres_pool),
        Place::Sqlite { file } => SqlitePoolOptions::new()
            .max_connections(1)
            .connect_with(sqlite_options(file))
            .await
            .map(SqlxSqliteConnector::from_sqlx_sqlite_pool),
    };
    connected.map_err(|error| Error::from(DbErr::Conn(RuntimeErr::SqlxError(error.into()))))
}

async fn migrate(connection: &DatabaseConnection) -> std::result::Result<Vec<String>, DbErr> {
    // As the only writer, where the transaction is the lock.
    let mode =
        (connection.get_database_backend() == DbBackend::Sqlite).then_some(SqliteTransactionMode::Immediate);
    let options = TransactionOptions { sqlite_transaction_mode: mode, ..Default::default() };
    let txn = connection.begin_with_options(options).await?;
    if txn.get_database_backend() == DbBackend::Postgres {
        // What bounds a call must not cut off a migration, nor one that waits for another.
        txn.execute_unprepared("SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0").await?;
        txn.execute_unprepared(&format!("SELECT pg_advisory_xact_lock({LOCK})")).await?;
    }
    let pending = status(&txn).await?.pending;
    if !pending.is_empty() {
        Migrator::up(&txn, None).await?;
    }
    txn.commit().await?;
    Ok(pending)
}

/// SeaORM's own status fails where a migration ran that this version does not know. That is so on every replica of the
/// release before while a newer one is rolled out, and after a way back: they must be able to start.
async fn status(db: &impl ConnectionTrait) -> std::result::Result<MigrationStatus, DbErr> {
    let applied = applied(db).await?;
    let own = Migrator::migrations().into_iter().map(|migration| migration.name().to_owned());
    let pending = own.filter(|name| !applied.contains(name)).collect();
    Ok(MigrationStatus { applied, pending })
}

async fn applied(db: &impl ConnectionTrait) -> std::result::Result<Vec<String>, DbErr> {
    let backend = db.get_database_backend();
    let exists = match backend {
        DbBackend::Postgres => "SELECT to_regclass('seaql_migrations') IS NOT NULL AS found",
        _ => "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE name = 'seaql_migrations') AS found",
    };
    let found = db.query_one_raw(Statement::from_string(backend, exists)).await?;
    if !found.is_some_and(|row| row.try_get("", "found").unwrap_or(false)) {
        return Ok(Vec::new());
    }
    let mut versions = Query::select();
    versions
        .column(Alias::new("version"))
        .from(Alias::new("seaql_migrations"))
        .order_by("version", sea_orm::Order::Asc);
    db.query_all(&versions).await?.iter().map(|row| row.try_get("", "version")).collect()
}
