//! Members end their own membership, where their policy lets them.

use roster_proto::v1::event::Change;
use roster_proto::v1::list_members_request::Filter;
use roster_proto::v1::{
    EnsurePersonalTeamRequest, ErrorReason, EventType, InviteLinkState, LeaveTeamRequest, MemberState,
};
use roster_testkit::{
    ADMIN, ATELIER, EDITOR, OwnPolicy, Server, VIEWER, address_of, assert_refused, assert_replayed, atelier,
    both, known, on, on_all, request_id, row,
};

#[tokio::test]
async fn who_left_has_no_access_and_comes_back_by_an_old_link() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.team_of(&[("ada", ADMIN), ("bob", VIEWER)]).await;
        let link = server.create_link("ada", &team).await;
        let before = server.change_role("ada", &team, "bob", EDITOR).await.member.unwrap();
        let left = server.leave("bob", &team).await;
        assert_eq!(left.member, Some(before), "as it was");
        assert_eq!(left.revision, server.team("ada", &team).await.revision);
        assert_refused(server.try_member("bob", &team, "bob").await, ErrorReason::TeamNotAccessible);
        assert_refused(server.try_leave("bob", &team).await, ErrorReason::TeamNotAccessible);
        assert_refused(server.try_member("ada", &team, "bob").await, ErrorReason::MemberNotFound);
        let event = server.events("ada", &team).await.remove(0);
        assert_eq!((event.r#type(), event.actor_user_id.as_str()), (EventType::MemberLeft, "bob"));
        let Some(Change::MemberLeft(told)) = event.change else { panic!("the change") };
        assert_eq!((told.user_id.as_str(), told.role.as_str()), ("bob", EDITOR));

        let back = server.redeem("bob", &link.token).await;
        assert!(!back.already_member);
        assert_eq!(back.member.unwrap().role, VIEWER, "as anybody who joins by it");
    })
    .await;
}

#[tokio::test]
async fn who_was_restricted_comes_back_only_by_a_link_made_since() {
    both(async |kind| {
        let (_folder, options) = atelier();
        let server = Server::start_with(kind, options).await;
        let team = server.create_under("ada", ATELIER).await;
        let old = server.create_link("ada", &team).await;
        server.redeem("bob", &old.token).await;
        server.grant("ada", &team, "bob", &[on("room", "r1", "visitor")]).await;
        server.leave("bob", &team).await;
        assert_refused(server.try_redeem("bob", &old.token).await, ErrorReason::Removed);
        let new = server.create_link("ada", &team).await;
        assert!(!server.redeem("bob", &new.token).await.already_member);
    })
    .await;
}

#[tokio::test]
async fn who_was_lowered_comes_back_only_by_what_was_made_since() {
    both(async |kind| {
        let (_folder, options) = atelier();
        let server = Server::start_with(kind, options).await;
        let team = server.team_under(ATELIER, "ada", &[("bob", "foreman")]).await;
        let link = server.create_link("ada", &team).await;
        let code = server.create_code("ada", &team, "journeyman").await;
        let invite = server.invite("ada", &team, &address_of("bob"), "foreman").await;
        server.change_role("ada", &team, "bob", "apprentice").await;

        // As long as it stays it is a member, whatever it holds.
        assert!(server.redeem("bob", &link.token).await.already_member);
        assert!(server.redeem_code("bob", &code.code).await.already_member);
        assert_eq!(server.member("bob", &team, "bob").await.role, "apprentice");

        server.leave("bob", &team).await;
        let refused = assert_refused(server.try_redeem("bob", &link.token).await, ErrorReason::Removed);
        assert!(refused.message.ends_with("ask for a new one"), "{}", refused.message);
        assert_refused(server.try_preview("bob", &link.token).await, ErrorReason::Removed);
        server.assert_code_refused("bob", &code.code, ErrorReason::Removed).await;
        for by in [invite.by_token(), invite.by_id()] {
            assert_refused(server.try_accept(known("bob"), by).await, ErrorReason::Removed);
        }
        // Nobody else was lowered.
        assert_eq!(server.redeem_code("cyd", &code.code).await.member.unwrap().role, "journeyman");

        let newer = server.create_code("ada", &team, "journeyman").await;
        assert_eq!(server.redeem_code("bob", &newer.code).await.member.unwrap().role, "journeyman");
        // The lowering is remembered for good: what is older still does not admit, and what is newer does again.
        server.leave("bob", &team).await;
        assert_refused(server.try_redeem("bob", &link.token).await, ErrorReason::Removed);
        let again = server.resend("ada", &team, &invite.id).await;
        assert_eq!(server.accept(known("bob"), &again).await.member.unwrap().role, "foreman");
    })
    .await;
}

