//! The URL of a Postgres server: parsed and checked before anything connects.
//!
//! Nothing here shows a password, in an error text or otherwise: a mistyped URL may have part of it anywhere.

use std::net::IpAddr;
use std::sync::Arc;

use percent_encoding::percent_decode_str;
use sea_orm::sqlx::ConnectOptions as _;
use sea_orm::sqlx::postgres::{PgConnectOptions, PgSslMode};
use url::Url;

use crate::pooler::{Pooler, SESSION_SETTINGS};

/// Postgres' own port.
const PORT: u16 = 5432;

/// How many prepared statements a connection keeps, unless the URL says otherwise.
const STATEMENTS: usize = 100;

/// A checked URL of a Postgres server, cheap to clone. It has neither `Debug` nor `Display`, since it holds a password.
#[derive(Clone)]
pub struct PostgresUrl(Arc<Parts>);

struct Parts {
    host: Host,
    port: u16,
    user: Option<String>,
    password: Option<String>,
    database: Option<String>,
    tls: PgSslMode,
    root_certificate: Option<String>,
    certificate: Option<String>,
    key: Option<String>,
    application_name: Option<String>,
    statements: usize,
    settings: Vec<(String, String)>,
}

enum Host {
    Name(String),
    Socket(String),
}

/// What is wrong with a URL. The texts say what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidUrl {
    /// Another scheme, or none.
    #[error("must begin with postgres:// or postgresql://")]
    Scheme,
    /// Characters that are not escaped, or a port that is not a number.
    #[error(
        "must be postgres://user:password@host:port/database; within user, password and database write %40 for @, \
         %2F for /, %3A for :, %3F for ?, %23 for # and %20 for a space"
    )]
    Malformed,
    /// No host and no socket.
    #[error(
        "must name a host, postgres://user@host/database, or the folder of a Unix socket, \
         postgres://user@localhost/database?host=/run/postgresql"
    )]
    NoHost,
    /// More than one host.
    #[error(
        "must name one host: a name or an address that always leads to the primary, such as the one that your \
         failover moves; standbys are not read from"
    )]
    SeveralHosts,
    /// A parameter that does not exist.
    #[error("the parameter {0} does not exist; there are {known}", known = KNOWN.join(", "))]
    UnknownParameter(String),
    /// A parameter that is given twice.
    #[error("the parameter {0} is given twice; keep one of them")]
    RepeatedParameter(&'static str),
    /// A parameter's value that cannot be used.
    #[error("the parameter {0} must be {1}")]
    InvalidParameter(&'static str, &'static str),
    /// `options` names a setting that the service itself makes.
    #[error("the parameter options must not set {0}: the service sets it")]
    OwnSetting(&'static str),
    /// `options` together with a pooler that refuses it.
    #[error(
        "the parameter options cannot be used behind a pooler in transaction mode; \
         set what is needed by ALTER ROLE … SET instead"
    )]
    OptionsBehindPooler,
    /// Another machine, and TLS neither required nor forgone.
    #[error(
        "must say sslmode=verify-full, verify-ca or require, since the host is not this machine; \
         sslmode=disable sends everything in plaintext, for networks that encrypt by other means"
    )]
    Plaintext,
}

/// The parameters that there are. A few have another spelling, which `canonical` knows.
const KNOWN: &[&str] = &[
    "application_name",
    "dbname",
    "host",
    "hostaddr",
    "options",
    "password",
    "port",
    "sslcert",
    "sslkey",
    "sslmode",
    "sslrootcert",
    "statement-cache-capacity",
    "user",
];

impl PostgresUrl {
    /// Parses `postgres://user:password@host:port/database?parameters`. Reads nothing but the text.
    pub fn parse(text: &str) -> Result<Self, InvalidUrl> {
        let rest = text
            .strip_prefix("postgres://")
            .or_else(|| text.strip_prefix("postgresql://"))
            .ok_or(InvalidUrl::Scheme)?;
        let (authority, tail) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let (credentials, server) = authority.rsplit_once('@').unwrap_or(("", authority));
        // Past the authority these are the rest of a password that is not escaped.
        if tail.contains(['@', '#']) || text.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err(InvalidUrl::Malformed);
        }
        if server.contains(',') {
            return Err(InvalidUrl::SeveralHosts);
        }
        // A user without a host is no URL, and yet what a socket's URL looks like elsewhere.
        let filled = if server.is_empty() { "localhost" } else { server };
        let url = Url::parse(&format!("postgres://{credentials}@{filled}{tail}"))
            .map_err(|_| InvalidUrl::Malformed)?;

