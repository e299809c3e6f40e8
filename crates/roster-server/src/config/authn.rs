//! Who may call: the keys under `tls`, `authn`, `jwt` and `callers`.
//!
//! What is absent never widens access: a calling service that is not named is refused, one without scopes has none, and
//! one must say which policies exist for it.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use roster_domain::{CallerName, PolicyName, UserId};
use url::{Host, Url};

use super::settings::{AuthnMode, CallerSettings, JwtSettings, Settings};
use crate::authn::jwt::{Algorithm, JwtConfig, KeySource};
use crate::authn::{Policies, Scope};

/// The longest that is accepted of `jwt.max_lifetime` and `jwt.max_stale`.
const LONGEST: Duration = Duration::from_hours(24 * 31);

/// What stands for all policies.
const EVERY_POLICY: &str = "*";

/// How callers prove who they are.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "there is one of it in a process")]
pub enum AuthnConfig {
    /// They need not: headers are believed. For a laptop and for tests, on a loopback address only.
    Dev,
    /// By tokens of an identity provider.
    Jwt {
        /// How tokens are judged.
        jwt: JwtConfig,
        /// The calling services; never none.
        callers: Vec<CallerConfig>,
    },
    /// By certificates.
    Mesh {
        /// The calling services; never none.
        callers: Vec<CallerConfig>,
    },
}

impl AuthnConfig {
    /// The calling services that it names; none in dev mode, where everybody is one.
    #[must_use]
    pub fn callers(&self) -> &[CallerConfig] {
        match self {
            Self::Dev => &[],
            Self::Jwt { callers, .. } | Self::Mesh { callers } => callers,
        }
    }
}

/// A calling service. Names, subjects, clients and URIs are each one service's alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallerConfig {
    /// Its name, which stands in the audit log.
    pub name: CallerName,
    /// The `sub` of its own tokens.
    pub subject: Option<UserId>,
    /// The OAuth clients that its users' tokens are issued to.
    pub clients: BTreeSet<String>,
    /// The URI in its certificate.
    pub uri: Option<String>,
    /// What it may do beyond acting for persons who show their own tokens.
    pub scopes: BTreeSet<Scope>,
    /// The policies that exist for it.
    pub policies: Policies,
}

/// The certificates of the service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsConfig {
    /// Its certificate and those between it and its authority, in PEM.
    pub cert_file: PathBuf,
    /// Its key, in PEM.
    pub key_file: PathBuf,
    /// The authorities of which one signed each caller's certificate, in PEM; absent: callers need none.
    pub client_ca_file: Option<PathBuf>,
}

/// The certificates, and whether the service may listen where it is to.
pub(super) fn tls(settings: &Settings, problems: &mut Vec<String>) -> Option<TlsConfig> {
    let written = &settings.tls;
    let client_ca_file = written.client_ca_file.clone();
    let tls = match (written.cert_file.clone(), written.key_file.clone()) {
        (Some(cert_file), Some(key_file)) => Some(TlsConfig { cert_file, key_file, client_ca_file }),
        (None, None) => {
            if client_ca_file.is_some() {
                problems.push("tls.client_ca_file: needs tls.cert_file and tls.key_file".to_owned());
            }
            None
        }
        (Some(_), None) => {
            problems.push("tls.key_file: must be given beside tls.cert_file".to_owned());
            None
        }
        (None, Some(_)) => {
            problems.push("tls.cert_file: must be given beside tls.key_file".to_owned());
            None
        }
    };
    if !settings.listen.ip().is_loopback() {
        if settings.authn.mode == AuthnMode::Dev {
            problems.push(
                "listen: must be a loopback address with authn.mode = \"dev\", which believes everybody"
                    .to_owned(),
            );
        } else if written.cert_file.is_none() && !settings.allow_plaintext {
            problems.push(
                "listen: must be a loopback address without tls.cert_file, unless allow_plaintext = true says that \
                 something else encrypts"
                    .to_owned(),
            );
        }
    }
    tls
}

/// How callers prove who they are; `None` after a problem was noted.
pub(super) fn check(settings: &Settings, problems: &mut Vec<String>) -> Option<AuthnConfig> {
    let before = problems.len();
    let mode = settings.authn.mode;
    let jwt = match mode {
        AuthnMode::Jwt => jwt(&settings.jwt, problems),
        AuthnMode::Dev | AuthnMode::Mesh => {
            refuse_jwt(&settings.jwt, problems);
            None
        }
    };
    let callers = callers(settings, problems);
    if mode == AuthnMode::Mesh && settings.tls.client_ca_file.is_none() {
        problems.push("tls.client_ca_file: must be given with authn.mode = \"mesh\"".to_owned());
    }
    if problems.len() > before {
        return None;
    }
    Some(match mode {
        AuthnMode::Dev => AuthnConfig::Dev,
        AuthnMode::Jwt => AuthnConfig::Jwt { jwt: jwt?, callers },
        AuthnMode::Mesh => AuthnConfig::Mesh { callers },
    })
}

