//! Members are suspended and restored: all access ends at once, and comes back exactly as it was.

use roster_proto::v1::list_members_request::Filter;
use roster_proto::v1::{
    EnsurePersonalTeamRequest, ErrorReason, EventType, ListTeamsRequest, Member, MemberState,
    RestoreMemberRequest, SuspendMemberRequest,
};
use roster_testkit::{ATELIER, Server, Target, assert_refused, atelier, both, on, request_id, row, service};

const STUDIO: &str = "studio";

async fn studio(server: &Server) -> String {
    server.team_under(STUDIO, "ada", &[("bob", "editor"), ("cem", "viewer")]).await
}

fn suspended() -> Filter {
    Filter { state: MemberState::Suspended.into(), ..Filter::default() }
}

fn ids(members: &[Member]) -> Vec<&str> {
    members.iter().map(|member| member.user_id.as_str()).collect()
}

#[tokio::test]
async fn a_suspended_member_may_do_nothing_and_is_listed_and_counted_apart() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = studio(&server).await;
        let answer = server.suspend("ada", &team, "bob").await;
        let bob = answer.member.unwrap();
        assert_eq!((bob.state(), bob.role.as_str()), (MemberState::Suspended, "editor"));
        assert_eq!(server.member("cem", &team, "bob").await, bob);

        let target = Target { request_id: request_id(), ..Target::of(&team, "cem") };
        for (_, outcome) in server.every_team_call("bob", &target).await {
            assert_refused(outcome, ErrorReason::ActorSuspended);
        }
        assert_refused(server.try_member("bob", &team, "bob").await, ErrorReason::ActorSuspended);
        let teams = server.team_as("bob").list_teams(ListTeamsRequest::default()).await.unwrap().into_inner();
        assert!(teams.teams.is_empty(), "it has no team where it may read");

        let read = server.team("ada", &team).await;
        assert_eq!((read.member_count, read.revision), (2, answer.revision));
        assert_eq!(ids(&server.members("ada", &team).await), ["ada", "cem"]);
        let shown = server.page("cem", &team, suspended()).await;
        assert_eq!((shown.members, shown.total_size), (vec![bob], Some(1)));
        let event = server.events("ada", &team).await.remove(0);
        assert_eq!((event.r#type(), event.actor_user_id.as_str()), (EventType::MemberSuspended, "ada"));
        assert_eq!(event.revision, answer.revision);
    })
    .await;
}

#[tokio::test]
async fn restoring_gives_back_the_very_role_and_grants() {
    both(async |kind| {
        let (_folder, options) = atelier();
        let server = Server::start_with(kind, options).await;
        let team = server.team_under(ATELIER, "ada", &[("jo", "journeyman")]).await;
        let grants = [on("piece", "p1", "maker"), on("piece", "p2", "viewer"), on("room", "r1", "visitor")];
        let before = server.grant("ada", &team, "jo", &grants).await;
        let withheld = server.suspend("ada", &team, "jo").await.member.unwrap();
        assert_eq!(withheld.grants, grants, "they are kept");
        let back = server.restore("ada", &team, "jo").await.member.unwrap();
        assert!(back.etag != before.etag && back.etag != withheld.etag, "each is a change");
        assert_eq!(Member { etag: before.etag.clone(), ..back.clone() }, before, "nothing else changed");
        assert_eq!(server.member("jo", &team, "jo").await, back);
        assert_eq!(server.page("jo", &team, suspended()).await.total_size, Some(0));
        let event = server.events("ada", &team).await.remove(0);
        assert_eq!(event.r#type(), EventType::MemberRestored);
    })
    .await;
}

#[tokio::test]
async fn the_state_that_holds_already_is_no_change() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = studio(&server).await;
        let active = server.member("ada", &team, "bob").await;
        let answer = server.restore("ada", &team, "bob").await;
        assert_eq!((answer.member, answer.revision), (Some(active), 2));
        let first = server.suspend("ada", &team, "bob").await;
        assert_eq!(server.suspend("ada", &team, "bob").await, first);
        let types: Vec<_> = server.events("ada", &team).await.iter().map(|event| event.revision).collect();
        assert_eq!(types, [3, 2, 2, 1, 1], "one suspension");
    })
    .await;
}

