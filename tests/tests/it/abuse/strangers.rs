//! Ids of another team, in every call that takes one: never found, never changed, never told.

use roster_proto::v1::list_invitations_request::Filter;
use roster_proto::v1::{ErrorReason, GetInviteLinkRequest, TransferOwnershipRequest};
use roster_testkit::{
    ATELIER, Outcomes, Server, Target, address_of, assert_refused, atelier, both, on, row, service,
};

use crate::abuse::{APPRENTICE, Seen, Ways, told};

/// The ids of zoe's team, in which there is one of everything.
async fn foreign(server: &Server) -> Target {
    let team = server.team_under(ATELIER, "zoe", &[("zac", "journeyman")]).await;
    let ways = Ways::of(server, "zoe", &team, "bob").await;
    Target {
        link: ways.link.id,
        invitation: ways.invite.id,
        code: ways.code.code_id,
        ..Target::of(&team, "zac")
    }
}

#[tokio::test]
async fn another_team_is_like_one_that_is_not_there() {
    let (_policy, options) = atelier();
    both(async |kind| {
        let server = Server::start_with(kind, options.clone()).await;
        server.create_under("ada", ATELIER).await;
        let theirs = foreign(&server).await;
        let nowhere = Target { team: "team_01h455vb4pex5vsknk084sn02q".into(), ..theirs.clone() };
        let before = Seen::by(&server, "zoe", &theirs.team).await;

        let mut calls = server.every_team_read("ada", &theirs).await;
        calls.extend(server.every_team_mutation("ada", &theirs, false).await);
        let mut like = server.every_team_read("ada", &nowhere).await;
        like.extend(server.every_team_mutation("ada", &nowhere, false).await);
        assert!(calls.len() > 20, "{}", calls.len());
        for ((call, outcome), (_, expected)) in calls.into_iter().zip(like) {
            assert_refused(outcome.clone(), ErrorReason::TeamNotAccessible);
            assert_eq!(told(outcome), told(expected), "{call}");
        }
        before.assert_still(&server).await;
    })
    .await;
}

#[tokio::test]
async fn what_belongs_to_another_team_is_like_what_nobody_made() {
    let (_policy, options) = atelier();
    both(async |kind| {
        let server = Server::start_with(kind, options.clone()).await;
        let own = server.create_under("ada", ATELIER).await;
        Ways::of(&server, "ada", &own, "cyd").await;
        let theirs = foreign(&server).await;
        let before = [Seen::by(&server, "zoe", &theirs.team).await, Seen::by(&server, "ada", &own).await];

        // Ada may do everything in her own team.
        let named = Target { team: own.clone(), ..theirs.clone() };
        let calls = every_call_with_a_child(&server, &named).await;
        let like = every_call_with_a_child(&server, &Target::of(&own, "nobody")).await;
        for ((call, outcome), (_, expected)) in calls.into_iter().zip(like) {
            assert_refused(outcome.clone(), reason_of(call));
            assert_eq!(told(outcome), told(expected), "{call}");
        }
        let filter = Filter { email: address_of("bob"), ..Filter::default() };
        assert!(server.invitations_that("ada", &own, filter).await.is_empty(), "invited to the other team");

        for team in before {
            team.assert_still(&server).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_team_is_not_handed_to_a_member_of_another() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let own = server.create_under("ada", "brand").await;
        let theirs = server.team_under("brand", "zoe", &[("zac", "member")]).await;
        let before = Seen::by(&server, "zoe", &theirs).await;
        let request = TransferOwnershipRequest {
            team_id: own.clone(),
            user_id: "zac".into(),
            ..TransferOwnershipRequest::default()
        };
        for caller in ["ada".into(), service("teams.administer")] {
            let outcome = server.team_as(caller).transfer_ownership(request.clone()).await;
            assert_refused(outcome, ErrorReason::MemberNotFound);
        }
        // To be a member here as well makes nobody less or more there.
        server.add(&own, &[row("zac", "guest")]).await;
        server.change_role("ada", &own, "zac", "admin").await;
        before.assert_still(&server).await;
    })
    .await;
}

/// Every call that names a team and something of it, as somebody makes it who may make every one of them.
async fn every_call_with_a_child(server: &Server, named: &Target) -> Outcomes {
    let Target { team, user, link, invitation, code, .. } = named.clone();
    let get_link = GetInviteLinkRequest { team_id: team.clone(), link_id: link.clone() };
    let grants = [on("room", "one", "visitor")];
    vec![
        ("GetMember", server.try_member("ada", &team, &user).await.map(drop)),
        ("ChangeMemberRole", server.try_change_role("ada", &team, &user, APPRENTICE).await.map(drop)),
        ("SetMemberAccess", server.try_grant("ada", &team, &user, &grants).await.map(drop)),
        ("SuspendMember", server.try_suspend("ada", &team, &user).await.map(drop)),
        ("RestoreMember", server.try_restore("ada", &team, &user).await.map(drop)),
        ("RemoveMember", server.try_remove("ada", &team, &user).await.map(drop)),
        ("GetInviteLink", server.invites_as("ada").get_invite_link(get_link).await.map(drop)),
        ("RevokeInviteLink", server.try_revoke("ada", &team, &link).await.map(drop)),
        ("GetInvitation", server.try_invitation("ada", &team, &invitation).await.map(drop)),
        ("ResendInvitation", server.try_resend("ada", &team, &invitation).await.map(drop)),
        ("CancelInvitation", server.try_cancel("ada", &team, &invitation).await.map(drop)),
        ("RevokeTeamCode", server.try_revoke_code("ada", &team, &code).await.map(drop)),
        ("DeleteTeamCode", server.try_delete_code("ada", &team, &code).await.map(drop)),
    ]
}

fn reason_of(call: &str) -> ErrorReason {
    match call {
        call if call.ends_with("InviteLink") => ErrorReason::InviteLinkNotFound,
        call if call.ends_with("Invitation") => ErrorReason::InvitationNotFound,
        call if call.ends_with("TeamCode") => ErrorReason::TeamCodeNotFound,
        _ => ErrorReason::MemberNotFound,
    }
}
