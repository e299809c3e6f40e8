//! Every key of the configuration, for `roster config print` and for the documentation.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use roster_domain::PolicyName;
use roster_store::Pooler;

use super::mail::{MailConfig, Route};
use super::{AuthnConfig, Config, Limits, LogFormat, Storage};
use crate::authn::Policies;
use crate::authn::jwt::KeySource;

/// A key and what people need to know of it.
#[derive(Debug)]
pub struct Key {
    /// Its name, as in a TOML file.
    pub name: &'static str,
    /// Its default, as in a TOML file; empty if it has none.
    pub default: &'static str,
    /// What it does.
    pub meaning: &'static str,
}

/// All keys, in the order in which they are documented.
pub const KEYS: &[Key] = &[
    key(
        "listen",
        "\"127.0.0.1:50051\"",
        "Where to listen. Port 0 takes a free one. With dev authentication only a loopback address is accepted, and without TLS as well unless `allow_plaintext` is set.",
    ),
    key(
        "allow_plaintext",
        "false",
        "Lets `listen` be an address that others reach without TLS: for where something else encrypts, such as a mesh.",
    ),
    key("data_dir", "\"./roster-data\"", "Where an embedded service keeps its data. One process at a time."),
    key(
        "keys_file",
        "",
        "The keys that secrets are derived with; `keys.toml` in `data_dir` if absent. Made if it is not there.",
    ),
    key(
        "policies_dir",
        "",
        "A folder of policy files, served beside the presets: every `*.toml` in it that is not hidden.",
    ),
    key(
        "enabled_policies",
        "",
        "The names of the policies to serve, such as `[\"organization\", \"guild\"]`; teams under others do not exist for any caller. Absent: all presets and all of `policies_dir`.",
    ),
    key(
        "database.url",
        "",
        "`postgres://user:password@host:port/database`. For a host that is not this machine it must say `sslmode`, see [deployment.md](deployment.md). Absent: an SQLite file in `data_dir`.",
    ),
    key("database.url_file", "", "A file that holds `database.url`, instead of it."),
    key("database.max_connections", "8", "The most connections to Postgres, 1 to 1000. SQLite has one."),
    key(
        "database.pooler",
        "\"none\"",
        "A pooler between the service and Postgres: `transaction` for pgbouncer and others that refuse the start-up parameters `options` and `extra_float_digits`, which the service then does not send.",
    ),
    key(
        "redis.url",
        "",
        "`redis://…` or `rediss://…`; needs `database.url`. Absent: invite tokens are remembered by each process for itself, and the database answers for the others.",
    ),
    key("redis.url_file", "", "A file that holds `redis.url`, instead of it."),
    key(
        "authn.mode",
        "\"dev\"",
        "How callers prove who they are: `jwt` by tokens of an identity provider, `mesh` by certificates; `dev` believes the headers of everybody. See [callers.md](callers.md).",
    ),
    key("jwt.issuer", "", "What a token's `iss` must be, exactly."),
    key(
        "jwt.audience",
        "",
        "What a token's `aud` must contain: what the identity provider knows this service as.",
    ),
    key(
        "jwt.jwks_url",
        "",
        "Where the identity provider publishes its keys: an https URL; http for this very machine alone. See [jwt.md](jwt.md).",
    ),
    key("jwt.jwks_file", "", "A file of such keys, instead of the URL; it is read again when it changes."),
    key(
        "jwt.ca_file",
        "",
        "A PEM file of certificate authorities, one of which signed the key server's certificate if no public one did.",
    ),
    key(
        "jwt.algorithms",
        "[\"RS256\", \"PS256\", \"ES256\", \"ES384\", \"EdDSA\"]",
        "The algorithms that tokens may be signed with, of these and RS384, RS512, PS384 and PS512.",
    ),
    key(
        "jwt.max_lifetime",
        "\"1day\"",
        "The longest that a token may live, 1m to 31days; others are refused.",
    ),
    key(
        "jwt.max_stale",
        "\"1day\"",
        "How long known keys are used after the key server stopped answering, 1m to 31days.",
    ),
    key(
        "callers",
        "",
        "The calling services, a table each: `[callers.NAME]` with the keys of [callers.md](callers.md). Nobody else may call.",
    ),
    key(
        "tls.cert_file",
        "",
        "The service's certificate and those between it and its authority, in PEM; needs `tls.key_file`. Read again when it changes.",
    ),
    key("tls.key_file", "", "The key of `tls.cert_file`, in PEM."),
    key(
        "tls.client_ca_file",
        "",
        "The authorities that sign callers' certificates, in PEM; with it nobody connects without one. Mode `mesh` needs it.",
    ),
    key("dev.clock_offset", "\"0s\"", "Puts the service's clock ahead, to see invites expire."),
    key(
        "mail.smtp_url",
        "",
        "The relay that sends invitations: `smtps://user:password@host:465` (TLS from the start) or `smtp+starttls://user:password@host:587`. Ports and credentials may be left out; in credentials `%40` stands for `@`, and so on.",
    ),
    key("mail.smtp_url_file", "", "A file that holds `mail.smtp_url`, instead of it."),
    key(
        "mail.ca_file",
        "",
        "A PEM file of certificate authorities, one of which signed the relay's certificate if no public one did.",
    ),
    key(
        "mail.dir",
        "",
        "A folder that takes each mail as an `.eml` file instead of its being sent. Without `mail.smtp_url` an embedded service has `mail` in `data_dir`; a service on Postgres sends no mail.",
    ),
    key("mail.from", FROM, "Who mails are from. The default is for `.eml` files; `mail.smtp_url` needs one."),
    key(
        "mail.link",
        LINK,
        "Where the link of a mail leads: an https URL of the product with `{token}` in its path, query or fragment, once, and `{policy}` where the team's policy is to stand. The default is for `.eml` files; `mail.smtp_url` needs one.",
    ),
    key(
        "mail.templates_dir",
        "",
        "A folder of templates that replace the built-in mail and add languages, see [mail.md](mail.md).",
    ),
    key("limits.live_links_per_team", "20", "The most live invite links of a team."),
    key("limits.live_codes_per_team", "100", "The most live codes of a team."),
    key("limits.pending_invitations_per_team", "1000", "The most pending invitations of a team."),
    key("limits.grants_per_member", "200", "The most grants of a member."),
    key("limits.teams_per_user_and_day", "100", "The most teams that a person creates within 24 hours."),
    key(
        "limits.mails_per_actor_and_day",
        "500",
        "The most invitation mails that a person has sent in a day (UTC), those sent again included.",
    ),
    key("limits.mails_per_team_and_day", "1000", "The most invitation mails of a team in a day (UTC)."),
    key(
        "limits.mails_per_recipient_and_day",
        "10",
        "The most invitation mails to one address in a day (UTC), from all teams together.",
    ),
    key(
        "limits.code_failures_per_actor_and_hour",
        "10",
        "How many unknown codes a person may try in an hour of the clock; after that every code is refused to that person until the hour is over.",
    ),
    key(
        "limits.code_failures_per_address_and_hour",
        "100",
        "How many unknown codes may come from one network address in an hour of the clock; after that every code from there is refused.",
    ),
    key(
        "limits.code_failures_per_caller_and_hour",
        "1000",
        "How many unknown codes may come through a calling service in an hour of the clock before the budgets of its people and addresses are tightened. It refuses nobody by itself.",
    ),
    key(
        "limits.code_failures_per_hour",
        "5000",
        "How many unknown codes there may be in an hour of the clock altogether before all budgets are tightened. It refuses nobody by itself.",
    ),
    key(
        "limits.requests_in_flight",
        "1024",
        "The most calls at once; more are answered RESOURCE_EXHAUSTED with a time to retry. Health checks always pass.",
    ),
    key(
        "limits.requests_in_flight_per_caller",
        "512",
        "The most calls at once through one calling service; more are answered RESOURCE_EXHAUSTED with a time to retry.",
    ),
    key(
        "limits.requests_in_flight_per_actor",
        "64",
        "The most calls at once for one person through one calling service; more are answered RESOURCE_EXHAUSTED with a time to retry.",
    ),
    key(
        "limits.connections",
        "4096",
        "The most connections at once, on each socket; more are closed unanswered. A quarter of them may be in their handshake.",
    ),
    key(
        "limits.connections_per_address",
        "1024",
        "The same from one network address. All addresses of an IPv6 network of 64 bits together have half of `limits.connections`.",
    ),
    key(
        "server.health_listen",
        "",
        "Where health alone is served as well, without TLS: for probes. It may be an address that others reach.",
    ),
    key(
        "server.deadline",
        "\"10s\"",
        "The longest that a call may take, 1ms to 1h, a batch three times as long; a client's own deadline can be shorter.",
    ),
    key("server.drain", "\"25s\"", "The longest that a stop waits for calls and mails under way, 1ms to 1h."),
    key(
        "log.format",
        "",
        "`\"json\"` or `\"text\"`. Absent: text if standard error is a terminal, else JSON.",
    ),
    key(
        "log.filter",
        "\"info\"",
        "What is logged: a level, and `target=level` for single parts, separated by commas. Libraries are silent unless named.",
    ),
];