        let mut parsed = Parts {
            host: Host::Name(String::new()),
            port: url.port().unwrap_or(PORT),
            user: Some(decoded(url.username())?).filter(|user| !user.is_empty()),
            password: url.password().map(decoded).transpose()?,
            database: database(url.path())?,
            tls: PgSslMode::Prefer,
            root_certificate: None,
            certificate: None,
            key: None,
            application_name: None,
            statements: STATEMENTS,
            settings: vec![],
        };
        let mut hosts = vec![];
        if !server.is_empty() {
            hosts.push(decoded(url.host_str().unwrap_or_default())?);
        }
        let mut explicit_tls = None;
        let mut seen = vec![];
        for (name, value) in url.query_pairs() {
            let (name, value) = one_form(&name, value.into_owned());
            let name = canonical(&name)?;
            // Settings may be many, each with a name of its own.
            if seen.contains(&name) && name != "options" {
                return Err(InvalidUrl::RepeatedParameter(name));
            }
            seen.push(name);
            match name {
                "host" | "hostaddr" => hosts.push(value),
                "port" => parsed.port = port(&value)?,
                "user" => parsed.user = Some(value),
                "password" => parsed.password = Some(value),
                "dbname" => parsed.database = Some(value),
                "sslmode" => explicit_tls = Some(tls(&value)?),
                "sslrootcert" => parsed.root_certificate = Some(value),
                "sslcert" => parsed.certificate = Some(value),
                "sslkey" => parsed.key = Some(value),
                "application_name" => parsed.application_name = Some(value),
                "statement-cache-capacity" => parsed.statements = statements(&value)?,
                _ => parsed.settings.extend(settings(&value)?),
            }
        }
        parsed.host = one_host(hosts)?;
        let decided = !matches!(explicit_tls, None | Some(PgSslMode::Allow | PgSslMode::Prefer));
        if !parsed.host.is_local() && !decided {
            return Err(InvalidUrl::Plaintext);
        }
        parsed.tls = explicit_tls.unwrap_or(PgSslMode::Prefer);
        Ok(Self(Arc::new(parsed)))
    }

    /// The name or address of the server, or the folder of its socket.
    #[must_use]
    pub fn host(&self) -> &str {
        let (Host::Name(host) | Host::Socket(host)) = &self.0.host;
        host
    }

    /// The port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.0.port
    }

    /// The user, if the URL names one; otherwise it is that of the process.
    #[must_use]
    pub fn user(&self) -> Option<&str> {
        self.0.user.as_deref()
    }

    /// The database, if the URL names one; otherwise it is called as the user is.
    #[must_use]
    pub fn database(&self) -> Option<&str> {
        self.0.database.as_deref()
    }

    /// Checks that the URL asks for nothing that the pooler refuses.
    pub fn check_pooler(&self, pooler: Pooler) -> Result<(), InvalidUrl> {
        match pooler {
            Pooler::Transaction if !self.0.settings.is_empty() => Err(InvalidUrl::OptionsBehindPooler),
            Pooler::None | Pooler::Transaction => Ok(()),
        }
    }

    /// What sqlx connects with. What the URL lacks of user, password and database may come from `PGUSER`,
    /// `PGPASSWORD` and `PGDATABASE`, as with any client of Postgres.
    pub(crate) fn options(&self) -> PgConnectOptions {
        // The store has its own record of statements; sqlx's would hold texts that are not for a log.
        let mut options =
            PgConnectOptions::new_without_pgpass().disable_statement_logging().port(self.0.port);
        options = match &self.0.host {
            Host::Name(name) => options.host(name),
            Host::Socket(folder) => options.socket(folder),
        };
        if let Some(user) = &self.0.user {
            options = options.username(user);
        }
        if let Some(password) = &self.0.password {
            options = options.password(password);
        }
        if let Some(database) = &self.0.database {
            options = options.database(database);
        }
        // As libpq has it. sqlx would not check the certificate at all.
        let tls = match (self.0.tls, &self.0.root_certificate) {
            (PgSslMode::Require, Some(_)) => PgSslMode::VerifyCa,
            (mode, _) => mode,
        };
        options = options.ssl_mode(tls).statement_cache_capacity(self.0.statements);
        if let Some(file) = &self.0.root_certificate {
            options = options.ssl_root_cert(file);
        }
        if let Some(file) = &self.0.certificate {
            options = options.ssl_client_cert(file);
        }
        if let Some(file) = &self.0.key {
            options = options.ssl_client_key(file);
        }
        if let Some(name) = &self.0.application_name {
            options = options.application_name(name);
        }
        if self.0.settings.is_empty() { options } else { options.options(self.0.settings.clone()) }
    }
}

impl Host {
    /// Whether nothing leaves this machine.
    fn is_local(&self) -> bool {
        match self {
            Self::Socket(_) => true,
            Self::Name(name) => {
                name.eq_ignore_ascii_case("localhost")
                    || name.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
            }
        }
    }
}

