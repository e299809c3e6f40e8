//! Whose an invitation is: of one address, however it is spelled, and of none that only looks like it.

use roster_proto::v1::{ErrorReason, InvitationState};
use roster_testkit::{Actor, Invite, Server, actor, address_of, assert_invalid, assert_refused, both, known};

#[tokio::test]
async fn another_address_than_the_invited_one_answers_nothing() {
    both(async |kind| {
        let server = Server::start(kind).await;
        for (policy, role) in [("studio", "viewer"), ("brand", "guest"), ("workspace", "user")] {
            let team = server.create_under("ada", policy).await;
            let invite = server.invite("ada", &team, &address_of("bob"), role).await;
            let revision = server.team("ada", &team).await.revision;
            let others = [known("eve"), actor("bob").email("bob@example.com"), known("ada")];
            for eve in &others {
                assert_cannot_answer(&server, eve, &invite, ErrorReason::EmailMismatch).await;
                let received = server.received(eve).await;
                assert!(received.iter().all(|one| one.invitation_id != invite.id));
            }
            assert_untouched(&server, &team, &invite, revision).await;
            server.accept(actor("anybody").email(&address_of("bob")), &invite).await;
        }
    })
    .await;
}

#[tokio::test]
async fn without_a_verified_address_nothing_is_answered() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.create_under("ada", "studio").await;
        let invite = server.invite("ada", &team, &address_of("bob"), "viewer").await;
        let revision = server.team("ada", &team).await.revision;
        let stated = || actor("bob").header("x-actor-email", &address_of("bob"));
        for bob in [actor("bob"), stated(), stated().header("x-actor-email-verified", "false")] {
            assert_cannot_answer(&server, &bob, &invite, ErrorReason::EmailNotVerified).await;
            assert_refused(server.try_received(&bob).await, ErrorReason::EmailNotVerified);
        }
        assert_untouched(&server, &team, &invite, revision).await;
        server.accept(known("bob"), &invite).await;
    })
    .await;
}

#[tokio::test]
async fn where_the_address_is_not_locked_it_still_counts_for_the_id() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.account("ada", "enterprise").await;
        let invite = server.invite("ada", &team, &address_of("bob"), "viewer").await;
        for (who, reason) in
            [(known("eve"), ErrorReason::EmailMismatch), (actor("bob"), ErrorReason::EmailNotVerified)]
        {
            assert_refused(server.try_accept(&who, invite.by_id()).await, reason);
            assert_refused(server.try_decline(&who, invite.by_id()).await, reason);
        }
        // The token is what was mailed: whoever has it reads that mail.
        server.accept(known("eve"), invite.by_token()).await;
    })
    .await;
}

#[tokio::test]
async fn one_address_in_two_spellings_is_one() {
    both(async |kind| {
        let server = Server::start(kind).await;
        for (typed, other) in [
            ("Bob.Builder@Example.ORG", "bob.builder@example.org"),
            ("bob@example.org", "BOB@EXAMPLE.ORG"),
            ("bob@b\u{fc}cher.example", "bob@xn--bcher-kva.example"),
            ("bob@XN--BCHER-KVA.example", "Bob@xn--bcher-kva.EXAMPLE"),
        ] {
            let team = server.create_under("ada", "studio").await;
            let invite = server.invite("ada", &team, typed, "viewer").await;
            assert_eq!(server.invitation("ada", &team, &invite.id).await.email, typed, "as it was typed");
            let twice = server.try_invite("ada", &team, other, "viewer").await;
            let refused = assert_refused(twice, ErrorReason::InvitationPending);
            assert_eq!(refused.metadata["invitation_id"], invite.id);
            let bob = actor("bob").email(other);
            assert!(server.received(&bob).await.iter().any(|one| one.invitation_id == invite.id), "{other}");
            server.accept(&bob, invite.by_id()).await;
            let again = server.try_invite("ada", &team, typed, "viewer").await;
            assert_refused(again, ErrorReason::AlreadyMember);
        }
    })
    .await;
}

#[tokio::test]
async fn an_address_that_only_looks_like_another_is_another() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.create_under("ada", "studio").await;
        let bob = known("bob");
        for typed in [
            // Cyrillic and other letters in the place of Latin ones, in the domain.
            "bob@\u{435}xample.org",
            "bob@ex\u{430}mple.org",
            "bob@examp\u{4cf}e.org",
            "bob@ex\u{e4}mple.org",
            // What mail providers take for one address is not what all do.
            "b.ob@example.org",
            "bob+spam@example.org",
            "bob@mail.example.org",
        ] {
            let invite = server.invite("ada", &team, typed, "viewer").await;
            assert_cannot_answer(&server, &bob, &invite, ErrorReason::EmailMismatch).await;
        }
        assert!(server.received(&bob).await.is_empty());
        let own = server.invite("ada", &team, &address_of("bob"), "viewer").await;
        assert_eq!(server.invitations_in("ada", &team, InvitationState::Pending).await.len(), 8);
        // Who does have such a domain is let in: its ASCII form says which it is.
        let cyrillic = server.invitations("ada", &team).await;
        let invite = cyrillic.iter().find(|one| one.email == "bob@ex\u{430}mple.org").expect("it is there");
        let other = actor("other").email("bob@xn--exmple-4nf.org");
        server.accept(&other, roster_testkit::By::Id(invite.invitation_id.clone())).await;
        server.accept(&bob, &own).await;
    })
    .await;
}

#[tokio::test]
async fn a_disguised_address_is_refused() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.create_under("ada", "studio").await;
        for typed in [
            "\u{ff42}ob@example.org",
            "b\u{43e}b@example.org",
            "bob\u{ff20}example.org",
            "bob@\u{ff45}xample.org",
            "bob@example\u{ff0e}org",
            "bob@example\u{3002}org",
            "bob@ex\u{ad}ample.org",
            "bob@ex\u{200b}ample.org",
            "bob@exampl\u{212f}.org",
            "\u{212a}bob@example.org",
            "b\u{f6}b@example.org",
            "bob@[192.0.2.1]",
            "bob@192.0.2.1",
            "bob@example.org.",
            "bob",
            "",
            "\"bob\"@example.org",
            "bob@example.org, eve@example.org",
            "Bob <bob@example.org>",
        ] {
            let outcome = server.try_invite("ada", &team, typed, "viewer").await;
            assert_invalid(typed, outcome, &["email"]);
        }
        assert!(server.invitations("ada", &team).await.is_empty());
    })
    .await;
}

async fn assert_cannot_answer(server: &Server, who: &Actor, invite: &Invite, reason: ErrorReason) {
    for by in [invite.by_id(), invite.by_token()] {
        assert_refused(server.try_accept(who, by.clone()).await, reason);
        assert_refused(server.try_decline(who, by).await, reason);
    }
    assert_refused(server.try_preview(who, &invite.token).await, reason);
}

async fn assert_untouched(server: &Server, team: &str, invite: &Invite, revision: i64) {
    let team_now = server.team("ada", team).await;
    assert_eq!((team_now.revision, team_now.member_count), (revision, 1));
    assert_eq!(server.invitation("ada", team, &invite.id).await.state(), InvitationState::Pending);
}
