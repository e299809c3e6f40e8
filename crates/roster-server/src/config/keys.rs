//! Every key of the configuration, for `roster config print` and for the documentation.

use super::{Config, LogFormat, Storage};
use crate::authn::Authn;

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
        "Where to listen. Port 0 takes a free one. With dev authentication only a loopback address is accepted.",
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
    key("database.url", "", "`postgres://…`. Absent: an SQLite file in `data_dir`."),
    key("database.url_file", "", "A file that holds `database.url`, instead of it."),
    key("database.max_connections", "8", "The most connections to Postgres, 1 to 1000. SQLite has one."),
    key(
        "redis.url",
        "",
        "`redis://…` or `rediss://…`; needs `database.url`. Absent: invite tokens are remembered by each process for itself, and the database answers for the others.",
    ),
    key("redis.url_file", "", "A file that holds `redis.url`, instead of it."),
    key(
        "authn.mode",
        "\"dev\"",
        "How callers prove who they are. `dev` believes the headers of everybody; there is no other mode yet.",
    ),
    key("dev.clock_offset", "\"0s\"", "Puts the service's clock ahead, to see invites expire."),
    key("limits.live_links_per_team", "20", "The most live invite links of a team."),
    key("limits.grants_per_member", "200", "The most grants of a member."),
    key("limits.teams_per_user_and_day", "100", "The most teams that a person creates within 24 hours."),
    key(
        "limits.requests_in_flight",
        "1024",
        "The most calls at once; more are answered RESOURCE_EXHAUSTED with a time to retry. Health checks always pass.",
    ),
    key(
        "server.deadline",
        "\"10s\"",
        "The longest that a call may take, 1ms to 1h; a client's own deadline can be shorter.",
    ),
    key("server.drain", "\"25s\"", "The longest that a stop waits for calls under way, 1ms to 1h."),
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

const fn key(name: &'static str, default: &'static str, meaning: &'static str) -> Key {
    Key { name, default, meaning }
}

/// The value in force of a key, as in a TOML file; secrets are not shown. `None`: absent.
#[must_use]
pub fn value(config: &Config, name: &str) -> Option<String> {
    let secret = || Some("\"(set, not shown)\"".to_owned());
    let quoted = |text: String| Some(toml::Value::String(text).to_string());
    let (postgres, redis) = match &config.storage {
        Storage::Embedded { .. } => (None, None),
        Storage::Postgres { max_connections, redis, .. } => (Some(max_connections), redis.as_ref()),
    };
    match name {
        "listen" => quoted(config.listen.to_string()),
        "data_dir" => quoted(config.data_dir.display().to_string()),
        "keys_file" => quoted(config.keys_file.display().to_string()),
        "policies_dir" => {
            config.policies_dir.as_ref().and_then(|folder| quoted(folder.display().to_string()))
        }
        "enabled_policies" => {
            config.enabled_policies.clone().map(|names| toml::Value::from(names).to_string())
        }
        "database.url" => postgres.and_then(|_| secret()),
        "database.max_connections" => postgres.map(ToString::to_string),
        "redis.url" => redis.and_then(|_| secret()),
        "authn.mode" => match config.authn {
            Authn::Dev => quoted("dev".to_owned()),
        },
        "dev.clock_offset" => {
            quoted(humantime_serde::re::humantime::format_duration(config.clock_offset).to_string())
        }
        "limits.live_links_per_team" => Some(config.limits.live_links_per_team.to_string()),
        "limits.grants_per_member" => Some(config.limits.grants_per_member.to_string()),
        "limits.teams_per_user_and_day" => Some(config.limits.teams_per_user_and_day.to_string()),
        "limits.requests_in_flight" => Some(config.limits.requests_in_flight.to_string()),
        "server.deadline" => {
            quoted(humantime_serde::re::humantime::format_duration(config.deadline).to_string())
        }
        "server.drain" => quoted(humantime_serde::re::humantime::format_duration(config.drain).to_string()),
        "log.format" => quoted(match config.log.format {
            LogFormat::Json => "json".to_owned(),
            LogFormat::Text => "text".to_owned(),
        }),
        "log.filter" => quoted(config.log.filter_text.clone()),
        _ => None,
    }
}
