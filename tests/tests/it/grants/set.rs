//! `SetMemberAccess` as a call: what it replaces, what it refuses, and what the log tells of it.

use roster_proto::v1::event::Change;
use roster_proto::v1::{AccessChange, ErrorReason, EventType, Grant, SetMemberAccessRequest};
use roster_testkit::{Server, assert_invalid, assert_refused, both, on, on_all, only, request_id};

use super::{access, account, brand, last_commit};

#[tokio::test]
async fn grants_take_the_place_of_those_before_and_the_log_has_both() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = brand(&server).await;
        let first = [on("brand", "b2", "admin"), on_all("brand", "viewer"), on("brand", "b1", "standard")];
        let mia = server.grant("bob", &team, "mia", &first).await;
        let sorted = [on_all("brand", "viewer"), on("brand", "b1", "standard"), on("brand", "b2", "admin")];
        assert_eq!(access(&mia), (&sorted[..], vec![]), "in order; nothing is scoped here");
        assert_eq!(server.member("gus", &team, "mia").await, mia);

        let second = [on("brand", "b2", "viewer"), on("brand", "b3", "viewer")];
        let mia = server.grant("ada", &team, "mia", &second).await;
        assert_eq!(access(&mia), (&second[..], vec![]));
        let event = last_commit(&server, &team).await.remove(0);
        assert_eq!((event.r#type(), event.actor_user_id.as_str()), (EventType::MemberAccessChanged, "ada"));
        let Some(Change::MemberAccessChanged(told)) = event.change else { panic!("the change") };
        assert_eq!(
            (told.user_id.as_str(), &told.old_grants[..], &told.new_grants[..]),
            ("mia", &sorted[..], &second[..])
        );

        let none = server.grant("ada", &team, "mia", &[]).await;
        assert_eq!(access(&none), (&[][..], vec![]));
    })
    .await;
}

#[tokio::test]
async fn the_grants_that_a_member_has_are_no_change_in_whatever_order() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = brand(&server).await;
        let (b1, b2) = (on("brand", "b1", "viewer"), on("brand", "b2", "admin"));
        let granted = server.grant("ada", &team, "mia", &[b1.clone(), b2.clone()]).await;
        let before = server.events("ada", &team).await;
        assert_eq!(server.grant("ada", &team, "mia", &[b2, b1]).await, granted);
        assert_eq!(server.grant("ada", &team, "max", &[]).await, server.member("ada", &team, "max").await);
        assert_eq!(server.events("ada", &team).await, before);
    })
    .await;
}

#[tokio::test]
async fn a_stale_etag_and_a_dry_run_change_no_grant() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = brand(&server).await;
        let stale = server.member("ada", &team, "mia").await.etag;
        let granted = server.grant("ada", &team, "mia", &[on("brand", "b1", "viewer")]).await;
        let request = |etag: &str, validate_only: bool| SetMemberAccessRequest {
            team_id: team.clone(),
            user_id: "mia".into(),
            access: Some(only(&[on("brand", "b2", "admin")])),
            etag: etag.into(),
            request_id: request_id(),
            validate_only,
        };
        let mut ada = server.team_as("ada");
        for dry in [false, true] {
            assert_refused(ada.set_member_access(request(&stale, dry)).await, ErrorReason::EtagMismatch);
        }
        let would_be = ada.set_member_access(request(&granted.etag, true)).await.unwrap().into_inner();
        let mia = would_be.member.unwrap();
        assert_eq!((mia.grants.as_slice(), mia.etag.as_str()), (&[on("brand", "b2", "admin")][..], ""));
        assert_eq!(server.member("ada", &team, "mia").await, granted);
        ada.set_member_access(request(&granted.etag, false)).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_member_has_at_most_two_hundred_grants() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = brand(&server).await;
        let grants: Vec<Grant> = (0..201).map(|i| on("brand", &format!("b{i:03}"), "viewer")).collect();
        let refused =
            assert_refused(server.try_grant("ada", &team, "mia", &grants).await, ErrorReason::CapReached);
        assert_eq!(refused.metadata.get("cap").map(String::as_str), Some("grants_per_member"));
        assert_eq!(refused.metadata.get("limit").map(String::as_str), Some("200"));
        let mia = server.grant("ada", &team, "mia", &grants[..200]).await;
        assert_eq!(mia.grants, grants[..200]);
        let other = server.grant("ada", &team, "mia", &grants[1..]).await;
        assert_eq!(other.grants, grants[1..], "they replace each other");
    })
    .await;
}

