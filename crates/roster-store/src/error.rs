//! What can go wrong with the database, classified once.

use sea_orm::{DbErr, RuntimeErr};

use crate::db::is_silence;
use crate::deadline;

/// The one constraint that two calls of different people can run into, each being right by itself. `SQLite`, which
/// does not name constraints, has one writer at a time, who sees the other's team.
const EXTERNAL_IDS: &str = "teams_external_id";

/// The SQLSTATE of a statement that was cancelled, by a time-out or by hand.
const CANCELLED: &str = "57014";

/// A store's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The database failed, or holds what cannot be. The text tells the kind, the SQLSTATE and the constraint, and never
/// the database's own message: that one may hold addresses.
#[derive(thiserror::Error)]
#[error("{text}")]
pub struct Error {
    kind: ErrorKind,
    text: String,
    /// Whether no connection could be made.
    away: bool,
}

/// What a caller can do about an [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The database is away or too busy; nothing was changed. Try again later.
    Unavailable,
    /// Another transaction held a lock for too long; nothing was changed. Try again soon.
    LockTimeout,
    /// The connection was lost at the commit: the change may have happened. Ask again with the same request id.
    OutcomeUnknown,
    /// Another team of the calling service got the same external id at the same time; nothing was changed.
    ExternalIdTaken,
    /// The call's own deadline passed while it waited; nothing was changed.
    DeadlinePassed,
    /// A fault of the service or a row that cannot be.
    Internal,
}

impl Error {
    /// What a caller can do about it.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Whether no connection to the database can be made at present. The log says so once, and once when it is over.
    #[must_use]
    pub fn is_away(&self) -> bool {
        self.away
    }

    /// A row that holds what no version of the service writes.
    pub(crate) fn corrupt(table: &'static str, column: &'static str, row: impl std::fmt::Display) -> Self {
        let text = format!("table {table}, row {row}: column {column} holds what the service cannot read");
        Self { kind: ErrorKind::Internal, text, away: false }
    }

    /// The answer is not waited for any more.
    pub(crate) fn deadline_passed() -> Self {
        Self { kind: ErrorKind::DeadlinePassed, text: "the call's deadline passed".into(), away: false }
    }

    pub(crate) fn internal(text: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Internal, text: text.into(), away: false }
    }

    /// Others were faster again and again; nothing was changed.
    pub(crate) fn lock_timeout(text: impl Into<String>) -> Self {
        Self { kind: ErrorKind::LockTimeout, text: text.into(), away: false }
    }

    /// What an error of COMMIT means: once it was sent, nobody knows unless the database itself refused it.
    pub(crate) fn of_commit(error: &DbErr) -> Self {
        let mut error = Self::classify(error);
        // A deadline that passed meanwhile changes nothing about that: the change may have been made all the same.
        if matches!(error.kind, ErrorKind::Unavailable | ErrorKind::DeadlinePassed) {
            error.kind = ErrorKind::OutcomeUnknown;
        }
        error
    }

    /// What an error means of a statement that waits for several locks, each within the limit for one: the statement's
    /// own limit then ends a wait for locks too.
    pub(crate) fn of_locks(error: &DbErr) -> Self {
        let mut classified = Self::classify(error);
        if sqlstate(error).as_deref() == Some(CANCELLED) {
            let passed = deadline::has_passed();
            classified.kind = if passed { ErrorKind::DeadlinePassed } else { ErrorKind::LockTimeout };
        }
        classified
    }

    fn classify(error: &DbErr) -> Self {
        let (kind, text) = match error {
            DbErr::ConnectionAcquire(_) if deadline::has_passed() => {
                (ErrorKind::DeadlinePassed, "the call's deadline passed before a connection was free".into())
            }
            DbErr::ConnectionAcquire(_) => {
                (ErrorKind::Unavailable, "no database connection was free in time".into())
            }
            // A connection that could not be made: the text is ours, and says why.
            DbErr::Conn(RuntimeErr::Internal(text)) => (ErrorKind::Unavailable, text.clone()),
            DbErr::Conn(runtime) => (ErrorKind::Unavailable, of_runtime(runtime).1),
            DbErr::Exec(runtime) | DbErr::Query(runtime) => of_runtime(runtime),
            _ => (ErrorKind::Internal, "the object-relational layer failed".into()),
        };
        let away = matches!(error, DbErr::Conn(RuntimeErr::Internal(_)));
        Self { kind, text, away }
    }
}

impl From<DbErr> for Error {
    fn from(error: DbErr) -> Self {
        Self::classify(&error)
    }
}

impl std::fmt::Debug for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "store::Error({:?}: {})", self.kind, self.text)
    }
}

