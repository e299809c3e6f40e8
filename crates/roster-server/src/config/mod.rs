//! The configuration: read from defaults, a file, variables and flags, checked once, and then carried by types.
//!
//! Unknown keys, bad values and unsafe mixtures stop the start. Messages name the key and never show a value that may
//! be a secret.

mod authn;
mod check;
pub mod keys;
mod load;
pub mod mail;
mod secret;
mod settings;
mod variables;

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use roster_store::{Pooler, PostgresUrl};
use tracing_subscriber::filter::Targets;

use crate::places::Caps;
pub use authn::{AuthnConfig, CallerConfig, TlsConfig};
pub use load::{Flags, load};
pub use mail::MailConfig;
pub use secret::SecretUrl;
pub use settings::LogFormat;

/// A configuration that was checked.
#[derive(Clone)]
pub struct Config {
    /// Where to listen. With dev authentication this is a loopback address, and without TLS as well unless the
    /// deployment allows plaintext.
    pub listen: SocketAddr,
    /// Whether calls may come in the clear from other machines.
    pub allow_plaintext: bool,
    /// The certificates of the service; absent: plaintext.
    pub tls: Option<TlsConfig>,
    /// Where health alone is served, in the clear; absent: nowhere but where everything is.
    pub health_listen: Option<SocketAddr>,
    /// Where an embedded service keeps its data, and any service its keys unless told otherwise.
    pub data_dir: PathBuf,
    /// Where the keys are that secrets are derived with.
    pub keys_file: PathBuf,
    /// Where the deployment's own policy files are, if it has any.
    pub policies_dir: Option<PathBuf>,
    /// The names of the policies to serve, never none of them; absent: all that there are.
    pub enabled_policies: Option<Vec<String>>,
    /// Where the data lies.
    pub storage: Storage,
    /// How callers prove who they are.
    pub authn: AuthnConfig,
    /// How far the service's clock is ahead; zero but in tests.
    pub clock_offset: Duration,
    /// How mail leaves; absent: this deployment sends none.
    pub mail: Option<MailConfig>,
    /// What is too much.
    pub limits: Limits,
    /// The longest that a call may take.
    pub deadline: Duration,
    /// The longest that the end of the service waits for calls under way.
    pub drain: Duration,
    /// What is logged, and how.
    pub log: Log,
}

/// Where the data lies.
#[derive(Clone)]
pub enum Storage {
    /// In an SQLite file beside the service, tokens in its memory: one process only.
    Embedded {
        /// The file.
        database: PathBuf,
    },
    /// In Postgres.
    Postgres {
        /// Where it is.
        url: PostgresUrl,
        /// The most connections to open.
        max_connections: u32,
        /// What stands before it.
        pooler: Pooler,
        /// Where Redis is; absent: tokens stay in the memory of each process, and Postgres answers for the rest.
        redis: Option<SecretUrl>,
    },
}

impl Storage {
    /// Whether the data lies in files of this process alone.
    #[must_use]
    pub fn is_embedded(&self) -> bool {
        matches!(self, Self::Embedded { .. })
    }
}

/// What is too much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Live invite links of a team.
    pub live_links_per_team: u32,
    /// Live codes of a team.
    pub live_codes_per_team: u32,
    /// Pending invitations of a team.
    pub pending_invitations_per_team: u32,
    /// Grants of a member.
    pub grants_per_member: u32,
    /// Teams that a person creates within 24 hours.
    pub teams_per_user_and_day: u32,
    /// Invitation mails that a person has sent in a day of the clock, UTC.
    pub mails_per_actor_and_day: NonZeroU32,
    /// Invitation mails of a team in a day of the clock, UTC.
    pub mails_per_team_and_day: NonZeroU32,
    /// Invitation mails to an address in a day of the clock, UTC.
    pub mails_per_recipient_and_day: NonZeroU32,
    /// Unknown codes that a person tries in an hour of the clock.
    pub code_failures_per_actor_and_hour: NonZeroU32,
    /// Unknown codes from a network address in an hour of the clock.
    pub code_failures_per_address_and_hour: NonZeroU32,
    /// Unknown codes through a calling service in an hour of the clock.
    pub code_failures_per_caller_and_hour: NonZeroU32,
    /// Unknown codes in an hour of the clock, whoever tries them.
    pub code_failures_per_hour: NonZeroU32,
    /// Calls in flight at once.
    pub requests_in_flight: u32,
    /// Calls in flight at once through one calling service.
    pub requests_in_flight_per_caller: u32,
    /// Calls in flight at once for one person through one calling service.
    pub requests_in_flight_per_actor: u32,
    /// Connections.
    pub connections: Caps,
}

/// What is logged, and how.
#[derive(Clone, Debug)]
pub struct Log {
    /// For machines or for people.
    pub format: LogFormat,
    /// What is logged.
    pub filter: Targets,
    /// The filter as it was configured.
    pub filter_text: String,
}

/// What is wrong with the configuration: a problem a line, each naming its key.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct Error(Vec<String>);

impl Error {
    /// The problems, one each.
    #[must_use]
    pub fn problems(&self) -> &[String] {
        &self.0
    }
}

#[cfg(test)]
mod authn_tests;
#[cfg(test)]
mod mail_tests;
#[cfg(test)]
mod tests;
