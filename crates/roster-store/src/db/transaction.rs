//! A transaction on one connection. BEGIN, COMMIT and ROLLBACK are statements like any other.

use std::sync::{Mutex, PoisonError};

use sea_orm::{ConnectionTrait, DbBackend, DbErr, ExecResult, QueryResult, Statement};
use tokio::time::timeout;

use super::pool::{DRAIN_TIMEOUT, Lease};
use super::span;

/// An open transaction. Dropped without [`Transaction::commit`] it is rolled back, in a task of its own, before its
/// connection is used again.
pub(crate) struct Transaction {
    backend: DbBackend,
    lease: tokio::sync::Mutex<Lease>,
    /// What the next statements are for: the name of their spans.
    doing: Mutex<&'static str>,
}

impl Transaction {
    /// Begins by that statement, or by those statements.
    pub(crate) async fn begin(mut lease: Lease, backend: DbBackend, sql: &str) -> Result<Self, DbErr> {
        let begun = async { lease.connection()?.begin(sql).await };
        span::statement(backend, "begin", begun).await?;
        Ok(Self { backend, lease: tokio::sync::Mutex::new(lease), doing: Mutex::new("load facts") })
    }

    /// Names what the statements from here on are for.
    pub(crate) fn doing(&self, name: &'static str) {
        *self.doing.lock().unwrap_or_else(PoisonError::into_inner) = name;
    }

    pub(crate) async fn commit(self) -> Result<(), DbErr> {
        let mut lease = self.lease.into_inner();
        span::statement(self.backend, "commit", async { lease.connection()?.commit().await }).await
    }

    /// Undoes everything, and returns once that is done. A server that does not answer undoes it when it notices that the
    /// connection has ended.
    pub(crate) async fn rollback(self) -> Result<(), DbErr> {
        let mut lease = self.lease.into_inner();
        let settled = timeout(DRAIN_TIMEOUT, async { lease.connection()?.settle().await });
        span::statement(self.backend, "rollback", async { settled.await.unwrap_or(Ok(())) }).await
    }

    fn name(&self) -> &'static str {
        *self.doing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait::async_trait]
impl ConnectionTrait for Transaction {
    fn get_database_backend(&self) -> DbBackend {
        self.backend
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        let mut lease = self.lease.lock().await;
        span::statement(self.backend, self.name(), async { lease.connection()?.execute(statement).await })
            .await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        let mut lease = self.lease.lock().await;
        span::statement(self.backend, self.name(), async { lease.connection()?.execute_plain(sql).await })
            .await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        let mut lease = self.lease.lock().await;
        span::statement(self.backend, self.name(), async { lease.connection()?.query_one(statement).await })
            .await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let mut lease = self.lease.lock().await;
        span::statement(self.backend, self.name(), async { lease.connection()?.query_all(statement).await })
            .await
    }
}
