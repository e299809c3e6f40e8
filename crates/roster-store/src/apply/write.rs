//! Parts are carried out: one after the other.

use sea_orm::{ConnectionTrait, Statement};

use super::part::Part;
use crate::db::Transaction;
use crate::error::Result;

/// Carries out the parts of one commit, and fails where one meets another number of rows than it must.
pub(super) async fn write(txn: &Transaction, parts: &[Part]) -> Result<()> {
    let backend = txn.get_database_backend();
    for part in parts {
        let sql = [part.text.of(backend), part.text.tail].concat();
        let statement = Statement::from_sql_and_values(backend, sql, part.values.clone());
        let done = txn.execute_raw(statement).await?;
        part.check(done.rows_affected())?;
    }
    Ok(())
}
