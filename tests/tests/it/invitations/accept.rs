//! What comes of an acceptance: a membership as it was offered, once.

use roster_proto::v1::event::Change;
use roster_proto::v1::{
    ErrorReason, EventType, InvitationAccepted, InvitationState, JoinMethod, MemberJoined, UpdateTeamRequest,
};
use roster_testkit::{
    ATELIER, By, Server, actor, assert_refused, atelier, both, invitation_to, known, micros, on,
};

use super::{said, state, types_at};

#[tokio::test]
async fn whoever_accepts_has_what_was_offered_and_the_log_says_so_once() {
    let (_folder, options) = atelier();
    both(async |kind| {
        let server = Server::start_with(kind, options.clone()).await;
        let team = server.team_under(ATELIER, "ada", &[("ben", "master")]).await;
        let grants = vec![on("piece", "p1", "maker"), on("room", "r1", "visitor")];
        let mut request = invitation_to(&team, "bob@example.org", "journeyman");
        request.grants = vec![grants[1].clone(), grants[0].clone()];
        let made = server.invites_as("ben").create_invitation(request).await.unwrap().into_inner();
        let offered = made.invitation.unwrap();
        assert_eq!((offered.role.as_str(), offered.inviter_user_id.as_str()), ("journeyman", "ben"));
        assert_eq!(
            (&offered.grants, offered.restricted_kinds.as_slice()),
            (&grants, &["room".to_owned()][..])
        );
        assert_eq!(offered.state(), InvitationState::Pending);
        assert_eq!(made.revision, server.team("ada", &team).await.revision);

        let bob = known("bob");
        let joined = server.accept(&bob, By::Token(made.token)).await;
        assert!(!joined.already_member);
        let member = joined.member.unwrap();
        assert_eq!((member.role.as_str(), &member.grants), ("journeyman", &grants));
        assert_eq!(member.restricted_kinds, ["room"]);
        assert_eq!(member.join_method(), JoinMethod::Invitation);
        assert_eq!((member.invited_by_user_id.as_str(), member.email.as_str()), ("ben", "bob@example.org"));
        assert_eq!(server.member("ada", &team, "bob").await, member);
        let shown = joined.team.unwrap();
        assert_eq!((shown.member_count, shown.revision), (3, made.revision + 1));
        assert_eq!(server.team("bob", &team).await, shown);

        let types = types_at(&server, &team, shown.revision).await;
        assert_eq!(types, [EventType::InvitationAccepted, EventType::MemberJoined], "one commit");
        let events = server.events("ada", &team).await;
        let expected = MemberJoined {
            user_id: "bob".into(),
            role: "journeyman".into(),
            join_method: JoinMethod::Invitation.into(),
            invited_by_user_id: "ben".into(),
            invitation_id: offered.invitation_id.clone(),
            grants,
            restricted_kinds: vec!["room".into()],
            ..MemberJoined::default()
        };
        assert_eq!(events[0].change, Some(Change::MemberJoined(expected)));
        let accepted =
            InvitationAccepted { invitation_id: offered.invitation_id.clone(), user_id: "bob".into() };
        assert_eq!(events[1].change, Some(Change::InvitationAccepted(accepted)));
        assert_eq!(micros(member.join_time), micros(events[0].event_time));
    })
    .await;
}

#[tokio::test]
async fn accepted_twice_by_one_person_it_changes_nothing_and_another_is_refused() {
    both(async |kind| {
        let server = Server::start(kind).await;
        // By token anybody may, so that only what became of the invitation refuses.
        let team = server.account("ada", "enterprise").await;
        let invite = server.invite("ada", &team, "bob@example.org", "editor").await;
        let first = server.accept(known("bob"), &invite).await;
        let log = server.events("ada", &team).await;
        for by in [invite.by_token(), invite.by_id()] {
            let again = server.accept(known("bob"), by).await;
            assert!(again.already_member);
            assert_eq!((again.member, again.team), (first.member.clone(), first.team.clone()));
        }
        assert!(server.preview(known("bob"), &invite.token).await.already_member);
        for other in [known("eve"), actor("eve").email("bob@example.org"), actor("zoe")] {
            let refused = assert_refused(server.try_accept(&other, &invite).await, ErrorReason::NotPending);
            assert_eq!(said(&refused, "state"), "ACCEPTED");
        }
        // Nor another member, though it would change nothing about its membership.
        let refused = assert_refused(server.try_accept("ada", &invite).await, ErrorReason::NotPending);
        assert_eq!(said(&refused, "state"), "ACCEPTED");
        let refused =
            assert_refused(server.try_decline(known("bob"), &invite).await, ErrorReason::NotPending);
        assert_eq!(said(&refused, "state"), "ACCEPTED");
        assert_eq!(server.events("ada", &team).await, log);

        let invite = server.invite("ada", &team, "cyd@example.org", "editor").await;
        server.decline(known("cyd"), &invite).await;
        let log = server.events("ada", &team).await;
        let again = server.decline(known("cyd"), invite.by_id()).await;
        assert_eq!(again.state(), InvitationState::Declined);
        let refused = assert_refused(server.try_accept(known("cyd"), &invite).await, ErrorReason::NotPending);
        assert_eq!(said(&refused, "state"), "DECLINED");
        assert_eq!(server.events("ada", &team).await, log);
    })
    .await;
}

