//! The provider's keys, when the provider is not there.

use std::sync::Arc;

use roster_proto::v1::{ErrorReason, ListTeamsRequest};
use roster_testkit::{Data, Kind, Options, Server, assert_refused};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use crate::tokens::{CALLERS, Scene, bearer, issuer};

#[tokio::test]
async fn without_keys_nobody_is_believed_and_the_service_serves_all_the_same() {
    let mut issuer = issuer().await;
    issuer.stop().await;
    let data = Arc::new(Data::fresh(Kind::Embedded).await);
    let text = format!("{}{CALLERS}", issuer.configuration());
    std::fs::write(data.directory().join("roster.toml"), text).expect("the folder takes files");
    let server = Server::start_on(data, Options::default().variable("ROSTER_CONFIG", "roster.toml")).await;
    let outcome = server.team_as(bearer(issuer.token("ada"))).list_teams(ListTeamsRequest::default()).await;
    let refused = assert_refused(outcome, ErrorReason::DependencyUnavailable);
    assert!(refused.retry, "it may be tried again");
    let health = HealthClient::new(server.channel()).check(HealthCheckRequest::default()).await;
    assert_eq!(health.unwrap().into_inner().status, 1, "that a key server is away is no reason to restart");
    server.stop().await;
}

#[tokio::test]
async fn keys_that_were_had_once_outlast_their_server() {
    let mut scene = Scene::start(Kind::Embedded).await;
    let first = scene.server.team_as(scene.showing("ada")).list_teams(ListTeamsRequest::default()).await;
    first.expect("the key server is there");
    scene.issuer.stop().await;
    // One that was verified before, and one that was not.
    for user in ["ada", "cleo"] {
        let outcome = scene.server.team_as(scene.showing(user)).list_teams(ListTeamsRequest::default()).await;
        outcome.unwrap_or_else(|status| panic!("{user}: {status}"));
    }
}
