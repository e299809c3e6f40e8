//! `cargo xtask bench`: the load generator `roster-bench`, with all that it needs. It is no part of `test`: what it
//! prints is figures of one machine on one day.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result, ensure};

use crate::lifeline::Lifeline;
use crate::programs::Programs;
use crate::project::{self, root, target_dir};
use crate::servers::postgres::Durability;
use crate::servers::{postgres, redis};

/// Options of `cargo xtask bench`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Measure only these rows, and write no page. Without any, every row is measured and `docs/performance.md` written.
    #[arg(value_name = "ROW")]
    names: Vec<String>,
    /// Measure another build of the service in the same rounds, and print the ratio.
    #[arg(long, value_name = "PATH")]
    against: Option<PathBuf>,
    /// Measure this build of the service instead of building one.
    #[arg(long, value_name = "PATH")]
    binary: Option<PathBuf>,
    /// What the build of `--binary` is called in the page, such as a commit.
    #[arg(long, value_name = "TEXT", requires = "binary")]
    name: Option<String>,
    /// What the build of `--against` is called in the page.
    #[arg(long, value_name = "TEXT", requires = "against")]
    against_name: Option<String>,
    /// How many rounds are measured with 32 calls in flight. The others have at most three.
    #[arg(long, value_name = "N")]
    rounds: Option<u16>,
    /// How many memberships the large database has: 1m or 10m.
    #[arg(long, value_name = "SIZE")]
    rows: Option<String>,
    /// Where the page and its plot are written instead of `docs`.
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
}

/// Builds, starts the servers, measures, and takes the servers away again.
pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let programs = Programs::find_or_install()?;
    let pgbench = programs.pgbench()?;
    let lifeline = Lifeline::new()?;

    build(&lifeline, "roster-bench")?;
    let release = target_dir()?.join("release");
    let binary = if let Some(binary) = &args.binary {
        absolute(binary)?
    } else {
        build(&lifeline, "roster-server")?;
        release.join("roster")
    };

    let postgres_url = lifeline.hold(|| postgres::start(&programs.postgres, Durability::Machine))?;
    let redis_url = lifeline.hold(|| redis::start(&programs.redis_server))?;
    let mut bench = Command::new(release.join("roster-bench"));
    // A developer's own settings are not meant.
    project::forget_settings(&mut bench);
    bench
        .env("ROSTER_TEST_POSTGRES_URL", postgres_url)
        .env("ROSTER_TEST_REDIS_URL", redis_url)
        .env("ROSTER_TEST_BIN", &binary);
    bench.arg("run").args(&args.names).arg("--binary").arg(&binary).arg("--pgbench").arg(pgbench);
    bench.arg("--name").arg(args.name.clone().map_or_else(|| name_of(args), Ok)?);
    if let Some(against) = &args.against {
        bench.arg("--against").arg(absolute(against)?);
    }
    if let Some(name) = &args.against_name {
        bench.arg("--against-name").arg(name);
    }
    if let Some(rounds) = args.rounds {
        bench.arg("--rounds").arg(rounds.to_string());
    }
    if let Some(rows) = &args.rows {
        bench.arg("--rows").arg(rows);
    }
    bench.arg("--out").arg(args.out.clone().unwrap_or_else(|| root().join("docs")));
    let mut child = lifeline.spawn(&mut bench).context("cannot run roster-bench")?;
    let status = lifeline.wait(&mut child)?;
    Ok(ExitCode::from(u8::from(!status.success())))
}

fn build(lifeline: &Lifeline, package: &str) -> Result<()> {
    let mut build = project::cargo("build");
    build.args(["--release", "--package", package]);
    let mut child = lifeline.spawn(&mut build)?;
    ensure!(lifeline.wait(&mut child)?.success(), "{package} does not build");
    Ok(())
}

/// The path as it is from anywhere.
fn absolute(path: &Path) -> Result<PathBuf> {
    fs::canonicalize(path).with_context(|| path.display().to_string())
}

/// What the measured build is called where nobody said it: the commit of this work tree.
fn name_of(args: &Args) -> Result<String> {
    if args.binary.is_some() {
        return Ok("the build of --binary".to_owned());
    }
    let mut git = Command::new("git");
    git.current_dir(root()).args(["describe", "--always", "--dirty", "--exclude=*"]);
    let output = git.output().context("cannot run git")?;
    ensure!(output.status.success(), "git describe: {}", String::from_utf8_lossy(&output.stderr));
    Ok(format!("commit `{}`", String::from_utf8(output.stdout)?.trim()))
}
