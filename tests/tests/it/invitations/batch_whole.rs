//! A whole batch: how many rows, one commit, a question, the same answer again, and who is refused altogether.

use std::collections::BTreeSet;

use roster_proto::v1::batch_create_invitations_response::result::Outcome;
use roster_proto::v1::{
    BatchCreateInvitationsRequest, BatchCreateInvitationsResponse, ErrorReason, EventType, InvitationState,
};
use roster_testkit::{
    ATELIER, Server, assert_invalid, assert_invitation_refused, assert_refused, atelier, both,
    invitation_row, is_replay, request_id, return_token, row_invitation,
};

use super::{said, types_at};

fn batch(team: &str, count: usize, role: &str) -> BatchCreateInvitationsRequest {
    BatchCreateInvitationsRequest {
        team_id: team.into(),
        invitations: (0..count).map(|i| invitation_row(&format!("p{i}@example.org"), role)).collect(),
        delivery: return_token(),
        ..BatchCreateInvitationsRequest::default()
    }
}

#[tokio::test]
async fn one_to_a_hundred_rows_in_one_commit() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.create_under("ada", "brand").await;
        let mut ada = server.invites_as("ada");
        for count in [0, 101] {
            let outcome = ada.batch_create_invitations(batch(&team, count, "guest")).await;
            assert_invalid(&format!("{count} rows"), outcome.map(drop), &["invitations"]);
        }
        let without = BatchCreateInvitationsRequest { delivery: None, ..batch(&team, 1, "guest") };
        assert_invalid("no delivery", ada.batch_create_invitations(without).await.map(drop), &["delivery"]);
        assert_eq!(server.team("ada", &team).await.revision, 1);

        let answer = ada.batch_create_invitations(batch(&team, 100, "guest")).await.unwrap().into_inner();
        assert_eq!((answer.results.len(), answer.revision), (100, 2));
        let tokens: BTreeSet<_> = answer.results.iter().map(|result| result.token.as_str()).collect();
        assert!(tokens.len() == 100 && !tokens.contains(""), "a secret each");
        for (i, result) in answer.results.iter().enumerate() {
            assert_eq!(row_invitation(result).email, format!("p{i}@example.org"), "in the order of the rows");
        }
        assert_eq!(types_at(&server, &team, 2).await, [EventType::InvitationCreated; 100]);
        assert_eq!(server.invitations("ada", &team).await.len(), 100);
    })
    .await;
}

#[tokio::test]
async fn whoever_may_not_invite_is_refused_as_a_whole() {
    let (_folder, options) = atelier();
    both(async |kind| {
        let server = Server::start_with(kind, options.clone()).await;
        let team = server.team_under(ATELIER, "ada", &[("joe", "journeyman"), ("sue", "foreman")]).await;
        server.suspend("ada", &team, "sue").await;
        let links_only = server.create_team("ada").await;
        let rows = [invitation_row("no address", "boss")];
        let of = async |who: &str, team: &str, reason| {
            assert_refused(server.try_invite_all(who, team, &rows).await.map(drop), reason)
        };
        let refused = of("joe", &team, ErrorReason::RoleLacksPermission).await;
        assert_eq!(said(&refused, "permission"), "members.invite");
        of("sue", &team, ErrorReason::ActorSuspended).await;
        of("zoe", &team, ErrorReason::TeamNotAccessible).await;
        of("ada", &links_only, ErrorReason::MethodNotInPolicy).await;
        let answer = server.try_invite_all("ada", &team, &rows).await.unwrap().into_inner();
        assert_invitation_refused(&answer.results[0], ErrorReason::FieldInvalid);
    })
    .await;
}

#[tokio::test]
async fn a_question_makes_nothing_and_shows_no_id_etag_or_secret() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.create_under("ada", "workspace").await;
        let pending = server.invite("ada", &team, "p1@example.org", "user").await;
        let before = (server.team("ada", &team).await, server.events("ada", &team).await);
        let mut request = batch(&team, 6, "user");
        request.invitations[2].email = "P0@example.org".into();
        request.validate_only = true;
        let mut ada = server.invites_as("ada");
        let asked = ada.batch_create_invitations(request.clone()).await.unwrap();
        assert!(!is_replay(&asked));
        let asked = asked.into_inner();
        for place in [0, 3, 4] {
            let made = row_invitation(&asked.results[place]);
            assert_eq!((made.invitation_id.as_str(), made.etag.as_str()), ("", ""));
            assert_eq!((made.role.as_str(), made.state()), ("user", InvitationState::Pending));
            assert!(asked.results[place].token.is_empty(), "no secret");
        }
        let refused = assert_invitation_refused(&asked.results[1], ErrorReason::InvitationPending);
        assert_eq!(said(&refused, "invitation_id"), pending.id);
        assert_invitation_refused(&asked.results[2], ErrorReason::InvitationPending);
        assert_invitation_refused(&asked.results[5], ErrorReason::NoSeat);
        assert_eq!((server.team("ada", &team).await, server.events("ada", &team).await), before);
        assert_eq!(server.invitations("ada", &team).await.len(), 1);
        request.validate_only = false;
        let done = ada.batch_create_invitations(request).await.unwrap().into_inner();
        assert_eq!(done.revision, asked.revision);
        assert_invitation_refused(&done.results[5], ErrorReason::NoSeat);
    })
    .await;
}

#[tokio::test]
async fn a_batch_sent_again_is_answered_again_with_its_secrets_while_they_live() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.team_under("brand", "ada", &[("abe", "admin")]).await;
        let mut request = batch(&team, 4, "guest");
        request.invitations[1].role = "boss".into();
        request.request_id = request_id();
        let mut abe = server.invites_as("abe");
        let first = abe.batch_create_invitations(request.clone()).await.unwrap();
        assert!(!is_replay(&first));
        let first = first.into_inner();
        let tokens = |answer: &BatchCreateInvitationsResponse| -> Vec<String> {
            answer.results.iter().map(|result| result.token.clone()).collect()
        };
        let mut again = async || {
            let again = abe.batch_create_invitations(request.clone()).await.unwrap();
            assert!(is_replay(&again));
            let again = again.into_inner();
            assert_eq!(again.revision, first.revision);
            for (one, other) in again.results.iter().zip(&first.results) {
                match (&one.outcome, &other.outcome) {
                    (Some(Outcome::Invitation(one)), Some(Outcome::Invitation(other))) => {
                        assert_eq!(one, other);
                    }
                    (Some(Outcome::Status(one)), Some(Outcome::Status(other))) => assert_eq!(one, other),
                    _ => panic!("another outcome than before"),
                }
            }
            again
        };
        assert!(tokens(&again().await) == tokens(&first), "the very secrets");
        let cancelled = row_invitation(&first.results[2]).invitation_id;
        server.cancel("ada", &team, &cancelled).await;
        let mut left = tokens(&first);
        left[2].clear();
        assert!(tokens(&again().await) == left, "but those that live no more");
        server.change_role("ada", &team, "abe", "guest").await;
        assert!(tokens(&again().await).iter().all(String::is_empty), "who could not make them sees none");
        server.remove("ada", &team, "abe").await;
        assert!(tokens(&again().await).iter().all(String::is_empty), "nor who is gone");
        assert_eq!(server.invitations("ada", &team).await.len(), 3, "made once");
        let mut other = request.clone();
        other.invitations.pop();
        let outcome = server.invites_as("abe").batch_create_invitations(other).await;
        assert_refused(outcome.map(drop), ErrorReason::RequestIdReused);
    })
    .await;
}
