//! `roster keys`: the server's keys, and the steps of their rotation.

use std::process::ExitCode;

use anyhow::{Context, ensure};
use clap::Subcommand;
use roster_domain::Timestamp;
use roster_server::boot;
use roster_server::config::{Config, Storage};
use roster_server::keys::{Keys, edit};
use roster_store::{KeyMismatch, KeyUse, Store};

use super::small_runtime;

/// What to do with the keys.
#[derive(Subcommand)]
pub(super) enum Command {
    /// List the keys of the file and of the database: which signs, and what would end with which. Fails where a start
    /// would be refused.
    List,
    /// Append a new random key to the keys file, which is made if it is not there. The key signs nothing yet.
    Add {
        /// The key's id: 1 to 32 of a-z, 0-9, - and _. One of its own if absent.
        #[arg(long)]
        id: Option<String>,
    },
    /// Move a key of the keys file to the front, so that it signs what is new.
    Promote {
        /// The key's id.
        id: String,
    },
}

/// Runs the command on the configured keys file, and for a list on the configured database.
pub(super) fn run(command: &Command, config: &Config) -> anyhow::Result<ExitCode> {
    let file = &config.keys_file;
    match command {
        Command::List => return small_runtime()?.block_on(list(config)),
        Command::Add { id } => {
            let id = edit::add(file, id.as_deref())?;
            println!(
                "{}: the key {id} is there; roll the file out everywhere before it signs",
                file.display()
            );
        }
        Command::Promote { id } => {
            edit::promote(file, id)?;
            println!("{}: the key {id} signs once the file is rolled out", file.display());
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Needs no lock of the data: it only reads, also beside a running service.
async fn list(config: &Config) -> anyhow::Result<ExitCode> {
    let keys = Keys::load(&config.keys_file)?;
    if let Storage::Embedded { database } = &config.storage {
        // To open it would make it.
        ensure!(database.exists(), "there is no database {}: nothing was served yet", database.display());
    }
    let store = boot::store(config).await?;
    let listed = rows(&keys, &store).await;
    store.close().await;
    let (rows, well) = listed?;
    print(&rows);
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

const TITLES: [&str; 7] = ["KEY", "FINGERPRINT", "DOES", "LINKS", "INVITATIONS", "UNTIL", "DROP"];

/// The lines of the list, and whether a service would start with these keys.
async fn rows(keys: &Keys, store: &Store) -> anyhow::Result<(Vec<[String; 7]>, bool)> {
    let pending = store.migration_status().await?.pending;
    ensure!(pending.is_empty(), boot::Error::SchemaOutdated(pending));
    let uses = store.key_uses().await?;
    let mismatches = store.compare_keys(&boot::fingerprints(keys)).await?;
    let differs = |id: &str| mismatches.iter().any(|mismatch| mismatch.id == id && mismatch.differs);
    let need_of = |id: &str| uses.iter().find(|one| one.id == id);

    let mut rows = vec![];
    for (place, key) in keys.all().enumerate() {
        let needs = need_of(key.id());
        let (does, drop) = match (differs(key.id()), place, needs) {
            (true, ..) => ("DIFFERS", "the database knows another key of this id"),
            (_, 0, _) => ("signs", "no: it signs"),
            (.., Some(_)) => ("verifies", "not while these live"),
            (.., None) => ("verifies", "24 h after it last signed"),
        };
        rows.push(row(key.id(), &key.fingerprint()[..16], does, needs, drop)?);
    }
    for KeyMismatch { id, .. } in mismatches.iter().filter(|mismatch| !mismatch.differs) {
        rows.push(row(id, "", "MISSING", need_of(id), "put it back: no service starts without it")?);
    }
    Ok((rows, mismatches.is_empty()))
}

fn row(id: &str, print: &str, does: &str, needs: Option<&KeyUse>, drop: &str) -> anyhow::Result<[String; 7]> {
    let count = |count: fn(&KeyUse) -> i64| needs.map_or(0, count).to_string();
    let until = needs.map(|needs| written(needs.until)).transpose()?.unwrap_or_default();
    let counts = [count(|needs| needs.links), count(|needs| needs.invitations)];
    let [links, invitations] = counts;
    Ok([id.into(), print.into(), does.into(), links, invitations, until, drop.into()])
}

fn written(time: Timestamp) -> anyhow::Result<String> {
    let time = jiff::Timestamp::from_microsecond(time.micros()).context("a time out of all calendars")?;
    Ok(time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

fn print(rows: &[[String; 7]]) {
    let titles = TITLES.map(str::to_owned);
    let width = |column: usize| {
        std::iter::once(&titles).chain(rows).map(|row| row[column].len()).max().unwrap_or_default()
    };
    for row in std::iter::once(&titles).chain(rows) {
        let cells: Vec<String> =
            row.iter().enumerate().map(|(column, cell)| format!("{cell:<0$}", width(column))).collect();
        println!("{}", cells.join("  ").trim_end());
    }
}
