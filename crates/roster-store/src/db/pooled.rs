//! Whether a pooler between the service and Postgres can be worked with.
//!
//! In transaction mode a pooler gives each transaction any session of the server. Statements that were prepared in one
//! session are then missing in the next, or are prepared twice, unless the pooler follows them: it gives them names of
//! its own. In session mode, and without a pooler, there is nothing to follow.

use std::sync::Arc;

use sea_orm::{DbBackend, DbErr, QueryResult, Statement};

use super::cause::Cause;
use super::connection::Connection;
use super::pool::unavailable;
use super::postgres::Postgres;

/// Asked by a statement that is prepared under a name of sqlx's, which it then looks for itself.
const QUESTION: &str = "SELECT EXISTS (SELECT FROM pg_prepared_statements WHERE name LIKE 'sqlx%') AS kept, \
                        pg_backend_pid() AS session, current_setting('statement_timeout') = '0' AS unlimited";

/// How often two connections are compared: in between, another client may have been given the session of the first.
const COMPARISONS: usize = 3;

/// Fails where the pooler shares sessions and does not follow prepared statements. Warns where reads have no limit.
pub(crate) async fn check(postgres: &Arc<Postgres>, first: &mut Connection) -> Result<(), DbErr> {
    // In one transaction, hence in one session: preparing the question and asking it.
    first.begin("BEGIN").await?;
    let row = ask(first).await?;
    first.settle().await?;
    if row.try_get("", "unlimited")? {
        tracing::warn!(
            "statement_timeout is 0 behind the pooler: set it for the service's user, by ALTER ROLE … SET statement_timeout"
        );
    }
    if !row.try_get::<bool>("", "kept")? {
        return Ok(());
    }
    let made = postgres.make().await;
    let mut second = made.map_err(|away| unavailable(away.to_string()))?;
    for _ in 0..COMPARISONS {
        if session(first).await? == session(&mut second).await? {
            let away = postgres.away(Cause::PoolerLosesStatements);
            return Err(unavailable(away.to_string()));
        }
    }
    second.close().await;
    Ok(())
}

async fn session(connection: &mut Connection) -> Result<i32, DbErr> {
    ask(connection).await?.try_get("", "session")
}

async fn ask(connection: &mut Connection) -> Result<QueryResult, DbErr> {
    let row = connection.query_one(Statement::from_string(DbBackend::Postgres, QUESTION)).await?;
    row.ok_or_else(|| unavailable("the question after the pooler gave no row".to_owned()))
}