/// The defaults of `.eml` files as they are documented; a test holds them to those in force.
const FROM: &str = "\"Roster <roster@localhost>\"";
const LINK: &str = "\"http://localhost:3000/join?token={token}\"";

const fn key(name: &'static str, default: &'static str, meaning: &'static str) -> Key {
    Key { name, default, meaning }
}

/// The value in force of a key, as in a TOML file; secrets are not shown. `None`: absent.
#[must_use]
pub fn value(config: &Config, name: &str) -> Option<String> {
    let (postgres, redis) = match &config.storage {
        Storage::Embedded { .. } => (None, None),
        Storage::Postgres { max_connections, pooler, redis, .. } => {
            (Some((max_connections, pooler)), redis.as_ref())
        }
    };
    match name {
        "listen" => Some(quoted(config.listen.to_string())),
        "data_dir" => Some(path(&config.data_dir)),
        "keys_file" => Some(path(&config.keys_file)),
        "policies_dir" => config.policies_dir.as_deref().map(path),
        "enabled_policies" => {
            config.enabled_policies.clone().map(|names| toml::Value::from(names).to_string())
        }
        "database.url" => postgres.map(|_| secret()),
        "database.max_connections" => postgres.map(|(connections, _)| connections.to_string()),
        "database.pooler" => postgres.map(|(_, pooler)| {
            quoted(match pooler {
                Pooler::None => "none".to_owned(),
                Pooler::Transaction => "transaction".to_owned(),
            })
        }),
        "redis.url" => redis.map(|_| secret()),
        "allow_plaintext" => Some(config.allow_plaintext.to_string()),
        name if name.starts_with("tls.") => tls(config, name),
        "authn.mode" => Some(quoted(
            match config.authn {
                AuthnConfig::Dev => "dev",
                AuthnConfig::Jwt { .. } => "jwt",
                AuthnConfig::Mesh { .. } => "mesh",
            }
            .to_owned(),
        )),
        name if name.starts_with("jwt.") => jwt(config, name),
        "dev.clock_offset" => Some(duration(config.clock_offset)),
        name if name.starts_with("mail.") => mail(config.mail.as_ref()?, name),
        name if name.starts_with("limits.") => limit(&config.limits, name).map(|most| most.to_string()),
        "server.health_listen" => config.health_listen.map(|address| quoted(address.to_string())),
        "server.deadline" => Some(duration(config.deadline)),
        "server.drain" => Some(duration(config.drain)),
        "log.format" => Some(quoted(match config.log.format {
            LogFormat::Json => "json".to_owned(),
            LogFormat::Text => "text".to_owned(),
        })),
        "log.filter" => Some(quoted(config.log.filter_text.clone())),
        _ => None,
    }
}

