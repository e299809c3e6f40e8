//! A build of the service that runs on data of its own, configured as users run it: tokens are verified, limits hold
//! and the log goes to a file.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use roster_testkit::{Data, Kind, Options, Server, connect_postgres};
use tokio_postgres::Client;
use tonic::transport::{Channel, Endpoint};

use crate::cpu;
use crate::identity::Issuer;

/// The connections over which calls are spread: a product has a few replicas, and one connection alone would be served
/// by one core at a time. A connection takes 128 calls at once.
pub(crate) const CHANNELS: usize = 4;

/// The policy of every team here.
pub(crate) const POLICY: &str = "bench";
const POLICY_FILE: &str = include_str!("../policy.toml");

/// Larger than whatever a run makes, and still a limit that each call is held against.
const LIMITS: &str = "\
    live_links_per_team = 1000000\n\
    pending_invitations_per_team = 1000000\n\
    teams_per_user_and_day = 1000000\n\
    requests_in_flight_per_actor = 256\n";

/// A running build.
pub(crate) struct Service {
    server: Server,
    data: Arc<Data>,
    log: PathBuf,
    /// A connection to look at its database by, on Postgres.
    observer: Option<Client>,
}

impl Service {
    /// Starts that build on new data.
    pub(crate) async fn start(kind: Kind, binary: &Path, issuer: &Issuer) -> Result<Self> {
        let data = Arc::new(Data::fresh_for(kind, binary).await);
        let folder = data.directory();
        let policies = folder.join("policies");
        fs::create_dir(&policies)?;
        fs::write(policies.join("bench.toml"), POLICY_FILE)?;
        let key_set = folder.join("jwks.json");
        fs::write(&key_set, issuer.key_set())?;
        let file = folder.join("bench.toml");
        let configuration = format!(
            "policies_dir = '{}'\n\n{}\n[limits]\n{LIMITS}\n[log]\nfilter = \"info\"\n",
            policies.display(),
            Issuer::configuration(&key_set)
        );
        fs::write(&file, configuration)?;
        let log = folder.join("service.log");
        let options = Options::default().variable("ROSTER_CONFIG", file.display().to_string()).log_to(&log);
        let server = Server::start_on(Arc::clone(&data), options).await;
        let observer = match kind {
            Kind::Embedded => None,
            Kind::Full => Some(connect_postgres(&data.postgres_url()).await),
        };
        Ok(Self { server, data, log, observer })
    }

    /// New connections to it.
    pub(crate) fn channels(&self) -> Result<Vec<Channel>> {
        channels(self.server.address())
    }

    /// Processor time of its process so far.
    pub(crate) fn cpu(&self) -> Duration {
        cpu::used_by(self.server.process_id())
    }

    /// Processor time of its connections to Postgres so far.
    pub(crate) async fn database_cpu(&self) -> Result<Duration> {
        let Some(observer) = &self.observer else { return Ok(Duration::ZERO) };
        let processes = "SELECT pid FROM pg_stat_activity \
                         WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'";
        let rows = observer.query(processes, &[]).await?;
        Ok(rows.iter().filter_map(|row| row.get::<_, i32>(0).try_into().ok()).map(cpu::used_by).sum())
    }

    /// The URL of its database on Postgres.
    pub(crate) fn postgres_url(&self) -> String {
        self.data.postgres_url()
    }

    /// Empties its log: a run writes gigabytes.
    pub(crate) fn empty_log(&self) -> Result<()> {
        fs::File::options().write(true).open(&self.log)?.set_len(0).context("the log cannot be emptied")
    }
}

/// Connections to that address, made with their first call.
pub(crate) fn channels(address: SocketAddr) -> Result<Vec<Channel>> {
    let endpoint = Endpoint::from_shared(format!("http://{address}"))?.tcp_nodelay(true);
    Ok((0..CHANNELS).map(|_| endpoint.connect_lazy()).collect())
}
