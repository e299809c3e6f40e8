//! `roster migrate`: the database's schema.

use std::process::ExitCode;

use clap::Subcommand;
use roster_server::boot;
use roster_server::config::Config;

use super::small_runtime;

/// What to do with the schema.
#[derive(Subcommand)]
pub(super) enum Command {
    /// Bring the schema up to date. Safe to run twice at once.
    Up,
    /// Say which migrations ran and which are pending; fails if any is.
    Status,
}

/// Runs the command against the configured database.
pub(super) fn run(command: &Command, config: &Config) -> anyhow::Result<ExitCode> {
    small_runtime()?.block_on(async {
        let _data = boot::lock_data(config)?;
        let store = boot::store(config).await?;
        let code = match command {
            Command::Up => {
                let applied = store.migrate_up().await?;
                for name in &applied {
                    println!("applied {name}");
                }
                if applied.is_empty() {
                    println!("nothing to do");
                }
                ExitCode::SUCCESS
            }
            Command::Status => {
                let status = store.migration_status().await?;
                for name in &status.applied {
                    println!("applied {name}");
                }
                for name in &status.pending {
                    println!("pending {name}");
                }
                if status.pending.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
            }
        };
        store.close().await;
        Ok(code)
    })
}