#[tokio::test]
async fn a_stale_etag_stops_both() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = studio(&server).await;
        let suspend = |etag: &str| SuspendMemberRequest {
            team_id: team.clone(),
            user_id: "bob".into(),
            etag: etag.into(),
            ..SuspendMemberRequest::default()
        };
        let restore = |etag: &str| RestoreMemberRequest {
            team_id: team.clone(),
            user_id: "bob".into(),
            etag: etag.into(),
            ..RestoreMemberRequest::default()
        };
        let mut ada = server.team_as("ada");
        let stale = server.member("ada", &team, "bob").await.etag;
        let fresh = server.change_role("ada", &team, "bob", "viewer").await.member.unwrap().etag;
        assert_refused(ada.suspend_member(suspend(&stale)).await, ErrorReason::EtagMismatch);
        ada.suspend_member(suspend(&fresh)).await.unwrap();
        assert_refused(ada.restore_member(restore(&fresh)).await, ErrorReason::EtagMismatch);
        let fresh = server.member("ada", &team, "bob").await.etag;
        ada.restore_member(restore(&fresh)).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn nobody_suspends_itself_or_without_being_allowed() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = studio(&server).await;
        server.add(&team, &[row("dan", "owner")]).await;
        assert_refused(server.try_suspend("ada", &team, "ada").await, ErrorReason::OwnSuspension);
        for (outcome, permission) in [
            (server.try_suspend("bob", &team, "cem").await.map(drop), "members.suspend"),
            (server.try_restore("cem", &team, "bob").await.map(drop), "members.suspend"),
        ] {
            let refused = assert_refused(outcome, ErrorReason::RoleLacksPermission);
            assert_eq!(refused.metadata.get("permission").map(String::as_str), Some(permission));
        }
        assert_refused(server.try_suspend("zoe", &team, "bob").await, ErrorReason::TeamNotAccessible);
        assert_refused(server.try_suspend("ada", &team, "zoe").await, ErrorReason::MemberNotFound);
        assert_refused(server.try_restore("ada", &team, "zoe").await, ErrorReason::MemberNotFound);
        // An owner suspends another; the last active one is then kept.
        server.suspend("ada", &team, "dan").await;
        assert_refused(server.try_restore("dan", &team, "dan").await, ErrorReason::ActorSuspended);
        assert_refused(server.try_leave("ada", &team).await, ErrorReason::LastHolder);
        assert_refused(server.try_change_role("ada", &team, "ada", "viewer").await, ErrorReason::LastHolder);
        server.restore("ada", &team, "dan").await;
        server.leave("ada", &team).await;
    })
    .await;
}

#[tokio::test]
async fn the_last_active_holder_of_a_role_that_must_be_kept_is_not_suspended() {
    both(async |kind| {
        let (_folder, options) = atelier();
        let server = Server::start_with(kind, options).await;
        let team = server.team_under(ATELIER, "ada", &[("sam", "steward"), ("mel", "master")]).await;
        server.suspend("sam", &team, "ada").await;
        let refused = assert_refused(server.try_suspend("sam", &team, "mel").await, ErrorReason::LastHolder);
        assert_eq!(refused.metadata.get("role").map(String::as_str), Some("master"));
        server.restore("sam", &team, "ada").await;
        server.suspend("sam", &team, "mel").await;
    })
    .await;
}

#[tokio::test]
async fn nobody_is_suspended_in_its_personal_team() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let request = EnsurePersonalTeamRequest {
            policy: STUDIO.into(),
            display_name: "Ada".into(),
            ..EnsurePersonalTeamRequest::default()
        };
        let made = server.team_as("ada").ensure_personal_team(request).await.unwrap().into_inner();
        let team = made.team.unwrap().team_id;
        server.add(&team, &[row("bob", "owner"), row("cem", "viewer")]).await;
        assert_refused(server.try_suspend("bob", &team, "ada").await, ErrorReason::PersonalTeam);
        server.suspend("bob", &team, "cem").await;
        server.suspend("ada", &team, "bob").await;
    })
    .await;
}

