//! Tokens of invitations that are presented once more: each of them worked once at most.

use roster_proto::v1::ErrorReason;
use roster_testkit::{Invite, Server, actor, address_of, assert_refused, both, known};

#[tokio::test]
async fn a_token_whose_invitation_has_an_answer_lets_nobody_in() {
    both(async |kind| {
        let server = Server::start(kind).await;
        // Where the address is not locked the token is all that it takes: nothing else keeps eve out.
        let team = server.account("ada", "enterprise").await;
        let make = async |person: &str| server.invite("ada", &team, &address_of(person), "viewer").await;
        let [accepted, declined, cancelled] = [make("bob").await, make("cyd").await, make("dan").await];
        server.accept(actor("bob"), &accepted).await;
        server.decline(actor("cyd"), &declined).await;
        server.cancel("ada", &team, &cancelled.id).await;
        let revision = server.team("ada", &team).await.revision;

        for invite in [&accepted, &declined, &cancelled] {
            assert_answered(&server, invite).await;
        }
        // Whoever gave the answer may give it again, and only that one.
        assert!(server.accept("bob", &accepted).await.already_member);
        server.decline("cyd", &declined).await;
        assert_refused(server.try_accept("cyd", &declined).await, ErrorReason::NotPending);
        assert_refused(server.try_decline("bob", &accepted).await, ErrorReason::NotPending);
        assert_eq!(server.team("ada", &team).await.revision, revision, "none of this is a change");
        assert_eq!(server.members("ada", &team).await.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_token_from_before_a_resend_is_one_that_nobody_made() {
    both(async |kind| {
        let server = Server::start(kind).await;
        for (policy, role) in [("account", "viewer"), ("brand", "member")] {
            let team = match policy {
                "account" => server.account("ada", "enterprise").await,
                _ => server.create_under("ada", policy).await,
            };
            let bob = known("bob");
            let first = server.invite("ada", &team, &address_of("bob"), role).await;
            let second = server.resend("ada", &team, &first.id).await;
            let third = server.resend("ada", &team, &first.id).await;
            assert_eq!((&first.id, &first.id), (&second.id, &third.id));
            for old in [&first, &second] {
                assert_refused(server.try_preview(&bob, &old.token).await, ErrorReason::InviteNotFound);
                assert_refused(server.try_accept(&bob, old).await, ErrorReason::InviteNotFound);
                assert_refused(server.try_decline(&bob, old).await, ErrorReason::InviteNotFound);
            }
            server.accept(&bob, &third).await;
            assert_refused(server.try_accept(&bob, &first).await, ErrorReason::InviteNotFound);
        }
    })
    .await;
}

#[tokio::test]
async fn a_token_of_a_team_that_is_gone_is_one_that_nobody_made() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.create_under("ada", "brand").await;
        let bob = known("bob");
        let invite = server.invite("ada", &team, &address_of("bob"), "member").await;
        server.preview(&bob, &invite.token).await;
        server.delete("ada", &team).await;
        assert_refused(server.try_preview(&bob, &invite.token).await, ErrorReason::InviteNotFound);
        for by in [invite.by_token(), invite.by_id()] {
            assert_refused(server.try_accept(&bob, by.clone()).await, ErrorReason::InviteNotFound);
            assert_refused(server.try_decline(&bob, by).await, ErrorReason::InviteNotFound);
        }
        assert!(server.received(&bob).await.is_empty());
    })
    .await;
}

async fn assert_answered(server: &Server, invite: &Invite) {
    assert_refused(server.try_preview("eve", &invite.token).await, ErrorReason::NotPending);
    assert_refused(server.try_accept("eve", invite).await, ErrorReason::NotPending);
    assert_refused(server.try_decline("eve", invite).await, ErrorReason::NotPending);
}