#[tokio::test]
async fn all_fields_that_are_wrong_are_named_by_their_place() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = brand(&server).await;
        let access = AccessChange {
            grants: vec![
                on("brand", "b1", "viewer"),
                on("Brand", "", ""),
                on("brand", "b1", "admin"),
                Grant { target: None, ..on("brand", "b2", "viewer") },
                Grant {
                    target: Some(roster_proto::v1::grant::Target::AllResources(false)),
                    ..on_all("brand", "viewer")
                },
            ],
            unrestrict_kinds: vec!["brand".into(), "no kind".into()],
        };
        assert_invalid(
            "access",
            server.try_access("ada", &team, "mia", access).await,
            &[
                "access.grants[1].kind",
                "access.grants[1].resource_id",
                "access.grants[1].role",
                "access.grants[2]",
                "access.grants[3]",
                "access.grants[4].all_resources",
                "access.unrestrict_kinds[0]",
                "access.unrestrict_kinds[1]",
            ],
        );
        let absent = SetMemberAccessRequest {
            team_id: team.clone(),
            user_id: "mia".into(),
            ..SetMemberAccessRequest::default()
        };
        assert_invalid("no access", server.team_as("ada").set_member_access(absent).await, &["access"]);

        let check = async |grant: Grant, reason: ErrorReason, key: &str, value: &str| {
            let refused = assert_refused(server.try_grant("ada", &team, "mia", &[grant]).await, reason);
            assert_eq!(refused.metadata.get(key).map(String::as_str), Some(value), "{refused:?}");
        };
        check(on("project", "p1", "viewer"), ErrorReason::KindUnknown, "kind", "project").await;
        check(on("brand", "b1", "manager"), ErrorReason::RoleUnknown, "role", "manager").await;
        let lift = AccessChange { grants: Vec::new(), unrestrict_kinds: vec!["project".into()] };
        let outcome = server.try_access("ada", &team, "mia", lift.clone()).await;
        assert_refused(outcome, ErrorReason::KindUnknown);
        let with_role = super::change(&team, "mia", "guest", Some(lift));
        assert_refused(super::try_change(&server, "ada", with_role).await, ErrorReason::KindUnknown);
    })
    .await;
}

#[tokio::test]
async fn only_who_manages_access_and_the_member_sets_grants() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = brand(&server).await;
        let b1 = [on("brand", "b1", "viewer")];
        for actor in ["mia", "gus"] {
            let refused = assert_refused(
                server.try_grant(actor, &team, actor, &b1).await,
                ErrorReason::RoleLacksPermission,
            );
            assert_eq!(refused.metadata.get("permission").map(String::as_str), Some("access.manage"));
        }
        assert_refused(server.try_grant("bob", &team, "ada", &b1).await, ErrorReason::RoleNotManageable);
        assert_refused(server.try_grant("zoe", &team, "mia", &b1).await, ErrorReason::TeamNotAccessible);
        assert_refused(server.try_grant("ada", &team, "zoe", &b1).await, ErrorReason::MemberNotFound);
        assert_refused(server.try_grant("bob", &team, "bob", &b1).await, ErrorReason::OwnAccess);
    })
    .await;
}

#[tokio::test]
async fn policies_without_kinds_have_no_grants_whatever_a_role_may() {
    both(async |kind| {
        let server = Server::start(kind).await;
        for (policy, role) in [("organization", "viewer"), ("studio", "viewer"), ("workspace", "user")] {
            let team = server.team_under(policy, "ada", &[("bob", role)]).await;
            for grants in [&[][..], &[on("brand", "b1", "viewer")]] {
                for outcome in [
                    server.try_grant("ada", &team, "bob", grants).await.map(drop),
                    server.try_purge("ada", &team, "brand", "b1").await.map(drop),
                ] {
                    let refused = assert_refused(outcome, ErrorReason::MethodNotInPolicy);
                    assert_eq!(refused.metadata.get("method").map(String::as_str), Some("kinds"), "{policy}");
                }
            }
        }
    })
    .await;
}

#[tokio::test]
async fn an_account_admin_grants_projects_to_viewers() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = account(&server).await;
        let p1 = [on("project", "p1", "viewer")];
        let vic = server.grant("abe", &team, "vic", &p1).await;
        assert_eq!(access(&vic), (&p1[..], vec!["project"]));
    })
    .await;
}
