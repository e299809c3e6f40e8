//! Calls about codes that are sent again, and those that only ask.

use roster_proto::v1::{
    CreateTeamCodeRequest, CreateTeamCodeResponse, DeleteTeamCodeRequest, ErrorReason, RedeemTeamCodeRequest,
    RevokeTeamCodeRequest, TeamCodeState,
};
use roster_testkit::{Server, assert_refused, assert_replayed, both, code_to, is_replay, request_id, row};
use tonic::Response;

use super::BRAND;

#[tokio::test]
async fn calls_about_codes_that_are_sent_again_are_done_once() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.create_under("ada", BRAND).await;
        let request = CreateTeamCodeRequest { request_id: request_id(), ..code_to(&team, "member") };
        let first = server.try_create_code("ada", request.clone()).await.unwrap();
        let again = server.try_create_code("ada", request.clone()).await.unwrap();
        assert!(!is_replay(&first) && is_replay(&again));
        assert!(!text(&first).is_empty() && first.get_ref() == again.get_ref(), "with the very code");
        let other = CreateTeamCodeRequest { role: "guest".into(), ..request };
        assert_refused(server.try_create_code("ada", other).await, ErrorReason::RequestIdReused);
        let codes = server.codes("ada", &team).await;
        let [code] = codes.as_slice() else { panic!("{} codes were made", codes.len()) };

        let request = RedeemTeamCodeRequest { code: code.code.clone(), request_id: request_id() };
        let first = server.invites_as("bob").redeem_team_code(request.clone()).await.unwrap();
        let again = server.invites_as("bob").redeem_team_code(request.clone()).await.unwrap();
        assert_replayed(&first, &again);
        assert!(!again.get_ref().already_member, "the first answer, not what would hold now");
        assert!(!is_replay(&server.invites_as("cyd").redeem_team_code(request.clone()).await.unwrap()));
        let other = RedeemTeamCodeRequest { code: code.code.to_lowercase(), ..request.clone() };
        let other = server.invites_as("bob").redeem_team_code(other).await;
        assert_refused(other, ErrorReason::RequestIdReused);
        assert_eq!(server.code("ada", &team, &code.code_id).await.use_count, 2);

        let revoke = RevokeTeamCodeRequest {
            team_id: team.clone(),
            code_id: code.code_id.clone(),
            request_id: request_id(),
            ..RevokeTeamCodeRequest::default()
        };
        let first = server.invites_as("ada").revoke_team_code(revoke.clone()).await.unwrap();
        let again = server.invites_as("ada").revoke_team_code(revoke).await.unwrap();
        assert!(!is_replay(&first) && is_replay(&again));
        let shown = first.into_inner();
        assert!(shown.team_code.as_ref().is_some_and(|code| code.code.is_empty()), "nobody needs it now");
        assert!(again.into_inner() == shown);
        let again = server.invites_as("bob").redeem_team_code(request).await.unwrap();
        assert!(is_replay(&again), "whoever joined by it is told so again, though it is revoked");

        let delete = DeleteTeamCodeRequest {
            team_id: team.clone(),
            code_id: code.code_id.clone(),
            request_id: request_id(),
            ..DeleteTeamCodeRequest::default()
        };
        let first = server.invites_as("ada").delete_team_code(delete.clone()).await.unwrap();
        let again = server.invites_as("ada").delete_team_code(delete).await.unwrap();
        assert_replayed(&first, &again);
        assert_eq!(server.team("ada", &team).await.revision, 6, "six commits, each once");
    })
    .await;
}

