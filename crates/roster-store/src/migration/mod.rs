//! The schema and how it comes to be.
//!
//! SeaORM's migrations take no lock of their own; [`Store::migrate_up`] runs them in one transaction under an advisory
//! lock, so that two migrators at once do no harm. SQLite migrates as a part of the start, behind the file lock that
//! allows one process only.

mod m0001_first;
mod m0002_ways_in;

use sea_orm::{ConnectionTrait, DbBackend};
use sea_orm_migration::{MigrationTrait, MigratorTrait, async_trait::async_trait};

use crate::error::Result;
use crate::open::Store;
use crate::tx::begin_writing;

/// Any number that no other user of the database takes for an advisory lock.
const LOCK: i64 = 0x0520_5354_4552_0001;

struct Migrator;

#[async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(m0001_first::Migration), Box::new(m0002_ways_in::Migration)]
    }
}

/// Which migrations the database has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MigrationStatus {
    /// The names of those that ran, in their order.
    pub applied: Vec<String>,
    /// The names of those that this version of the service needs besides.
    pub pending: Vec<String>,
}

impl Store {
    /// Runs the migrations that are pending and returns their names. Safe to run twice at once: the second waits and
    /// finds nothing to do.
    pub async fn migrate_up(&self) -> Result<Vec<String>> {
        let txn = begin_writing(self.connection()).await?;
        if txn.get_database_backend() == DbBackend::Postgres {
            // What bounds a call must not cut off a migration, nor one that waits for another.
            txn.execute_unprepared("SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0").await?;
            txn.execute_unprepared(&format!("SELECT pg_advisory_xact_lock({LOCK})")).await?;
        }
        let pending = names(&Migrator::get_pending_migrations(&txn).await?);
        Migrator::up(&txn, None).await?;
        txn.commit().await?;
        Ok(pending)
    }

    /// Which migrations ran and which are pending. Changes nothing.
    pub async fn migration_status(&self) -> Result<MigrationStatus> {
        let db = self.connection();
        Ok(MigrationStatus {
            applied: names(&Migrator::get_applied_migrations_read_only(db).await?),
            pending: names(&Migrator::get_pending_migrations_read_only(db).await?),
        })
    }
}

fn names(migrations: &[sea_orm_migration::Migration]) -> Vec<String> {
    migrations.iter().map(|migration| migration.name().to_owned()).collect()
}
