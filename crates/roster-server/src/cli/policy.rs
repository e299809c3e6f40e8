//! `roster policy`: the rules of teams, without a service.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Subcommand;
use roster_domain::policy::{parse, show};
use roster_server::config::Config;
use roster_server::policies;

/// What to do with policies.
#[derive(Subcommand)]
pub(super) enum Command {
    /// Show who may do what under a policy that the service runs.
    Show {
        /// The policy's name.
        name: String,
    },
    /// Read policy files and report everything that is wrong with them.
    Check {
        /// The files.
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
}

/// Runs the command. Only what the service runs depends on its configuration; a file can be checked without one.
pub(super) fn run(
    command: &Command,
    config: impl FnOnce() -> anyhow::Result<Config>,
) -> anyhow::Result<ExitCode> {
    match command {
        Command::Show { name } => show_policy(&config()?, name),
        Command::Check { files } => check(files),
    }
}

fn show_policy(config: &Config, name: &str) -> anyhow::Result<ExitCode> {
    let policies = policies::load(config)?;
    let Some(policy) = policies.iter().find(|policy| policy.name.as_str() == name) else {
        let names: Vec<&str> = policies.iter().map(|policy| policy.name.as_str()).collect();
        bail!("there is no policy {name:?}; there are: {}", names.join(", "));
    };
    println!("{}", show(policy).trim_end());
    Ok(ExitCode::SUCCESS)
}

fn check(files: &[PathBuf]) -> anyhow::Result<ExitCode> {
    let mut all_well = true;
    for file in files {
        let name = file.display().to_string();
        let text = std::fs::read_to_string(file).with_context(|| name.clone())?;
        match parse(&name, &text) {
            Ok(policy) => println!("{name}: policy {} is well", policy.name),
            Err(error) => {
                eprintln!("{error}");
                all_well = false;
            }
        }
    }
    Ok(if all_well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