#[tokio::test]
async fn a_narrower_reach_lowers_and_a_wider_one_does_not() {
    both(async |kind| {
        let (_folder, options) = atelier();
        let server = Server::start_with(kind, options).await;
        let people = [("bob", "journeyman"), ("cyd", "journeyman"), ("dan", "journeyman")];
        let team = server.team_under(ATELIER, "ada", &people).await;
        let grants = [on("piece", "p1", "maker"), on("piece", "p2", "viewer")];
        for (person, _) in people {
            server.grant("ada", &team, person, &grants[..1]).await;
        }
        let code = server.create_code("ada", &team, "journeyman").await;
        server.grant("ada", &team, "bob", &grants[1..]).await;
        server.grant("ada", &team, "cyd", &grants).await;
        // Less of one thing and more of another is less.
        let all = [on("piece", "p1", "viewer"), on_all("piece", "viewer")];
        server.grant("ada", &team, "dan", &all).await;
        for (person, _) in people {
            server.leave(person, &team).await;
        }
        server.assert_code_refused("bob", &code.code, ErrorReason::Removed).await;
        server.assert_code_refused("dan", &code.code, ErrorReason::Removed).await;
        assert!(!server.redeem_code("cyd", &code.code).await.already_member);
    })
    .await;
}

#[tokio::test]
async fn another_role_that_is_neither_more_nor_less_lowers() {
    both(async |kind| {
        let (_folder, options) = atelier();
        let server = Server::start_with(kind, options).await;
        let team = server.team_under(ATELIER, "ada", &[("bob", "foreman")]).await;
        let link = server.create_link("ada", &team).await;
        server.change_role("ada", &team, "bob", "steward").await;
        server.leave("bob", &team).await;
        assert_refused(server.try_redeem("bob", &link.token).await, ErrorReason::Removed);
    })
    .await;
}

#[tokio::test]
async fn a_suspension_lowers_nobody_and_who_is_suspended_can_be_lowered() {
    both(async |kind| {
        let (_folder, options) = atelier();
        let server = Server::start_with(kind, options).await;
        let team = server.team_under(ATELIER, "ada", &[("bob", "foreman"), ("cyd", "foreman")]).await;
        let link = server.create_link("ada", &team).await;
        for person in ["bob", "cyd"] {
            server.suspend("ada", &team, person).await;
        }
        server.change_role("ada", &team, "cyd", "apprentice").await;
        for person in ["bob", "cyd"] {
            server.restore("ada", &team, person).await;
            server.leave(person, &team).await;
        }
        assert!(!server.redeem("bob", &link.token).await.already_member);
        assert_refused(server.try_redeem("cyd", &link.token).await, ErrorReason::Removed);
    })
    .await;
}

/// A captain who hands the ship on becomes less than a mate.
const CREW: &str = r#"
name = "crew"
title = "Crew"
self_leave = "unless_last"

[[roles]]
name = "captain"
founder = true
sole = { transferable = true, former_holder_becomes = "sailor" }
permissions = ["*"]
assigns = ["mate", "sailor"]
manages = ["mate", "sailor"]

[[roles]]
name = "mate"
permissions = ["team.read", "members.read", "members.invite"]
assigns = ["mate", "sailor"]

[[roles]]
name = "sailor"
permissions = ["team.read"]

[invitations]
lifetime = "P7D"
"#;

#[tokio::test]
async fn who_is_less_for_a_transfer_comes_back_only_by_what_was_made_since() {
    let policy = OwnPolicy::of(CREW);
    both(async |kind| {
        let server = Server::start_with(kind, policy.options()).await;
        let team = server.team_under("crew", "ada", &[("bob", "mate")]).await;
        let old = server.invite("bob", &team, &address_of("ada"), "mate").await;
        server.transfer("ada", &team, "bob").await;
        server.leave("ada", &team).await;
        assert_refused(server.try_accept(known("ada"), &old).await, ErrorReason::Removed);
        let again = server.resend("bob", &team, &old.id).await;
        assert!(!server.accept(known("ada"), &again).await.already_member);

        // An admin of an account may whatever its owner may.
        let account = server.account("ada", "agency").await;
        server.add(&account, &[row("bob", "admin")]).await;
        let old = server.invite("bob", &account, &address_of("ada"), "admin").await;
        server.transfer("ada", &account, "bob").await;
        server.leave("ada", &account).await;
        assert!(!server.accept(known("ada"), &old).await.already_member);
    })
    .await;
}

#[tokio::test]
async fn the_last_holder_of_a_role_that_must_be_kept_cannot_leave() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.team_of(&[("ada", ADMIN), ("bob", VIEWER)]).await;
        let refused = assert_refused(server.try_leave("ada", &team).await, ErrorReason::LastHolder);
        assert_eq!(refused.metadata.get("role").map(String::as_str), Some(ADMIN));
        server.change_role("ada", &team, "bob", ADMIN).await;
        server.leave("ada", &team).await;
        assert_refused(server.try_leave("bob", &team).await, ErrorReason::LastHolder);
    })
    .await;
}

