//! The service from its first moment to its last: build, run, drain.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

use crate::app::App;
use crate::authn::{Authn, jwt};
use crate::boot;
use crate::config::Config;
use crate::edge::admission::Gate;
use crate::edge::share::Shares;
use crate::edge::{Edge, Inner};
use crate::greeting;
use crate::mail;
use crate::mail::worker::{self, Worker};
use crate::methods::{self, HEAVY};
use crate::policies;
use crate::routes::Routes;
use crate::shutdown::Shutdown;
use crate::sweep;
use crate::transport::{self, Door, Life, Tls, TlsError};

/// How long a connection lasts of those who only ask how the service is: they ask and go.
const PROBE_LIFE: Life = Life { age: Duration::from_secs(30), grace: Duration::from_secs(1) };

/// Connections are renewed after this time, so that calls spread over new replicas.
const CONNECTION_AGE: Duration = Duration::from_mins(30);

/// How long streams may go on after their connection's time: any call is done by then, and who watches begins anew.
const CONNECTION_GRACE: Duration = Duration::from_mins(1);

/// How long after the signal to stop calls are still let in that were on their way.
const LAST_CALLS: Duration = Duration::from_secs(1);

/// How long after the last call its answer has to leave.
const LAST_BYTES: Duration = Duration::from_millis(200);

/// How long the end waits for the database's connections to close.
const CLOSE: Duration = Duration::from_secs(1);

/// Why the service did not start, or did not go on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The table of methods is wrong.
    #[error(transparent)]
    Unclassified(#[from] methods::Unclassified),
    /// The address is taken, or not one of this machine.
    #[error("listen: {address}")]
    Listen {
        /// The address.
        address: std::net::SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
    /// The certificates cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The keys of tokens cannot be used.
    #[error(transparent)]
    Jwt(#[from] jwt::OpenError),
    /// The policies are not well.
    #[error(transparent)]
    Policies(#[from] policies::Error),
    /// What the service stands on is not there.
    #[error(transparent)]
    Boot(#[from] boot::Error),
    /// The descriptors for reflection cannot be read.
    #[error("the descriptors for reflection")]
    Reflection(#[from] tonic_reflection::server::Error),
    /// The greeting cannot be written.
    #[error("standard output")]
    Greeting(#[source] std::io::Error),
    /// The server ended by itself.
    #[error("the server ended unasked")]
    Ended,
}

/// Serves until `stop` is done, then ends what is under way and returns.
pub async fn serve(config: &Config, stop: impl Future<Output = ()>) -> Result<(), Error> {
    // What is wrong shows before anything is touched.
    methods::check()?;
    let policies = policies::load(config)?;
    policies::require_bound(config, &policies)?;
    let tls = config.tls.clone().map(Tls::open).transpose()?;
    let shutdown = Shutdown::default();
    // However this ends, what it began is told.
    let _told = shutdown.token().drop_guard();
    let authn = Arc::new(Authn::open(&config.authn, &shutdown)?);
    // On each of its sockets.
    let sockets = 1 + u32::from(config.health_listen.is_some());
    transport::raise_limit(config.limits.connections.all.saturating_mul(sockets));
    let (listener, address) = listen(config.listen).await?;
    let probes = match config.health_listen {
        Some(address) => Some(listen(address).await?),
        None => None,
    };

    let _data = boot::lock_data(config)?;
    let app = Arc::new(boot::app(config, policies, shutdown.clone()).await?);
    let gate = Gate::new(config.limits.requests_in_flight);
    let limits = &config.limits;
    let shares = Shares::new(limits.requests_in_flight_per_caller, limits.requests_in_flight_per_actor);
    let edge = Edge { gate: gate.clone(), deadline: config.deadline, authn, shares, health_only: false };
    let health = HealthReporter::new();
    report(&health, ServingStatus::Serving).await;
    let routes = Routes::all(&app, &health)?;

    let life = Life { age: CONNECTION_AGE, grace: CONNECTION_GRACE.max(config.deadline * HEAVY) };
    let door = Door { caps: config.limits.connections, tls, life };
    let mut serving =
        tokio::spawn(transport::serve(listener, door, edge.clone().around(routes), shutdown.token()));
    let health_address = probes.as_ref().map(|(_, address)| *address);
    // They are answered to the end, and with the end.
    let health_server = probes.map(|(listener, _)| {
        let door = Door { caps: config.limits.connections, tls: None, life: PROBE_LIFE };
        // With shares of its own: what is asked elsewhere takes no room from probes.
        let edge = Edge { health_only: true, shares: Shares::new(1, 1), ..edge };
        let handlers = edge.around(Routes::health(&health));
        tokio::spawn(transport::serve(listener, door, handlers, CancellationToken::new()))
    });
    shutdown.spawn("sweep", sweep::run(Arc::clone(&app)));
    if let Some(mail) = app.mail.clone() {
        shutdown.spawn("mail", worker::run(Worker { app: Arc::clone(&app), mail }));
    }
    greeting::say(config, (address, health_address), first_policy(&app)).map_err(Error::Greeting)?;
    let mail = mail::destination(config.mail.as_ref());
    tracing::info!(%address, embedded = config.storage.is_embedded(), mail, "serving");

    tokio::select! {
        () = stop => {}
        _ = &mut serving => return Err(Error::Ended),
    }
    tracing::info!("stopping");
    report(&health, ServingStatus::NotServing).await;
    // Closes the listening socket, tells every connection to go, and lets workers end while the last calls are answered. A
    // mail that those still commit is sent by another replica, or after the next start.
    shutdown.begin();
    tokio::join!(drain(&mut serving, &gate, config.drain), shutdown.ended(config.drain));
    serving.abort();
    if let Some(health_server) = health_server {
        health_server.abort();
    }
    close(&app).await;
    tracing::info!("stopped");
    Ok(())
}

/// What the service answers, behind all that a call passes and without a socket: to be handed calls by a test or a fuzzer.
pub fn without_sockets(app: &Arc<App>, edge: Edge) -> Result<impl Inner + use<>, Error> {
    Ok(edge.around(Routes::all(app, &HealthReporter::new())?))
}

/// Listens there, and says where that is: the port may be any.
async fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr), Error> {
    let failed = |source| Error::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok((listener, address))
}

/// Waits until nothing is under way: every connection is closed and every change made whose client has gone, or every
/// call was answered, or time is up. A silent connection closes never, so that the calls are what counts.
async fn drain<T>(server: &mut JoinHandle<T>, gate: &Gate, longest: Duration) {
    let calls = async {
        tokio::time::sleep(LAST_CALLS).await;
        gate.close();
        gate.empty().await;
        tokio::time::sleep(LAST_BYTES).await;
    };
    let closed = async {
        let _ = server.await;
        gate.close();
        gate.empty().await;
    };
    tokio::select! {
        () = closed => {}
        () = calls => {}
        () = tokio::time::sleep(longest) => tracing::warn!("calls under way were cut off"),
    }
}

async fn close(app: &App) {
    if tokio::time::timeout(CLOSE, app.store.close()).await.is_err() {
        tracing::warn!("the database was not closed in time");
    }
}

/// Says to those who probe whether calls are welcome.
async fn report(health: &HealthReporter, status: ServingStatus) {
    health.set_service_status("", status).await;
    health.set_service_status(roster_proto::v1::team_service_server::SERVICE_NAME, status).await;
    health.set_service_status(roster_proto::v1::invitation_service_server::SERVICE_NAME, status).await;
}

fn first_policy(app: &App) -> Option<&str> {
    app.policies.iter().next().map(|policy| policy.name.as_str())
}