/// The calling services in force, as tables of a TOML file.
#[must_use]
pub fn callers(config: &Config) -> String {
    let mut text = String::new();
    for caller in config.authn.callers() {
        // A name is any text, and a key of TOML may be.
        let mut line = |key: &str, value: toml::Value| {
            // A string takes every text.
            let _ = writeln!(text, "callers.{}.{key} = {value}", quoted(caller.name.as_str().to_owned()));
        };
        if let Some(subject) = &caller.subject {
            line("subject", subject.as_str().into());
        }
        if !caller.clients.is_empty() {
            line("clients", caller.clients.iter().cloned().collect::<Vec<_>>().into());
        }
        if let Some(uri) = &caller.uri {
            line("uri", uri.as_str().into());
        }
        line("scopes", caller.scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().into());
        let policies = match &caller.policies {
            Policies::All => vec!["*"],
            Policies::Only(names) => names.iter().map(PolicyName::as_str).collect(),
        };
        line("policies", policies.into());
    }
    text
}

fn tls(config: &Config, name: &str) -> Option<String> {
    let tls = config.tls.as_ref()?;
    match name {
        "tls.cert_file" => Some(path(&tls.cert_file)),
        "tls.key_file" => Some(path(&tls.key_file)),
        "tls.client_ca_file" => tls.client_ca_file.as_deref().map(path),
        _ => None,
    }
}

