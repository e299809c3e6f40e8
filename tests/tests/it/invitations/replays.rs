//! What holds of every change of an invitation: asked, it changes nothing; sent again, it is done once and answered
//! alike.

use roster_proto::v1::{
    CancelInvitationRequest, CreateInvitationRequest, ErrorReason, Event, InvitationState,
    ResendInvitationRequest,
};
use roster_testkit::{
    Server, accepting, assert_refused, assert_replayed, both, declining, invitation_to, is_replay, known,
    request_id, return_token,
};

async fn log(server: &Server, team: &str) -> Vec<Event> {
    server.events("ada", team).await
}

#[tokio::test]
async fn creating_is_asked_done_once_and_answered_again_with_its_secret_while_it_lives() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.team_under("brand", "ada", &[("abe", "admin")]).await;
        let request = CreateInvitationRequest {
            request_id: request_id(),
            ..invitation_to(&team, "bob@example.org", "guest")
        };
        let before = log(&server, &team).await;
        let mut abe = server.invites_as("abe");
        let dry = CreateInvitationRequest { validate_only: true, ..request.clone() };
        for _ in 0..2 {
            let asked = abe.create_invitation(dry.clone()).await.unwrap();
            assert!(!is_replay(&asked));
            let asked = asked.into_inner();
            let would_be = asked.invitation.unwrap();
            assert_eq!((would_be.invitation_id.as_str(), would_be.etag.as_str()), ("", ""));
            assert!(asked.token.is_empty());
            assert_eq!(
                (would_be.email.as_str(), would_be.state()),
                ("bob@example.org", InvitationState::Pending)
            );
            assert_eq!(asked.revision, before[0].revision + 1);
        }
        assert_eq!(log(&server, &team).await, before, "a question changes nothing");

        let first = abe.create_invitation(request.clone()).await.unwrap();
        assert!(!is_replay(&first), "the question kept no answer");
        let first = first.into_inner();
        let id = first.invitation.clone().unwrap().invitation_id;
        let mut again = async || {
            let again = abe.create_invitation(request.clone()).await.unwrap();
            assert!(is_replay(&again));
            let again = again.into_inner();
            assert_eq!((&again.invitation, again.revision), (&first.invitation, first.revision));
            again.token
        };
        assert!(again().await == first.token, "the very secret");
        assert_eq!(server.invitations("ada", &team).await.len(), 1);
        server.change_role("ada", &team, "abe", "guest").await;
        assert!(again().await.is_empty(), "who could not make it sees no secret");
        server.change_role("ada", &team, "abe", "admin").await;
        assert!(again().await == first.token, "who can again does");
        server.resend("ada", &team, &id).await;
        assert!(again().await.is_empty(), "neither a secret that leads nowhere nor that of another answer");
        server.remove("ada", &team, "abe").await;
        assert!(again().await.is_empty(), "nor who is gone");
        let other = CreateInvitationRequest { role: "member".into(), ..request.clone() };
        let outcome = server.invites_as("abe").create_invitation(other).await;
        assert_refused(outcome.map(drop), ErrorReason::RequestIdReused);

        let request = CreateInvitationRequest {
            request_id: request_id(),
            ..invitation_to(&team, "cyd@example.org", "guest")
        };
        let first = server.invites_as("ada").create_invitation(request.clone()).await.unwrap().into_inner();
        server.accept(known("cyd"), roster_testkit::By::Token(first.token)).await;
        let again = server.invites_as("ada").create_invitation(request).await.unwrap();
        assert!(is_replay(&again) && again.get_ref().token.is_empty(), "accepted, it has none");
        let kept = again.into_inner().invitation.unwrap();
        assert_eq!(kept.state(), InvitationState::Pending, "the first answer, not what holds now");
    })
    .await;
}

#[tokio::test]
async fn sending_again_is_asked_done_once_and_answered_again() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.create_under("ada", "brand").await;
        let made = server.invite("ada", &team, "bob@example.org", "guest").await;
        let request = ResendInvitationRequest {
            team_id: team.clone(),
            invitation_id: made.id.clone(),
            delivery: return_token(),
            request_id: request_id(),
            ..ResendInvitationRequest::default()
        };
        let mut ada = server.invites_as("ada");
        let before = log(&server, &team).await;
        let dry = ResendInvitationRequest { validate_only: true, ..request.clone() };
        let asked = ada.resend_invitation(dry).await.unwrap();
        assert!(!is_replay(&asked));
        let asked = asked.into_inner();
        assert!(asked.token.is_empty() && asked.invitation.unwrap().etag.is_empty());
        assert_eq!(log(&server, &team).await, before, "a question changes nothing");
        server.preview(known("bob"), &made.token).await;

        let first = ada.resend_invitation(request.clone()).await.unwrap().into_inner();
        let again = ada.resend_invitation(request.clone()).await.unwrap();
        assert!(is_replay(&again));
        let again = again.into_inner();
        assert_eq!((&again.invitation, again.revision), (&first.invitation, first.revision));
        assert!(again.token == first.token && !first.token.is_empty(), "the very secret");
        assert_eq!(log(&server, &team).await.len(), before.len() + 1, "sent again once");
        server.preview(known("bob"), &first.token).await;
        let other = ResendInvitationRequest { etag: first.invitation.unwrap().etag, ..request.clone() };
        assert_refused(ada.resend_invitation(other).await.map(drop), ErrorReason::RequestIdReused);
        server.cancel("ada", &team, &made.id).await;
        let again = ada.resend_invitation(request).await.unwrap();
        assert!(is_replay(&again) && again.get_ref().token.is_empty(), "cancelled, it has none");
    })
    .await;
}

