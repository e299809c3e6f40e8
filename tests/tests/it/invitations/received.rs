//! A person's own invitations, over all its teams to be.

use std::time::Duration;

use roster_proto::v1::{ErrorReason, InvitationState, ListReceivedInvitationsRequest, ReceivedInvitation};
use roster_testkit::{Invite, Options, Server, actor, assert_refused, both, known, micros};

fn ids(received: &[ReceivedInvitation]) -> Vec<&str> {
    received.iter().map(|one| one.invitation_id.as_str()).collect()
}

/// Invitations of bob to a team of each policy, the oldest first.
async fn everywhere(server: &Server) -> Vec<(String, Invite)> {
    let mut invites = Vec::new();
    for (policy, role) in
        [("studio", "viewer"), ("brand", "guest"), ("workspace", "admin"), ("account", "editor")]
    {
        let team = match policy {
            "account" => server.account("ada", "agency").await,
            _ => server.create_under("ada", policy).await,
        };
        invites.push((team.clone(), server.invite(known("ada"), &team, "Bob@example.org", role).await));
        server.invite("ada", &team, "bob@example.com", role).await;
    }
    invites
}

#[tokio::test]
async fn they_are_listed_over_all_teams_to_the_verified_address_alone() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let invites = everywhere(&server).await;
        let received = server.received(actor("bob").email("BOB@example.org")).await;
        let expected: Vec<_> = invites.iter().rev().map(|(_, invite)| invite.id.as_str()).collect();
        assert_eq!(ids(&received), expected, "the newest first");
        let workspace = &received[1];
        let made = server.invitation("ada", &invites[2].0, &workspace.invitation_id).await;
        assert_eq!(workspace.team_id, invites[2].0);
        assert_eq!(workspace.team_display_name, "Team");
        assert_eq!((workspace.role.as_str(), workspace.role_title.as_str()), ("admin", "Admin"));
        assert_eq!(workspace.inviter_user_id, "ada");
        assert_eq!(workspace.inviter_email, "ada@example.org");
        assert_eq!(workspace.create_time, made.create_time);
        assert_eq!(workspace.expire_time, made.expire_time);
        assert_eq!(workspace.state(), InvitationState::Pending);

        // It is nobody's else, whoever claims what.
        assert_eq!(ids(&server.received(actor("eve").email("bob@example.org")).await), expected);
        assert!(server.received(known("eve")).await.is_empty());
        for nobody in [
            actor("bob"),
            actor("bob").header("x-actor-email", "bob@example.org"),
            actor("bob").header("x-actor-email", "bob@example.org").header("x-actor-email-verified", "false"),
        ] {
            assert_refused(server.try_received(&nobody).await, ErrorReason::EmailNotVerified);
        }
        let narrowed = Options::default().variable("ROSTER_ENABLED_POLICIES", "[\"brand\", \"studio\"]");
        let server = server.restart(narrowed).await;
        assert_eq!(ids(&server.received(known("bob")).await), expected[2..], "of these policies alone");
    })
    .await;
}

#[tokio::test]
async fn what_ended_is_gone_from_the_list() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let bob = known("bob");
        let invites = everywhere(&server).await;
        let [studio, brand, workspace, account] = &invites[..] else { panic!("four of them") };
        let left = async |server: &Server, expected: &[&Invite]| {
            let expected: Vec<_> = expected.iter().map(|invite| invite.id.as_str()).collect();
            assert_eq!(ids(&server.received(&bob).await), expected);
        };
        server.decline(&bob, &workspace.1).await;
        left(&server, &[&account.1, &brand.1, &studio.1]).await;
        server.accept(&bob, brand.1.by_id()).await;
        left(&server, &[&account.1, &studio.1]).await;
        server.cancel("ada", &studio.0, &studio.1.id).await;
        left(&server, &[&account.1]).await;
        let again = server.invite("ada", &workspace.0, "bob@example.org", "user").await;
        left(&server, &[&again, &account.1]).await;
        let server = server.restart(Options::default().clock_offset(Duration::from_hours(7 * 24))).await;
        left(&server, &[&account.1]).await;
        server.delete("ada", &account.0).await;
        left(&server, &[]).await;
    })
    .await;
}

#[tokio::test]
async fn they_come_in_pages_that_belong_to_person_and_address() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let bob = known("bob");
        let mut expected = Vec::new();
        for _ in 0..5 {
            let team = server.create_under("ada", "brand").await;
            expected.push(server.invite("ada", &team, "bob@example.org", "guest").await.id);
        }
        expected.reverse();
        let mut request = ListReceivedInvitationsRequest { page_size: 2, page_token: String::new() };
        let (mut listed, mut sizes) = (Vec::new(), Vec::new());
        let last = loop {
            let page = server.invites_as(&bob).list_received_invitations(request.clone()).await;
            let page = page.unwrap().into_inner();
            sizes.push(page.invitations.len());
            assert!(page.invitations.is_sorted_by(|a, b| micros(a.create_time) >= micros(b.create_time)));
            listed.extend(page.invitations.into_iter().map(|one| one.invitation_id));
            if page.next_page_token.is_empty() {
                break request;
            }
            request.page_token = page.next_page_token;
        };
        assert_eq!((listed, sizes), (expected, vec![2, 2, 1]));
        for other in [known("eve"), actor("bob").email("bob@example.com"), bob.clone().through("shop")] {
            let outcome = server.invites_as(other).list_received_invitations(last.clone()).await;
            assert_refused(outcome, ErrorReason::PageTokenInvalid);
        }
        server.invites_as(&bob).list_received_invitations(last).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn one_whose_inviter_left_shows_no_address_of_it() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.team_under("brand", "ada", &[("abe", "admin")]).await;
        server.invite(known("abe"), &team, "bob@example.org", "guest").await;
        assert_eq!(server.received(known("bob")).await[0].inviter_email, "abe@example.org");
        server.remove("ada", &team, "abe").await;
        let received = server.received(known("bob")).await;
        assert_eq!(received.len(), 1, "it may be pending again");
        assert_eq!((received[0].inviter_email.as_str(), received[0].inviter_user_id.as_str()), ("", "abe"));
        assert_eq!(received[0].state(), InvitationState::MakerGone);
    })
    .await;
}
