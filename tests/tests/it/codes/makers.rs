//! What a code owes to its maker: it lives as long as that could make it, and so many of a team live at the same time.

use std::time::Duration;

use roster_proto::v1::{CreateTeamCodeRequest, ErrorReason, TeamCode, TeamCodeState};
use roster_testkit::{ATELIER, OwnPolicy, Server, assert_refused, atelier, both, code_to, on, request_id};

use super::{CLUB, club};

#[tokio::test]
async fn a_team_has_only_so_many_live_codes() {
    both(async |kind| {
        let policy = OwnPolicy::of(CLUB);
        let two = policy.options().variable("ROSTER_LIMITS__LIVE_CODES_PER_TEAM", "2");
        let server = Server::start_with(kind, two.clone()).await;
        let people = [("sue", "steward"), ("mel", "member")];
        let team = server.team_under("club", "ada", &people).await;
        let refused = async |server: &Server| {
            for dry in [false, true] {
                let request = CreateTeamCodeRequest { validate_only: dry, ..code_to(&team, "member") };
                let refused = server.try_create_code("ada", request).await;
                let refused = assert_refused(refused, ErrorReason::CapReached);
                let told = |key: &str| refused.metadata.get(key).map(String::as_str);
                assert_eq!((told("cap"), told("limit")), (Some("live_codes_per_team"), Some("2")));
                assert!(!refused.retry, "waiting does not help, so nothing says when to try again");
            }
        };
        let request = |life: &str, most| CreateTeamCodeRequest {
            lifetime: life.into(),
            max_uses: most,
            ..code_to(&team, "member")
        };
        let revoked = server.create_code("ada", &team, "member").await;
        let used = server.create_code_of("ada", request("never", Some(1))).await;
        refused(&server).await;
        server.revoke_code("ada", &team, &revoked.code_id).await;
        server.create_code("sue", &team, "member").await;
        refused(&server).await;
        server.redeem_code("uma", &used.code).await;
        server.create_code_of("ada", request("PT36H", None)).await;
        refused(&server).await;
        server.change_role("ada", &team, "sue", "member").await;
        let last = server.create_code("ada", &team, "member").await;
        refused(&server).await;

        let server = server.restart(two.clone().clock_offset(Duration::from_hours(36))).await;
        server.create_code("ada", &team, "member").await;
        refused(&server).await;
        // One more comes back to life than may be made: it counts again.
        server.change_role("ada", &team, "sue", "steward").await;
        assert_eq!(server.codes_in("ada", &team, TeamCodeState::Live).await.len(), 3);
        server.revoke_code("ada", &team, &last.code_id).await;
        refused(&server).await;
        // Another team has a cap of its own.
        let other = server.create_under("ada", "club").await;
        server.create_code("ada", &other, "member").await;
    })
    .await;
}

#[tokio::test]
async fn a_code_ends_with_its_makers_authority_and_lives_again_with_it() {
    both(async |kind| {
        let (_policy, server) = club(kind).await;
        let people = [("sue", "steward"), ("mel", "member"), ("own", "owner")];
        let team = server.team_under("club", "ada", &people).await;
        let code = server.create_code("sue", &team, "member").await;
        let higher = server.create_code("own", &team, "steward").await;
        let gone = async |code: &TeamCode| {
            assert_eq!(server.code("ada", &team, &code.code_id).await.state(), TeamCodeState::MakerGone);
            server.assert_code_refused("eve", &code.code, ErrorReason::MakerGone).await;
        };
        let live = async |code: &TeamCode| {
            assert_eq!(server.code("ada", &team, &code.code_id).await.state(), TeamCodeState::Live);
            assert!(!server.redeem_code(request_id().as_str(), &code.code).await.already_member);
        };
        server.change_role("ada", &team, "sue", "warden").await;
        gone(&code).await;
        server.change_role("ada", &team, "sue", "steward").await;
        live(&code).await;
        server.suspend("ada", &team, "sue").await;
        gone(&code).await;
        server.restore("ada", &team, "sue").await;
        live(&code).await;
        server.remove("ada", &team, "sue").await;
        gone(&code).await;
        server.assert_code_refused("sue", &code.code, ErrorReason::Removed).await;
        // Who manages codes still, and assigns its role no more.
        server.change_role("ada", &team, "own", "steward").await;
        gone(&higher).await;
    })
    .await;
}

#[tokio::test]
async fn a_code_gives_no_more_than_its_maker_still_reaches() {
    both(async |kind| {
        let (_policy, options) = atelier();
        let server = Server::start_with(kind, options).await;
        let team = server.team_under(ATELIER, "ada", &[("flo", "foreman")]).await;
        let maker = [on("piece", "vase", "maker")];
        server.grant("ada", &team, "flo", &maker).await;
        let request = CreateTeamCodeRequest { grants: maker.to_vec(), ..code_to(&team, "journeyman") };
        let code = server.create_code_of("flo", request.clone()).await;
        let beyond = CreateTeamCodeRequest { grants: vec![on("piece", "jug", "maker")], ..request };
        assert_refused(server.try_create_code("flo", beyond).await, ErrorReason::BeyondOwnAccess);
        server.redeem_code("bob", &code.code).await;
        server.grant("ada", &team, "flo", &[]).await;
        assert_eq!(server.code("ada", &team, &code.code_id).await.state(), TeamCodeState::MakerGone);
        server.assert_code_refused("eve", &code.code, ErrorReason::MakerGone).await;
        server.grant("ada", &team, "flo", &maker).await;
        server.redeem_code("eve", &code.code).await;
    })
    .await;
}
