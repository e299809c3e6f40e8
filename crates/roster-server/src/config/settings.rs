//! The configuration as it is written: every key there is, with its default.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use roster_store::Pooler;
use serde::Deserialize;

use super::secret::SecretUrl;

/// The top of the file.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Settings {
    pub(super) listen: SocketAddr,
    pub(super) allow_plaintext: bool,
    pub(super) data_dir: PathBuf,
    pub(super) keys_file: Option<PathBuf>,
    pub(super) policies_dir: Option<PathBuf>,
    pub(super) enabled_policies: Option<Vec<String>>,
    pub(super) database: DatabaseSettings,
    pub(super) redis: RedisSettings,
    pub(super) tls: TlsSettings,
    pub(super) authn: AuthnSettings,
    pub(super) jwt: JwtSettings,
    pub(super) callers: BTreeMap<String, CallerSettings>,
    pub(super) dev: DevSettings,
    pub(super) mail: MailSettings,
    pub(super) limits: LimitSettings,
    pub(super) server: ServerSettings,
    pub(super) log: LogSettings,
}

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct DatabaseSettings {
    pub(super) url: Option<SecretUrl>,
    pub(super) url_file: Option<PathBuf>,
    pub(super) max_connections: NonZeroU32,
    pub(super) pooler: Option<PoolerSetting>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum PoolerSetting {
    None,
    Transaction,
}

impl From<PoolerSetting> for Pooler {
    fn from(setting: PoolerSetting) -> Self {
        match setting {
            PoolerSetting::None => Self::None,
            PoolerSetting::Transaction => Self::Transaction,
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RedisSettings {
    pub(super) url: Option<SecretUrl>,
    pub(super) url_file: Option<PathBuf>,
}

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct AuthnSettings {
    pub(super) mode: AuthnMode,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum AuthnMode {
    Dev,
    Jwt,
    Mesh,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "the names are those of the keys")]
pub(super) struct TlsSettings {
    pub(super) cert_file: Option<PathBuf>,
    pub(super) key_file: Option<PathBuf>,
    pub(super) client_ca_file: Option<PathBuf>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct JwtSettings {
    pub(super) issuer: Option<String>,
    pub(super) audience: Option<String>,
    pub(super) jwks_url: Option<String>,
    pub(super) jwks_file: Option<PathBuf>,
    pub(super) ca_file: Option<PathBuf>,
    pub(super) algorithms: Option<Vec<String>>,
    #[serde(with = "humantime_serde::option")]
    pub(super) max_lifetime: Option<Duration>,
    #[serde(with = "humantime_serde::option")]
    pub(super) max_stale: Option<Duration>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct CallerSettings {
    pub(super) subject: Option<String>,
    pub(super) clients: Vec<String>,
    pub(super) uri: Option<String>,
    pub(super) scopes: Vec<String>,
    pub(super) policies: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct DevSettings {
    #[serde(with = "humantime_serde")]
    pub(super) clock_offset: Duration,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct MailSettings {
    pub(super) smtp_url: Option<SecretUrl>,
    pub(super) smtp_url_file: Option<PathBuf>,
    pub(super) ca_file: Option<PathBuf>,
    pub(super) dir: Option<PathBuf>,
    pub(super) from: Option<String>,
    pub(super) link: Option<String>,
    pub(super) templates_dir: Option<PathBuf>,
}

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct LimitSettings {
    pub(super) live_links_per_team: NonZeroU32,
    pub(super) live_codes_per_team: NonZeroU32,
    pub(super) pending_invitations_per_team: NonZeroU32,
    pub(super) grants_per_member: NonZeroU32,
    pub(super) teams_per_user_and_day: NonZeroU32,
    pub(super) mails_per_actor_and_day: NonZeroU32,
    pub(super) mails_per_team_and_day: NonZeroU32,
    pub(super) mails_per_recipient_and_day: NonZeroU32,
    pub(super) code_failures_per_actor_and_hour: NonZeroU32,
    pub(super) code_failures_per_address_and_hour: NonZeroU32,
    pub(super) code_failures_per_caller_and_hour: NonZeroU32,
    pub(super) code_failures_per_hour: NonZeroU32,
    pub(super) requests_in_flight: NonZeroU32,
    pub(super) requests_in_flight_per_caller: NonZeroU32,
    pub(super) requests_in_flight_per_actor: NonZeroU32,
    pub(super) connections: NonZeroU32,
    pub(super) connections_per_address: NonZeroU32,
}

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct ServerSettings {
    pub(super) health_listen: Option<SocketAddr>,
    #[serde(with = "humantime_serde")]
    pub(super) deadline: Duration,
    #[serde(with = "humantime_serde")]
    pub(super) drain: Duration,
}

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct LogSettings {
    pub(super) format: Option<LogFormat>,
    pub(super) filter: String,
}

/// How a log line is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// A JSON object a line.
    Json,
    /// Text for people.
    Text,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: (Ipv4Addr::LOCALHOST, 50_051).into(),
            allow_plaintext: false,
            data_dir: "./roster-data".into(),
            keys_file: None,
            policies_dir: None,
            enabled_policies: None,
            database: DatabaseSettings::default(),
            redis: RedisSettings::default(),
            tls: TlsSettings::default(),
            authn: AuthnSettings::default(),
            jwt: JwtSettings::default(),
            callers: BTreeMap::new(),
            dev: DevSettings::default(),
            mail: MailSettings::default(),
            limits: LimitSettings::default(),
            server: ServerSettings::default(),
            log: LogSettings::default(),
        }
    }
}

impl Default for DatabaseSettings {
    fn default() -> Self {
        Self { url: None, url_file: None, max_connections: non_zero(8), pooler: None }
    }
}

impl Default for AuthnSettings {
    fn default() -> Self {
        Self { mode: AuthnMode::Dev }
    }
}

impl Default for LimitSettings {
    fn default() -> Self {
        Self {
            live_links_per_team: non_zero(20),
            live_codes_per_team: non_zero(100),
            pending_invitations_per_team: non_zero(1_000),
            grants_per_member: non_zero(200),
            teams_per_user_and_day: non_zero(100),
            mails_per_actor_and_day: non_zero(500),
            mails_per_team_and_day: non_zero(1_000),
            mails_per_recipient_and_day: non_zero(10),
            code_failures_per_actor_and_hour: non_zero(10),
            code_failures_per_address_and_hour: non_zero(100),
            code_failures_per_caller_and_hour: non_zero(1_000),
            code_failures_per_hour: non_zero(5_000),
            requests_in_flight: non_zero(1_024),
            requests_in_flight_per_caller: non_zero(512),
            requests_in_flight_per_actor: non_zero(64),
            connections: non_zero(4_096),
            connections_per_address: non_zero(1_024),
        }
    }
}

impl Default for ServerSettings {
    fn default() -> Self {
        Self { health_listen: None, deadline: Duration::from_secs(10), drain: Duration::from_secs(25) }
    }
}

impl Default for LogSettings {
    fn default() -> Self {
        Self { format: None, filter: "info".to_owned() }
    }
}

/// A default that is not zero.
const fn non_zero(number: u32) -> NonZeroU32 {
    match NonZeroU32::new(number) {
        Some(number) => number,
        None => NonZeroU32::MIN,
    }
}
