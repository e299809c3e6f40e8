//! What is at rest: in the tables, in Redis, in files.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use redis::AsyncCommands;
use roster_testkit::{Kind, RedisServer, Server, connect_postgres, dump};
use serde_json::{Map, Value};
use tokio_postgres::{Client, SimpleQueryMessage};

use crate::canaries::{Canaries, Place, assert_absent, forms, full};

/// The only columns in which addresses are.
const ADDRESSES: [(&str, &str); 4] =
    [("members", "email"), ("members", "email_key"), ("invitations", "email"), ("invitations", "email_key")];

/// The only columns in which codes are.
const CODES: [(&str, &str); 2] = [("team_codes", "code"), ("team_codes", "code_key")];

#[tokio::test]
async fn what_is_stored_holds_no_secret_and_addresses_and_codes_only_in_their_columns() {
    let (redis, place) = (RedisServer::start().await, Place::new());
    let server = full(&place, &redis.url()).await;
    let canaries = place.run(&server).await;
    let database = connect_postgres(&server.data().postgres_url()).await;
    let fields = fields(&database).await;
    let found = |columns: &[(&str, &str)], canary: &String| {
        let here = |(table, column, text): &&(String, String, String)| {
            columns.contains(&(table.as_str(), column.as_str())) && text.contains(canary)
        };
        fields.iter().filter(here).count()
    };
    assert!(
        canaries.addresses.iter().filter(|one| found(&ADDRESSES, one) > 0).count() > 4,
        "those are found"
    );
    assert!(canaries.codes.iter().any(|one| found(&CODES, one) > 0), "and codes are");
    let sealed = |(table, column, text): &&(String, String, String)| {
        (table.as_str(), column.as_str()) == ("idempotency", "answer") && text.len() > 100
    };
    assert!(fields.iter().filter(sealed).count() > 5, "answers are kept, of which some hold addresses");

    for (table, column, text) in &fields {
        let place = format!("{table}.{column}");
        let at = (table.as_str(), column.as_str());
        for secret in canaries.all_secrets() {
            assert_absent(secret, text, &place);
        }
        for address in canaries.addresses.iter().filter(|_| !ADDRESSES.contains(&at)) {
            assert_absent(address, text, &place);
        }
        for code in canaries.codes.iter().filter(|_| !CODES.contains(&at)) {
            assert_absent(code, text, &place);
        }
    }
    assert_redis_holds_none(&redis, &canaries).await;
}

async fn assert_redis_holds_none(redis: &RedisServer, canaries: &Canaries) {
    let mut connection = redis.connect().await;
    let keys: Vec<String> = connection.keys("*").await.expect("Redis answers");
    for kind in ["roster:limit:mails_", "roster:limit:code_"] {
        assert!(keys.iter().any(|key| key.starts_with(kind)), "{kind} of {keys:?}");
    }
    for key in keys {
        let value: Vec<u8> = connection.get(&key).await.expect("each is a plain value");
        for canary in canaries.all() {
            assert_absent(canary, &key, "a key of Redis");
            assert_absent(canary, &String::from_utf8_lossy(&value), "a value of Redis");
        }
    }
}

#[tokio::test]
async fn the_files_of_the_embedded_kind_hold_secrets_in_mails_alone() {
    let place = Place::new();
    // Its mails are beside its data, as they are without any setting.
    let server = Server::start_with(Kind::Embedded, place.policy.options()).await;
    let mails = server.data().directory().join("mail");
    let mut canaries = Canaries::default();
    crate::canaries::links::run(&server, &mut canaries).await;
    crate::canaries::ways_in::run(&server, &mails, &mut canaries).await;
    let data = server.crash().await;

    let mode = |path: &Path| fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
    let (in_mails, others): (Vec<PathBuf>, Vec<PathBuf>) =
        files(data.directory()).into_iter().partition(|path| path.starts_with(&mails));
    assert_eq!(mode(&mails), 0o700);
    assert!(others.len() >= 2, "the database and the keys: {others:?}");
    for path in &others {
        for secret in canaries.all_secrets() {
            assert!(!holds(path, secret), "{} holds a secret", path.display());
        }
    }
    assert!(!in_mails.is_empty(), "there are mails");
    for path in &in_mails {
        assert!(path.extension().is_some_and(|extension| extension == "eml"), "{}", path.display());
        assert_eq!(mode(path), 0o600, "{}", path.display());
        assert!(canaries.secrets.iter().any(|secret| holds(path, secret)), "a mail brings a secret");
    }
}

/// Every field of every row of every table: table, column, text.
async fn fields(client: &Client) -> Vec<(String, String, String)> {
    let mut tables: Vec<_> = dump(client).await.into_iter().map(|(table, _)| table).collect();
    tables.sort();
    tables.dedup();
    let mut fields = Vec::new();
    for table in tables {
        let rows = client.simple_query(&format!("SELECT to_jsonb(t)::text FROM \"{table}\" t")).await;
        for message in rows.expect("the table can be read") {
            let SimpleQueryMessage::Row(row) = message else { continue };
            let row: Map<String, Value> =
                serde_json::from_str(row.get(0).unwrap_or_default()).expect("a row is an object");
            fields.extend(row.into_iter().map(|(column, value)| (table.clone(), column, text(&value))));
        }
    }
    fields
}

/// As it is, without the marks that JSON would put into it.
fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Every file below that folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the folder can be listed");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

fn holds(path: &Path, canary: &str) -> bool {
    let bytes = fs::read(path).expect("the file can be read");
    forms(canary).iter().any(|form| bytes.windows(form.len()).any(|window| window == form.as_bytes()))
}
