//! Sent again: a new secret, a full life, another maker; and who may.

use std::time::Duration;

use roster_proto::v1::event::Change;
use roster_proto::v1::{
    CancelInvitationRequest, ErrorReason, InvitationResent, InvitationState, ResendInvitationRequest,
};
use roster_testkit::{
    ATELIER, Options, Server, assert_refused, atelier, both, invitation_to, known, micros, on, return_token,
};

use super::{said, state};

const DAY: Duration = Duration::from_hours(24);
const WEEK: i64 = 7 * 24 * 3_600 * 1_000_000;

#[tokio::test]
async fn the_secret_before_leads_nowhere_and_the_life_is_full_again() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.team_under("brand", "ada", &[("ben", "admin")]).await;
        let bob = known("bob");
        let first = server.invite("ada", &team, "bob@example.org", "member").await;
        let before = server.invitation("ada", &team, &first.id).await;
        let server = server.restart(Options::default().clock_offset(3 * DAY)).await;
        let second = server.resend("ben", &team, &first.id).await;
        assert!(second.id == first.id && second.token != first.token, "the same, with a new secret");
        for (call, outcome) in [
            ("accept", server.try_accept(&bob, &first).await.map(drop)),
            ("decline", server.try_decline(&bob, &first).await.map(drop)),
            ("preview", server.try_preview(&bob, &first.token).await.map(drop)),
        ] {
            let refused = assert_refused(outcome, ErrorReason::InviteNotFound);
            assert!(refused.metadata.is_empty(), "{call}");
        }
        let shown = server.invitation("ada", &team, &first.id).await;
        let event = server.events("ada", &team).await.remove(0);
        assert_eq!(micros(shown.expire_time) - micros(event.event_time), WEEK, "a full life from then on");
        assert_eq!(shown.create_time, before.create_time, "made when it was made");
        assert_eq!(shown.inviter_user_id, "ben", "whoever sends it again is its maker");
        assert_ne!(shown.etag, before.etag);
        let resent = InvitationResent { invitation_id: first.id.clone(), expire_time: shown.expire_time };
        assert_eq!(event.change, Some(Change::InvitationResent(resent)));
        assert_eq!(event.actor_user_id, "ben");

        // It lives on beyond the end that it had.
        let server = server.restart(Options::default().clock_offset(8 * DAY)).await;
        assert_eq!(server.preview(&bob, &second.token).await.inviter_user_id, "ben");
        let member = server.accept(&bob, &second).await.member.unwrap();
        assert_eq!(member.invited_by_user_id, "ben");
        let outcome = server.try_resend("ada", &team, &first.id).await;
        let refused = assert_refused(outcome, ErrorReason::NotPending);
        assert_eq!(said(&refused, "state"), "ACCEPTED");
    })
    .await;
}

#[tokio::test]
async fn an_expired_one_is_pending_again_if_the_address_is_free() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.create_under("ada", "brand").await;
        let bob = known("bob");
        let expired = server.invite("ada", &team, "bob@example.org", "member").await;
        let replaced = server.invite("ada", &team, "cyd@example.org", "member").await;
        let joined = server.invite("ada", &team, "dan@example.org", "member").await;
        let server = server.restart(Options::default().clock_offset(7 * DAY)).await;
        assert_refused(server.try_accept(&bob, &expired).await, ErrorReason::Expired);
        let again = server.resend("ada", &team, &expired.id).await;
        assert_eq!(state(&server, &team, &expired.id).await, InvitationState::Pending);
        assert_eq!(server.received(&bob).await.len(), 1);
        assert_refused(server.try_accept(&bob, &expired).await, ErrorReason::InviteNotFound);
        server.accept(&bob, &again).await;

        let newer = server.invite("ada", &team, "CYD@example.org", "guest").await;
        let outcome = server.try_resend("ada", &team, &replaced.id).await;
        let refused = assert_refused(outcome, ErrorReason::InvitationPending);
        assert_eq!(said(&refused, "invitation_id"), newer.id);
        let newer = server.invite("ada", &team, "dan@example.org", "guest").await;
        server.accept(known("dan"), &newer).await;
        let outcome = server.try_resend("ada", &team, &joined.id).await;
        assert_refused(outcome, ErrorReason::AlreadyMember);
    })
    .await;
}

