//! The command line.

mod config;
mod dev_token;
mod health;
mod import;
mod keys;
mod migrate;
mod policy;
mod serve;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use roster_server::config::{Config, Flags, load};

/// Teams, roles and invites as a gRPC service.
#[derive(Parser)]
#[command(name = "roster", version)]
pub(crate) struct Cli {
    #[command(flatten)]
    sources: Sources,
    #[command(subcommand)]
    command: Option<Command>,
}

/// Where the configuration comes from, for every command.
#[derive(Args)]
struct Sources {
    /// The configuration's file, in TOML; the variable `ROSTER_CONFIG` names it as well.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where to listen, such as 127.0.0.1:50051.
    #[arg(long, global = true, value_name = "ADDRESS")]
    listen: Option<String>,
    /// Where an embedded service keeps its data.
    #[arg(long, global = true, value_name = "DIRECTORY")]
    data_dir: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Command {
    /// Run the service; what happens without a command.
    Serve,
    /// Look at the rules of teams.
    #[command(subcommand)]
    Policy(policy::Command),
    /// Look after the database's schema.
    #[command(subcommand)]
    Migrate(migrate::Command),
    /// Look after the server's keys.
    #[command(subcommand)]
    Keys(keys::Command),
    /// Look at the configuration.
    #[command(subcommand)]
    Config(config::Command),
    /// Ask a running service whether it serves; fails unless it does.
    Health(health::Health),
    /// Make a team of a running service what a file records; fails if any row of it could not be.
    Import(Box<import::Import>),
    /// Make a token with a key of one's own, to try the service without an identity provider.
    DevToken(Box<dev_token::DevToken>),
}

/// Runs what the command line says.
pub(crate) fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let config = || configuration(&cli.sources);
    match cli.command.unwrap_or(Command::Serve) {
        Command::Serve => serve::run(&config()?),
        Command::Policy(command) => policy::run(&command, config),
        Command::Migrate(command) => migrate::run(&command, &config()?),
        Command::Keys(command) => keys::run(&command, &config()?),
        Command::Config(command) => config::run(&command, &config()?),
        Command::Health(command) => health::run(&command, config),
        Command::Import(command) => import::run(&command, || Ok(config()?.listen.to_string())),
        Command::DevToken(command) => dev_token::run(&command),
    }
}

fn configuration(sources: &Sources) -> anyhow::Result<Config> {
    let flags = Flags {
        config: sources.config.clone(),
        listen: sources.listen.clone(),
        data_dir: sources.data_dir.clone(),
    };
    // A variable that is not text is none of the service's.
    let environment = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    Ok(load(&flags, environment)?)
}

/// A runtime for commands that do one thing.
fn small_runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::Cli;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