#[tokio::test]
async fn a_replay_shows_the_code_to_those_who_still_manage_codes() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.create_under("ada", BRAND).await;
        server.add(&team, &[row("ben", "admin")]).await;
        let request = CreateTeamCodeRequest { request_id: request_id(), ..code_to(&team, "member") };
        let first = server.try_create_code("ben", request.clone()).await.unwrap();
        let replay = async || {
            let again =
                server.try_create_code("ben", request.clone()).await.expect("a replay asks for no standing");
            assert!(is_replay(&again));
            let code = |answer: &CreateTeamCodeResponse| answer.team_code.clone().map(|code| code.code_id);
            assert_eq!(code(again.get_ref()), code(first.get_ref()));
            text(&again)
        };
        assert_eq!(replay().await, text(&first));
        server.change_role("ada", &team, "ben", "member").await;
        assert_eq!(replay().await, "", "a member sees no codes");
        server.change_role("ada", &team, "ben", "admin").await;
        assert_eq!(replay().await, text(&first));
        server.remove("ada", &team, "ben").await;
        assert_eq!(replay().await, "", "somebody from elsewhere sees none");
        server.add(&team, &[row("ben", "admin")]).await;
        assert_eq!(replay().await, text(&first));
        let id = first.get_ref().team_code.clone().unwrap().code_id;
        server.revoke_code("ada", &team, &id).await;
        server.delete_code("ada", &team, &id).await;
        assert_eq!(replay().await, "", "a code that is deleted is nowhere");
    })
    .await;
}

#[tokio::test]
async fn what_is_only_asked_of_codes_is_decided_and_not_done() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.create_under("ada", BRAND).await;
        let live = server.create_code("ada", &team, "member").await;
        let all = async || {
            (
                server.team("ada", &team).await,
                server.events("ada", &team).await,
                server.codes("ada", &team).await,
            )
        };
        let before = all().await;
        let id = request_id();
        let create = CreateTeamCodeRequest {
            lifetime: "P7D".into(),
            request_id: id.clone(),
            validate_only: true,
            ..code_to(&team, "guest")
        };
        for _ in 0..2 {
            let answer = server.try_create_code("ada", create.clone()).await.unwrap();
            assert!(!is_replay(&answer), "a question is not kept");
            let would_be = answer.into_inner().team_code.unwrap();
            assert_eq!((would_be.code_id.as_str(), would_be.code.as_str()), ("", ""), "no new id, no secret");
            assert_eq!((would_be.role.as_str(), would_be.state()), ("guest", TeamCodeState::Live));
            assert!(would_be.expire_time.is_some());
        }
        let unknown = CreateTeamCodeRequest { role: "king".into(), ..create.clone() };
        assert_refused(server.try_create_code("ada", unknown).await, ErrorReason::RoleUnknown);

        let revoke = |dry| RevokeTeamCodeRequest {
            team_id: team.clone(),
            code_id: live.code_id.clone(),
            request_id: id.clone(),
            validate_only: dry,
        };
        let answer = server.invites_as("ada").revoke_team_code(revoke(true)).await.unwrap().into_inner();
        assert_eq!(answer.team_code.unwrap().state(), TeamCodeState::Revoked, "what would be");
        let delete = |dry| DeleteTeamCodeRequest {
            team_id: team.clone(),
            code_id: live.code_id.clone(),
            request_id: id.clone(),
            validate_only: dry,
        };
        let refused = server.invites_as("ada").delete_team_code(delete(true)).await;
        assert_refused(refused, ErrorReason::StillActive);
        assert!(all().await == before, "nothing changed");

        server.revoke_code("ada", &team, &live.code_id).await;
        let before = all().await;
        let answer = server.invites_as("ada").delete_team_code(delete(true)).await.unwrap().into_inner();
        assert_eq!(answer.revision, before.0.revision + 1, "what would be");
        assert!(all().await == before, "nothing changed");
        assert!(!is_replay(&server.invites_as("ada").delete_team_code(delete(false)).await.unwrap()));
        let done = CreateTeamCodeRequest { validate_only: false, ..create };
        assert!(!is_replay(&server.try_create_code("ada", done).await.unwrap()), "the id is still new");
    })
    .await;
}

fn text(answer: &Response<CreateTeamCodeResponse>) -> String {
    answer.get_ref().team_code.clone().expect("CreateTeamCode returns the code").code
}
