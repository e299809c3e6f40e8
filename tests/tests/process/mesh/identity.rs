//! Who a certificate is, and whom it may act for.

use roster_proto::v1::{
    CreateTeamRequest, ErrorReason, ListEventsRequest, ListPoliciesRequest, SetTeamTierRequest,
};
use roster_testkit::{Actor, Kind, actor, assert_refused, both, new_team};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use crate::mesh::{BILLING, Mesh, SHOP, WIKI};

#[tokio::test]
async fn a_certificate_names_the_service_and_headers_the_person() {
    both(async |kind| {
        let mesh = Mesh::start(kind).await;
        let ada = actor("ada").email("ada@example.org");
        let created = mesh.teams(WIKI, ada).create_team(new_team("organization")).await.unwrap().into_inner();
        let team = created.team.unwrap().team_id;
        let request = ListEventsRequest { team_id: team.clone(), ..ListEventsRequest::default() };
        let events = mesh.teams(WIKI, "ada").list_events(request).await.unwrap().into_inner().events;
        let event = events.last().expect("its creation");
        assert_eq!((event.caller.as_str(), event.actor_user_id.as_str()), ("wiki", "ada"));
    })
    .await;
}

#[tokio::test]
async fn scopes_are_those_of_the_configuration() {
    let mesh = Mesh::start(Kind::Embedded).await;
    let team =
        mesh.teams(SHOP, "ada").create_team(new_team("account")).await.unwrap().into_inner().team.unwrap();
    let tier =
        SetTeamTierRequest { team_id: team.team_id, tier: "pro".into(), ..SetTeamTierRequest::default() };
    let refused = mesh.teams(SHOP, Actor::nobody()).set_team_tier(tier.clone()).await;
    assert_eq!(assert_refused(refused, ErrorReason::CallerNotAllowed).metadata["scope"], "tiers.set");
    mesh.teams(BILLING, Actor::nobody()).set_team_tier(tier.clone()).await.unwrap();

    // Who may not act for persons names none, whatever else it may.
    let acting = mesh.teams(BILLING, "ada").set_team_tier(tier).await;
    assert_eq!(assert_refused(acting, ErrorReason::CallerNotAllowed).metadata["scope"], "act-as");
    let acting = mesh.teams(BILLING, "ada").create_team(new_team("account")).await;
    assert_eq!(assert_refused(acting, ErrorReason::CallerNotAllowed).metadata["scope"], "act-as");
    let nobody = mesh.teams(SHOP, Actor::nobody()).create_team(new_team("account")).await;
    assert_refused(nobody, ErrorReason::ActorMissing);
}

#[tokio::test]
async fn a_certificate_that_names_no_caller_calls_nothing() {
    let mesh = Mesh::start(Kind::Embedded).await;
    let check = async |uris: &[&str]| {
        let channel = mesh.channel(uris);
        let mut teams = roster_proto::v1::team_service_client::TeamServiceClient::with_interceptor(
            channel.clone(),
            actor("ada"),
        );
        let outcome = teams.list_policies(ListPoliciesRequest::default()).await;
        let refused = assert_refused(outcome, ErrorReason::CallerNotAllowed);
        assert!(refused.metadata.is_empty(), "{uris:?}: {refused:?}");
        let health = HealthClient::new(channel).check(HealthCheckRequest::default()).await;
        assert!(health.is_ok(), "health is for everybody who is let in");
    };
    check(&[]).await;
    check(&["spiffe://example.org/ns/shop/sa/other"]).await;
    check(&["spiffe://example.org/ns/shop/sa/backend/"]).await;
    check(&["spiffe://EXAMPLE.org/ns/shop/sa/backend"]).await;
    check(&[SHOP, WIKI]).await;
    check(&[SHOP, "spiffe://example.org/ns/shop/sa/other"]).await;
}

#[tokio::test]
async fn what_other_modes_believe_is_refused() {
    let mesh = Mesh::start(Kind::Embedded).await;
    for (header, value) in [
        ("x-caller", "billing"),
        ("x-caller-scopes", "tiers.set"),
        ("authorization", "Bearer a.b.c"),
        ("x-actor-token", "a.b.c"),
    ] {
        let request = CreateTeamRequest { ..new_team("account") };
        let outcome = mesh.teams(SHOP, actor("ada").header(header, value)).create_team(request).await;
        assert_eq!(assert_refused(outcome, ErrorReason::CredentialsInvalid).metadata["header"], header);
    }
    let twice = actor("ada").header("x-actor-user-id", "eve");
    let outcome = mesh.teams(SHOP, twice).create_team(new_team("account")).await;
    assert_refused(outcome, ErrorReason::CredentialsMissing);
}