#[tokio::test]
async fn an_etag_tells_who_was_faster() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.create_under("ada", "brand").await;
        let invite = server.invite("ada", &team, "bob@example.org", "member").await;
        let stale = server.invitation("ada", &team, &invite.id).await.etag;
        let resend = |etag: &str| ResendInvitationRequest {
            team_id: team.clone(),
            invitation_id: invite.id.clone(),
            delivery: return_token(),
            etag: etag.into(),
            ..ResendInvitationRequest::default()
        };
        let cancel = |etag: &str| CancelInvitationRequest {
            team_id: team.clone(),
            invitation_id: invite.id.clone(),
            etag: etag.into(),
            ..CancelInvitationRequest::default()
        };
        let mut ada = server.invites_as("ada");
        let fresh =
            ada.resend_invitation(resend(&stale)).await.unwrap().into_inner().invitation.unwrap().etag;
        // Other invitations do not matter.
        server.invite("ada", &team, "cyd@example.org", "member").await;
        let before = server.team("ada", &team).await;
        assert_refused(ada.resend_invitation(resend(&stale)).await, ErrorReason::EtagMismatch);
        assert_refused(ada.cancel_invitation(cancel(&stale)).await, ErrorReason::EtagMismatch);
        assert_eq!(server.team("ada", &team).await, before);
        assert_eq!(server.invitation("ada", &team, &invite.id).await.etag, fresh, "as it was answered");
        let cancelled = ada.cancel_invitation(cancel(&fresh)).await.unwrap().into_inner().invitation.unwrap();
        assert_eq!(cancelled.state(), InvitationState::Cancelled);
        assert_ne!(cancelled.etag, fresh);
    })
    .await;
}

#[tokio::test]
async fn nobody_gives_by_invitation_what_is_above_its_own() {
    let (_folder, options) = atelier();
    both(async |kind| {
        let server = Server::start_with(kind, options.clone()).await;
        let people = [("fred", "foreman"), ("stu", "steward"), ("joe", "journeyman")];
        let team = server.team_under(ATELIER, "ada", &people).await;
        for role in ["master", "steward", "foreman"] {
            let outcome = server.try_invite("fred", &team, "bob@example.org", role).await;
            let refused = assert_refused(outcome, ErrorReason::RoleNotAssignable);
            assert_eq!((said(&refused, "actor_role"), said(&refused, "role")), ("foreman", role));
        }
        let high = server.invite("ada", &team, "high@example.org", "foreman").await;
        let outcome = server.try_resend("fred", &team, &high.id).await;
        assert_refused(outcome, ErrorReason::RoleNotAssignable);
        // A foreman reaches pieces as a viewer, and may give no more of them.
        let mut request = invitation_to(&team, "deep@example.org", "journeyman");
        request.grants = vec![on("piece", "p1", "maker")];
        let outcome = server.invites_as("fred").create_invitation(request.clone()).await;
        let refused = assert_refused(outcome, ErrorReason::BeyondOwnAccess);
        assert_eq!(said(&refused, "kind"), "piece");
        let deep = server.invites_as("ada").create_invitation(request).await.unwrap().into_inner();
        let deep = deep.invitation.unwrap().invitation_id;
        assert_refused(server.try_resend("fred", &team, &deep).await, ErrorReason::BeyondOwnAccess);
        for (who, needs) in [("stu", "members.invite"), ("joe", "members.invite")] {
            for outcome in [
                server.try_invite(who, &team, "bob@example.org", "apprentice").await.map(drop),
                server.try_resend(who, &team, &high.id).await.map(drop),
                server.try_cancel(who, &team, &high.id).await.map(drop),
            ] {
                let refused = assert_refused(outcome, ErrorReason::RoleLacksPermission);
                assert_eq!(said(&refused, "permission"), needs);
            }
            assert_refused(
                server.try_invitation(who, &team, &high.id).await,
                ErrorReason::RoleLacksPermission,
            );
        }
        let made = server.invitation("ada", &team, &high.id).await;
        assert_eq!((made.inviter_user_id.as_str(), made.state()), ("ada", InvitationState::Pending));
        // To take back is not to give.
        server.cancel("fred", &team, &high.id).await;
    })
    .await;
}

#[tokio::test]
async fn a_team_has_so_many_pending_invitations_and_no_more() {
    both(async |kind| {
        let two = Options::default().variable("ROSTER_LIMITS__PENDING_INVITATIONS_PER_TEAM", "2");
        let server = Server::start_with(kind, two.clone()).await;
        let team = server.create_under("ada", "brand").await;
        let first = server.invite("ada", &team, "p0@example.org", "guest").await;
        let second = server.invite("ada", &team, "p1@example.org", "guest").await;
        let full = async |server: &Server| {
            let outcome = server.try_invite("ada", &team, "late@example.org", "guest").await;
            let refused = assert_refused(outcome, ErrorReason::CapReached);
            assert_eq!(said(&refused, "cap"), "pending_invitations_per_team");
            assert_eq!(said(&refused, "limit"), "2");
        };
        full(&server).await;
        server.resend("ada", &team, &first.id).await;
        full(&server).await;
        server.decline(known("p1"), &second).await;
        server.invite("ada", &team, "p2@example.org", "guest").await;
        full(&server).await;
        let server = server.restart(two.clock_offset(7 * DAY)).await;
        server.invite("ada", &team, "p3@example.org", "guest").await;
        server.invite("ada", &team, "p4@example.org", "guest").await;
        full(&server).await;
        let outcome = server.try_resend("ada", &team, &first.id).await;
        assert_refused(outcome, ErrorReason::CapReached);
        // What ran out for the very address makes no room.
        let outcome = server.try_invite("ada", &team, "p2@example.org", "guest").await;
        assert_refused(outcome, ErrorReason::CapReached);
    })
    .await;
}
