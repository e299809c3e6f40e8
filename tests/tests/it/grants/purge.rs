//! `PurgeResource`: a resource is gone, and every grant of it with it.

use roster_proto::v1::event::Change;
use roster_proto::v1::list_members_request::Filter;
use roster_proto::v1::{ErrorReason, EventType, PurgeResourceRequest};
use roster_testkit::{Server, assert_invalid, assert_refused, assert_replayed, both, on, on_all, request_id};

use super::{access, account, brand, last_commit};

#[tokio::test]
async fn every_grant_of_the_resource_ends_and_no_other() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = brand(&server).await;
        let other = brand(&server).await;
        let (b1, b2) = (on("brand", "b1", "viewer"), on("brand", "b2", "viewer"));
        let all = on_all("brand", "viewer");
        server.grant("ada", &other, "mia", std::slice::from_ref(&b1)).await;
        server.grant("ada", &team, "mia", &[on("brand", "b1", "admin"), b2.clone()]).await;
        server.grant("ada", &team, "bob", &[all.clone(), b1.clone()]).await;
        let max = server.grant("ada", &team, "max", &[all.clone(), b2.clone()]).await;
        let gus = server.grant("ada", &team, "gus", std::slice::from_ref(&b1)).await;
        let revision = server.team("ada", &team).await.revision;

        let purged = server.try_purge("bob", &team, "brand", "b1").await.unwrap().into_inner();
        assert_eq!((purged.members, purged.revision), (3, revision + 1), "dormant ones count too");
        assert_eq!(server.member("ada", &team, "mia").await.grants, [b2]);
        assert_eq!(server.member("ada", &team, "bob").await.grants, [all]);
        assert_eq!(server.member("ada", &team, "max").await, max, "it had no grant of that one");
        let after = server.member("ada", &team, "gus").await;
        assert!(after.grants.is_empty() && after.etag != gus.etag, "{after:?}");
        assert_eq!(server.member("ada", &other, "mia").await.grants, [b1], "another team");
        let events = last_commit(&server, &team).await;
        assert_eq!((events.len(), events[0].actor_user_id.as_str()), (1, "bob"));
        let Some(Change::ResourcePurged(told)) = &events[0].change else { panic!("{events:?}") };
        assert_eq!((told.kind.as_str(), told.resource_id.as_str(), told.members), ("brand", "b1", 3));
        assert_eq!(events[0].r#type(), EventType::ResourcePurged);
    })
    .await;
}

#[tokio::test]
async fn a_resource_that_nobody_was_granted_is_purged_without_a_change() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = brand(&server).await;
        server.grant("ada", &team, "mia", &[on_all("brand", "viewer")]).await;
        let before = server.events("ada", &team).await;
        for resource in ["b1", "viewer", "*"] {
            let purged = server.try_purge("ada", &team, "brand", resource).await.unwrap().into_inner();
            assert_eq!((purged.members, purged.revision), (0, before[0].revision));
        }
        assert_eq!(server.events("ada", &team).await, before);
    })
    .await;
}

#[tokio::test]
async fn who_was_restricted_to_the_resource_reaches_nothing_rather_than_everything() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = account(&server).await;
        server.grant("ada", &team, "vic", &[on("project", "p1", "viewer")]).await;
        server.try_purge("abe", &team, "project", "p1").await.unwrap();
        let vic = server.member("vic", &team, "vic").await;
        assert_eq!(access(&vic), (&[][..], vec!["project"]));
        let by_project =
            Filter { resource_kind: "project".into(), resource_id: "p1".into(), ..Filter::default() };
        assert!(server.page("ada", &team, by_project).await.members.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_purge_is_refused_without_permission_and_for_kinds_that_there_are_not() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = brand(&server).await;
        for actor in ["mia", "gus"] {
            let outcome = server.try_purge(actor, &team, "brand", "b1").await;
            assert_refused(outcome, ErrorReason::RoleLacksPermission);
        }
        let outcome = server.try_purge("ada", &team, "project", "p1").await;
        let refused = assert_refused(outcome, ErrorReason::KindUnknown);
        assert_eq!(refused.metadata.get("kind").map(String::as_str), Some("project"));
        assert_invalid("none", server.try_purge("ada", &team, "", "").await, &["kind", "resource_id"]);
        let long = "b".repeat(129);
        assert_invalid("long", server.try_purge("ada", &team, "brand", &long).await, &["resource_id"]);
    })
    .await;
}

#[tokio::test]
async fn a_purge_can_be_tried_and_sent_again() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = brand(&server).await;
        let granted = server.grant("ada", &team, "mia", &[on("brand", "b1", "viewer")]).await;
        let mut request = PurgeResourceRequest {
            team_id: team.clone(),
            kind: "brand".into(),
            resource_id: "b1".into(),
            request_id: request_id(),
            validate_only: true,
        };
        let mut ada = server.team_as("ada");
        let would_be = ada.purge_resource(request.clone()).await.unwrap();
        assert_eq!(server.member("ada", &team, "mia").await, granted);
        request.validate_only = false;
        let did = ada.purge_resource(request.clone()).await.unwrap();
        assert_eq!(would_be.get_ref(), did.get_ref());
        assert_replayed(&did, &ada.purge_resource(request).await.unwrap());
    })
    .await;
}
