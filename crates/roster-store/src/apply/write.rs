//! Parts are kept until they are needed, and then carried out at once.

use std::sync::{Mutex, PoisonError};

use sea_orm::{ConnectionTrait, DbBackend, QueryResult, Statement};

use super::fold::folded;
use super::part::Part;
use crate::db::Transaction;
use crate::error::{Error, Result};
use crate::failpoint::Failpoint;

/// What a transaction is to write and has not written yet.
#[derive(Default)]
pub(crate) struct Kept(Mutex<Vec<Part>>);

impl Kept {
    pub(super) fn keep(&self, parts: Vec<Part>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = parts;
    }

    pub(crate) fn take(&self) -> Vec<Part> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Carries out the parts of one commit, and fails where one meets another number of rows than it must.
pub(crate) async fn write(txn: &Transaction, parts: Vec<Part>, failpoint: Failpoint) -> Result<()> {
    if parts.is_empty() {
        return Ok(());
    }
    if failpoint.writes_in_turn() { in_turn(txn, parts).await } else { at_once(txn, parts).await }
}

async fn at_once(txn: &Transaction, mut parts: Vec<Part>) -> Result<()> {
    let values: Vec<_> = parts.iter_mut().flat_map(|part| std::mem::take(&mut part.values)).collect();
    let backend = txn.get_database_backend();
    let statement = Statement::from_sql_and_values(backend, &*folded(backend, &parts), values);
    let rows = txn.query_all_raw(statement).await?;
    for (n, part) in parts.iter().enumerate() {
        // Postgres gives the counts side by side, SQLite one below the other.
        let (row, column) = if backend == DbBackend::Sqlite { (n, 0) } else { (0, n) };
        let row: &QueryResult = rows.get(row).ok_or_else(|| Error::internal("a write gave no counts"))?;
        let met: i64 = row.try_get_by_index(column)?;
        part.check(met.unsigned_abs())?;
    }
    Ok(())
}

async fn in_turn(txn: &Transaction, parts: Vec<Part>) -> Result<()> {
    let backend = txn.get_database_backend();
    for mut part in parts {
        let sql = [part.text.of(backend), part.text.tail].concat();
        let values = std::mem::take(&mut part.values);
        let done = txn.execute_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
        part.check(done.rows_affected())?;
    }
    Ok(())
}