#[tokio::test]
async fn policies_without_suspension_have_neither_method_whatever_a_role_may() {
    both(async |kind| {
        let server = Server::start(kind).await;
        for (policy, role) in
            [("organization", "viewer"), ("account", "viewer"), ("brand", "guest"), ("workspace", "user")]
        {
            let team = server.create_under("ada", policy).await;
            if policy == "account" {
                server.set_tier(&team, "agency").await;
            }
            server.add(&team, &[row("bob", role)]).await;
            for actor in ["ada", "bob"] {
                for outcome in [
                    server.try_suspend(actor, &team, "bob").await.map(drop),
                    server.try_restore(actor, &team, "bob").await.map(drop),
                ] {
                    let refused = assert_refused(outcome, ErrorReason::MethodNotInPolicy);
                    assert_eq!(
                        refused.metadata.get("method").map(String::as_str),
                        Some("suspension"),
                        "{policy}"
                    );
                }
            }
        }
    })
    .await;
}

#[tokio::test]
async fn suspended_members_can_be_changed_and_removed() {
    both(async |kind| {
        let (_folder, options) = atelier();
        let server = Server::start_with(kind, options).await;
        let team = server.team_under(ATELIER, "ada", &[("jo", "journeyman"), ("kim", "apprentice")]).await;
        let link = server.create_link("ada", &team).await;
        for user in ["jo", "kim"] {
            server.suspend("ada", &team, user).await;
        }
        assert_refused(server.try_redeem("jo", &link.token).await, ErrorReason::Suspended);
        assert_refused(server.try_preview("jo", &link.token).await, ErrorReason::Suspended);
        server.change_role("ada", &team, "jo", "apprentice").await;
        server.grant("ada", &team, "jo", &[on("piece", "p1", "viewer")]).await;
        let by_role = Filter { role: "apprentice".into(), ..suspended() };
        let shown = server.page("ada", &team, by_role).await;
        assert_eq!((ids(&shown.members), shown.total_size), (vec!["jo", "kim"], Some(2)));
        assert!(shown.members.iter().all(|member| member.state() == MemberState::Suspended));
        server.remove("ada", &team, "kim").await;
        assert_eq!(server.page("ada", &team, suspended()).await.total_size, Some(1));
        let back = server.restore("ada", &team, "jo").await.member.unwrap();
        assert_eq!((back.role.as_str(), back.grants), ("apprentice", vec![on("piece", "p1", "viewer")]));
        assert_eq!(server.team("ada", &team).await.member_count, 2);
    })
    .await;
}

#[tokio::test]
async fn validate_only_says_what_would_be() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = studio(&server).await;
        let suspend = SuspendMemberRequest {
            team_id: team.clone(),
            user_id: "bob".into(),
            validate_only: true,
            ..SuspendMemberRequest::default()
        };
        let restore = RestoreMemberRequest {
            team_id: team.clone(),
            user_id: "bob".into(),
            validate_only: true,
            ..RestoreMemberRequest::default()
        };
        let mut ada = server.team_as("ada");
        let before = server.member("ada", &team, "bob").await;
        let would_be = ada.suspend_member(suspend).await.unwrap().into_inner().member.unwrap();
        assert_eq!((would_be.state(), would_be.etag.as_str()), (MemberState::Suspended, ""));
        assert_eq!(server.member("bob", &team, "bob").await, before, "it still reads");
        let kept = server.suspend("ada", &team, "bob").await.member;
        let would_be = ada.restore_member(restore).await.unwrap().into_inner().member.unwrap();
        assert_eq!((would_be.state(), would_be.etag.as_str()), (MemberState::Active, ""));
        assert_eq!(Some(server.member("ada", &team, "bob").await), kept);
        assert_eq!(server.events("ada", &team).await.len(), 5);
        // A calling service by itself has no say in it.
        let outcome = server.try_suspend(service("teams.administer"), &team, "bob").await;
        assert_refused(outcome, ErrorReason::ActorMissing);
    })
    .await;
}
