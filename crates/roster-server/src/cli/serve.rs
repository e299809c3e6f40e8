//! `roster serve`.

use std::process::ExitCode;

use anyhow::Context;
use roster_server::config::Config;
use roster_server::serve::serve;
use roster_server::telemetry::{self, Environment};
use tokio::signal::unix::{SignalKind, signal};

/// Serves until SIGTERM or SIGINT.
pub(super) fn run(config: &Config) -> anyhow::Result<ExitCode> {
    let environment = Environment::read(|name| std::env::var(name).ok())?;
    let runtime = tokio::runtime::Runtime::new()?;
    let served = runtime.block_on(async {
        // Watched from the beginning: a signal during a slow start must not be lost.
        let mut terminate = signal(SignalKind::terminate()).context("watching for SIGTERM")?;
        let mut interrupt = signal(SignalKind::interrupt()).context("watching for SIGINT")?;
        let telemetry = telemetry::begin(&config.log, &environment)?;
        let served = serve(config, async {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        })
        .await;
        telemetry.end().await;
        anyhow::Ok(served?)
    });
    // Nothing that still hangs may keep the process.
    runtime.shutdown_background();
    served.map(|()| ExitCode::SUCCESS)
}
