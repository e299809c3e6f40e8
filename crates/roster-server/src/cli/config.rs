//! `roster config`: what is in force.

use std::process::ExitCode;

use clap::Subcommand;
use roster_server::config::Config;
use roster_server::config::keys::{KEYS, callers, value};
use roster_server::mail::Templates;
use roster_server::policies;
use roster_server::telemetry::Environment;

/// What to do with the configuration.
#[derive(Subcommand)]
pub(super) enum Command {
    /// Print the configuration in force, as TOML; secrets are not shown.
    Print,
    /// Report everything that is wrong with the configuration, its policies and its mail templates, and do nothing else.
    Check,
}

/// Runs the command on a configuration that was checked already.
pub(super) fn run(command: &Command, config: &Config) -> anyhow::Result<ExitCode> {
    Environment::read(|name| std::env::var(name).ok())?;
    match command {
        Command::Print => {
            for key in KEYS {
                if let Some(value) = value(config, key.name) {
                    println!("{} = {value}", key.name);
                }
            }
            print!("{}", callers(config));
        }
        Command::Check => {
            policies::require_bound(config, &policies::load(config)?)?;
            if let Some(mail) = &config.mail {
                Templates::load(mail.templates_dir.as_deref())?;
            }
            println!("the configuration is well");
        }
    }
    Ok(ExitCode::SUCCESS)
}
