//! The server's keys are rotated as docs/keys.md walks through it: no link and no retry is lost on the way, on no
//! replica, and a key that something live needs cannot be dropped.

mod list;
mod replicas;
mod walk;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use roster_testkit::{Data, Finished, Options};

/// The keys file of these data.
fn file(data: &Data) -> PathBuf {
    data.directory().join("keys.toml")
}

/// A key as the file has it: its table, from its first line on.
fn table(text: &str, id: &str) -> String {
    let tables = text.split("[[keys]]").skip(1).map(|table| format!("[[keys]]{table}"));
    let mut found = tables.filter(|table| table.contains(&format!("id = \"{id}\"")));
    found.next().unwrap_or_else(|| panic!("the file has the key {id}"))
}

/// Runs a step of `roster keys`, which must succeed and tells no secret.
async fn step(data: &Data, arguments: &[&str]) -> String {
    let finished = try_step(data, arguments).await;
    assert!(finished.status.success(), "{arguments:?}: {}", finished.output);
    finished.output
}

async fn try_step(data: &Data, arguments: &[&str]) -> Finished {
    let finished = data.run(&[&["keys"], arguments].concat(), Options::default()).await;
    let text = fs::read_to_string(file(data)).expect("there is a keys file");
    for secret in text.lines().filter_map(|line| line.strip_prefix("secret = ")) {
        let secret = secret.trim_matches('"');
        assert!(!finished.output.contains(secret), "{arguments:?} tells a secret");
    }
    let mode = fs::metadata(file(data)).expect("there is a keys file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "after {arguments:?} nobody else reads the keys");
    finished
}

/// The line of a key in `roster keys list`, as words.
fn line<'a>(list: &'a str, id: &str) -> Vec<&'a str> {
    let mut found = list.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    found.rfind(|words| words.first() == Some(&id)).unwrap_or_else(|| panic!("{id} in:\n{list}"))
}
