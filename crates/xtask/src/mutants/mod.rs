//! `cargo xtask mutants`: makes the code wrong in one place at a time and sees whether the tests notice.
//!
//! cargo-mutants says what can be made wrong. By itself it compiles once for each change; here all changes are planted
//! behind a switch and compiled once, so that a change costs no more than the tests until the first that fails.

mod build;
mod plant;
mod suites;
mod table;

use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::project::{self, root};
use crate::tally::Tally;
use suites::Suites;
use table::{Outcome, Row};

/// The pinned release of cargo-mutants, which lists the changes.
const VERSION: &str = "27.1.0";

/// Options of `cargo xtask mutants`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Write the table anew: all changes of the decisions, and a draw by this seed from the store, authn and rpc.
    #[arg(long)]
    draw: Option<u64>,
    /// Try only those that have not been tried.
    #[arg(long)]
    open: bool,
    /// Try only those whose name contains this.
    #[arg(long)]
    filter: Option<String>,
}

/// Where changes are made.
struct Area {
    folders: &'static [&'static str],
    /// How many are drawn; all of them where there is none.
    drawn: Option<usize>,
}

const AREAS: [Area; 2] = [
    Area { folders: &["crates/roster-domain/src/decide/"], drawn: None },
    Area {
        folders: &[
            "crates/roster-store/src/",
            "crates/roster-server/src/authn/",
            "crates/roster-server/src/rpc/",
        ],
        drawn: Some(200),
    },
];

/// Tries the changes of the table. A change that was caught before and is missed now has failed.
pub(crate) fn run(args: &Args) -> Result<Tally> {
    let path = table::path();
    if let Some(seed) = args.draw {
        table::write(&path, &draw(seed)?)?;
    }
    let mut rows = table::read(&path)?;
    let known = rows.clone();
    let suites = Suites::build(&mut rows, keep_drawn)?;
    let mut tally = Tally::default();
    for row in lost(&known, &rows) {
        println!("LOST: its place is elsewhere now, or it no longer compiles: {}", row.name);
        tally.count(false);
    }
    table::write(&path, &rows)?;

    let wanted = |row: &Row| {
        row.outcome != Outcome::Unviable
            && (!args.open || row.outcome == Outcome::Open)
            && args.filter.as_ref().is_none_or(|part| row.name.contains(part))
    };
    for n in 0..rows.len() {
        if !wanted(&rows[n]) {
            continue;
        }
        let before = rows[n].outcome.clone();
        let after = suites.try_out(n, &rows[n])?;
        match &after {
            Outcome::Caught { suite, test } => println!("caught by {suite} {test}: {}", rows[n].name),
            _ => println!("MISSED: {}", rows[n].name),
        }
        tally.count(after != Outcome::Missed || !matches!(before, Outcome::Caught { .. }));
        rows[n].outcome = after;
        table::write(&path, &rows)?;
    }
    let missed = rows.iter().filter(|row| row.outcome == Outcome::Missed).count();
    let caught = rows.iter().filter(|row| matches!(row.outcome, Outcome::Caught { .. })).count();
    println!("{caught} are caught, {missed} are missed");
    Ok(tally)
}

/// The rows with a result that cannot be tried again: what they proved is no longer proven.
fn lost<'a>(known: &'a [Row], rows: &'a [Row]) -> impl Iterator<Item = &'a Row> {
    let gone = |row: &&Row| !rows.iter().any(|one| one.name == row.name);
    known.iter().filter(|row| row.outcome != Outcome::Open).filter(gone)
}

/// The changes of each area, in the order of the draw where there is one.
fn draw(seed: u64) -> Result<Vec<Row>> {
    let program = project::cargo_tool("cargo-mutants", VERSION)?;
    let mut rows = vec![];
    for area in &AREAS {
        let mut list = Command::new(&program);
        list.current_dir(root()).args(["mutants", "--list", "--workspace"]);
        for folder in area.folders {
            list.arg("--file").arg(format!("{folder}**"));
        }
        let output = list.output().context("cannot run cargo-mutants")?;
        ensure!(output.status.success(), "cargo-mutants: {}", String::from_utf8_lossy(&output.stderr));
        let mut names: Vec<_> = String::from_utf8(output.stdout)?.lines().map(str::to_owned).collect();
        if area.drawn.is_some() {
            names.sort_by_key(|name| shuffled(seed, name));
        }
        rows.extend(names.into_iter().map(|name| Row { outcome: Outcome::Open, name }));
    }
    Ok(rows)
}

/// Leaves as many rows of each area as are drawn, not counting those that cannot be tried, which are left out.
fn keep_drawn(rows: &mut Vec<Row>) {
    for area in &AREAS {
        let mut left = area.drawn.unwrap_or(usize::MAX);
        rows.retain(|row| {
            if !area.folders.iter().any(|folder| row.name.starts_with(folder)) {
                return true;
            }
            let kept = row.outcome != Outcome::Unviable && left > 0;
            left -= usize::from(kept);
            kept
        });
    }
}

/// A number that puts names into an order of chance: FNV-1a with the seed before the name, mixed once more.
fn shuffled(seed: u64, name: &str) -> u64 {
    let bytes = seed.to_le_bytes().into_iter().chain(name.bytes());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    (hash ^ (hash >> 31)).wrapping_mul(0x94d0_49bb_1331_11eb)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_are_kept_as_are_drawn() {
        let row = |name: String, outcome: &Outcome| Row { outcome: outcome.clone(), name };
        let store = |n: usize| format!("crates/roster-store/src/a.rs:{n}:1: x");
        let mut rows = vec![row("crates/roster-domain/src/decide/a.rs:1:1: x".into(), &Outcome::Open)];
        rows.extend(
            (0..300).map(|n| row(store(n), if n % 10 == 0 { &Outcome::Unviable } else { &Outcome::Open })),
        );
        let known = rows.clone();
        keep_drawn(&mut rows);
        assert_eq!(lost(&known, &rows).count(), 30, "those that are not viable");
        assert_eq!(rows.len(), 201);
        assert_eq!(rows[200].name, store(222));
    }
}