#[tokio::test]
async fn a_member_that_accepts_stays_as_it_is_and_the_invitation_is_accepted() {
    let (_folder, options) = atelier();
    both(async |kind| {
        let server = Server::start_with(kind, options.clone()).await;
        let team = server.create_under("ada", ATELIER).await;
        let mut request = invitation_to(&team, "bob@example.org", "journeyman");
        request.grants = vec![on("piece", "p1", "maker")];
        let made = server.invites_as("ada").create_invitation(request).await.unwrap().into_inner();
        let id = made.invitation.unwrap().invitation_id;
        let link = server.create_link("ada", &team).await;
        let bob = server.redeem("bob", &link.token).await.member.unwrap();
        assert_eq!((bob.role.as_str(), bob.email.as_str()), ("apprentice", ""));

        let prompt = server.preview(known("bob"), &made.token).await;
        assert!(prompt.already_member);
        let joined = server.accept(known("bob"), By::Token(made.token)).await;
        assert!(joined.already_member);
        let member = joined.member.unwrap();
        assert_eq!((member.role.as_str(), member.join_method()), ("apprentice", JoinMethod::InviteLink));
        assert!(member.grants.is_empty());
        assert_eq!(member.email, "bob@example.org", "but its verified address is taken up");
        assert_eq!(state(&server, &team, &id).await, InvitationState::Accepted);
        let revision = joined.team.unwrap().revision;
        let types = types_at(&server, &team, revision).await;
        assert_eq!(types, [EventType::InvitationAccepted, EventType::MemberEmailChanged]);
    })
    .await;
}

#[tokio::test]
async fn a_suspended_or_removed_person_is_not_let_in_by_what_was_made_before() {
    let (_folder, options) = atelier();
    both(async |kind| {
        let server = Server::start_with(kind, options.clone()).await;
        let team = server.create_under("ada", ATELIER).await;
        let used = server.invite("ada", &team, "bob@example.org", "apprentice").await;
        let other = server.invite("ada", &team, "bob@elsewhere.example", "apprentice").await;
        server.accept(known("bob"), &used).await;
        let elsewhere = actor("bob").email("bob@elsewhere.example");
        server.suspend("ada", &team, "bob").await;
        for (who, invite) in [(known("bob"), &used), (elsewhere.clone(), &other)] {
            assert_refused(server.try_accept(&who, invite).await, ErrorReason::Suspended);
            assert_refused(server.try_accept(&who, invite.by_id()).await, ErrorReason::Suspended);
            assert_refused(server.try_preview(&who, &invite.token).await, ErrorReason::Suspended);
        }
        server.remove("ada", &team, "bob").await;
        for (who, invite) in [(known("bob"), &used), (elsewhere.clone(), &other)] {
            assert_refused(server.try_accept(&who, invite).await, ErrorReason::Removed);
            assert_refused(server.try_accept(&who, invite.by_id()).await, ErrorReason::Removed);
            assert_refused(server.try_preview(&who, &invite.token).await, ErrorReason::Removed);
        }
        assert_eq!(state(&server, &team, &other.id).await, InvitationState::Pending);
        // Sent again after the removal, it is a newer one.
        let newer = server.resend("ada", &team, &other.id).await;
        assert!(!server.accept(&elsewhere, &newer).await.already_member);
    })
    .await;
}

#[tokio::test]
async fn a_removal_cancels_what_is_pending_for_the_address() {
    let (_folder, options) = atelier();
    both(async |kind| {
        let server = Server::start_with(kind, options.clone()).await;
        let team = server.create_under("ada", ATELIER).await;
        let link = server.create_link("ada", &team).await;
        server.redeem("bob", &link.token).await;
        server.change_role("ada", &team, "bob", "master").await;
        let invite = server.invite("ada", &team, "Bob@example.org", "foreman").await;
        let unrelated = server.invite("ada", &team, "cyd@example.org", "foreman").await;
        // Its address becomes known by what it changes itself.
        let rename = UpdateTeamRequest {
            team_id: team.clone(),
            display_name: "Another".into(),
            ..UpdateTeamRequest::default()
        };
        server.team_as(known("bob")).update_team(rename).await.unwrap();
        let answer = server.remove("ada", &team, "bob").await;
        assert_eq!(answer.cancelled_invitation_ids, [invite.id.as_str()]);
        assert_eq!(state(&server, &team, &invite.id).await, InvitationState::Cancelled);
        assert_eq!(state(&server, &team, &unrelated.id).await, InvitationState::Pending);
        let types = types_at(&server, &team, answer.revision).await;
        assert!(types.contains(&EventType::InvitationCancelled), "in the same commit: {types:?}");
        let refused = assert_refused(server.try_accept(known("bob"), &invite).await, ErrorReason::Removed);
        assert!(refused.metadata.is_empty());
    })
    .await;
}