/// Keys that would do nothing are a misunderstanding.
fn refuse_jwt(settings: &JwtSettings, problems: &mut Vec<String>) {
    for (key, given) in [
        ("issuer", settings.issuer.is_some()),
        ("audience", settings.audience.is_some()),
        ("jwks_url", settings.jwks_url.is_some()),
        ("jwks_file", settings.jwks_file.is_some()),
        ("ca_file", settings.ca_file.is_some()),
        ("algorithms", settings.algorithms.is_some()),
        ("max_lifetime", settings.max_lifetime.is_some()),
        ("max_stale", settings.max_stale.is_some()),
    ] {
        if given {
            problems.push(format!("jwt.{key}: needs authn.mode = \"jwt\""));
        }
    }
}

fn jwt(settings: &JwtSettings, problems: &mut Vec<String>) -> Option<JwtConfig> {
    let mut text = |key: &str, value: Option<&String>| {
        let value = value.filter(|value| !value.is_empty()).cloned();
        if value.is_none() {
            problems.push(format!("jwt.{key}: must be given with authn.mode = \"jwt\""));
        }
        value.unwrap_or_default()
    };
    let issuer = text("issuer", settings.issuer.as_ref());
    let audience = text("audience", settings.audience.as_ref());
    let keys = key_source(settings, problems);
    let algorithms = match &settings.algorithms {
        None => ALGORITHMS.to_vec(),
        Some(names) => {
            let known: Option<Vec<_>> = names.iter().map(|name| Algorithm::parse(name)).collect();
            known.filter(|known| !known.is_empty()).unwrap_or_else(|| {
                let all: Vec<_> = Algorithm::ALL.iter().map(|one| one.as_str()).collect();
                problems.push(format!("jwt.algorithms: must be some of {}", all.join(", ")));
                vec![]
            })
        }
    };
    let max_lifetime = settings.max_lifetime.unwrap_or(MAX_LIFETIME);
    let max_stale = settings.max_stale.unwrap_or(MAX_STALE);
    for (key, duration) in [("max_lifetime", max_lifetime), ("max_stale", max_stale)] {
        if !(Duration::from_mins(1)..=LONGEST).contains(&duration) {
            problems.push(format!("jwt.{key}: must be from 1m to 31days"));
        }
    }
    Some(JwtConfig { issuer, audience, keys: keys?, algorithms, max_lifetime, max_stale })
}

/// The defaults as they are documented.
pub(super) const ALGORITHMS: [Algorithm; 5] =
    [Algorithm::Rs256, Algorithm::Ps256, Algorithm::Es256, Algorithm::Es384, Algorithm::EdDsa];
pub(super) const MAX_LIFETIME: Duration = Duration::from_hours(24);
pub(super) const MAX_STALE: Duration = Duration::from_hours(24);

fn key_source(settings: &JwtSettings, problems: &mut Vec<String>) -> Option<KeySource> {
    match (&settings.jwks_url, &settings.jwks_file) {
        (Some(url), None) => {
            let url = Url::parse(url).ok().filter(is_safe);
            if url.is_none() {
                problems.push(
                    "jwt.jwks_url: must be an https URL without a password; http is for this very machine alone"
                        .to_owned(),
                );
            }
            Some(KeySource::Url { url: url?, ca_file: settings.ca_file.clone() })
        }
        (None, Some(file)) => {
            if settings.ca_file.is_some() {
                problems.push("jwt.ca_file: needs jwt.jwks_url".to_owned());
            }
            Some(KeySource::File(file.clone()))
        }
        (Some(_), Some(_)) => {
            problems.push("jwt.jwks_url: stands beside jwt.jwks_file; keep one of them".to_owned());
            None
        }
        (None, None) => {
            problems.push(
                "jwt.jwks_url: must be given with authn.mode = \"jwt\", or jwt.jwks_file instead of it"
                    .to_owned(),
            );
            None
        }
    }
}

