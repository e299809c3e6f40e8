//! Grants under a policy where some reach everything, some what was granted, and some that as viewers only.

use roster_proto::v1::event::Change;
use roster_proto::v1::{ErrorReason, EventType, RewrittenGrant};
use roster_testkit::{Server, assert_refused, both, on, on_all, only};

use super::{access, brand, change, last_commit, try_change};

#[tokio::test]
async fn grants_set_on_an_admin_wait_for_the_day_on_which_it_is_a_member() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = brand(&server).await;
        let own = [on("brand", "b1", "admin"), on("brand", "b2", "standard")];
        let bob = server.grant("ada", &team, "bob", &own).await;
        assert_eq!((bob.role.as_str(), access(&bob)), ("admin", (&own[..], vec![])));
        let answer = server.change_role("ada", &team, "bob", "member").await;
        assert!(answer.rewritten_grants.is_empty(), "{:?}", answer.rewritten_grants);
        assert_eq!(answer.member.unwrap().grants, own, "kept");
        let events = last_commit(&server, &team).await;
        assert_eq!(events.len(), 1, "the role alone: {events:?}");
        server.change_role("ada", &team, "bob", "admin").await;
        assert_eq!(server.member("ada", &team, "bob").await.grants, own, "and kept again");
    })
    .await;
}

#[tokio::test]
async fn who_becomes_a_guest_is_lowered_to_viewer_for_good_and_a_dry_run_says_so() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = brand(&server).await;
        let own = [on_all("brand", "standard"), on("brand", "b1", "admin"), on("brand", "b2", "viewer")];
        let lowered = [on_all("brand", "viewer"), on("brand", "b1", "viewer"), on("brand", "b2", "viewer")];
        let rewritten = [
            RewrittenGrant { grant: Some(lowered[0].clone()), old_role: "standard".into() },
            RewrittenGrant { grant: Some(lowered[1].clone()), old_role: "admin".into() },
        ];
        let before = server.grant("ada", &team, "mia", &own).await;
        let mut request = change(&team, "mia", "guest", None);
        request.validate_only = true;
        let would_be = try_change(&server, "ada", request.clone()).await.unwrap().into_inner();
        assert_eq!(would_be.rewritten_grants, rewritten);
        let mia = would_be.member.unwrap();
        assert_eq!((mia.role.as_str(), mia.etag.as_str(), &mia.grants[..]), ("guest", "", &lowered[..]));
        assert_eq!(server.member("ada", &team, "mia").await, before, "so far nothing happened");

        request.validate_only = false;
        let did = try_change(&server, "ada", request.clone()).await.unwrap().into_inner();
        assert_eq!((&did.rewritten_grants[..], did.revision), (&rewritten[..], would_be.revision));
        assert_eq!(did.member.unwrap().grants, lowered);
        let events = last_commit(&server, &team).await;
        let types: Vec<_> = events.iter().map(roster_proto::v1::Event::r#type).collect();
        assert_eq!(types, [EventType::MemberRoleChanged, EventType::MemberAccessChanged]);
        let Some(Change::MemberAccessChanged(told)) = &events[1].change else { panic!("{events:?}") };
        assert_eq!((&told.old_grants[..], &told.new_grants[..]), (&own[..], &lowered[..]));
        let again = try_change(&server, "ada", request).await.unwrap().into_inner();
        assert_eq!(
            (again.revision, again.rewritten_grants),
            (did.revision, vec![]),
            "no change, nothing lowered"
        );

        let back = server.change_role("ada", &team, "mia", "member").await;
        assert_eq!((back.rewritten_grants, back.member.unwrap().grants), (vec![], lowered.to_vec()));
    })
    .await;
}

#[tokio::test]
async fn an_admin_that_becomes_a_guest_is_lowered_as_well() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = brand(&server).await;
        server.grant("ada", &team, "bob", &[on("brand", "b1", "standard")]).await;
        let answer = server.change_role("ada", &team, "bob", "guest").await;
        assert_eq!(answer.rewritten_grants.len(), 1);
        assert_eq!(answer.member.unwrap().grants, [on("brand", "b1", "viewer")]);
    })
    .await;
}

#[tokio::test]
async fn a_guest_is_granted_nothing_but_viewer() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = brand(&server).await;
        for grant in [on("brand", "b1", "standard"), on("brand", "b1", "admin"), on_all("brand", "standard")]
        {
            let refused = assert_refused(
                server.try_grant("ada", &team, "gus", std::slice::from_ref(&grant)).await,
                ErrorReason::GrantsNotAllowed,
            );
            assert_eq!(refused.metadata.get("role").map(String::as_str), Some("guest"));
            let request = change(&team, "mia", "guest", Some(only(&[grant])));
            assert_refused(try_change(&server, "ada", request).await, ErrorReason::GrantsNotAllowed);
        }
        let viewer = [on_all("brand", "viewer"), on("brand", "b1", "viewer")];
        assert_eq!(server.grant("ada", &team, "gus", &viewer).await.grants, viewer);
        assert_eq!(server.member("ada", &team, "mia").await.role, "member", "refused as a whole");
    })
    .await;
}

#[tokio::test]
async fn a_role_and_what_goes_with_it_change_in_one_commit() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = brand(&server).await;
        server.grant("ada", &team, "mia", &[on("brand", "b1", "admin")]).await;
        let chosen = [on("brand", "b9", "viewer")];
        let answer = try_change(&server, "bob", change(&team, "mia", "guest", Some(only(&chosen)))).await;
        let answer = answer.unwrap().into_inner();
        assert_eq!(answer.member.unwrap().grants, chosen);
        assert!(answer.rewritten_grants.is_empty(), "replaced rather than lowered");
        assert_eq!(last_commit(&server, &team).await.len(), 2);

        let raised = [on("brand", "b9", "admin")];
        let answer = try_change(&server, "bob", change(&team, "mia", "member", Some(only(&raised)))).await;
        assert_eq!(answer.unwrap().into_inner().member.unwrap().grants, raised);
        // With the role that it has, it is a change of access alone.
        let answer = try_change(&server, "bob", change(&team, "mia", "member", Some(only(&chosen)))).await;
        assert_eq!(answer.unwrap().into_inner().member.unwrap().grants, chosen);
        let types: Vec<_> =
            last_commit(&server, &team).await.iter().map(roster_proto::v1::Event::r#type).collect();
        assert_eq!(types, [EventType::MemberAccessChanged]);
    })
    .await;
}
