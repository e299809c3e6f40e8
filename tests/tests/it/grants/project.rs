//! Grants under a policy where a role reaches everything until it is restricted to what it was granted.

use roster_proto::v1::{AccessChange, ErrorReason};
use roster_testkit::{Server, assert_invalid, assert_refused, both, on, on_all, only};

use super::{access, account, change, last_commit, try_change};

fn lift(kinds: &[&str]) -> AccessChange {
    AccessChange { unrestrict_kinds: kinds.iter().map(|kind| (*kind).to_owned()).collect(), ..only(&[]) }
}

#[tokio::test]
async fn naming_projects_restricts_a_viewer_and_only_an_explicit_request_lifts_that() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = account(&server).await;
        let vic = server.member("ada", &team, "vic").await;
        assert_eq!(access(&vic), (&[][..], vec![]), "it reaches every project");
        let p1 = [on("project", "p1", "viewer")];
        let vic = server.grant("ada", &team, "vic", &p1).await;
        assert_eq!(access(&vic), (&p1[..], vec!["project"]));
        let vic = server.grant("ada", &team, "vic", &[]).await;
        assert_eq!(access(&vic), (&[][..], vec!["project"]), "an empty list leaves it nothing");
        let before = server.events("ada", &team).await;
        server.grant("ada", &team, "vic", &[]).await;
        assert_eq!(server.events("ada", &team).await, before, "no change");

        let outcome = server.try_access("ada", &team, "vic", lift(&["project"])).await;
        let vic = outcome.unwrap().into_inner().member.unwrap();
        assert_eq!(access(&vic), (&[][..], vec![]), "every project again");
        let event = last_commit(&server, &team).await.remove(0);
        let Some(roster_proto::v1::event::Change::MemberAccessChanged(told)) = event.change else {
            panic!("the change")
        };
        assert_eq!((told.old_restricted_kinds.len(), told.new_restricted_kinds.len()), (1, 0));
    })
    .await;
}

#[tokio::test]
async fn a_kind_cannot_be_named_and_lifted_at_once() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = account(&server).await;
        let both_at_once = AccessChange { grants: vec![on("project", "p1", "viewer")], ..lift(&["project"]) };
        let outcome = server.try_access("ada", &team, "vic", both_at_once.clone()).await;
        assert_invalid("SetMemberAccess", outcome, &["access.unrestrict_kinds[0]"]);
        let request = change(&team, "vic", "viewer", Some(both_at_once));
        let outcome = try_change(&server, "ada", request).await;
        assert_invalid("ChangeMemberRole", outcome, &["access.unrestrict_kinds[0]"]);
        assert!(server.member("ada", &team, "vic").await.restricted_kinds.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_grant_of_all_projects_restricts_as_well() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = account(&server).await;
        let all = [on_all("project", "viewer")];
        let vic = server.grant("ada", &team, "vic", &all).await;
        assert_eq!(
            access(&vic),
            (&all[..], vec!["project"]),
            "all, present and future, until it is taken back"
        );
    })
    .await;
}

#[tokio::test]
async fn a_restriction_sticks_through_every_change_of_role() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = account(&server).await;
        let p1 = [on("project", "p1", "viewer")];
        server.grant("ada", &team, "vic", &p1).await;
        for role in ["editor", "admin", "viewer"] {
            let vic = server.change_role("ada", &team, "vic", role).await;
            assert!(vic.rewritten_grants.is_empty());
            let vic = vic.member.unwrap();
            assert_eq!(access(&vic), (&p1[..], vec!["project"]), "as {role}: absent widens nothing");
        }
        // While its role reaches everything, the grants can be taken, and it is restricted still.
        server.change_role("ada", &team, "vic", "editor").await;
        server.grant("ada", &team, "vic", &[]).await;
        let vic = server.change_role("ada", &team, "vic", "viewer").await.member.unwrap();
        assert_eq!(access(&vic), (&[][..], vec!["project"]));
    })
    .await;
}

#[tokio::test]
async fn only_a_viewer_is_granted_projects_and_no_more_than_to_view() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = account(&server).await;
        let p1 = on("project", "p1", "viewer");
        for user in ["eve", "abe"] {
            let outcome = server.try_grant("ada", &team, user, std::slice::from_ref(&p1)).await;
            let refused = assert_refused(outcome, ErrorReason::GrantsNotAllowed);
            assert_eq!(refused.metadata.get("kind").map(String::as_str), Some("project"));
            server.grant("ada", &team, user, &[]).await;
        }
        let manager = [on("project", "p1", "manager")];
        let outcome = server.try_grant("ada", &team, "vic", &manager).await;
        assert_refused(outcome, ErrorReason::GrantsNotAllowed);
        // It is the new role that counts.
        let request = change(&team, "eve", "viewer", Some(only(std::slice::from_ref(&p1))));
        let eve = try_change(&server, "abe", request).await.unwrap().into_inner().member.unwrap();
        assert_eq!(
            (eve.role.as_str(), access(&eve)),
            ("viewer", (std::slice::from_ref(&p1), vec!["project"]))
        );
        let request = change(&team, "eve", "editor", Some(only(&[p1])));
        assert_refused(try_change(&server, "abe", request).await, ErrorReason::GrantsNotAllowed);
        let request = change(&team, "eve", "editor", Some(lift(&["project"])));
        let eve = try_change(&server, "abe", request).await.unwrap().into_inner().member.unwrap();
        assert_eq!((eve.role.as_str(), access(&eve)), ("editor", (&[][..], vec![])));
    })
    .await;
}
