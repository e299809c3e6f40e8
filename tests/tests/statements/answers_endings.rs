//! Invitations as the calls answer that end them, and that find them ended.

use roster_proto::v1::{
    CancelInvitationRequest, Invitation, InvitationState, ReceivedInvitation, ResendInvitationRequest,
};
use roster_testkit::{By, Server, both, known, return_token, row};
use tempfile::TempDir;

use crate::answers::{LOFT, house, house_with, moved};
use crate::answers_invites::{assert_shown, by_mail, mailing};
use crate::scene::POLICY;

/// Policies, and a role that people are invited to.
const CASES: [(&str, &str); 6] = [
    ("studio", "viewer"),
    ("workspace", "user"),
    ("account", "viewer"),
    ("brand", "guest"),
    (POLICY, "editor"),
    (LOFT, "viewer"),
];

/// A team of ada's with seats for all.
async fn team(server: &Server, policy: &str) -> String {
    let team = server.create_under(known("ada"), policy).await;
    match policy {
        "account" => drop(server.set_tier(&team, "enterprise").await),
        "workspace" => drop(server.set_tier(&team, "team").await),
        _ => {}
    }
    team
}

#[tokio::test]
async fn a_decline_is_answered_as_it_is_read() {
    both(async |kind| {
        let (_policy, server) = house(kind).await;
        for (policy, role) in CASES {
            let team = team(&server, policy).await;
            for by_token in [false, true] {
                let invite = server.invite(known("ada"), &team, "Bob@example.org", role).await;
                let by =
                    || if by_token { By::Token(invite.token.clone()) } else { By::Id(invite.id.clone()) };
                let received = server.received(known("bob")).await.pop().expect("it is received");
                let expected = ReceivedInvitation { state: InvitationState::Declined.into(), ..received };
                assert_eq!(server.decline(known("bob"), by()).await, expected, "{policy}");
                assert_eq!(server.decline(known("bob"), by()).await, expected, "{policy}: again");
                assert_eq!(expected.inviter_email, "ada@example.org");
                let read = server.invitation("ada", &team, &invite.id).await;
                assert_eq!((read.state(), read.answered_by_user_id.as_str()), (expected.state(), "bob"));
            }
        }
    })
    .await;
}

/// Whoever has the token may decline, the inviter themselves: their new address is shown beside the invitation.
#[tokio::test]
async fn an_inviter_declines_with_an_address_that_is_new() {
    both(async |kind| {
        let (_policy, server) = house(kind).await;
        for (policy, role) in [(POLICY, "editor"), (LOFT, "viewer")] {
            let team = team(&server, policy).await;
            let [first, second] = ["one@example.org", "two@example.org"];
            let first = server.invite(known("ada"), &team, first, role).await;
            let second = server.invite(known("ada"), &team, second, role).await;
            let declined = server.decline(moved("ada"), By::Token(first.token)).await;
            assert_eq!(declined.inviter_email, "ada@moved.example.org");
            let received = server.received(roster_testkit::actor("two").email("two@example.org")).await;
            let of_second = received.iter().find(|one| one.invitation_id == second.id).expect("it is there");
            assert_eq!(of_second.inviter_email, declined.inviter_email);
        }
    })
    .await;
}

#[tokio::test]
async fn a_cancellation_with_an_address_that_is_new_and_once_more() {
    both(async |kind| {
        let (_policy, server) = house(kind).await;
        for (policy, role) in CASES {
            let team = team(&server, policy).await;
            let invite = server.invite(known("ada"), &team, "bob@example.org", role).await;
            for who in [moved("ada"), known("ada"), known("ada")] {
                let request = CancelInvitationRequest {
                    team_id: team.clone(),
                    invitation_id: invite.id.clone(),
                    ..CancelInvitationRequest::default()
                };
                let answer = server.invites_as(who).cancel_invitation(request).await.unwrap().into_inner();
                let cancelled: Invitation = answer.invitation.unwrap();
                assert_eq!(cancelled.state(), InvitationState::Cancelled);
                assert_eq!(cancelled, server.invitation("ada", &team, &invite.id).await, "{policy}");
                assert_eq!(answer.revision, server.team("ada", &team).await.revision);
            }
        }
    })
    .await;
}

/// Whoever sends an invitation again is its inviter from then on, and how its secret comes may change.
#[tokio::test]
async fn an_invitation_that_somebody_else_sends_again() {
    both(async |kind| {
        let folder = TempDir::new().unwrap();
        let (_policy, server) = house_with(kind, |options| mailing(options, &folder)).await;
        for policy in [POLICY, LOFT] {
            let team = team(&server, policy).await;
            server.add(&team, &[row("eve", "admin")]).await;
            let invite = server.invite(known("ada"), &team, "bob@example.org", "viewer").await;
            for (user, delivery) in
                [("eve", Some(by_mail())), ("ada", return_token()), ("eve", return_token())]
            {
                let is_mailed = delivery == Some(by_mail());
                let request = ResendInvitationRequest {
                    team_id: team.clone(),
                    invitation_id: invite.id.clone(),
                    delivery,
                    ..ResendInvitationRequest::default()
                };
                let answer = server.invites_as(known(user)).resend_invitation(request).await.unwrap();
                let invitation = answer.into_inner().invitation.unwrap();
                assert_eq!(invitation.inviter_user_id, user, "{policy}");
                assert_shown(&server, &invitation, is_mailed).await;
            }
        }
    })
    .await;
}
