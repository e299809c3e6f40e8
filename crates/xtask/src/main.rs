//! The project's own commands: `cargo xtask test`, `check`, `bench`, `faults`, `fuzz`, `examples`, `measure`,
//! `mutants` and `baseline`, and those of a release: `sbom`, `image` and `advisories`.
//!
//! `test` brings everything that the tests need and takes it away again; `check` is all that can be said about the tree
//! without running it; `bench` measures; `faults` runs the long forms of the fault tests; `fuzz` looks for inputs that
//! break it; `examples` runs the clients; `measure` counts lines; `mutants` makes the code wrong and sees
//! whether the tests notice. All but `bench` and `measure` close with
//! `N passed, N failed`, alone on the last line.

mod advisories;
mod baseline;
mod bench;
mod chart;
mod check;
mod compose;
mod examples;
mod faults;
mod fuzz;
mod helm;
mod image;
mod libtest;
mod lifeline;
mod measure;
mod mutants;
mod programs;
mod project;
mod sbom;
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
    /// Measure the service on a private Postgres and Redis, beside another build of it if one is given.
    Bench(bench::Args),
    /// Run the long forms of the fault tests: what the short forms in `test` do, for as long as such faults last.
    Faults(faults::Args),
    /// Look for bytes that break what parses them, from the inputs that are kept on.
    Fuzz(fuzz::Args),
    /// See whether the tests notice when the code is wrong.
    Mutants(mutants::Args),
    /// Count the lines of code and of tests.
    Measure,
    /// Build and run the clients in `examples`, against a private service.
    Examples(examples::Args),
    /// Rewrite the image of the contract that `check` compares with, so that today's contract becomes the promise.
    Baseline,
    /// Write the list of everything that a release binary is made of, as a bill of materials in JSON.
    Sbom(sbom::Args),
    /// Build the container image from a release binary, run it, and see that it is what it should be. Needs buildah.
    Image(image::Args),
    /// Look for known weaknesses of the dependencies. Needs the network.
    Advisories,
}

fn main() -> ExitCode {
    let outcome = match Command::parse() {
        Command::Test(args) => test::run(&args).map(Tally::close),
        Command::Check(args) => check::run(&args).map(Tally::close),
        Command::Bench(args) => bench::run(&args),
        Command::Faults(args) => faults::run(&args).map(Tally::close),
        Command::Fuzz(args) => fuzz::run(&args).map(Tally::close),
        Command::Examples(args) => examples::run(&args).map(Tally::close),
        Command::Mutants(args) => mutants::run(&args).map(Tally::close),
        Command::Measure => measure::run().map(|()| ExitCode::SUCCESS),
        Command::Baseline => baseline::run().map(|()| ExitCode::SUCCESS),
        Command::Sbom(args) => sbom::run(&args).map(|()| ExitCode::SUCCESS),
        Command::Image(args) => image::run(&args).map(|()| ExitCode::SUCCESS),
        Command::Advisories => advisories::run().map(|()| ExitCode::SUCCESS),
    };
    // Whoever reads this wants to know what to do next, not where in this program it was noticed.
    outcome.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}
