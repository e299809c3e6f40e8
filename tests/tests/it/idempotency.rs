//! A mutation that is sent again with its request id happens once, and gets the first answer.

use roster_proto::v1::{
    ChangeMemberRoleRequest, CreateInviteLinkRequest, CreateInviteLinkResponse, CreateTeamRequest,
    ErrorReason, RedeemInviteLinkRequest, RemoveMemberRequest, RevokeInviteLinkRequest,
};
use roster_testkit::{
    ADMIN, EDITOR, POLICY, Server, VIEWER, actor, assert_refused, assert_replayed, assert_same_link, both,
    is_replay, request_id,
};

#[tokio::test]
async fn every_mutation_that_is_sent_again_is_answered_again_and_done_once() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let [create, link, redeem, change, revoke, remove] = std::array::from_fn(|_| request_id());

        let request = create_team("One", &create);
        let first = server.team_as("ada").create_team(request.clone()).await.unwrap();
        let again = server.team_as("ada").create_team(request).await.unwrap();
        assert_replayed(&first, &again);
        let team = first.into_inner().team.unwrap().team_id;

        let first = server.try_create_link_once("ada", &team, &link).await.unwrap();
        let again = server.try_create_link_once("ada", &team, &link).await.unwrap();
        assert_same_link(&first, &again);
        assert!(!is_replay(&first) && is_replay(&again));
        assert_eq!(server.links("ada", &team).await.len(), 1);
        let first = first.into_inner();
        let made = first.invite_link.unwrap();

        let request = RedeemInviteLinkRequest { token: first.token, request_id: redeem };
        let first = server.invites_as("bob").redeem_invite_link(request.clone()).await.unwrap();
        let again = server.invites_as("bob").redeem_invite_link(request).await.unwrap();
        assert_replayed(&first, &again);
        assert!(!again.get_ref().already_member, "the first answer, not what would hold now");

        let request = ChangeMemberRoleRequest {
            team_id: team.clone(),
            user_id: "bob".into(),
            role: EDITOR.into(),
            request_id: change,
            ..ChangeMemberRoleRequest::default()
        };
        let first = server.team_as("ada").change_member_role(request.clone()).await.unwrap();
        let again = server.team_as("ada").change_member_role(request).await.unwrap();
        assert_replayed(&first, &again);

        let request = RevokeInviteLinkRequest {
            team_id: team.clone(),
            link_id: made.link_id,
            request_id: revoke,
            ..RevokeInviteLinkRequest::default()
        };
        let first = server.invites_as("ada").revoke_invite_link(request.clone()).await.unwrap();
        let again = server.invites_as("ada").revoke_invite_link(request).await.unwrap();
        assert_replayed(&first, &again);

        let request = RemoveMemberRequest {
            team_id: team.clone(),
            user_id: "bob".into(),
            request_id: remove,
            ..RemoveMemberRequest::default()
        };
        let first = server.team_as("ada").remove_member(request.clone()).await.unwrap();
        let again = server.team_as("ada").remove_member(request).await.unwrap();
        assert_replayed(&first, &again);

        assert_eq!(server.team("ada", &team).await.revision, 6, "six commits, each once");
    })
    .await;
}

#[tokio::test]
async fn a_request_id_with_another_body_is_refused() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let id = request_id();
        server.team_as("ada").create_team(create_team("One", &id)).await.unwrap();
        let other = server.team_as("ada").create_team(create_team("Two", &id)).await;
        assert_refused(other, ErrorReason::RequestIdReused);
        assert!(is_replay(&server.team_as("ada").create_team(create_team("One", &id)).await.unwrap()));
    })
    .await;
}

#[tokio::test]
async fn request_ids_of_other_actors_callers_and_methods_are_others() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let id = request_id();
        let mut teams = Vec::new();
        for who in [actor("ada"), actor("bob"), actor("ada").through("shop"), actor("ada").through("desk")] {
            let response = server.team_as(who).create_team(create_team("One", &id)).await.unwrap();
            assert!(!is_replay(&response));
            teams.push(response.into_inner().team.unwrap().team_id);
        }
        teams.sort();
        teams.dedup();
        assert_eq!(teams.len(), 4, "a team each");
        let team = server.create_team("ada").await;
        assert!(!is_replay(&server.try_create_link_once("ada", &team, &id).await.unwrap()), "another method");
    })
    .await;
}

