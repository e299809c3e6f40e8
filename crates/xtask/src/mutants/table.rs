//! The table of changes: which were drawn, and which test noticed each.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::project::root;

/// A row of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) outcome: Outcome,
    /// As cargo-mutants names it.
    pub(super) name: String,
}

/// Whether the tests notice a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Not tried yet.
    Open,
    /// This test of this suite failed first.
    Caught { suite: String, test: String },
    /// No test failed.
    Missed,
    /// It does not compile, or it stands where it cannot be switched.
    Unviable,
}

pub(super) fn path() -> PathBuf {
    root().join("crates/xtask/mutants.tsv")
}

pub(super) fn read(path: &Path) -> Result<Vec<Row>> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    parse(&text)
}

pub(super) fn write(path: &Path, rows: &[Row]) -> Result<()> {
    // Replaced whole, so that an interrupted run leaves what it has seen.
    let fresh = path.with_extension("tmp");
    fs::write(&fresh, render(rows))?;
    Ok(fs::rename(fresh, path)?)
}

fn parse(table: &str) -> Result<Vec<Row>> {
    let read_row = |line: &str| {
        let parts: Vec<_> = line.split('\t').collect();
        let [outcome, by, name] = parts[..] else { bail!("not three parts: {line:?}") };
        let outcome = match (outcome, by.split_once(' ')) {
            ("open", None) => Outcome::Open,
            ("caught", Some((suite, name))) => Outcome::Caught { suite: suite.into(), test: name.into() },
            ("missed", None) => Outcome::Missed,
            ("unviable", None) => Outcome::Unviable,
            _ => bail!("no outcome: {line:?}"),
        };
        Ok(Row { outcome, name: name.to_owned() })
    };
    table.lines().map(read_row).collect()
}

fn render(rows: &[Row]) -> String {
    let mut text = String::new();
    for Row { outcome, name } in rows {
        let (word, by) = match outcome {
            Outcome::Open => ("open", String::new()),
            Outcome::Caught { suite, test } => ("caught", format!("{suite} {test}")),
            Outcome::Missed => ("missed", String::new()),
            Outcome::Unviable => ("unviable", String::new()),
        };
        // A string takes every text.
        let _ = writeln!(text, "{word}\t{by}\t{name}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_read_as_it_was_written() {
        let caught = Outcome::Caught { suite: "roster-domain/it".into(), test: "roles::boss is one".into() };
        let rows = [Outcome::Open, caught, Outcome::Missed, Outcome::Unviable]
            .map(|outcome| Row { outcome, name: "src/a.rs:1:2: replace f -> () with ()".into() });
        assert_eq!(parse(&render(&rows)).unwrap(), rows);
        assert!(parse("caught\t\tx").is_err() && parse("missed\tx").is_err());
    }
}
