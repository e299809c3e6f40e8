//! The tests that a change is tried with.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use super::build::Copy;
use super::table::{Outcome, Row};
use crate::lifeline::Lifeline;
use crate::programs::Programs;
use crate::test::{Binary, Surroundings};
use crate::tools::Tools;

/// The binaries of tests for changes of a folder, those that answer soonest first. The others are left out: a change that
/// nothing notices costs minutes in each of them.
const SUITES: [(&str, &[&str]); 3] = [
    (
        "crates/roster-domain/",
        &["roster-domain/roster_domain", "roster-domain/it", "roster-model/roster_model"],
    ),
    ("crates/roster-store/", &["roster-store/roster_store", "roster-store/conformance", "tests/it"]),
    (
        "crates/roster-server/",
        &["roster-server/roster_server", "roster-server/it", "tests/it", "tests/process"],
    ),
];

/// How long a suite may take: what takes longer has no end. It is many times what it takes on an idle machine, since a change that
/// is too slow for a busy one would be taken for one that was noticed.
const LIMIT: Duration = Duration::from_mins(10);

/// The compiled tests, and what they need.
pub(super) struct Suites {
    copy: Copy,
    binaries: Vec<Binary>,
    programs: Programs,
    tools: Tools,
    lifeline: Lifeline,
}

impl Suites {
    /// Compiles with the changes that compile, out of which `keep` chooses.
    pub(super) fn build(rows: &mut Vec<Row>, keep: impl Fn(&mut Vec<Row>)) -> Result<Self> {
        let (tools, programs, lifeline) = (Tools::ready()?, Programs::find_or_install()?, Lifeline::new()?);
        let copy = Copy::new()?;
        copy.mark(&lifeline, rows)?;
        keep(rows);
        let binaries = copy.build(&lifeline, rows)?;
        Ok(Self { copy, binaries, programs, tools, lifeline })
    }

    /// Runs the tests with this change until one fails: first the one that failed before, then those that are likely to,
    /// then all.
    pub(super) fn try_out(&self, number: usize, row: &Row) -> Result<Outcome> {
        self.copy.turn_on(Some(number))?;
        // Servers of their own: what a change left in the template of the databases must not meet the next.
        let service = self.copy.service();
        let surroundings = Surroundings::new(&self.lifeline, &self.programs, &self.tools, &service)?;
        let outcome = self.first_failure(row, &surroundings);
        self.lifeline.stop_servers();
        self.copy.turn_on(None)?;
        outcome
    }

    fn first_failure(&self, row: &Row, surroundings: &Surroundings) -> Result<Outcome> {
        let (_, suites) = SUITES
            .iter()
            .find(|(folder, _)| row.name.starts_with(folder))
            .context("a folder without suites")?;
        let mut runs: Vec<(&str, Vec<String>)> = vec![];
        if let Outcome::Caught { suite, test } = &row.outcome {
            runs.push((suite, vec!["--exact".to_owned(), test.clone()]));
        }
        let named = names(&row.name);
        for suite in *suites {
            runs.push((suite, named.clone()));
        }
        for suite in *suites {
            runs.push((suite, vec![]));
        }
        for (suite, filter) in runs {
            if let Some(test) = self.run(suite, &filter, surroundings)? {
                return Ok(Outcome::Caught { suite: suite.to_owned(), test });
            }
        }
        Ok(Outcome::Missed)
    }

    /// Runs these tests, to the first that fails: its name.
    fn run(&self, suite: &str, filter: &[String], surroundings: &Surroundings) -> Result<Option<String>> {
        let Some(binary) = self.binaries.iter().find(|binary| {
            suite.split_once('/').is_some_and(|(package, name)| {
                binary.name == name && binary.package.file_name().is_some_and(|folder| folder == package)
            })
        }) else {
            // The test that failed before may have moved to another suite.
            return Ok(None);
        };
        let mut command = binary.command(surroundings, binary.threads());
        command.args(filter).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = self.lifeline.spawn(&mut command)?;
        let output = child.stdout.take().context("its output")?;
        let (failed, failures) = mpsc::channel();
        let reader = thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                let name = line.strip_prefix("test ").and_then(|rest| rest.strip_suffix(" ... FAILED"));
                if let Some(name) = name {
                    // The other side has gone once it has one.
                    let _ = failed.send(name.to_owned());
                }
            }
        });
        let end = Instant::now() + LIMIT;
        let failure = failures.recv_timeout(end - Instant::now());
        if failure != Err(mpsc::RecvTimeoutError::Disconnected) {
            self.lifeline.cut_short();
        }
        let status = self.lifeline.wait(&mut child)?;
        drop(reader.join());
        Ok(match failure {
            Ok(name) => Some(name),
            Err(mpsc::RecvTimeoutError::Timeout) => Some("without an end".to_owned()),
            Err(mpsc::RecvTimeoutError::Disconnected) => (!status.success()).then(|| "died".to_owned()),
        })
    }
}

/// What those tests have in their names that are likely to notice: the name of the changed file or of its folder, and those of
/// the suites that see most.
fn names(change: &str) -> Vec<String> {
    let path = change.split_once(".rs:").map_or(change, |(path, _)| path);
    let own = path.rsplit('/').take(2).filter(|name| !["mod", "src", "lib"].contains(name));
    own.chain(["walks::", "contract::", "manuals::"]).map(str::to_owned).collect()
}
