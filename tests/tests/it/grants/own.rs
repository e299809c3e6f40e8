//! Nobody grants more than it has itself, to anybody; and nobody raises its own grants at all.

use std::slice::from_ref;

use roster_proto::v1::{AccessChange, ErrorReason, Grant};
use roster_testkit::{ATELIER, Server, assert_refused, atelier, both, on, on_all, only};

use super::{access, change, try_change};

/// A workshop of ada, the master; sam, a steward; fay and fox, foremen; jo and jim, journeymen; and kim, an apprentice.
async fn workshop(server: &Server) -> String {
    let people = [
        ("sam", "steward"),
        ("fay", "foreman"),
        ("fox", "foreman"),
        ("jo", "journeyman"),
        ("jim", "journeyman"),
        ("kim", "apprentice"),
    ];
    server.team_under(ATELIER, "ada", &people).await
}

async fn beyond(server: &Server, team: &str, user: &str, grants: &[Grant], kind: &str) {
    let refused =
        assert_refused(server.try_grant("fay", team, user, grants).await, ErrorReason::BeyondOwnAccess);
    assert_eq!(refused.metadata.get("kind").map(String::as_str), Some(kind));
}

#[tokio::test]
async fn nobody_grants_more_than_it_has() {
    both(async |kind| {
        let (_policy, options) = atelier();
        let server = Server::start_with(kind, options).await;
        let team = workshop(&server).await;
        let (view, make) = (on("piece", "p1", "viewer"), on("piece", "p1", "maker"));
        server.grant("fay", &team, "jo", from_ref(&view)).await;
        server.grant("fay", &team, "jo", &[view.clone(), on_all("piece", "viewer")]).await;
        beyond(&server, &team, "jo", from_ref(&make), "piece").await;
        beyond(&server, &team, "jo", &[on_all("piece", "maker")], "piece").await;

        // What the foreman is granted it may pass on: that resource, and no other.
        server.grant("ada", &team, "fay", from_ref(&make)).await;
        server.grant("fay", &team, "jo", from_ref(&make)).await;
        beyond(&server, &team, "jo", &[make.clone(), on("piece", "p2", "maker")], "piece").await;
        beyond(&server, &team, "jo", &[on_all("piece", "maker")], "piece").await;
        assert_eq!(server.member("ada", &team, "jo").await.grants, [make]);

        // What somebody has already by another is no gift.
        server.grant("ada", &team, "jim", &[on("piece", "p2", "maker")]).await;
        server.grant("fay", &team, "jim", &[on("piece", "p2", "maker"), view]).await;
        server.grant("fay", &team, "jim", &[]).await;
    })
    .await;
}

#[tokio::test]
async fn nobody_lifts_a_restriction_by_which_it_is_bound_itself() {
    both(async |kind| {
        let (_policy, options) = atelier();
        let server = Server::start_with(kind, options).await;
        let team = workshop(&server).await;
        let r1 = [on("room", "r1", "visitor")];
        server.grant("ada", &team, "fay", &r1).await;
        server.grant("ada", &team, "jo", &r1).await;
        let lift = AccessChange { unrestrict_kinds: vec!["room".into()], ..only(&[]) };
        let outcome = server.try_access("fay", &team, "jo", lift.clone()).await;
        assert_refused(outcome, ErrorReason::BeyondOwnAccess);
        beyond(&server, &team, "jo", &[on("room", "r2", "visitor")], "room").await;
        assert_eq!(access(&server.member("ada", &team, "jo").await), (&r1[..], vec!["room"]));
        // A foreman that is not bound may.
        server.try_access("fox", &team, "jo", lift).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn nobody_raises_its_own_grants() {
    both(async |kind| {
        let (_policy, options) = atelier();
        let server = Server::start_with(kind, options).await;
        let team = workshop(&server).await;
        let r1 = [on("room", "r1", "keeper")];
        server.grant("ada", &team, "fay", &r1).await;
        for grants in [&[on("piece", "p1", "maker")][..], &[on("room", "r2", "keeper"), r1[0].clone()]] {
            assert_refused(server.try_grant("fay", &team, "fay", grants).await, ErrorReason::OwnAccess);
        }
        let lift = AccessChange { unrestrict_kinds: vec!["room".into()], ..only(&[]) };
        assert_refused(server.try_access("fay", &team, "fay", lift).await, ErrorReason::OwnAccess);
        // Less is another matter.
        let fay = server.grant("fay", &team, "fay", &[]).await;
        assert_eq!(access(&fay), (&[][..], vec!["room"]));
    })
    .await;
}

#[tokio::test]
async fn what_is_granted_with_a_role_needs_a_permission_of_its_own() {
    both(async |kind| {
        let (_policy, options) = atelier();
        let server = Server::start_with(kind, options).await;
        let team = workshop(&server).await;
        let view = [on("piece", "p1", "viewer")];
        let with_access = change(&team, "jo", "apprentice", Some(only(&view)));
        let refused = assert_refused(
            try_change(&server, "sam", with_access.clone()).await,
            ErrorReason::RoleLacksPermission,
        );
        assert_eq!(refused.metadata.get("permission").map(String::as_str), Some("access.manage"));
        assert_eq!(server.member("ada", &team, "jo").await.role, "journeyman");
        // Even an empty list is one.
        let emptied = change(&team, "jo", "apprentice", Some(only(&[])));
        assert_refused(try_change(&server, "sam", emptied).await, ErrorReason::RoleLacksPermission);
        server.change_role("sam", &team, "jo", "apprentice").await;
        let jo = try_change(&server, "fay", with_access).await.unwrap().into_inner().member.unwrap();
        assert_eq!(jo.grants, view);

        let beyond = change(&team, "jo", "journeyman", Some(only(&[on("piece", "p1", "maker")])));
        assert_refused(try_change(&server, "fay", beyond).await, ErrorReason::BeyondOwnAccess);
    })
    .await;
}

#[tokio::test]
async fn grants_beside_a_base_only_raise_and_count_for_nothing_beside_all() {
    both(async |kind| {
        let (_policy, options) = atelier();
        let server = Server::start_with(kind, options).await;
        let team = workshop(&server).await;
        let make = [on("piece", "p1", "maker")];
        assert_eq!(server.grant("ada", &team, "fay", &make).await.grants, make);
        // This kind lets no grant lie dormant.
        let outcome = server.try_grant("ada", &team, "ada", &[on("piece", "p1", "viewer")]).await;
        assert_refused(outcome, ErrorReason::GrantsNotAllowed);
        // An apprentice only views, whatever it was granted before.
        server.grant("ada", &team, "jo", &make).await;
        let answer = server.change_role("fay", &team, "jo", "apprentice").await;
        assert_eq!(
            (answer.rewritten_grants.len(), answer.rewritten_grants[0].old_role.as_str()),
            (1, "maker")
        );
        assert_eq!(answer.member.unwrap().grants, [on("piece", "p1", "viewer")]);
        let scoped = [on("room", "r1", "keeper")];
        let outcome = server.try_grant("ada", &team, "kim", &scoped).await;
        assert_refused(outcome, ErrorReason::GrantsNotAllowed);
    })
    .await;
}
