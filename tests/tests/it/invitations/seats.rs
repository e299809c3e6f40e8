//! Seats: held by pending invitations where the policy says so, taken at the acceptance everywhere.

use roster_proto::v1::{ErrorReason, InvitationState};
use roster_testkit::{Invite, Options, Server, assert_refused, both, known};

use super::{said, state};

#[tokio::test]
async fn in_a_workspace_pending_invitations_hold_seats() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.create_under("ada", "workspace").await;
        let mut invites = Vec::new();
        for i in 0..4 {
            invites.push(server.invite("ada", &team, &format!("p{i}@example.org"), "user").await);
        }
        assert_eq!(server.seats("ada", &team).await, [5, 1, 0, 4]);
        let full = async |server: &Server| {
            let outcome = server.try_invite("ada", &team, "late@example.org", "user").await;
            let refused = assert_refused(outcome, ErrorReason::NoSeat);
            assert_eq!(said(&refused, "limit"), "5");
            assert!(!refused.retry, "waiting does not help");
        };
        full(&server).await;
        server.accept(known("p0"), &invites[0]).await;
        assert_eq!(server.seats("ada", &team).await, [5, 2, 0, 3], "a held seat became a taken one");
        full(&server).await;

        server.cancel("ada", &team, &invites[1].id).await;
        server.decline(known("p2"), &invites[2]).await;
        assert_eq!(server.seats("ada", &team).await, [5, 2, 2, 1]);
        server.invite("ada", &team, "p5@example.org", "user").await;
        server.invite("ada", &team, "p6@example.org", "user").await;
        full(&server).await;

        // What ran out holds nothing from that moment on, and needs a seat to be sent again.
        let server = server.restart(Options::default().clock_offset(WEEK)).await;
        assert_eq!(server.seats("ada", &team).await, [5, 2, 3, 0]);
        for i in 7..10 {
            server.invite("ada", &team, &format!("p{i}@example.org"), "user").await;
        }
        full(&server).await;
        let outcome = server.try_resend("ada", &team, &invites[3].id).await;
        assert_refused(outcome, ErrorReason::NoSeat);
        assert_eq!(state(&server, &team, &invites[3].id).await, InvitationState::Expired);
    })
    .await;
}

#[tokio::test]
async fn a_workspace_that_became_smaller_admits_nobody_and_its_invitations_wait() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.create_under("ada", "workspace").await;
        server.set_tier(&team, "team").await;
        let mut invites = Vec::new();
        for i in 0..6 {
            invites.push(server.invite("ada", &team, &format!("p{i}@example.org"), "user").await);
        }
        for (i, invite) in invites.iter().enumerate().take(4) {
            server.accept(known(&format!("p{i}")), invite).await;
        }
        server.set_tier(&team, "standard").await;
        assert_eq!(server.seats("ada", &team).await, [5, 5, 0, 2]);
        refused_for_want_of_a_seat(&server, &team, "p4", &invites[4], "5").await;
        server.remove("ada", &team, "p0").await;
        server.accept(known("p4"), &invites[4]).await;
        refused_for_want_of_a_seat(&server, &team, "p5", &invites[5], "5").await;
    })
    .await;
}

#[tokio::test]
async fn in_an_account_they_hold_none_and_the_last_seat_goes_to_who_accepts_first() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let free = server.create_under("ada", "account").await;
        let refused = assert_refused(
            server.try_invite("ada", &free, "bob@example.org", "viewer").await,
            ErrorReason::NoSeat,
        );
        assert_eq!(said(&refused, "limit"), "1");

        let team = server.account("ada", "agency").await;
        let mut invites = Vec::new();
        for i in 0..5 {
            invites.push(server.invite("ada", &team, &format!("p{i}@example.org"), "editor").await);
        }
        assert_eq!(server.seats("ada", &team).await, [3, 1, 2, 5]);
        server.accept(known("p4"), &invites[4]).await;
        assert_eq!(server.seats("ada", &team).await, [3, 2, 1, 4]);
        server.accept(known("p3"), &invites[3]).await;
        for (i, invite) in invites.iter().enumerate().take(3) {
            refused_for_want_of_a_seat(&server, &team, &format!("p{i}"), invite, "3").await;
        }
        let outcome = server.try_invite("ada", &team, "late@example.org", "viewer").await;
        assert_refused(outcome, ErrorReason::NoSeat);
        assert!(server.accept(known("p4"), &invites[4]).await.already_member, "who is there needs none");
        // One that is pending is sent again: it takes nothing.
        let again = server.resend("ada", &team, &invites[0].id).await;
        server.remove("ada", &team, "p3").await;
        assert!(!server.accept(known("p0"), &again).await.already_member);
        refused_for_want_of_a_seat(&server, &team, "p1", &invites[1], "3").await;
        server.decline(known("p1"), &invites[1]).await;
    })
    .await;
}

const WEEK: std::time::Duration = std::time::Duration::from_hours(7 * 24);

/// Nobody joins, and the invitation waits.
async fn refused_for_want_of_a_seat(server: &Server, team: &str, user: &str, invite: &Invite, limit: &str) {
    let before = server.team("ada", team).await;
    for by in [invite.by_token(), invite.by_id()] {
        let refused = assert_refused(server.try_accept(known(user), by).await, ErrorReason::NoSeat);
        assert_eq!(said(&refused, "limit"), limit);
        assert!(!refused.retry, "waiting does not help");
    }
    assert_refused(server.try_preview(known(user), &invite.token).await, ErrorReason::NoSeat);
    assert_eq!(server.team("ada", team).await, before);
    assert_eq!(state(server, team, &invite.id).await, InvitationState::Pending);
}
