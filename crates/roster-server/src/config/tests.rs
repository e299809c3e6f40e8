//! What is accepted, what stops the start, and whether the documentation says so.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::keys::{KEYS, value};
use super::load::settings;
use super::*;

pub(super) fn with(variables: &[(&str, &str)]) -> Result<Config, Error> {
    load(&Flags::default(), variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
}

/// A file that is gone when the test is over.
pub(super) struct TempFile(pub(super) PathBuf);

impl TempFile {
    pub(super) fn new(text: &str) -> Self {
        let path = std::env::temp_dir().join(format!("roster-config-{}", uuid::Uuid::now_v7()));
        std::fs::write(&path, text).expect("the temporary folder takes files");
        Self(path)
    }
}

impl Drop for TempFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[test]
fn nothing_needs_to_be_said() {
    let config = with(&[]).expect("the defaults are right");
    assert_eq!(config.listen.to_string(), "127.0.0.1:50051");
    assert_eq!(config.keys_file, PathBuf::from("./roster-data/keys.toml"));
    assert!(matches!(config.storage, Storage::Embedded { database } if database.ends_with("roster.db")));
    assert_eq!((config.deadline, config.drain), (Duration::from_secs(10), Duration::from_secs(25)));
}

#[test]
fn later_sources_win() {
    let file =
        TempFile::new("listen = '127.0.0.1:1'\ndata_dir = 'file'\n[limits]\nlive_links_per_team = 3\n");
    let named = file.0.display().to_string();
    let flags = Flags { data_dir: Some("flag".into()), ..Flags::default() };
    let variables =
        [("ROSTER_CONFIG", named.as_str()), ("ROSTER_LISTEN", "[::1]:2"), ("ROSTER_DATA_DIR", "variable")];
    let config = load(&flags, variables.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let config = config.expect("it is right");
    assert_eq!(config.listen.to_string(), "[::1]:2");
    assert_eq!(config.data_dir, PathBuf::from("flag"));
    assert_eq!((config.limits.live_links_per_team, config.limits.requests_in_flight), (3, 1_024));
}

#[test]
fn postgres_and_redis() {
    let file = TempFile::new("postgres://roster:hidden@db/roster?sslmode=require\n");
    let config = with(&[
        ("ROSTER_DATABASE__URL_FILE", &file.0.display().to_string()),
        ("ROSTER_DATABASE__MAX_CONNECTIONS", "12"),
        ("ROSTER_DATABASE__POOLER", "transaction"),
        ("ROSTER_REDIS__URL", "redis://:hidden@cache"),
    ])
    .expect("it is right");
    let Storage::Postgres { url, max_connections, pooler, redis } = &config.storage else {
        panic!("a database was named")
    };
    assert_eq!((url.host(), url.user(), url.database()), ("db", Some("roster"), Some("roster")));
    assert_eq!((*max_connections, *pooler), (12, Pooler::Transaction));
    assert!(redis.is_some());
    let printed: Vec<String> = KEYS.iter().filter_map(|key| value(&config, key.name)).collect();
    assert!(!printed.concat().contains("hidden"));
}

#[test]
fn what_is_wrong_stops_the_start_and_is_named() {
    let check = |variables: &[(&str, &str)], expected: &str| {
        let error = with(variables).err().expect("it is wrong").to_string();
        assert!(error.contains(expected), "{error}");
        assert!(!error.contains("hidden"), "{error}");
    };
    check(
        &[("ROSTER_DATABASE__URLL", "hidden")],
        "database.urll (variable ROSTER_DATABASE__URLL): there is no such key",
    );
    check(&[("ROSTER_DATABASE_URL", "hidden")], "database_url (variable ROSTER_DATABASE_URL)");
    check(
        &[("ROSTER_DATABASE", "postgres://hidden")],
        "database (variable ROSTER_DATABASE): must be a table",
    );
    check(&[("ROSTER_LISTEN", "hidden")], "listen");
    check(&[("ROSTER_DATABASE__URL", "mysql://hidden")], "database.url: must begin with postgres://");
    check(&[("ROSTER_DATABASE__URL", "postgres://")], "database.url: must name a host");
    check(&[("ROSTER_DATABASE__URL", "postgres://u:hidden@db/x")], "database.url: must say sslmode");
    check(&[("ROSTER_DATABASE__URL", "postgres://u:hidden@a,b/x")], "database.url: must name one host");
    check(
        &[("ROSTER_DATABASE__URL", "postgres://u:hidden@localhost/x?sslmod=require")],
        "database.url: the parameter sslmod does not exist; there are application_name, dbname",
    );
    check(
        &[
            ("ROSTER_DATABASE__URL", "postgres://u:hidden@localhost/x?options[search_path]=a"),
            ("ROSTER_DATABASE__POOLER", "transaction"),
        ],
        "database.url: the parameter options cannot be used behind a pooler",
    );
    check(
        &[("ROSTER_DATABASE__POOLER", "session")],
        "database.pooler (variable ROSTER_DATABASE__POOLER): must be one of none, transaction",
    );
    check(&[("ROSTER_DATABASE__MAX_CONNECTIONS", "0")], "database.max_connections");
    check(&[("ROSTER_DATABASE__MAX_CONNECTIONS", "hidden")], "database.max_connections");
    check(&[("ROSTER_REDIS__URL", "redis://hidden")], "redis.url: needs database.url");
    check(&[("ROSTER_REDIS__URL", "http://hidden")], "redis.url: must begin with redis://");
    check(
        &[("ROSTER_AUTHN__MODE", "hidden")],
        "authn.mode (variable ROSTER_AUTHN__MODE): must be one of dev, jwt, mesh",
    );
    check(
        &[("ROSTER_DEV__CLOCK_OFFSET", "hidden")],
        "dev.clock_offset (variable ROSTER_DEV__CLOCK_OFFSET): must be a duration",
    );
    check(&[("ROSTER_SERVER__DEADLINE", "0s")], "server.deadline: must be from 1ms");
    check(
        &[("ROSTER_LOG__FORMAT", "xml")],
        "log.format (variable ROSTER_LOG__FORMAT): must be one of json, text",
    );
    check(&[("ROSTER_LOG__FILTER", "a=b=c")], "log.filter");
    check(&[("ROSTER_LISTEN", "0.0.0.0:50051")], "listen: must be a loopback address");
    check(&[("ROSTER_ENABLED_POLICIES", "[]")], "enabled_policies: must name at least one policy");
    check(
        &[("ROSTER_ENABLED_POLICIES", "guild")],
        "enabled_policies (variable ROSTER_ENABLED_POLICIES): must be a sequence",
    );
    check(&[("ROSTER_CONFIG", "/nowhere/roster.toml")], "/nowhere/roster.toml");
    let file = TempFile::new("postgres://u:hidden@db/x");
    let path = file.0.display().to_string();
    check(
        &[("ROSTER_DATABASE__URL", "postgres://localhost"), ("ROSTER_DATABASE__URL_FILE", &path)],
        "keep one of them",
    );
    check(&[("ROSTER_CONFIG", &path)], "not TOML");
}

#[test]
fn the_policies_to_serve() {
    let file = TempFile::new("policies_dir = 'rules'\nenabled_policies = ['guild', 'night-watch']\n");
    let named = file.0.display().to_string();
    let written = with(&[("ROSTER_CONFIG", &named)]).expect("it is right");
    assert_eq!(written.policies_dir, Some(PathBuf::from("rules")));
    assert_eq!(value(&written, "policies_dir").as_deref(), Some("\"rules\""));
    for text in ["[\"guild\", \"night-watch\"]", "[guild, night-watch]"] {
        let set = with(&[("ROSTER_ENABLED_POLICIES", text)]).expect("it is right");
        assert_eq!(set.enabled_policies, written.enabled_policies, "{text}");
        assert_eq!(value(&set, "enabled_policies").as_deref(), Some("[\"guild\", \"night-watch\"]"));
    }
}

#[test]
fn variables_of_kubernetes_are_not_ours() {
    let tcp = "tcp://10.0.0.1:50051";
    assert!(
        with(&[("ROSTER_PORT", tcp), ("ROSTER_PORT_50051_TCP", tcp), ("ROSTER_SERVICE_HOST", "10.0.0.1")])
            .is_ok()
    );
}

/// The keys that the program reads, asked from the program: it names those it knows when it meets one that it does
/// not know.
fn keys_of_the_program() -> BTreeSet<String> {
    let known = |variable: &str| -> Vec<String> {
        let error =
            settings(&Flags::default(), [(variable.to_owned(), "1".to_owned())]).err().expect("unknown");
        let (_, names) = error.problems()[0].split_once("here are: ").expect("it names the keys");
        names.split(", ").map(str::to_owned).collect()
    };
    let mut found = BTreeSet::new();
    for name in known("ROSTER_ANYTHING") {
        let section = ["database", "redis", "tls", "authn", "jwt", "dev", "mail", "limits", "server", "log"]
            .contains(&name.as_str());
        if section {
            let variable = format!("ROSTER_{}__ANYTHING", name.to_uppercase());
            found.extend(known(&variable).into_iter().map(|key| format!("{name}.{key}")));
        } else {
            found.insert(name);
        }
    }
    found
}

#[test]
fn every_key_is_documented_with_its_default() {
    let documented: BTreeSet<String> = KEYS.iter().map(|key| key.name.to_owned()).collect();
    assert_eq!(documented, keys_of_the_program());

    let config = with(&[]).expect("the defaults are right");
    let elsewhere = [
        "keys_file",
        "log.format",
        "database.max_connections",
        "database.pooler",
        "mail.dir",
        "jwt.algorithms",
        "jwt.max_lifetime",
        "jwt.max_stale",
    ];
    for key in KEYS.iter().filter(|key| !elsewhere.contains(&key.name)) {
        assert_eq!(value(&config, key.name).unwrap_or_default(), key.default, "{}", key.name);
    }

    let mut table = String::from("| key | default | what it does |\n| --- | --- | --- |\n");
    for key in KEYS {
        let default = if key.default.is_empty() { String::new() } else { format!("`{}`", key.default) };
        writeln!(table, "| `{}` | {default} | {} |", key.name, key.meaning).expect("a string takes text");
    }
    let document = include_str!("../../../../docs/configuration.md");
    assert!(document.contains(&table), "the table of docs/configuration.md must read:\n{table}");
}
