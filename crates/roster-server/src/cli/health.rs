//! `roster health`: asks a running service, as a probe would.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use roster_server::config::Config;
use tonic::transport::Endpoint;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use super::small_runtime;

/// How long to wait for an answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// What to ask.
#[derive(Args)]
pub(super) struct Health {
    /// The service's address, such as 127.0.0.1:50051; the configured one if absent.
    #[arg(long)]
    address: Option<String>,
}

/// Asks, says the answer, and fails unless it is SERVING.
pub(super) fn run(
    command: &Health,
    config: impl FnOnce() -> anyhow::Result<Config>,
) -> anyhow::Result<ExitCode> {
    let address = match &command.address {
        Some(address) => address.clone(),
        None => config()?.listen.to_string(),
    };
    let asked = small_runtime()?
        .block_on(async { tokio::time::timeout(PATIENCE, ask(&address)).await })
        .map_err(anyhow::Error::from)
        .and_then(|answer| answer);
    let status = asked.with_context(|| format!("asking the service at {address}"))?;
    println!("{}", status.as_str_name());
    Ok(if status == ServingStatus::Serving { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn ask(address: &str) -> anyhow::Result<ServingStatus> {
    let channel = Endpoint::from_shared(format!("http://{address}"))?.connect().await?;
    let request = HealthCheckRequest { service: String::new() };
    Ok(HealthClient::new(channel).check(request).await?.into_inner().status())
}