/// Whether keys that come from there are the ones that were sent, and no password stands in the configuration.
fn is_safe(url: &Url) -> bool {
    let loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => return false,
    };
    let encrypted = url.scheme() == "https" || (url.scheme() == "http" && loopback);
    encrypted && url.username().is_empty() && url.password().is_none()
}

fn callers(settings: &Settings, problems: &mut Vec<String>) -> Vec<CallerConfig> {
    let mode = settings.authn.mode;
    if mode == AuthnMode::Dev {
        if !settings.callers.is_empty() {
            problems
                .push("callers: need authn.mode = \"jwt\" or \"mesh\"; dev believes everybody".to_owned());
        }
        return vec![];
    }
    if settings.callers.is_empty() {
        problems.push("callers: must name at least one calling service; nobody else may call".to_owned());
    }
    let mut callers: Vec<CallerConfig> = vec![];
    for (name, written) in &settings.callers {
        if let Some(caller) = caller(mode, name, written, problems) {
            for (key, shared) in shared(&callers, &caller) {
                problems.push(format!("callers.{name}.{key}: the caller {} has it already", shared.as_str()));
            }
            callers.push(caller);
        }
    }
    callers
}

/// What a caller has in common with one before it that belongs to one alone: the key, and that other's name.
fn shared<'a>(others: &'a [CallerConfig], one: &CallerConfig) -> Vec<(&'static str, &'a CallerName)> {
    let mut shared = vec![];
    for other in others {
        if one.subject.is_some() && one.subject == other.subject {
            shared.push(("subject", &other.name));
        }
        if one.uri.is_some() && one.uri == other.uri {
            shared.push(("uri", &other.name));
        }
        if !one.clients.is_disjoint(&other.clients) {
            shared.push(("clients", &other.name));
        }
    }
    shared
}

fn caller(
    mode: AuthnMode,
    name: &str,
    written: &CallerSettings,
    problems: &mut Vec<String>,
) -> Option<CallerConfig> {
    let before = problems.len();
    let mut wrong = |key: &str, text: &str| problems.push(format!("callers.{name}{key}: {text}"));
    let parsed = CallerName::parse(name).map_err(|error| wrong("", error.0));
    let subject = written.subject.as_deref().map(UserId::parse).transpose();
    let subject = subject.map_err(|error| wrong(".subject", error.0)).unwrap_or_default();
    if written.clients.iter().any(String::is_empty) {
        wrong(".clients", "must hold no empty name");
    }
    if written.uri.as_ref().is_some_and(|uri| !uri.contains(':')) {
        wrong(".uri", "must be a URI such as spiffe://example.org/ns/shop/sa/backend");
    }
    if mode == AuthnMode::Jwt {
        if written.subject.is_none() && written.clients.is_empty() {
            wrong("", "must have a subject or clients with authn.mode = \"jwt\"");
        }
        if written.uri.is_some() {
            wrong(".uri", "needs authn.mode = \"mesh\"");
        }
    } else {
        if written.uri.is_none() {
            wrong(".uri", "must be given with authn.mode = \"mesh\"");
        }
        if written.subject.is_some() {
            wrong(".subject", "needs authn.mode = \"jwt\"");
        }
        if !written.clients.is_empty() {
            wrong(".clients", "needs authn.mode = \"jwt\"");
        }
    }
    let scopes: Option<BTreeSet<Scope>> = written.scopes.iter().map(|scope| Scope::parse(scope)).collect();
    if scopes.is_none() {
        let known = Scope::ALL.map(Scope::as_str).join(", ");
        wrong(".scopes", &format!("must be some of {known}"));
    }
    if scopes.as_ref().is_some_and(|scopes| !scopes.is_empty()) && mode == AuthnMode::Jwt && subject.is_none()
    {
        wrong(".scopes", "need a subject: a user's token carries none");
    }
    let policies = policies(&written.policies);
    if policies.is_none() {
        wrong(".policies", "must name the policies that exist for it, or be [\"*\"] for all");
    }
    if problems.len() > before {
        return None;
    }
    let (clients, uri) = (written.clients.iter().cloned().collect(), written.uri.clone());
    Some(CallerConfig { name: parsed.ok()?, subject, clients, uri, scopes: scopes?, policies: policies? })
}

/// All, or those that are named; `None` for none and for what is no policy's name.
fn policies(names: &[String]) -> Option<Policies> {
    match names {
        [] => None,
        [every] if every == EVERY_POLICY => Some(Policies::All),
        names => {
            let names: Option<BTreeSet<_>> = names.iter().map(|name| PolicyName::parse(name)).collect();
            Some(Policies::Only(names?))
        }
    }
}
