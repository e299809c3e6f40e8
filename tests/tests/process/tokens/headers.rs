//! How credentials are carried, and what is refused at once.

use roster_proto::v1::{ErrorReason, ListTeamsRequest};
use roster_testkit::{Actor, Kind, actor, assert_refused};

use crate::tokens::{Scene, bearer, issuer};

#[tokio::test]
async fn a_token_is_shown_once_and_whole() {
    let scene = Scene::start(Kind::Embedded).await;
    let token = scene.issuer.token("ada").to_owned();
    let missing = async |who: Actor, header: &str| {
        let outcome = scene.server.team_as(who).list_teams(ListTeamsRequest::default()).await;
        assert_eq!(assert_refused(outcome, ErrorReason::CredentialsMissing).metadata["header"], header);
    };
    missing(Actor::nobody(), "authorization").await;
    missing(actor("ada"), "authorization").await;
    missing(bearer(&token).header("authorization", &format!("Bearer {token}")), "authorization").await;
    let twice = scene.shop_for("ada").header("x-actor-token", scene.issuer.token("bob"));
    missing(twice, "x-actor-token").await;

    let invalid = async |who: Actor, header: &str| {
        let outcome = scene.server.team_as(who).list_teams(ListTeamsRequest::default()).await;
        let refused = assert_refused(outcome, ErrorReason::CredentialsInvalid);
        assert_eq!(refused.metadata["header"], header, "{refused:?}");
        assert!(!refused.message.contains(&token[..20]), "{refused:?}");
    };
    let authorization = |value: &str| Actor::nobody().header("authorization", value);
    for wrong in [
        "",
        "Bearer",
        "Bearer ",
        "Basic YTpi",
        "Bearer a b",
        &token,
        "Bearer a.b.c",
        "Bearer ..",
        "DPoP a.b.c",
    ] {
        invalid(authorization(wrong), "authorization").await;
    }
    let (signed, signature) = token.rsplit_once('.').expect("three parts");
    invalid(authorization(&format!("Bearer {signed}.")), "authorization").await;
    invalid(authorization(&format!("Bearer {signed}.{}", signature.to_lowercase())), "authorization").await;
    let (_, bobs_signature) = scene.issuer.token("bob").rsplit_once('.').expect("three parts");
    invalid(authorization(&format!("Bearer {signed}.{bobs_signature}")), "authorization").await;
    let stranger = issuer().await;
    invalid(bearer(stranger.token("ada")), "authorization").await;
    invalid(scene.showing("shop-backend").header("x-actor-token", "a.b.c"), "x-actor-token").await;
    invalid(scene.showing("shop-backend").header("x-actor-token", stranger.token("ada")), "x-actor-token")
        .await;
    let prefixed = format!("Bearer {token}");
    invalid(scene.showing("shop-backend").header("x-actor-token", &prefixed), "x-actor-token").await;
    invalid(scene.showing("ada").header("x-actor-token", &token), "x-actor-token").await;
    invalid(scene.showing("ada").header("x-actor-address", "192.0.2.1"), "x-actor-address").await;
    invalid(scene.showing("shop-backend").header("x-actor-address", "192.0.2.1"), "x-actor-address").await;
    for (header, value) in [
        ("x-actor-user-id", "eve"),
        ("x-actor-email", "eve@example.org"),
        ("x-actor-email-verified", "true"),
        ("x-caller", "shop"),
        ("x-caller-scopes", "tiers.set"),
    ] {
        invalid(scene.shop_for("ada").header(header, value), header).await;
    }

    let scheme = Actor::nobody().header("authorization", &format!("bEARER  {token}"));
    scene.server.team_as(scheme).list_teams(ListTeamsRequest::default()).await.expect("a scheme has no case");
    let logs = scene.server.logs();
    assert!(!logs.contains(&token[..40]) && !logs.contains(signature), "no token is logged");
    assert!(!logs.contains("ada@example.org"), "nor an address");
}

#[tokio::test]
async fn a_token_that_is_too_long_ends_only_its_own_call() {
    let scene = Scene::start(Kind::Embedded).await;
    for length in [9 * 1024, 15 * 1024, 1024 * 1024] {
        let token = format!("{}.{}.c", "a".repeat(length / 2), "b".repeat(length / 2));
        let outcome = scene.server.team_as(bearer(&token)).list_teams(ListTeamsRequest::default()).await;
        outcome.expect_err("it is no token");
    }
    let outcome = scene.server.team_as(scene.showing("ada")).list_teams(ListTeamsRequest::default()).await;
    outcome.expect("others are served");
}
