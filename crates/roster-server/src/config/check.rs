//! From what is written to what holds: values that are right one by one, and right together.

use std::io::IsTerminal;
use std::path::Path;
use std::time::Duration;

use roster_store::{Pooler, PostgresUrl};

use super::secret::SecretUrl;
use super::settings::{LimitSettings, Settings};
use super::{Config, Error, Limits, Log, LogFormat, Storage, authn, mail};
use crate::places::Caps;
use crate::telemetry;

/// Checks everything and reports all problems together.
pub(super) fn check(settings: Settings) -> Result<Config, Error> {
    let mut problems = vec![];
    let tls = authn::tls(&settings, &mut problems);
    let authn = authn::check(&settings, &mut problems);
    if settings.enabled_policies.as_ref().is_some_and(Vec::is_empty) {
        problems.push(
            "enabled_policies: must name at least one policy; without the key all are served".to_owned(),
        );
    }
    let storage = storage(&settings, &mut problems);
    let mail = mail::check(&settings, &mut problems);
    for (key, duration) in
        [("server.deadline", settings.server.deadline), ("server.drain", settings.server.drain)]
    {
        if !(Duration::from_millis(1)..=Duration::from_hours(1)).contains(&duration) {
            problems.push(format!("{key}: must be from 1ms to 1h"));
        }
    }
    let filter = telemetry::filter(&settings.log.filter).map_err(|_| {
        problems.push("log.filter: must be a filter such as info or info,roster_server=debug".to_owned());
    });
    let (Some(storage), Some(authn), Ok(filter), true) = (storage, authn, filter, problems.is_empty()) else {
        return Err(Error(problems));
    };
    Ok(Config {
        listen: settings.listen,
        allow_plaintext: settings.allow_plaintext,
        tls,
        health_listen: settings.server.health_listen,
        keys_file: settings.keys_file.unwrap_or_else(|| settings.data_dir.join("keys.toml")),
        data_dir: settings.data_dir,
        policies_dir: settings.policies_dir,
        enabled_policies: settings.enabled_policies,
        storage,
        authn,
        clock_offset: settings.dev.clock_offset,
        mail,
        limits: limits(&settings.limits),
        deadline: settings.server.deadline,
        drain: settings.server.drain,
        log: Log {
            format: settings.log.format.unwrap_or_else(default_format),
            filter,
            filter_text: settings.log.filter,
        },
    })
}

fn limits(settings: &LimitSettings) -> Limits {
    Limits {
        live_links_per_team: settings.live_links_per_team.get(),
        live_codes_per_team: settings.live_codes_per_team.get(),
        pending_invitations_per_team: settings.pending_invitations_per_team.get(),
        grants_per_member: settings.grants_per_member.get(),
        teams_per_user_and_day: settings.teams_per_user_and_day.get(),
        mails_per_actor_and_day: settings.mails_per_actor_and_day,
        mails_per_team_and_day: settings.mails_per_team_and_day,
        mails_per_recipient_and_day: settings.mails_per_recipient_and_day,
        code_failures_per_actor_and_hour: settings.code_failures_per_actor_and_hour,
        code_failures_per_address_and_hour: settings.code_failures_per_address_and_hour,
        code_failures_per_caller_and_hour: settings.code_failures_per_caller_and_hour,
        code_failures_per_hour: settings.code_failures_per_hour,
        requests_in_flight: settings.requests_in_flight.get(),
        requests_in_flight_per_caller: settings.requests_in_flight_per_caller.get(),
        requests_in_flight_per_actor: settings.requests_in_flight_per_actor.get(),
        connections: Caps { all: settings.connections.get(), each: settings.connections_per_address.get() },
    }
}

/// The storage; `None` after a problem was noted.
fn storage(settings: &Settings, problems: &mut Vec<String>) -> Option<Storage> {
    let before = problems.len();
    let database = &settings.database;
    let url = secret("database.url", database.url.as_ref(), database.url_file.as_deref(), problems);
    let redis =
        secret("redis.url", settings.redis.url.as_ref(), settings.redis.url_file.as_deref(), problems);
    let pooler = database.pooler.map_or(Pooler::None, Into::into);
    let server = url.as_ref().and_then(|url| {
        let checked = PostgresUrl::parse(url.expose()).and_then(|url| url.check_pooler(pooler).map(|()| url));
        checked.map_err(|error| problems.push(format!("database.url: {error}"))).ok()
    });
    if redis.as_ref().is_some_and(|url| !url.has_scheme(&["redis://", "rediss://"])) {
        problems.push("redis.url: must begin with redis:// or rediss://".to_owned());
    }
    if redis.is_some() && url.is_none() {
        problems.push(
            "redis.url: needs database.url; an embedded service is one process and keeps its tokens itself"
                .to_owned(),
        );
    }
    if database.max_connections.get() > 1_000 {
        problems.push("database.max_connections: must be from 1 to 1000".to_owned());
    }
    if problems.len() > before {
        return None;
    }
    Some(match server {
        None => Storage::Embedded { database: settings.data_dir.join("roster.db") },
        Some(url) => {
            Storage::Postgres { url, max_connections: database.max_connections.get(), pooler, redis }
        }
    })
}

/// A secret that stands in the configuration or in a file of its own, not in both.
pub(super) fn secret(
    key: &str,
    value: Option<&SecretUrl>,
    file: Option<&Path>,
    problems: &mut Vec<String>,
) -> Option<SecretUrl> {
    let Some(file) = file else { return value.cloned() };
    if value.is_some() {
        problems.push(format!("{key}: stands beside {key}_file; keep one of them"));
        return None;
    }
    match std::fs::read_to_string(file) {
        Ok(text) => Some(SecretUrl::new(text.trim_end())),
        Err(error) => {
            problems.push(format!("{key}_file: {}: {error}", file.display()));
            None
        }
    }
}

fn default_format() -> LogFormat {
    if std::io::stderr().is_terminal() { LogFormat::Text } else { LogFormat::Json }
}
