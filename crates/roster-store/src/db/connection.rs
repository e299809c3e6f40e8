//! One connection to a database: it runs statements, each within a time limit, and knows whether it may be used again.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use sea_orm::sea_query::Values;
use sea_orm::sqlx::postgres::{PgConnectOptions, PgConnection, PgDatabaseError, PgSeverity};
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sea_orm::sqlx::{self, AssertSqlSafe, ConnectOptions, Connection as _, Executor};
use sea_orm::{DbErr, ExecResult, QueryResult, RuntimeErr, Statement};
use sea_query_sqlx::SqlxValues;
use tokio::time::{timeout, timeout_at};

use super::waits::{Wait, Waits};
use crate::deadline;
use crate::error::sqlstate;

/// The longest that the database itself lets a statement run.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(10);

/// The longest that an answer is waited for, whatever the call's deadline. Longer than [`STATEMENT_TIMEOUT`], so that a
/// database that is alive answers first: a connection that stays silent for so long is dead.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(11);

/// The longest that a connection takes to say goodbye.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// The SQLSTATE of a write that the server does not take: it is set to read-only, or is no primary any more.
const READ_ONLY: &str = "25006";

/// SQLite's code of an error without a code of its own, such as a ROLLBACK without a transaction.
const SQLITE_ERROR: &str = "1";

/// A statement with more values is one of many texts, as long as its list is. It is not kept prepared: it would push others
/// out of the hundred that are kept, and it is worth a plan of its own.
const MOST_VALUES_KEPT: usize = 512;

/// How many steps of SQLite's machine pass between two looks at the clock: about a millisecond.
const STEPS_BETWEEN_LOOKS: i32 = 100_000;

/// A connection.
pub(crate) struct Connection {
    wire: Wire,
    /// Where it is noted that an answer is awaited.
    wait: Option<Arc<Wait>>,
    usable: Usable,
    /// Whether a transaction was begun, or may have been, and was not ended.
    in_transaction: bool,
    /// Whether the statement that begins it has not been answered.
    beginning: bool,
    /// Whether the server refused to write, since that was asked last.
    read_only: bool,
    made: Instant,
    /// When the server answered last, or when it was made.
    proven: Instant,
}

enum Wire {
    Postgres(PgConnection),
    Sqlite(SqliteConnection, Arc<Interrupt>),
}

/// Whether a connection may be used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Usable {
    /// Every answer was read to its end.
    Yes,
    /// A statement is under way, or its caller has given it up.
    NotYet,
    /// It failed, or stayed silent for too long.
    Never,
}

impl Connection {
    /// Connects to Postgres. Takes as long as the network does: the caller sets the limit.
    pub(crate) async fn postgres(options: &PgConnectOptions, waits: &Waits) -> sqlx::Result<Self> {
        Ok(Self::new(Wire::Postgres(options.connect().await?), Some(waits.add())))
    }

    /// Opens an SQLite file.
    pub(crate) async fn sqlite(options: &SqliteConnectOptions) -> sqlx::Result<Self> {
        let mut connection = options.connect().await?;
        let interrupt = Arc::new(Interrupt::new());
        let asked = Arc::clone(&interrupt);
        connection.lock_handle().await?.set_progress_handler(STEPS_BETWEEN_LOOKS, move || !asked.is_due());
        Ok(Self::new(Wire::Sqlite(connection, interrupt), None))
    }

    fn new(wire: Wire, wait: Option<Arc<Wait>>) -> Self {
        let now = Instant::now();
        Self {
            wire,
            wait,
            usable: Usable::Yes,
            in_transaction: false,
            beginning: false,
            read_only: false,
            made: now,
            proven: now,
        }
    }

    /// When it was made.
    pub(crate) fn made(&self) -> Instant {
        self.made
    }

    /// When the server was last known to answer on it.
    pub(crate) fn proven(&self) -> Instant {
        self.proven
    }

    /// Whether the next statement may be sent: nothing is under way and no transaction is open.
    pub(crate) fn is_ready(&self) -> bool {
        self.usable == Usable::Yes && !self.in_transaction
    }

    /// Forgets what its user left behind: for a failpoint.
    pub(crate) fn pretend_ready(&mut self) {
        (self.usable, self.in_transaction) = (Usable::Yes, false);
    }

    /// Whether it is of no use any more.
    pub(crate) fn is_broken(&self) -> bool {
        self.usable == Usable::Never
    }

    /// Whether the server refused a write since this was asked last.
    pub(crate) fn take_read_only(&mut self) -> bool {
        std::mem::take(&mut self.read_only)
    }