#[tokio::test]
async fn policies_that_let_nobody_leave_say_so() {
    both(async |kind| {
        let server = Server::start(kind).await;
        for (policy, roles) in
            [("brand", ["admin", "member", "guest"]), ("workspace", ["admin", "user", "user"])]
        {
            let people = [("bob", roles[0]), ("cem", roles[1]), ("dan", roles[2])];
            let team = server.team_under(policy, "ada", &people).await;
            for person in ["bob", "cem", "dan"] {
                assert_refused(server.try_leave(person, &team).await, ErrorReason::LeavingNotAllowed);
            }
            assert_refused(server.try_leave("ada", &team).await, ErrorReason::SoleRole);
            assert_eq!(server.team("ada", &team).await.member_count, 4);
        }
    })
    .await;
}

#[tokio::test]
async fn the_one_holder_of_a_role_cannot_leave_and_nobody_its_personal_team() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.account("ada", "agency").await;
        server.add(&team, &[row("bob", "admin")]).await;
        let refused = assert_refused(server.try_leave("ada", &team).await, ErrorReason::SoleRole);
        assert_eq!(refused.metadata.get("role").map(String::as_str), Some("owner"));
        server.leave("bob", &team).await;

        let request = EnsurePersonalTeamRequest {
            policy: "studio".into(),
            display_name: "Ada".into(),
            ..EnsurePersonalTeamRequest::default()
        };
        let made = server.team_as("ada").ensure_personal_team(request).await.unwrap().into_inner();
        let team = made.team.unwrap().team_id;
        server.add(&team, &[row("bob", "owner")]).await;
        assert_refused(server.try_leave("ada", &team).await, ErrorReason::PersonalTeam);
        server.leave("bob", &team).await;
    })
    .await;
}

#[tokio::test]
async fn who_left_takes_its_grants_along_and_frees_its_seat() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.account("ada", "agency").await;
        server.add(&team, &[row("vic", "viewer"), row("eve", "editor")]).await;
        let grants = [on("project", "p1", "viewer")];
        server.grant("ada", &team, "vic", &grants).await;
        let left = server.leave("vic", &team).await.member.unwrap();
        assert_eq!((left.grants.as_slice(), left.restricted_kinds.len()), (&grants[..], 1));
        let event = server.events("ada", &team).await.remove(0);
        let Some(Change::MemberLeft(told)) = event.change else { panic!("{event:?}") };
        assert_eq!((told.grants.as_slice(), told.restricted_kinds), (&grants[..], left.restricted_kinds));
        let by_project =
            Filter { resource_kind: "project".into(), resource_id: "p1".into(), ..Filter::default() };
        assert!(server.page("ada", &team, by_project).await.members.is_empty());
        assert_eq!(server.team("ada", &team).await.seats.unwrap().available, 1);
        let back = server.add(&team, &[row("vic", "viewer")]).await.remove(0);
        assert!(back.grants.is_empty() && back.restricted_kinds.is_empty(), "a new member: {back:?}");
    })
    .await;
}

#[tokio::test]
async fn leaving_sent_again_is_answered_again_and_a_rejoined_member_stays() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.team_of(&[("ada", ADMIN), ("bob", VIEWER)]).await;
        let link = server.create_link("ada", &team).await;
        let request =
            LeaveTeamRequest { team_id: team.clone(), request_id: request_id(), validate_only: false };
        let first = server.team_as("bob").leave_team(request.clone()).await.unwrap();
        let again = server.team_as("bob").leave_team(request.clone()).await.unwrap();
        assert_replayed(&first, &again);
        server.redeem("bob", &link.token).await;
        let again = server.team_as("bob").leave_team(request).await.unwrap();
        assert_replayed(&first, &again);
        assert_eq!(server.member("bob", &team, "bob").await.state(), MemberState::Active);
    })
    .await;
}

#[tokio::test]
async fn validate_only_lets_nobody_go() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.team_of(&[("ada", ADMIN), ("bob", VIEWER)]).await;
        let before = server.team("ada", &team).await;
        let dry =
            LeaveTeamRequest { team_id: team.clone(), validate_only: true, ..LeaveTeamRequest::default() };
        let bob = server.member("bob", &team, "bob").await;
        let would_be = server.team_as("bob").leave_team(dry.clone()).await.unwrap().into_inner();
        assert_eq!((would_be.member, would_be.revision), (Some(bob), before.revision + 1));
        assert_refused(server.team_as("ada").leave_team(dry).await, ErrorReason::LastHolder);
        assert_eq!(server.team("bob", &team).await, before);
    })
    .await;
}

#[tokio::test]
async fn links_end_with_their_maker_that_left() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.team_of(&[("ada", ADMIN), ("bob", ADMIN)]).await;
        let link = server.create_link("bob", &team).await;
        server.leave("bob", &team).await;
        assert_refused(server.try_redeem("cem", &link.token).await, ErrorReason::MakerGone);
        assert_refused(server.try_redeem("bob", &link.token).await, ErrorReason::MakerGone);
        assert_eq!(server.link("ada", &team, &link.id).await.0.state(), InviteLinkState::MakerGone);
    })
    .await;
}
