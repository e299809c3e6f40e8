//! `PreviewInvite` by code: what a prompt shows before joining.

use roster_proto::v1::{CreateTeamCodeRequest, ErrorReason, JoinMethod, PreviewInviteRequest};
use roster_testkit::{Server, assert_invalid, assert_refused, both, code_to, on};

use super::BRAND;

#[tokio::test]
async fn a_hundred_looks_at_a_code_tell_what_it_gives_and_change_nothing() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.create_under("ada", BRAND).await;
        let request = CreateTeamCodeRequest {
            lifetime: "P7D".into(),
            grants: vec![on("brand", "one", "viewer")],
            max_uses: Some(1),
            ..code_to(&team, "guest")
        };
        let code = server.create_code_of("ada", request).await;
        let all = async || {
            (
                server.team("ada", &team).await,
                server.events("ada", &team).await,
                server.members("ada", &team).await,
                server.codes("ada", &team).await,
            )
        };
        let before = all().await;
        for _ in 0..100 {
            let seen = server.preview_code("bob", &code.code).await;
            assert_eq!((seen.team_id.as_str(), seen.team_display_name.as_str()), (team.as_str(), "Team"));
            assert_eq!((seen.role.as_str(), seen.role_title.as_str()), ("guest", "Guest"));
            assert_eq!((seen.inviter_user_id.as_str(), seen.already_member), ("ada", false));
            assert_eq!(seen.expire_time, code.expire_time);
            assert_eq!(seen.join_method(), JoinMethod::TeamCode);
        }
        assert!(all().await == before, "nothing changed");
        assert!(server.preview_code("ada", &code.code).await.already_member);
        let endless = server.create_code("ada", &team, "member").await;
        assert_eq!(server.preview_code("bob", &endless.code).await.expire_time, None, "it never ends");
        assert!(
            !server.redeem_code("bob", &code.code).await.already_member,
            "and its one use is still there"
        );
    })
    .await;
}

#[tokio::test]
async fn a_look_names_either_a_token_or_a_code() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.create_under("ada", BRAND).await;
        let code = server.create_code("ada", &team, "member").await.code;
        let look = async |token: &str, code: &str| {
            let request = PreviewInviteRequest { token: token.into(), code: code.into() };
            server.invites_as("bob").preview_invite(request).await
        };
        assert_invalid("none", look("", "").await, &["token"]);
        assert_invalid("both", look("rst_link_x", &code).await, &["code"]);
        assert_invalid("long", look("", &"0".repeat(65)).await, &["code"]);
        assert_invalid("long", look(&"0".repeat(257), "").await, &["token"]);
        // A code is no token, and the other way round.
        assert_refused(look(&code, "").await, ErrorReason::InviteNotFound);
        assert_refused(look("", "rst_link_x").await, ErrorReason::InviteNotFound);
        look("", &code).await.unwrap();
    })
    .await;
}
