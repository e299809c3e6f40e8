//! The project's own commands: `cargo xtask test`, `cargo xtask check` and `cargo xtask baseline`.
//!
//! `test` brings everything that the tests need and takes it away again; `check` is all that can be said about
//! the tree without running it. Both close with `N passed, N failed`, alone on the last line.

mod baseline;
mod check;
mod libtest;
mod lifeline;
mod programs;
mod project;
mod servers;
mod tally;
mod test;
mod tidy;
mod tools;

use std::process::ExitCode;

use clap::Parser;

use crate::tally::Tally;

/// The project's own commands.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
enum Command {
    /// Run every test, against the real binary, a private Postgres and a private Redis.
    Test(test::Args),
    /// Check formatting, lints, the contract, dependencies, documentation and the project's own rules.
    Check(check::Args),
    /// Rewrite the image of the contract that `check` compares with, so that today's contract becomes the promise.
    Baseline,
}

fn main() -> ExitCode {
    let outcome = match Command::parse() {
        Command::Test(args) => test::run(&args).map(Tally::close),
        Command::Check(args) => check::run(&args).map(Tally::close),
        Command::Baseline => baseline::run().map(|()| ExitCode::SUCCESS),
    };
    // Whoever reads this wants to know what to do next, not where in this program it was noticed.
    outcome.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}