#[tokio::test]
async fn a_replay_shows_the_token_again_only_while_the_link_lives() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.create_team("ada").await;
        let id = request_id();
        let first = server.try_create_link_once("ada", &team, &id).await.unwrap().into_inner();
        let link = first.invite_link.unwrap().link_id;
        server.revoke("ada", &team, &link).await;
        let again = server.try_create_link_once("ada", &team, &id).await.unwrap();
        assert!(is_replay(&again));
        assert_eq!(again.get_ref().invite_link.as_ref().unwrap().link_id, link);
        assert!(again.get_ref().token.is_empty(), "no token of a revoked link");
    })
    .await;
}

#[tokio::test]
async fn a_replay_comes_before_the_membership_but_shows_no_token_to_a_former_admin() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.team_of(&[("ada", ADMIN), ("bob", ADMIN)]).await;
        let id = request_id();
        let first = server.try_create_link_once("bob", &team, &id).await.unwrap().into_inner();
        server.change_role("ada", &team, "bob", VIEWER).await;
        assert_replay_without_token(&server, &team, &id, &first).await;
        server.remove("ada", &team, "bob").await;
        assert_replay_without_token(&server, &team, &id, &first).await;
    })
    .await;
}

#[tokio::test]
async fn refusals_are_not_kept_but_answers_that_changed_nothing_are() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.team_of(&[("ada", ADMIN), ("bob", VIEWER)]).await;
        let id = request_id();
        assert_refused(
            server.try_create_link_once("bob", &team, &id).await,
            ErrorReason::RoleLacksPermission,
        );
        server.change_role("ada", &team, "bob", ADMIN).await;
        assert!(!is_replay(&server.try_create_link_once("bob", &team, &id).await.unwrap()));

        let request = ChangeMemberRoleRequest {
            team_id: team.clone(),
            user_id: "bob".into(),
            role: ADMIN.into(),
            request_id: request_id(),
            ..ChangeMemberRoleRequest::default()
        };
        let nothing = server.team_as("ada").change_member_role(request.clone()).await.unwrap();
        server.change_role("ada", &team, "bob", EDITOR).await;
        let again = server.team_as("ada").change_member_role(request).await.unwrap();
        assert_replayed(&nothing, &again);
        let bob = server.members("ada", &team).await.into_iter().find(|m| m.user_id == "bob").unwrap();
        assert_eq!(bob.role, EDITOR, "the replay changes nothing");
    })
    .await;
}

#[tokio::test]
async fn validate_only_neither_keeps_nor_finds_an_answer() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.create_team("ada").await;
        let id = request_id();
        let dry = CreateInviteLinkRequest { validate_only: true, ..link_request(&team, &id) };
        let would_be = server.invites_as("ada").create_invite_link(dry.clone()).await.unwrap();
        assert!(!is_replay(&would_be));
        assert!(
            !is_replay(&server.try_create_link_once("ada", &team, &id).await.unwrap()),
            "the id is still new"
        );
        let would_be = server.invites_as("ada").create_invite_link(dry).await.unwrap();
        assert!(!is_replay(&would_be) && would_be.get_ref().token.is_empty());
    })
    .await;
}

fn create_team(name: &str, id: &str) -> CreateTeamRequest {
    CreateTeamRequest {
        policy: POLICY.into(),
        display_name: name.into(),
        request_id: id.into(),
        ..CreateTeamRequest::default()
    }
}

fn link_request(team: &str, id: &str) -> CreateInviteLinkRequest {
    CreateInviteLinkRequest { team_id: team.into(), request_id: id.into(), validate_only: false }
}

async fn assert_replay_without_token(
    server: &Server,
    team: &str,
    id: &str,
    first: &CreateInviteLinkResponse,
) {
    let again = server.try_create_link_once("bob", team, id).await.expect("a replay asks for no membership");
    assert!(is_replay(&again));
    assert!(again.get_ref().token.is_empty(), "who could not make it does not see its token");
    let link = |answer: &CreateInviteLinkResponse| answer.invite_link.clone().map(|link| link.link_id);
    assert_eq!(link(again.get_ref()), link(first));
}
