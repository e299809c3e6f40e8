//! Why no connection to Postgres can be made, told apart so that an operator knows what to do.

use std::fmt;
use std::io;
use std::sync::Arc;

use sea_orm::sqlx;

/// The oldest server that the schema and the statements work on, as `server_version_num`.
pub(crate) const OLDEST_VERSION: u32 = 150_000;

/// Why a connection could not be made, and to which server. The text holds no secret and nothing that the server said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Away {
    /// Where the server should be: host and port, or a socket.
    pub(crate) server: Arc<str>,
    pub(crate) cause: Cause,
}

/// Why a connection could not be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    NameNotFound,
    Refused,
    FileUnreadable,
    Unreachable,
    Silent,
    TlsNotOffered,
    /// What the TLS library says of the server's certificate.
    Certificate(String),
    /// The user and the database as they were asked for.
    Credentials {
        user: String,
        database: String,
    },
    NoSuchDatabase(String),
    TooManyConnections,
    /// The user.
    NoRightToConnect(String),
    /// The user.
    NoRightOnSchema(String),
    /// `server_version_num`.
    UnsupportedVersion(u32),
    Standby,
    Starting,
    PoolerRefusesSettings,
    PoolerLosesStatements,
    /// The server's SQLSTATE, or nothing that is known.
    Other(Option<String>),
}

impl fmt::Display for Away {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Postgres at {}: {}", self.server, self.cause)
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NameNotFound => f.write_str("its host name was not found: check database.url and DNS"),
            Self::Refused => f.write_str("the connection was refused: nothing listens there"),
            Self::FileUnreadable => f.write_str(
                "a file cannot be read: the socket, or one that sslrootcert, sslcert or sslkey in database.url names",
            ),
            Self::Unreachable => f.write_str("the host cannot be reached: check the route and the firewall"),
            Self::Silent => f.write_str("no answer in time: the server or the network is down"),
            Self::TlsNotOffered => f.write_str(
                "the server offers no TLS: enable it there, or accept plaintext by sslmode=disable in database.url",
            ),
            Self::Certificate(problem) => write!(
                f,
                "its certificate was not accepted ({problem}): name the authority by sslrootcert in database.url"
            ),
            Self::Credentials { user, database } => write!(
                f,
                "user {user:?} was refused for database {database:?}: check the password, and pg_hba.conf on the server"
            ),
            Self::NoSuchDatabase(database) => write!(f, "there is no database {database:?}: create it"),
            Self::TooManyConnections => f.write_str(
                "it takes no more connections: raise its max_connections or lower database.max_connections",
            ),
            Self::NoRightToConnect(user) => {
                write!(f, "user {user:?} may not connect to the database: GRANT CONNECT")
            }
            Self::NoRightOnSchema(user) => write!(
                f,
                "user {user:?} has no schema that they may use: GRANT USAGE, CREATE ON SCHEMA public, or set a search_path"
            ),
            Self::UnsupportedVersion(version) => {
                write!(f, "version {} is too old: Roster needs Postgres 15 or later", version / 10_000)
            }
            Self::Standby => f.write_str("it is a standby, which is not read from: database.url must lead to the primary"),
            Self::Starting => f.write_str("the server is starting up or shutting down"),
            Self::PoolerRefusesSettings => f.write_str(
                "a pooler refuses the settings of the session: set database.pooler to \"transaction\"",
            ),
            Self::PoolerLosesStatements => f.write_str(
                "the pooler shares sessions and does not follow prepared statements: set its pool_mode to session, or use \
                 pgbouncer 1.21 or later with max_prepared_statements above 0",
            ),
            Self::Other(Some(state)) => write!(f, "the server answered {state}"),
            Self::Other(None) => f.write_str("the connection failed"),
        }
    }
}

impl Cause {
    /// What an error of connecting means, for that user and database.
    pub(crate) fn of(error: &sqlx::Error, user: &str, database: &str) -> Self {
        match error {
            sqlx::Error::Io(error) => Self::of_io(error),
            sqlx::Error::Tls(error) => {
                let text = error.to_string();
                if text.contains("does not support TLS") {
                    Self::TlsNotOffered
                } else {
                    Self::Certificate(text)
                }
            }
            sqlx::Error::Database(error) => {
                let state = error.code().unwrap_or_default();
                match &*state {
                    "28P01" | "28000" => {
                        Self::Credentials { user: user.to_owned(), database: database.to_owned() }
                    }
                    "3D000" => Self::NoSuchDatabase(database.to_owned()),
                    "53300" => Self::TooManyConnections,
                    "42501" => Self::NoRightToConnect(user.to_owned()),
                    "57P03" => Self::Starting,
                    // Its text alone tells a pooler from a server.
                    "08P01" if error.message().contains("startup parameter") => Self::PoolerRefusesSettings,
                    "42P05" | "26000" => Self::PoolerLosesStatements,
                    state => Self::Other(Some(state.to_owned())),
                }
            }
            _ => Self::Other(None),
        }
    }

    fn of_io(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::ConnectionRefused => Self::Refused,
            io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied => Self::FileUnreadable,
            io::ErrorKind::TimedOut => Self::Silent,
            io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => Self::Unreachable,
            // The kind that rustls' errors have on their way through a socket.
            io::ErrorKind::InvalidData => Self::Certificate(error.to_string()),
            _ if error.to_string().contains("failed to lookup address") => Self::NameNotFound,
            _ => Self::Other(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_the_network_are_told_apart() {
        let check = |error: io::Error, cause: Cause| {
            assert_eq!(Cause::of(&error.into(), "user", "database"), cause);
        };
        check(io::ErrorKind::ConnectionRefused.into(), Cause::Refused);
        check(io::ErrorKind::TimedOut.into(), Cause::Silent);
        check(io::ErrorKind::NetworkUnreachable.into(), Cause::Unreachable);
        check(io::Error::other("failed to lookup address information: unknown"), Cause::NameNotFound);
        check(io::ErrorKind::UnexpectedEof.into(), Cause::Other(None));
        let no_tls = sqlx::Error::Tls("server does not support TLS".into());
        assert_eq!(Cause::of(&no_tls, "user", "database"), Cause::TlsNotOffered);
    }

    #[test]
    fn the_text_names_the_server_and_what_to_do() {
        let cause = Cause::Credentials { user: "ann".into(), database: "roster".into() };
        let away = Away { server: "db.example.com:5432".into(), cause };
        assert_eq!(
            away.to_string(),
            "Postgres at db.example.com:5432: user \"ann\" was refused for database \"roster\": check the password, and \
             pg_hba.conf on the server"
        );
        assert!(Cause::UnsupportedVersion(140_009).to_string().starts_with("version 14 is too old"));
    }
}
