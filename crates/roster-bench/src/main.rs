//! The load generator of `cargo xtask bench`: it starts builds of the service side by side, calls them in interleaved
//! rounds, and writes `docs/performance.md`.
//!
//! Every figure is a ratio within one run. A refused call fails its row and counts as nothing.

mod cpu;
mod echo;
mod grow;
mod identity;
mod load;
mod pgbench;
mod report;
mod rows;
mod run;
mod service;
mod stats;
mod world;

use std::process::ExitCode;

use clap::Parser;

/// The service uses it too: client and echo are to be no slower than it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The load generator of `cargo xtask bench`, which starts it with the servers that it needs.
#[derive(Parser)]
enum Command {
    /// Measure, print, and write the page if every row was measured.
    Run(run::Args),
    /// Serve the bare echo that every rate is compared with.
    Echo,
}

#[tokio::main]
async fn main() -> ExitCode {
    let outcome = match Command::parse() {
        Command::Run(args) => run::run(&args).await,
        Command::Echo => echo::serve().await.map(|()| ExitCode::SUCCESS),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("roster-bench: {error:#}");
        ExitCode::FAILURE
    })
}
