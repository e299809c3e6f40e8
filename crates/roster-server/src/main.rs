//! `roster`: the service and its commands.

mod cli;

use std::process::ExitCode;

use clap::Parser;

/// Allocates many small messages well, and gives memory back.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // Before anything can open a connection. It fails only if it was done before.
    let _ = rustls::crypto::ring::default_provider().install_default();
    match cli::run(cli::Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            // Without `Debug`, which would show a backtrace and the insides of errors.
            eprintln!("roster: {error:#}");
            ExitCode::FAILURE
        }
    }
}