fn of_runtime(error: &RuntimeErr) -> (ErrorKind, String) {
    let RuntimeErr::SqlxError(error) = error else {
        return (ErrorKind::Internal, "the object-relational layer failed".into());
    };
    let Some(database) = error.as_database_error() else {
        // Everything that is not the database's own answer is a broken, absent or overdue connection, unless a value
        // did not have the type that the entity names.
        let decoding = matches!(
            **error,
            sea_orm::sqlx::Error::ColumnDecode { .. }
                | sea_orm::sqlx::Error::ColumnNotFound(_)
                | sea_orm::sqlx::Error::Decode(_)
                | sea_orm::sqlx::Error::Encode(_)
        );
        return if decoding {
            (ErrorKind::Internal, "a row does not have the shape that the service expects".into())
        } else if is_silence(error) && deadline::has_passed() {
            (ErrorKind::DeadlinePassed, "the call's deadline passed before the database answered".into())
        } else if is_silence(error) {
            (ErrorKind::Unavailable, "the database did not answer in time".into())
        } else {
            (ErrorKind::Unavailable, "the connection to the database failed".into())
        };
    };
    let state = database.code().unwrap_or_default().into_owned();
    let constraint = database.constraint();
    let kind = match constraint {
        Some(EXTERNAL_IDS) => ErrorKind::ExternalIdTaken,
        _ => kind_of_state(&state),
    };
    // A lock is waited for no longer than the answer: then that is why it was given up.
    let kind = match kind {
        ErrorKind::LockTimeout if deadline::has_passed() => ErrorKind::DeadlinePassed,
        kind => kind,
    };
    let constraint = constraint.map(|name| format!(", constraint {name}")).unwrap_or_default();
    (kind, format!("the database answered {state}{}{constraint}", advice(&state)))
}

/// What to do about an answer that only an operator can do something about.
fn advice(state: &str) -> &'static str {
    match state {
        "42501" => {
            " (the database's user lacks a right: GRANT it USAGE and CREATE on the schema, and its tables)"
        }
        "42P05" | "26000" => {
            " (a pooler shares sessions and does not follow prepared statements: set its pool_mode to session, or use \
             pgbouncer 1.21 or later with max_prepared_statements above 0)"
        }
        _ => "",
    }
}

/// The SQLSTATE of an error, or SQLite's result code, where the database itself answered so.
pub(crate) fn sqlstate(error: &DbErr) -> Option<String> {
    let (DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error))) = error
    else {
        return None;
    };
    Some(error.as_database_error()?.code()?.into_owned())
}

/// Postgres' SQLSTATE, or SQLite's result code as a decimal.
fn kind_of_state(state: &str) -> ErrorKind {
    match state {
        // Serialization failure, deadlock, lock not available; SQLite: busy, locked.
        "40001" | "40P01" | "55P03" | "5" | "6" | "261" | "517" => ErrorKind::LockTimeout,
        // Read-only (after a failover), a transaction that was left open or failed before, cancelled by a time-out, too many
        // connections, disk full; SQLite: interrupted by a time-out.
        "25006" | "25P02" | "25P03" | "57014" | "53300" | "53100" | "9"
        // What only a new connection is answered: not accepting any, no such user, wrong password, no such database.
        | "55000" | "28000" | "28P01" | "3D000" => ErrorKind::Unavailable,
        state if state.starts_with("57P") || state.starts_with("08") => ErrorKind::Unavailable,
        _ => ErrorKind::Internal,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_classified() {
        let check = |state: &str, kind: ErrorKind| assert_eq!(kind_of_state(state), kind, "{state}");
        check("55P03", ErrorKind::LockTimeout);
        check("40P01", ErrorKind::LockTimeout);
        check("57P01", ErrorKind::Unavailable);
        check("08006", ErrorKind::Unavailable);
        check("25006", ErrorKind::Unavailable);
        check("23505", ErrorKind::Internal);
        check("", ErrorKind::Internal);
    }

    #[tokio::test]
    async fn a_commit_without_an_answer_may_have_been_made_whatever_its_deadline() {
        let silence = || {
            let error: sea_orm::sqlx::Error = std::io::Error::from(std::io::ErrorKind::TimedOut).into();
            DbErr::Exec(RuntimeErr::SqlxError(error.into()))
        };
        let now = tokio::time::Instant::now();
        let check = |by| {
            deadline::scope(by, None, async {
                (Error::from(silence()).kind, Error::of_commit(&silence()).kind)
            })
        };
        assert_eq!(check(None).await, (ErrorKind::Unavailable, ErrorKind::OutcomeUnknown));
        assert_eq!(check(Some(now)).await, (ErrorKind::DeadlinePassed, ErrorKind::OutcomeUnknown));
    }
}
