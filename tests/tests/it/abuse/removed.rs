//! Who was removed does not come back by what was made before, whichever way; what is newer admits.

use roster_proto::v1::ErrorReason;
use roster_testkit::{ATELIER, Server, actor, address_of, assert_refused, atelier, both, known};

use crate::abuse::{APPRENTICE, Ways};

#[tokio::test]
async fn an_invitation_from_before_a_removal_admits_no_more() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.account("ada", "enterprise").await;
        // To another address of bob's, which removing him therefore leaves pending.
        let other = actor("bob").email("bob@example.net");
        let old = server.invite("ada", &team, "bob@example.net", "viewer").await;
        let own = server.invite("ada", &team, &address_of("bob"), "viewer").await;
        server.accept(known("bob"), &own).await;
        server.remove("ada", &team, "bob").await;

        for by in [old.by_token(), old.by_id()] {
            assert_refused(server.try_accept(&other, by).await, ErrorReason::Removed);
        }
        assert_refused(server.try_accept(known("bob"), &old).await, ErrorReason::Removed);
        assert_refused(server.try_preview(&other, &old.token).await, ErrorReason::Removed);
        // The one that he came by is used up as well.
        assert_refused(server.try_accept(known("bob"), &own).await, ErrorReason::Removed);
        assert_eq!(server.team("ada", &team).await.member_count, 1);
        // For somebody else it is as good as ever; nobody else was removed.
        server.preview("cyd", &old.token).await;

        let new = server.invite("ada", &team, &address_of("bob"), "editor").await;
        let joined = server.accept(known("bob"), &new).await;
        assert_eq!(joined.member.expect("a member").role, "editor");
    })
    .await;
}

#[tokio::test]
async fn an_invitation_that_is_sent_again_after_a_removal_admits() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.account("ada", "enterprise").await;
        let old = server.invite("ada", &team, "bob@example.net", "viewer").await;
        server.accept(known("bob"), &server.invite("ada", &team, &address_of("bob"), "viewer").await).await;
        server.remove("ada", &team, "bob").await;
        let again = server.resend("ada", &team, &old.id).await;
        assert!(!server.accept(known("bob"), &again).await.already_member);
    })
    .await;
}

#[tokio::test]
async fn removing_somebody_takes_back_what_its_address_was_sent() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.account("ada", "enterprise").await;
        server.accept("bob", &server.invite("ada", &team, "first@example.org", "viewer").await).await;
        // Bob's address becomes known only now; invited to it he was before that.
        let pending = server.invite("ada", &team, &address_of("bob"), "editor").await;
        server.change_role("ada", &team, "bob", "admin").await;
        server.rename(known("bob"), &team, "Another").await;
        server.remove("ada", &team, "bob").await;
        for by in [pending.by_token(), pending.by_id()] {
            assert_refused(server.try_accept(known("bob"), by).await, ErrorReason::Removed);
        }
        // Not even with it passed on to somebody else.
        assert_refused(server.try_accept("eve", &pending).await, ErrorReason::NotPending);
        assert!(server.received(known("bob")).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn links_and_codes_from_before_a_removal_admit_no_more() {
    let (_policy, options) = atelier();
    both(async |kind| {
        let server = Server::start_with(kind, options.clone()).await;
        let team = server.team_under(ATELIER, "ada", &[("fay", "foreman")]).await;
        let old =
            [Ways::of(&server, "ada", &team, "cyd").await, Ways::of(&server, "fay", &team, "dan").await];
        server.redeem_code("bob", &old[0].code.code).await;
        server.remove("ada", &team, "bob").await;
        for ways in &old {
            assert_refused(server.try_redeem("bob", &ways.link.token).await, ErrorReason::Removed);
            assert_refused(server.try_preview("bob", &ways.link.token).await, ErrorReason::Removed);
            server.assert_code_refused("bob", &ways.code.code, ErrorReason::Removed).await;
        }
        assert_eq!(server.code("ada", &team, &old[0].code.code_id).await.use_count, 1, "his first use");

        let new = server.create_code("ada", &team, APPRENTICE).await;
        assert!(!server.redeem_code("bob", &new.code).await.already_member);
        server.remove("ada", &team, "bob").await;
        // Newer than the first removal, older than the second.
        server.assert_code_refused("bob", &new.code, ErrorReason::Removed).await;
        let link = server.create_link("fay", &team).await;
        assert!(!server.redeem("bob", &link.token).await.already_member);
    })
    .await;
}

#[tokio::test]
async fn who_left_comes_back_by_what_was_made_before() {
    let (_policy, options) = atelier();
    both(async |kind| {
        let server = Server::start_with(kind, options.clone()).await;
        let team = server.create_under("ada", ATELIER).await;
        let ways = Ways::of(&server, "ada", &team, "bob").await;
        server.redeem("bob", &ways.link.token).await;
        server.leave("bob", &team).await;
        assert!(!server.redeem_code("bob", &ways.code.code).await.already_member, "nobody sent him away");
    })
    .await;
}