    /// The version of the Postgres server, as `server_version_num`; none for SQLite.
    pub(crate) fn server_version(&self) -> Option<u32> {
        match &self.wire {
            Wire::Postgres(wire) => wire.server_version_num(),
            Wire::Sqlite(..) => None,
        }
    }

    /// Runs a statement and counts the rows that it met.
    pub(crate) async fn execute(&mut self, statement: Statement) -> Result<ExecResult, DbErr> {
        let by = self.begin_use();
        let (sql, values, keep) = parts(statement);
        let outcome = match &mut self.wire {
            Wire::Postgres(wire) => limited(by, wire.execute(sqlx::query_with(sql, values).persistent(keep)))
                .await
                .map(Into::into),
            Wire::Sqlite(wire, _) => {
                limited(by, wire.execute(sqlx::query_with(sql, values).persistent(keep)))
                    .await
                    .map(Into::into)
            }
        };
        self.end_use(outcome, DbErr::Exec)
    }

    /// Runs a statement and reads its first row.
    pub(crate) async fn query_one(&mut self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        let by = self.begin_use();
        let (sql, values, keep) = parts(statement);
        let outcome = match &mut self.wire {
            Wire::Postgres(wire) => {
                limited(by, wire.fetch_optional(sqlx::query_with(sql, values).persistent(keep)))
                    .await
                    .map(|row| row.map(Into::into))
            }
            Wire::Sqlite(wire, _) => {
                limited(by, wire.fetch_optional(sqlx::query_with(sql, values).persistent(keep)))
                    .await
                    .map(|row| row.map(Into::into))
            }
        };
        self.end_use(outcome, DbErr::Query)
    }

    /// Runs a statement and reads all of its rows.
    pub(crate) async fn query_all(&mut self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let by = self.begin_use();
        let (sql, values, keep) = parts(statement);
        let outcome = match &mut self.wire {
            Wire::Postgres(wire) => {
                limited(by, wire.fetch_all(sqlx::query_with(sql, values).persistent(keep)))
                    .await
                    .map(|rows| rows.into_iter().map(Into::into).collect())
            }
            Wire::Sqlite(wire, _) => {
                limited(by, wire.fetch_all(sqlx::query_with(sql, values).persistent(keep)))
                    .await
                    .map(|rows| rows.into_iter().map(Into::into).collect())
            }
        };
        self.end_use(outcome, DbErr::Query)
    }

    /// Runs SQL without values and without preparing it: several statements at once may be in it.
    pub(crate) async fn execute_plain(&mut self, sql: &str) -> Result<ExecResult, DbErr> {
        let by = self.begin_use();
        let query = AssertSqlSafe(sql.to_owned());
        let outcome = match &mut self.wire {
            Wire::Postgres(wire) => limited(by, wire.execute(query)).await.map(Into::into),
            Wire::Sqlite(wire, _) => limited(by, wire.execute(query)).await.map(Into::into),
        };
        self.end_use(outcome, DbErr::Exec)
    }

    /// Begins a transaction. From here on the connection is rolled back before its next use, unless it is committed.
    pub(crate) async fn begin(&mut self, sql: &str) -> Result<(), DbErr> {
        // Before it is sent: a caller who gives up meanwhile leaves a transaction behind all the same.
        (self.in_transaction, self.beginning) = (true, true);
        self.execute_plain(sql).await?;
        self.beginning = false;
        Ok(())
    }

    /// Commits the transaction.
    pub(crate) async fn commit(&mut self) -> Result<(), DbErr> {
        self.execute_plain("COMMIT").await?;
        self.in_transaction = false;
        Ok(())
    }

    /// Makes the connection ready for its next use: waits for the rest of an answer that nobody waits for any more, and
    /// rolls back a transaction that was not committed. The caller sets the limit.
    pub(crate) async fn settle(&mut self) -> Result<(), DbErr> {
        if self.usable == Usable::NotYet {
            if let Wire::Sqlite(_, interrupt) = &self.wire {
                interrupt.stop();
            }
            // What the statement itself comes to may be an error, which says nothing of the connection.
            if self.ping().await.is_err() && self.usable == Usable::Yes {
                self.ping().await?;
            }
        }
        if self.in_transaction {
            match self.execute_plain("ROLLBACK").await {
                Ok(_) => {}
                // SQLite minds if there is no transaction, as when the statement that begins it failed.
                Err(error) if sqlstate(&error).as_deref() == Some(SQLITE_ERROR) => {}
                Err(error) => return Err(error),
            }
            (self.in_transaction, self.beginning) = (false, false);
        }
        Ok(())
    }