#[tokio::test]
async fn cancelling_is_asked_done_once_and_answered_again() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.team_under("brand", "ada", &[("abe", "admin")]).await;
        let made = server.invite("ada", &team, "bob@example.org", "guest").await;
        let request = CancelInvitationRequest {
            team_id: team.clone(),
            invitation_id: made.id.clone(),
            request_id: request_id(),
            ..CancelInvitationRequest::default()
        };
        let mut abe = server.invites_as("abe");
        let before = log(&server, &team).await;
        let dry = CancelInvitationRequest { validate_only: true, ..request.clone() };
        let asked = abe.cancel_invitation(dry).await.unwrap();
        assert!(!is_replay(&asked));
        let would_be = asked.into_inner().invitation.unwrap();
        assert_eq!((would_be.state(), would_be.etag.as_str()), (InvitationState::Cancelled, ""));
        assert_eq!(log(&server, &team).await, before, "a question changes nothing");
        assert_eq!(super::state(&server, &team, &made.id).await, InvitationState::Pending);

        let first = abe.cancel_invitation(request.clone()).await.unwrap();
        assert_replayed(&first, &abe.cancel_invitation(request.clone()).await.unwrap());
        assert_eq!(log(&server, &team).await.len(), before.len() + 1);
        // Cancelled already is fine, and changes nothing.
        let nothing = CancelInvitationRequest { request_id: request_id(), ..request.clone() };
        let answer = abe.cancel_invitation(nothing).await.unwrap();
        assert!(!is_replay(&answer));
        assert_eq!(answer.get_ref(), first.get_ref());
        assert_eq!(log(&server, &team).await.len(), before.len() + 1);
        server.remove("ada", &team, "abe").await;
        assert_replayed(&first, &abe.cancel_invitation(request.clone()).await.unwrap());
        let other = CancelInvitationRequest { etag: "v1".into(), ..request };
        assert_refused(abe.cancel_invitation(other).await, ErrorReason::RequestIdReused);
    })
    .await;
}

#[tokio::test]
async fn accepting_and_declining_are_done_once_and_answered_again() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.create_under("ada", "brand").await;
        let to_accept = server.invite("ada", &team, "bob@example.org", "guest").await;
        let to_decline = server.invite("ada", &team, "cyd@example.org", "guest").await;
        let (mut bob, mut cyd) = (server.invites_as(known("bob")), server.invites_as(known("cyd")));

        let mut accept = accepting(&to_accept);
        accept.request_id = request_id();
        let joined = bob.accept_invitation(accept.clone()).await.unwrap();
        let again = bob.accept_invitation(accept.clone()).await.unwrap();
        assert_replayed(&joined, &again);
        assert!(!again.get_ref().already_member, "the first answer, not what would hold now");
        let mut decline = declining(&to_decline);
        decline.request_id = request_id();
        let declined = cyd.decline_invitation(decline.clone()).await.unwrap();
        assert_replayed(&declined, &cyd.decline_invitation(decline.clone()).await.unwrap());
        let revision = server.team("ada", &team).await.revision;

        // Named otherwise it is another request.
        let mut by_id = accepting(to_accept.by_id());
        by_id.request_id = accept.request_id.clone();
        assert_refused(bob.accept_invitation(by_id).await, ErrorReason::RequestIdReused);
        let mut by_id = declining(to_decline.by_id());
        by_id.request_id = decline.request_id.clone();
        assert_refused(cyd.decline_invitation(by_id).await, ErrorReason::RequestIdReused);
        // Another person's request is another.
        let eve = server.invites_as(known("eve")).accept_invitation(accept.clone()).await;
        assert_refused(eve, ErrorReason::EmailMismatch);
        assert_eq!(server.team("ada", &team).await.revision, revision);

        server.remove("ada", &team, "bob").await;
        assert_replayed(&joined, &bob.accept_invitation(accept).await.unwrap());
        assert_eq!(server.team("ada", &team).await.member_count, 1, "and yet it joined but once");
        // A refusal is not kept.
        let back = server.invite("ada", &team, "bob@example.org", "guest").await;
        let mut later = accepting(&back);
        later.request_id = request_id();
        let outcome = server.invites_as("bob").accept_invitation(later.clone()).await;
        assert_refused(outcome, ErrorReason::EmailNotVerified);
        assert!(!is_replay(&bob.accept_invitation(later).await.unwrap()));
    })
    .await;
}
