//! The mode behind mutual TLS: which certificates call, what they may, and what exists for them.

mod certificates;
mod identity;
mod policies;
mod unserved;

use std::sync::Arc;

use roster_proto::v1::invitation_service_client::InvitationServiceClient;
use roster_proto::v1::team_service_client::TeamServiceClient;
use roster_testkit::{
    Actor, Authority, Data, InviteClient, Kind, Naming, Options, Server, TeamClient, TlsFiles,
};
use tonic::transport::Channel;

const SHOP: &str = "spiffe://example.org/ns/shop/sa/backend";
const WIKI: &str = "spiffe://example.org/ns/wiki/sa/backend";
const BILLING: &str = "spiffe://example.org/ns/billing/sa/jobs";

const CALLERS: &str = "
    authn.mode = 'mesh'
    [callers.shop]
    uri = 'spiffe://example.org/ns/shop/sa/backend'
    scopes = ['act-as']
    policies = ['account']
    [callers.wiki]
    uri = 'spiffe://example.org/ns/wiki/sa/backend'
    scopes = ['act-as', 'events.watch-all']
    policies = ['organization', 'workspace']
    [callers.billing]
    uri = 'spiffe://example.org/ns/billing/sa/jobs'
    scopes = ['tiers.set', 'teams.administer']
    policies = ['*']
";

/// A service that demands certificates, and the authority that signs both sides.
struct Mesh {
    authority: Authority,
    server: Server,
}

impl Mesh {
    async fn start(kind: Kind) -> Self {
        Self::start_with(kind, Options::default()).await
    }

    async fn start_with(kind: Kind, options: Options) -> Self {
        Self::start_on(Data::fresh(kind).await.into(), CALLERS, options).await
    }

    async fn start_on(data: Arc<Data>, callers: &str, options: Options) -> Self {
        let authority = Authority::new();
        let files = TlsFiles::new(data.directory());
        files.put(&authority.server());
        files.put_authority(&authority.pem);
        std::fs::write(files.file("roster.toml"), callers).expect("the folder takes files");
        let options = files.options(options).variable("ROSTER_CONFIG", "roster.toml");
        let server = Server::start_on(data, options).await;
        Self { authority, server }
    }

    /// A connection of whoever has a certificate for these URIs.
    fn channel(&self, uris: &[&str]) -> Channel {
        let pair = self.authority.client(Naming { uris, ..Naming::default() });
        self.authority.channel(self.server.address(), Some(&pair))
    }

    fn teams(&self, uri: &str, who: impl Into<Actor>) -> TeamClient {
        TeamServiceClient::with_interceptor(self.channel(&[uri]), who.into())
    }

    fn invites(&self, uri: &str, who: impl Into<Actor>) -> InviteClient {
        InvitationServiceClient::with_interceptor(self.channel(&[uri]), who.into())
    }
}
