//! Whose token is whose, and what each may.

use roster_proto::v1::accept_invitation_request::Invitation::Token;
use roster_proto::v1::{
    AcceptInvitationRequest, BatchAddMembersRequest, ErrorReason, GetTeamRequest, ListEventsRequest,
    ListPoliciesRequest, ListTeamsRequest, SetTeamTierRequest, TransferOwnershipRequest,
};
use roster_testkit::{Actor, Kind, assert_refused, both, invitation_to, new_team};

use crate::tokens::Scene;

#[tokio::test]
async fn a_service_acts_for_the_person_whose_token_it_passes_on() {
    both(async |kind| {
        let scene = Scene::start(kind).await;
        let server = &scene.server;
        let created = server.team_as(scene.shop_for("ada")).create_team(new_team("workspace")).await.unwrap();
        let team = created.into_inner().team.unwrap().team_id;
        let request = ListEventsRequest { team_id: team.clone(), ..Default::default() };
        let events =
            server.team_as(scene.shop_for("ada")).list_events(request).await.unwrap().into_inner().events;
        let event = events.last().expect("its creation");
        assert_eq!((event.caller.as_str(), event.actor_user_id.as_str()), ("shop", "ada"));

        // The person itself, with the client through which it logged in: the same person, the same service.
        let own =
            server.team_as(scene.showing("ada")).get_team(GetTeamRequest { team_id: team.clone() }).await;
        assert_eq!(own.unwrap().into_inner().team.unwrap().team_id, team);

        // An address that the provider has not verified is no address.
        let mut invites = server.invites_as(scene.shop_for("ada"));
        let made = invites.create_invitation(invitation_to(&team, "bob@example.org", "user")).await.unwrap();
        let token = Some(Token(made.into_inner().token));
        let accept = AcceptInvitationRequest { invitation: token, ..Default::default() };
        let outcome = server.invites_as(scene.shop_for("bob")).accept_invitation(accept.clone()).await;
        assert_refused(outcome, ErrorReason::EmailNotVerified);
        let outcome = server.invites_as(scene.shop_for("cleo")).accept_invitation(accept).await;
        assert_refused(outcome, ErrorReason::EmailMismatch);
    })
    .await;
}

#[tokio::test]
async fn teams_of_another_product_are_absent() {
    both(async |kind| {
        let scene = Scene::start(kind).await;
        let server = &scene.server;
        let created = server.team_as(scene.showing("ada")).create_team(new_team("workspace")).await.unwrap();
        let team = created.into_inner().team.unwrap().team_id;
        // The same person would be, through a client of the other product; cleo is nobody to the team anyway.
        let outcome = server.team_as(scene.showing("cleo")).get_team(GetTeamRequest { team_id: team }).await;
        assert_refused(outcome, ErrorReason::TeamNotAccessible);
        let policies =
            server.team_as(scene.showing("cleo")).list_policies(ListPoliciesRequest::default()).await;
        let names: Vec<_> = policies.unwrap().into_inner().policies.into_iter().map(|one| one.name).collect();
        assert_eq!(names, ["brand", "studio"]);
        let outcome = server.team_as(scene.showing("cleo")).create_team(new_team("workspace")).await;
        assert_refused(outcome, ErrorReason::FieldInvalid);
    })
    .await;
}

#[tokio::test]
async fn a_call_has_the_scopes_that_configuration_and_token_both_give() {
    let scene = Scene::start(Kind::Embedded).await;
    let server = &scene.server;
    let created = server.team_as(scene.showing("ada")).create_team(new_team("account")).await.unwrap();
    let team_id = created.into_inner().team.unwrap().team_id;
    let tier = SetTeamTierRequest { team_id: team_id.clone(), tier: "pro".into(), ..Default::default() };
    let set = async |who: Actor| server.team_as(who).set_team_tier(tier.clone()).await;
    set(scene.showing("shop-backend")).await.expect("both give it");
    let lacks = |outcome, scope: &str| {
        assert_eq!(assert_refused(outcome, ErrorReason::CallerNotAllowed).metadata["scope"], scope);
    };
    lacks(set(scene.showing("wiki-backend")).await.map(drop), "tiers.set");
    lacks(set(scene.showing("ada")).await.map(drop), "tiers.set");
    let add = BatchAddMembersRequest { team_id: team_id.clone(), ..Default::default() };
    let outcome = server.team_as(scene.showing("shop-backend")).batch_add_members(add).await;
    lacks(outcome.map(drop), "members.import");
    let transfer =
        TransferOwnershipRequest { team_id: team_id.clone(), user_id: "bob".into(), ..Default::default() };
    let outcome = server.team_as(scene.showing("shop-backend")).transfer_ownership(transfer).await;
    assert_refused(outcome, ErrorReason::ActorMissing);
    // To act for persons is a scope like the others.
    let wiki = scene.showing("wiki-backend").header("x-actor-token", scene.issuer.token("cleo"));
    lacks(server.team_as(wiki).list_teams(ListTeamsRequest::default()).await.map(drop), "act-as");
}

#[tokio::test]
async fn who_is_no_caller_calls_nothing() {
    let scene = Scene::start(Kind::Embedded).await;
    // A client that no service has, and a token without a client that claims every scope.
    for user in ["eve", "mallory"] {
        let outcome =
            scene.server.team_as(scene.showing(user)).list_policies(ListPoliciesRequest::default()).await;
        let refused = assert_refused(outcome, ErrorReason::CallerNotAllowed);
        assert!(refused.metadata.is_empty(), "{user}: {refused:?}");
    }
    // For whom a service may act all the same: the audience says that the token is for here.
    scene.server.team_as(scene.shop_for("eve")).list_teams(ListTeamsRequest::default()).await.unwrap();
    // A service is no person.
    let outcome =
        scene.server.team_as(scene.shop_for("wiki-backend")).list_teams(ListTeamsRequest::default()).await;
    assert_eq!(assert_refused(outcome, ErrorReason::CredentialsInvalid).metadata["header"], "x-actor-token");
    // And without a person, it is nobody.
    let outcome =
        scene.server.team_as(scene.showing("shop-backend")).list_teams(ListTeamsRequest::default()).await;
    assert_refused(outcome, ErrorReason::ActorMissing);
}