    /// Asks the server whether it is there. The caller sets the limit.
    pub(crate) async fn ping(&mut self) -> Result<(), DbErr> {
        self.usable = Usable::NotYet;
        let outcome = match &mut self.wire {
            Wire::Postgres(wire) => wire.ping().await,
            Wire::Sqlite(wire, _) => wire.ping().await,
        };
        self.end_use(outcome, DbErr::Conn)
    }

    /// Says goodbye, for a second at most, and closes.
    pub(crate) async fn close(self) {
        let goodbye = async {
            match self.wire {
                Wire::Postgres(wire) => wire.close().await,
                Wire::Sqlite(wire, _) => wire.close().await,
            }
        };
        // A server that does not listen finds the socket closed.
        let _ = timeout(CLOSE_TIMEOUT, goodbye).await;
    }

    /// By when an answer must come. A change that holds its lock is made even if nobody waits for it; everything else is
    /// given up at the call's own deadline.
    fn begin_use(&mut self) -> Instant {
        let longest = Instant::now() + ANSWER_TIMEOUT;
        let by = match deadline::by() {
            Some(by) if !self.is_changing() => by.into_std().min(longest),
            _ => longest,
        };
        self.usable = Usable::NotYet;
        match (&self.wire, &self.wait) {
            (Wire::Sqlite(_, interrupt), _) => interrupt.allow(STATEMENT_TIMEOUT),
            (Wire::Postgres(_), Some(wait)) => wait.begin(),
            (Wire::Postgres(_), None) => {}
        }
        by
    }

    /// Whether a transaction was begun, and the server has said so.
    fn is_changing(&self) -> bool {
        self.in_transaction && !self.beginning
    }

    fn end_use<T>(
        &mut self,
        outcome: sqlx::Result<T>,
        as_error: fn(RuntimeErr) -> DbErr,
    ) -> Result<T, DbErr> {
        self.usable = match &outcome {
            // Given up, not broken: the rest of the answer may yet come.
            Err(error) if is_silence(error) && deadline::has_passed() => Usable::NotYet,
            Err(error) if breaks_connection(error) => Usable::Never,
            _ => Usable::Yes,
        };
        if self.usable == Usable::Yes {
            self.proven = Instant::now();
            if let Some(wait) = &self.wait {
                wait.end();
            }
        }
        if let Err(sqlx::Error::Database(error)) = &outcome {
            self.read_only |= error.code().as_deref() == Some(READ_ONLY);
        }
        outcome.map_err(|error| as_error(RuntimeErr::SqlxError(Arc::new(error))))
    }
}

/// Whether an error is of the connection, rather than the database's answer to a statement.
fn breaks_connection(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(error) => {
            let fatal = error
                .try_downcast_ref::<PgDatabaseError>()
                .is_some_and(|error| matches!(error.severity(), PgSeverity::Fatal | PgSeverity::Panic));
            // The server, or a pooler before it, ended the session.
            fatal || error.code().unwrap_or_default().starts_with("08")
        }
        sqlx::Error::Encode(_) | sqlx::Error::RowNotFound => false,
        _ => true,
    }
}

/// Whether an error says that no answer came in time.
pub(crate) fn is_silence(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Io(error) if error.kind() == io::ErrorKind::TimedOut)
}

/// Waits for an answer until that moment.
async fn limited<T>(by: Instant, answer: impl Future<Output = sqlx::Result<T>>) -> sqlx::Result<T> {
    timeout_at(by.into(), answer)
        .await
        .unwrap_or_else(|_| Err(io::Error::from(io::ErrorKind::TimedOut).into()))
}

/// The text, the values, and whether the statement is kept prepared.
fn parts(statement: Statement) -> (AssertSqlSafe<String>, SqlxValues, bool) {
    // Values are always bound: the text holds nobody's data.
    tracing::trace!(target: "roster_store::sql", sql = statement.sql, "statement");
    let values = statement.values.unwrap_or(Values(Vec::new()));
    let keep = values.0.len() <= MOST_VALUES_KEPT;
    (AssertSqlSafe(statement.sql), SqlxValues(values), keep)
}

/// Until when SQLite may work on a statement. Nothing else stops it: it does not notice that its caller has gone.
struct Interrupt {
    beginning: Instant,
    /// In milliseconds since the beginning.
    due: AtomicU64,
}

impl Interrupt {
    fn new() -> Self {
        Self { beginning: Instant::now(), due: AtomicU64::new(u64::MAX) }
    }

    fn allow(&self, limit: Duration) {
        self.due.store(self.now().saturating_add(millis(limit)), Ordering::Relaxed);
    }

    fn stop(&self) {
        self.due.store(0, Ordering::Relaxed);
    }

    fn is_due(&self) -> bool {
        self.now() >= self.due.load(Ordering::Relaxed)
    }

    fn now(&self) -> u64 {
        millis(self.beginning.elapsed())
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
