//! Uses of codes are counted exactly, once a membership.

use roster_proto::v1::{CreateTeamCodeRequest, ErrorReason, TeamCodeState};
use roster_testkit::{Server, actor, both, code_to, on};

use super::BRAND;

#[tokio::test]
async fn a_code_is_used_once_a_membership_and_not_more_often_than_it_may_be() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.create_under("ada", BRAND).await;
        let request = CreateTeamCodeRequest { max_uses: Some(3), ..code_to(&team, "member") };
        let code = server.create_code_of("ada", request).await;
        let uses = async || server.code("ada", &team, &code.code_id).await.use_count;
        for (number, person) in ["bob", "cyd", "dan"].into_iter().enumerate() {
            assert_eq!(server.code("ada", &team, &code.code_id).await.state(), TeamCodeState::Live);
            assert!(!server.redeem_code(person, &code.code).await.already_member);
            assert_eq!(usize::try_from(uses().await), Ok(number + 1));
            assert!(server.redeem_code(person, &code.code).await.already_member);
            assert_eq!(usize::try_from(uses().await), Ok(number + 1), "a member uses nothing");
        }
        assert_eq!(server.code("ada", &team, &code.code_id).await.state(), TeamCodeState::Exhausted);
        server.assert_code_refused("eve", &code.code, ErrorReason::Exhausted).await;
        assert!(server.redeem_code("bob", &code.code).await.already_member, "a member is told so first");
        assert_eq!(uses().await, 3);
        // Somebody who leaves gives no use back.
        server.remove("ada", &team, "bob").await;
        server.assert_code_refused("eve", &code.code, ErrorReason::Exhausted).await;
        assert_eq!(uses().await, 3);
    })
    .await;
}

#[tokio::test]
async fn a_member_who_redeems_a_code_of_another_role_changes_nothing() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.create_under("ada", BRAND).await;
        let guests = server.create_code("ada", &team, "guest").await;
        let request = CreateTeamCodeRequest {
            grants: vec![on("brand", "one", "admin")],
            max_uses: Some(1),
            ..code_to(&team, "member")
        };
        let members = server.create_code_of("ada", request).await;
        let admins = server.create_code("ada", &team, "admin").await;
        let bob = actor("bob").email("bob@example.org");
        let guest = server.redeem_code(&bob, &guests.code).await.member.unwrap();
        assert_eq!(guest.role, "guest");

        let before = (server.team("ada", &team).await, server.events("ada", &team).await);
        for code in [&members, &admins, &guests] {
            assert!(server.preview_code(&bob, &code.code).await.already_member);
            let answer = server.redeem_code(&bob, &code.code).await;
            assert!(answer.already_member);
            assert_eq!(answer.member.as_ref(), Some(&guest), "the membership is as it was");
            assert_eq!(answer.team.unwrap().revision, before.0.revision);
        }
        assert!(server.redeem_code("ada", &guests.code).await.already_member, "the owner stays what it is");
        assert_eq!(before, (server.team("ada", &team).await, server.events("ada", &team).await));
        assert_eq!(server.members("ada", &team).await.len(), 2);
        let uses: Vec<_> = server.codes("ada", &team).await.iter().map(|code| code.use_count).collect();
        assert_eq!(uses, [0, 0, 1], "one membership, one use");
    })
    .await;
}
