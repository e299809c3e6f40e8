//! `cargo xtask test`: every test, with all that it needs.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, thread};

use anyhow::{Context as _, Result};

use crate::libtest::Reading;
use crate::lifeline::Lifeline;
use crate::programs::Programs;
use crate::project;
use crate::servers::postgres::Durability;
use crate::servers::{postgres, redis};
use crate::tally::Tally;
use crate::tools::Tools;

/// One set of features for the build and the tests, so that nothing is compiled twice.
pub(crate) const FEATURES: &str = "--features=roster-server/failpoints,roster-store/failpoints";

/// Options of `cargo xtask test`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Run only the tests whose name contains this; may be repeated.
    #[arg(long)]
    filter: Vec<String>,
}

/// Runs the tests and counts them.
pub(crate) fn run(args: &Args) -> Result<Tally> {
    with_servers(cargo_test(&args.filter))
}

/// Builds everything, starts the servers, and runs that cargo with what tests want to know.
pub(crate) fn with_servers(mut tests: Command) -> Result<Tally> {
    let programs = Programs::find_or_install()?;
    let tools = Tools::ready()?;
    let lifeline = Lifeline::new()?;

    // All targets at once: dependencies then have the very features that they have under `cargo test`.
    let mut build = project::cargo("build");
    build.args(["--workspace", "--all-targets", FEATURES]);
    let mut child = lifeline.spawn(&mut build)?;
    if !lifeline.wait(&mut child)?.success() {
        // Tests of the binary of an earlier build would prove nothing.
        return Ok(Tally { passed: 0, failed: 1 });
    }

    let postgres_url = lifeline.hold(|| postgres::start(&programs.postgres, Durability::Process))?;
    let redis_url = lifeline.hold(|| redis::start(&programs.redis_server))?;
    tests
        .env("ROSTER_TEST_POSTGRES_URL", postgres_url)
        .env("ROSTER_TEST_REDIS_URL", redis_url)
        .env("ROSTER_TEST_REDIS_SERVER", &programs.redis_server)
        .env("ROSTER_TEST_POSTGRES_BIN", &programs.postgres)
        .env("ROSTER_TEST_PGBOUNCER", &programs.pgbouncer)
        .env("ROSTER_TEST_GRPCURL", tools.path("grpcurl"))
        .env("ROSTER_TEST_PYTHON", tools.path("python"))
        .env("ROSTER_TEST_BIN", service(&project::target_dir()?));
    let tally = stream(&lifeline, tests)?;
    // Before the closing line, so that it is the last word.
    drop(lifeline);
    Ok(tally)
}

/// Cargo with the tests whose name contains one of these, or with all of them.
pub(crate) fn cargo_test(filter: &[String]) -> Command {
    let mut command = project::cargo("test");
    command.args(["--workspace", "--no-fail-fast", FEATURES]).env("CARGO_TERM_COLOR", "never");
    if !filter.is_empty() {
        // Without the tests of the documentation, which take longer to begin than a few tests to run. (`--test` is
        // no good either: cargo then builds many dependencies a second time, in another form.)
        command.arg("--all-targets").arg("--").args(filter);
    }
    // A developer's own settings of the service are not the tests'.
    project::forget_settings(&mut command);
    command
}

/// The service as built.
pub(crate) fn service(target: &Path) -> PathBuf {
    target.join("debug").join(format!("roster{}", env::consts::EXE_SUFFIX))
}

/// Runs the command, shows its output as it comes and counts the results in it.
fn stream(lifeline: &Lifeline, mut command: Command) -> Result<Tally> {
    // One pipe for both, so that lines keep their order.
    let (reader, writer) = io::pipe()?;
    command.stdout(writer.try_clone()?).stderr(writer);
    let mut child = lifeline.spawn(&mut command).context("cannot run cargo test")?;
    // It holds the pipe's writing ends, and with them open the reading never ends.
    drop(command);

    thread::scope(|scope| {
        // Waited for beside the reading: a process that a test left behind keeps the pipe open until it is ended.
        let status = scope.spawn(|| lifeline.wait(&mut child));
        let mut reading = Reading::default();
        let mut out = io::stdout().lock();
        let mut line = Vec::new();
        let mut reader = BufReader::new(reader);
        while reader.read_until(b'\n', &mut line)? > 0 {
            out.write_all(&line)?;
            out.flush()?;
            reading.line(String::from_utf8_lossy(&line).trim_end());
            line.clear();
        }
        let Ok(status) = status.join() else { anyhow::bail!("the thread that waits for cargo panicked") };
        Ok(reading.finish(status?))
    })
}
