//! A running service.

use std::net::SocketAddr;
use std::sync::Arc;

use roster_proto::v1::invitation_service_client::InvitationServiceClient;
use roster_proto::v1::team_service_client::TeamServiceClient;
use rustix::process::Signal;
use tonic::transport::{Channel, Endpoint};

use crate::actor::{Actor, InviteClient, TeamClient};
use crate::data::{Data, Finished, Options};
use crate::kind::Kind;
use crate::process::Process;

/// The binary, serving on a port of its own. It ends when dropped, and its data with it.
pub struct Server {
    // Before the data: the process must end before they go.
    process: Process,
    data: Arc<Data>,
    address: SocketAddr,
    channel: Channel,
}

impl Server {
    /// Starts the service on new data.
    pub async fn start(kind: Kind) -> Self {
        Self::start_with(kind, Options::default()).await
    }

    /// Starts the service on new data, with what is special about this run.
    pub async fn start_with(kind: Kind, options: Options) -> Self {
        Self::start_on(Arc::new(Data::fresh(kind).await), options).await
    }

    /// Starts the service on data that are there.
    pub async fn start_on(data: Arc<Data>, options: Options) -> Self {
        let mut process = data.start(&["serve"], options);
        let line = process.line("Roster serves on ").await;
        let address = line.rsplit(' ').next().and_then(|text| text.parse().ok());
        let address: SocketAddr = address.unwrap_or_else(|| panic!("{line:?} ends in an address"));
        Self { process, data, address, channel: connect_lazily(address) }
    }

    /// Stops the service in order and starts it on the same data.
    pub async fn restart(self, options: Options) -> Self {
        let data = self.data();
        self.stop().await;
        Self::start_on(data, options).await
    }

    /// Asks the service to stop, and sees it end without a fault.
    pub async fn stop(mut self) -> Finished {
        self.process.signal(Signal::TERM);
        let status = self.process.ended().await;
        assert!(status.success(), "asked to stop, the service ends with {status}:\n{}", self.logs());
        Finished { status, output: self.logs() }
    }

    /// Ends the service as a power failure would; its data stay.
    pub async fn crash(mut self) -> Arc<Data> {
        self.process.kill().await;
        self.data()
    }

    /// Waits for the service to end by itself; its data stay.
    pub async fn ended(mut self) -> (Finished, Arc<Data>) {
        let status = self.process.ended().await;
        (Finished { status, output: self.logs() }, self.data())
    }

    /// Where it serves.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it serves health alone, if it was told to.
    pub async fn health_address(&mut self) -> SocketAddr {
        let line = self.process.line("Health alone is served on ").await;
        let address = line.trim_end_matches('.').rsplit(' ').next().and_then(|text| text.parse().ok());
        address.unwrap_or_else(|| panic!("{line:?} ends in an address"))
    }

    /// The system's number for its process.
    #[must_use]
    pub fn process_id(&self) -> u32 {
        self.process.id()
    }

    /// Its data, to start another service on.
    #[must_use]
    pub fn data(&self) -> Arc<Data> {
        Arc::clone(&self.data)
    }

    /// Everything that it wrote so far.
    #[must_use]
    pub fn logs(&self) -> String {
        self.process.output()
    }

    /// A connection that all clients of this server share.
    #[must_use]
    pub fn channel(&self) -> Channel {
        self.channel.clone()
    }

    /// A connection of its own.
    #[must_use]
    pub fn new_channel(&self) -> Channel {
        connect_lazily(self.address)
    }

    /// A client of `TeamService` that acts for that person.
    #[must_use]
    pub fn team_as(&self, actor: impl Into<Actor>) -> TeamClient {
        TeamServiceClient::with_interceptor(self.channel(), actor.into())
    }

    /// A client of `InvitationService` that acts for that person.
    #[must_use]
    pub fn invites_as(&self, actor: impl Into<Actor>) -> InviteClient {
        InvitationServiceClient::with_interceptor(self.channel(), actor.into())
    }
}

fn connect_lazily(address: SocketAddr) -> Channel {
    Endpoint::from_shared(format!("http://{address}")).expect("an address makes a URL").connect_lazy()
}
