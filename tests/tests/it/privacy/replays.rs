//! An erasure that is sent again, and one that is only decided.

use roster_proto::v1::{EraseUserRequest, EraseUserResponse, ErrorReason};
use roster_testkit::{
    ADMIN, Server, VIEWER, address_of, assert_refused, assert_replayed, both, erasing, hand_to, known,
    request_id,
};

#[tokio::test]
async fn an_erasure_that_is_sent_again_gets_the_first_answer() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.team_of(&[("ada", ADMIN), ("bob", VIEWER)]).await;
        let request = EraseUserRequest { request_id: request_id(), ..erasing("bob") };
        let first = server.try_erase(request.clone()).await.unwrap();
        let link = server.create_link("ada", &team).await;
        server.redeem("bob", &link.token).await;
        let again = server.try_erase(request.clone()).await.unwrap();
        assert_replayed(&first, &again);
        assert_eq!(server.member("ada", &team, "bob").await.role, VIEWER, "the new one stays");
        let other = EraseUserRequest { user_id: "ada".into(), ..request };
        assert_refused(server.try_erase(other).await, ErrorReason::RequestIdReused);
    })
    .await;
}

#[tokio::test]
async fn a_refusal_is_not_kept() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.team_of(&[("bob", ADMIN), ("cy", VIEWER)]).await;
        let request = EraseUserRequest { request_id: request_id(), ..erasing("bob") };
        assert_refused(server.try_erase(request.clone()).await, ErrorReason::ErasureBlocked);
        server.change_role("bob", &team, "cy", ADMIN).await;
        assert_eq!(server.erase_with(request).await.memberships_ended, 1);
    })
    .await;
}

#[tokio::test]
async fn what_is_only_decided_does_not_happen() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.team_of(&[("bob", ADMIN), ("cy", VIEWER)]).await;
        let studio = server.create_under("ada", "studio").await;
        let invite = server.invite("ada", &studio, &address_of("bob"), "viewer").await;
        let only = EraseUserRequest {
            validate_only: true,
            request_id: request_id(),
            emails: vec![address_of("bob")],
            resolutions: vec![hand_to(&team, "cy")],
            ..erasing("bob")
        };
        let before = server.events("bob", &team).await.len();
        for _ in 0..2 {
            let answer = server.erase_with(only.clone()).await;
            let expected = EraseUserResponse {
                memberships_ended: 1,
                teams_transferred: 1,
                invitations_scrubbed: 1,
                ..Default::default()
            };
            assert_eq!(answer, expected, "no pseudonym yet");
        }
        let blocked = EraseUserRequest { validate_only: true, ..erasing("bob") };
        assert_refused(server.try_erase(blocked).await, ErrorReason::ErasureBlocked);
        assert_eq!(server.member("bob", &team, "bob").await.role, ADMIN);
        assert_eq!(server.events("bob", &team).await.len(), before);
        server.accept(known("bob"), &invite).await;
        let really = EraseUserRequest { validate_only: false, ..only };
        assert_eq!(server.erase_with(really).await.memberships_ended, 2);
    })
    .await;
}