/// `options[name]=value`, sqlx's other form of `options`, in the form that everybody reads.
fn one_form(name: &str, value: String) -> (String, String) {
    match name.strip_prefix("options[").and_then(|name| name.strip_suffix(']')) {
        Some(setting) => {
            let value = value.replace('\\', "\\\\").replace(' ', "\\ ");
            ("options".to_owned(), format!("--{setting}={value}"))
        }
        None => (name.to_owned(), value),
    }
}

/// The parameter's one spelling.
fn canonical(name: &str) -> Result<&'static str, InvalidUrl> {
    let spelling = match name {
        "ssl-mode" => "sslmode",
        "ssl-root-cert" | "ssl-ca" => "sslrootcert",
        "ssl-cert" => "sslcert",
        "ssl-key" => "sslkey",
        name => name,
    };
    KNOWN.iter().find(|known| **known == spelling).copied().ok_or_else(|| {
        // What is no name at all may be a part of a password.
        let is_name =
            name.len() <= 40 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.[]".contains(&b));
        if is_name { InvalidUrl::UnknownParameter(name.to_owned()) } else { InvalidUrl::Malformed }
    })
}

fn decoded(text: &str) -> Result<String, InvalidUrl> {
    percent_decode_str(text).decode_utf8().map(String::from).map_err(|_| InvalidUrl::Malformed)
}

fn database(path: &str) -> Result<Option<String>, InvalidUrl> {
    let name = path.strip_prefix('/').unwrap_or(path);
    if name.contains('/') {
        return Err(InvalidUrl::Malformed);
    }
    Ok(Some(decoded(name)?).filter(|name| !name.is_empty()))
}

fn port(value: &str) -> Result<u16, InvalidUrl> {
    let invalid = InvalidUrl::InvalidParameter("port", "a number from 1 to 65535");
    if value.contains(',') {
        return Err(InvalidUrl::SeveralHosts);
    }
    value.parse().ok().filter(|port| *port > 0).ok_or(invalid)
}

fn statements(value: &str) -> Result<usize, InvalidUrl> {
    value.parse().map_err(|_| InvalidUrl::InvalidParameter("statement-cache-capacity", "a number"))
}

fn tls(value: &str) -> Result<PgSslMode, InvalidUrl> {
    let expected = "one of disable, allow, prefer, require, verify-ca and verify-full";
    value.parse().map_err(|_| InvalidUrl::InvalidParameter("sslmode", expected))
}

/// The one host among those that were given. A socket's folder wins over the name before it, which a URL must have.
fn one_host(mut hosts: Vec<String>) -> Result<Host, InvalidUrl> {
    if hosts.len() == 2 && hosts[1].starts_with('/') {
        hosts.remove(0);
    }
    let host = match hosts.as_slice() {
        [] => return Err(InvalidUrl::NoHost),
        [host] if host.is_empty() => return Err(InvalidUrl::NoHost),
        [host] if !host.contains(',') => host,
        _ => return Err(InvalidUrl::SeveralHosts),
    };
    if host.starts_with('/') {
        return Ok(Host::Socket(host.clone()));
    }
    // An IPv6 address stands in brackets, which the resolver would take for a part of a name.
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    Ok(Host::Name(bare.to_owned()))
}

/// The settings of `options`, which is written as for the server's command line: `-c name=value` or `--name=value`,
/// with a backslash before a space or a backslash of a value.
fn settings(text: &str) -> Result<Vec<(String, String)>, InvalidUrl> {
    let invalid =
        InvalidUrl::InvalidParameter("options", "settings such as -c%20search_path=roster, separated by %20");
    let mut found = vec![];
    let mut words = words(text).into_iter();
    while let Some(word) = words.next() {
        let setting = match word.strip_prefix("-c") {
            Some("") => words.next(),
            Some(rest) => Some(rest.to_owned()),
            None => word.strip_prefix("--").map(str::to_owned),
        };
        let setting = setting.as_deref().and_then(|setting| setting.split_once('='));
        let Some((name, value)) = setting.filter(|(name, _)| !name.is_empty()) else { return Err(invalid) };
        let own = SESSION_SETTINGS.iter().find(|(own, _)| own.eq_ignore_ascii_case(&name.replace('-', "_")));
        if let Some((own, _)) = own {
            return Err(InvalidUrl::OwnSetting(own));
        }
        found.push((name.to_owned(), value.to_owned()));
    }
    Ok(found)
}

fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match (character, words.last_mut()) {
            (' ', _) => words.push(String::new()),
            ('\\', Some(word)) => word.extend(characters.next()),
            (character, Some(word)) => word.push(character),
            (_, None) => {}
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests;
