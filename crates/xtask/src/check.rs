//! `cargo xtask check`: all that can be said about the tree without running it.

use std::process::Command;

use anyhow::{Result, ensure};

use crate::project::{cargo, root, succeed};
use crate::tally::Tally;
use crate::tools::Tools;
use crate::{baseline, chart, compose, examples, programs, tidy};

/// Options of `cargo xtask check`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Run only the checks whose name contains one of these, for example `clippy` or `tidy`.
    names: Vec<String>,
}

/// A check that somebody else's program makes.
type Check = fn() -> Result<()>;

const CHECKS: &[(&str, Check)] = &[
    ("format", format),
    ("clippy with failpoints", clippy_with_failpoints),
    ("clippy", clippy),
    ("rustdoc", rustdoc),
    ("contract: lint", contract_lint),
    ("contract: format", contract_format),
    ("contract: breaking", contract_breaking),
    ("dependencies", dependencies),
    ("image: lint", image_lint),
    ("chart", chart::check),
    ("compose", compose::check),
];

/// Runs every check, also after a failure, and counts them.
pub(crate) fn run(args: &Args) -> Result<Tally> {
    let wanted = |name: &str| args.names.is_empty() || args.names.iter().any(|part| name.contains(part));
    let mut tally = Tally::default();
    for (name, check) in CHECKS {
        if wanted(name) {
            println!("== {name}");
            report(&mut tally, name, &check());
        }
    }

    // Go alone may be missing: nothing but an example is written in it.
    let name = "examples: go";
    if wanted(name) && programs::on_path("go").is_none() {
        println!("{name} ... NOT RUN: there is no go on PATH");
    } else if wanted(name) {
        println!("== {name}");
        report(&mut tally, name, &examples::check_go());
    }

    let repo = tidy::Repo::read(&root())?;
    for rule in tidy::RULES {
        let name = format!("tidy: {}", rule.name);
        if wanted(&name) {
            report(&mut tally, &name, &rule.hold(&repo));
        }
    }
    Ok(tally)
}

fn report(tally: &mut Tally, name: &str, outcome: &Result<()>) {
    match outcome {
        Ok(()) => println!("{name} ... ok"),
        Err(error) => println!("{name} ... FAILED\n{error:#}"),
    }
    tally.count(outcome.is_ok());
}

fn format() -> Result<()> {
    succeed(cargo("fmt").args(["--all", "--check"]))
}

fn clippy_with_failpoints() -> Result<()> {
    succeed(cargo("clippy").args(["--workspace", "--all-targets", "--all-features", "--", "-D", "warnings"]))
}

/// What a release is made of.
fn clippy() -> Result<()> {
    succeed(cargo("clippy").args(["--workspace", "--all-targets", "--", "-D", "warnings"]))
}

/// Private items too: most of the pages that anyone reads here are those.
fn rustdoc() -> Result<()> {
    let mut doc = cargo("doc");
    doc.args(["--workspace", "--no-deps", "--all-features", "--document-private-items"]);
    succeed(doc.env("RUSTDOCFLAGS", "-D warnings"))
}

fn contract_lint() -> Result<()> {
    succeed(tool("buf")?.arg("lint"))
}

/// Our own files; those of others stay as they came.
fn contract_format() -> Result<()> {
    succeed(tool("buf")?.args(["format", "--diff", "--exit-code", "--path", "proto/roster"]))
}

fn contract_breaking() -> Result<()> {
    ensure!(
        root().join(baseline::IMAGE).exists(),
        "{} is missing; `cargo xtask baseline` makes it",
        baseline::IMAGE
    );
    succeed(tool("buf")?.args(["breaking", "--against", baseline::IMAGE]))
}

fn dependencies() -> Result<()> {
    // Offline, cargo-deny reads what cargo has fetched, and for every platform.
    succeed(&mut cargo("fetch"))?;
    succeed(tool("cargo-deny")?.args(["--offline", "check", "bans", "licenses", "sources"]))
}

fn image_lint() -> Result<()> {
    succeed(tool("hadolint")?.arg("deploy/Dockerfile"))
}

/// One of the pinned tools, at the root; the first that is asked for installs them all.
fn tool(name: &str) -> Result<Command> {
    let mut command = Command::new(Tools::ready()?.path(name));
    command.current_dir(root());
    Ok(command)
}
