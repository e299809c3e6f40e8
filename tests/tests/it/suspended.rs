//! A suspended member: nothing works until it is restored, and then everything does at once.

use roster_proto::v1::{CreateInviteLinkRequest, ErrorReason, InviteLinkState};
use roster_testkit::{
    ATELIER, Server, Target, assert_refused, atelier, both, is_replay, refused, request_id,
};

#[tokio::test]
async fn every_call_of_a_suspended_member_is_refused_and_nothing_of_it_happens() {
    let (_folder, options) = atelier();
    both(async |kind| {
        let server = Server::start_with(kind, options.clone()).await;
        for role in ["master", "foreman", "apprentice"] {
            let people = [("sue", role), ("bob", "apprentice")];
            let team = server.team_under(ATELIER, "ada", &people).await;
            let link = server.create_link("ada", &team).await;
            let invite = server.invite("ada", &team, "zoe@example.org", "apprentice").await;
            server.suspend("ada", &team, "sue").await;
            let before = server.team("ada", &team).await;
            for user in ["bob", "ada", "sue", "nobody"] {
                let target = Target {
                    link: link.id.clone(),
                    invitation: invite.id.clone(),
                    request_id: request_id(),
                    ..Target::of(&team, user)
                };
                let mut outcomes = server.every_team_call("sue", &target).await;
                outcomes.extend(server.every_team_mutation("sue", &target, false).await);
                for (call, outcome) in outcomes {
                    let refused = refused(outcome);
                    assert_eq!(refused.reason, ErrorReason::ActorSuspended.as_str_name(), "{call} by {role}");
                }
            }
            assert_eq!(server.team("ada", &team).await, before, "nothing happened");
            assert_refused(server.try_redeem("sue", &link.token).await, ErrorReason::Suspended);
            assert_refused(server.try_preview("sue", &link.token).await, ErrorReason::Suspended);
            assert_eq!(server.link("ada", &team, &link.id).await.0.use_count, 0);
            assert!(!is_listed(&server, &team).await, "the team is not listed");

            server.restore("ada", &team, "sue").await;
            assert_eq!(server.member("sue", &team, "sue").await.role, role, "as it was");
            assert!(is_listed(&server, &team).await);
            assert!(server.redeem("sue", &link.token).await.already_member);
            let outsider = server.try_redeem("zoe", &link.token).await;
            assert!(outsider.is_ok(), "others never noticed");
        }
        assert!(
            server.try_create("sue", roster_testkit::new_team(ATELIER)).await.is_ok(),
            "but elsewhere it may"
        );
    })
    .await;
}

#[tokio::test]
async fn what_a_suspended_member_made_admits_nobody_until_it_is_restored() {
    let (_folder, options) = atelier();
    both(async |kind| {
        let server = Server::start_with(kind, options.clone()).await;
        let team = server.team_under(ATELIER, "ada", &[("sue", "foreman")]).await;
        let link = server.create_link("sue", &team).await;
        server.suspend("ada", &team, "sue").await;
        assert_refused(server.try_redeem("bob", &link.token).await, ErrorReason::MakerGone);
        let (shown, token) = server.link("ada", &team, &link.id).await;
        assert_eq!((shown.state(), token.as_str()), (InviteLinkState::MakerGone, ""));
        server.restore("ada", &team, "sue").await;
        server.redeem("bob", &link.token).await;
    })
    .await;
}

#[tokio::test]
async fn an_earlier_answer_is_given_again_to_a_suspended_member_without_its_secret() {
    let (_folder, options) = atelier();
    both(async |kind| {
        let server = Server::start_with(kind, options.clone()).await;
        let team = server.team_under(ATELIER, "ada", &[("sue", "foreman")]).await;
        let request = CreateInviteLinkRequest {
            team_id: team.clone(),
            request_id: request_id(),
            ..CreateInviteLinkRequest::default()
        };
        let first = server.invites_as("sue").create_invite_link(request.clone()).await.unwrap().into_inner();
        server.suspend("ada", &team, "sue").await;
        let again = server.invites_as("sue").create_invite_link(request.clone()).await.unwrap();
        assert!(is_replay(&again) && again.get_ref().token.is_empty(), "told of, and no secret shown");
        assert_eq!(
            again.get_ref().invite_link.as_ref().map(|link| &link.link_id),
            first.invite_link.as_ref().map(|link| &link.link_id)
        );
        server.restore("ada", &team, "sue").await;
        let again = server.invites_as("sue").create_invite_link(request).await.unwrap();
        assert!(is_replay(&again) && again.get_ref().token == first.token, "its secret again");
    })
    .await;
}

async fn is_listed(server: &Server, team: &str) -> bool {
    server.teams("sue").await.iter().any(|listed| listed.team_id == team)
}