fn jwt(config: &Config, name: &str) -> Option<String> {
    let AuthnConfig::Jwt { jwt, .. } = &config.authn else { return None };
    match (name, &jwt.keys) {
        ("jwt.issuer", _) => Some(quoted(jwt.issuer.clone())),
        ("jwt.audience", _) => Some(quoted(jwt.audience.clone())),
        ("jwt.jwks_url", KeySource::Url { url, .. }) => Some(quoted(url.to_string())),
        ("jwt.jwks_file", KeySource::File(file)) => Some(path(file)),
        ("jwt.ca_file", KeySource::Url { ca_file, .. }) => ca_file.as_deref().map(path),
        ("jwt.algorithms", _) => {
            let names: Vec<&str> = jwt.algorithms.iter().map(|algorithm| algorithm.as_str()).collect();
            Some(toml::Value::from(names).to_string())
        }
        ("jwt.max_lifetime", _) => Some(duration(jwt.max_lifetime)),
        ("jwt.max_stale", _) => Some(duration(jwt.max_stale)),
        _ => None,
    }
}

fn mail(mail: &MailConfig, name: &str) -> Option<String> {
    match (name, &mail.route) {
        ("mail.smtp_url", Route::Smtp(_)) => Some(secret()),
        ("mail.ca_file", Route::Smtp(relay)) => relay.ca_file.as_deref().map(path),
        ("mail.dir", Route::Directory(folder)) => Some(path(folder)),
        ("mail.from", _) => Some(quoted(mail.from.to_string())),
        ("mail.link", _) => Some(quoted(mail.link.template().to_owned())),
        ("mail.templates_dir", _) => mail.templates_dir.as_deref().map(path),
        _ => None,
    }
}

fn limit(limits: &Limits, name: &str) -> Option<u32> {
    Some(match name.strip_prefix("limits.")? {
        "live_links_per_team" => limits.live_links_per_team,
        "live_codes_per_team" => limits.live_codes_per_team,
        "pending_invitations_per_team" => limits.pending_invitations_per_team,
        "grants_per_member" => limits.grants_per_member,
        "teams_per_user_and_day" => limits.teams_per_user_and_day,
        "mails_per_actor_and_day" => limits.mails_per_actor_and_day.get(),
        "mails_per_team_and_day" => limits.mails_per_team_and_day.get(),
        "mails_per_recipient_and_day" => limits.mails_per_recipient_and_day.get(),
        "code_failures_per_actor_and_hour" => limits.code_failures_per_actor_and_hour.get(),
        "code_failures_per_address_and_hour" => limits.code_failures_per_address_and_hour.get(),
        "code_failures_per_caller_and_hour" => limits.code_failures_per_caller_and_hour.get(),
        "code_failures_per_hour" => limits.code_failures_per_hour.get(),
        "requests_in_flight" => limits.requests_in_flight,
        "requests_in_flight_per_caller" => limits.requests_in_flight_per_caller,
        "requests_in_flight_per_actor" => limits.requests_in_flight_per_actor,
        "connections" => limits.connections.all,
        "connections_per_address" => limits.connections.each,
        _ => return None,
    })
}

fn secret() -> String {
    quoted("(set, not shown)".to_owned())
}

/// A text as TOML writes it.
fn quoted(text: String) -> String {
    toml::Value::String(text).to_string()
}

fn path(path: &Path) -> String {
    quoted(path.display().to_string())
}

fn duration(duration: Duration) -> String {
    quoted(humantime_serde::re::humantime::format_duration(duration).to_string())
}
