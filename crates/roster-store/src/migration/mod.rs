//! The schema and how it comes to be.
//!
//! SeaORM's migrations take no lock of their own; [`Store::migrate_up`] runs them in one transaction under an advisory
//! lock, so that two migrators at once do no harm. SQLite migrates as a part of the start, behind the file lock that
//! allows one process only.

mod m0001_first;
mod m0002_ways_in;
mod m0003_erasure;

use sea_orm::{ConnectionTrait, DbBackend, EntityTrait, QueryOrder};
use sea_orm_migration::{
    IntoSchemaManagerConnection, MigrationTrait, MigratorTrait, SchemaManager, async_trait::async_trait,
    seaql_migrations,
};

use crate::begin::begin_writing;
use crate::error::Result;
use crate::open::Store;

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
        let txn = begin_writing(self.connection()).await?;
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

    /// Which migrations ran and which are pending. Changes nothing.
    pub async fn migration_status(&self) -> Result<MigrationStatus> {
        status(self.connection()).await
    }
}

/// SeaORM's own status fails where a migration ran that this version does not know. That is so on every replica of the
/// release before while a newer one is rolled out, and after a way back: they must be able to start.
async fn status<'c, C>(db: &'c C) -> Result<MigrationStatus>
where
    C: ConnectionTrait,
    &'c C: IntoSchemaManagerConnection<'c>,
{
    let applied: Vec<String> = if SchemaManager::new(db).has_table("seaql_migrations").await? {
        let models =
            seaql_migrations::Entity::find().order_by_asc(seaql_migrations::Column::Version).all(db).await?;
        models.into_iter().map(|model| model.version).collect()
    } else {
        vec![]
    };
    let own = Migrator::migrations().into_iter().map(|migration| migration.name().to_owned());
    let pending = own.filter(|name| !applied.contains(name)).collect();
    Ok(MigrationStatus { applied, pending })
}
