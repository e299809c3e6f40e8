//! The role with exactly one holder, and how it moves.

use roster_proto::v1::event::Change;
use roster_proto::v1::{ErrorReason, OwnershipTransferred, TransferOwnershipRequest};
use roster_testkit::{Server, actor, assert_refused, both, on, on_all, row, service};

const OWNER: &str = "owner";
const SERVICE: &str = "teams.administer";

#[tokio::test]
async fn an_owner_gives_its_role_to_a_member_and_becomes_an_admin() {
    both(async |kind| {
        let server = Server::start(kind).await;
        for policy in ["account", "brand"] {
            let team = server.create_under("ada", policy).await;
            if policy == "account" {
                server.change_tier(&team, "agency").await;
            }
            server.add(&team, &[row("bob", if policy == "brand" { "guest" } else { "viewer" })]).await;
            let before = server.team("ada", &team).await;
            let was = server.member("ada", &team, "bob").await.role;
            let answer = server.transfer("ada", &team, "bob").await;
            let (holder, former) = (answer.member.unwrap(), answer.former_holder.unwrap());
            assert_eq!((holder.user_id.as_str(), holder.role.as_str()), ("bob", OWNER));
            assert_eq!((former.user_id.as_str(), former.role.as_str()), ("ada", "admin"));
            assert_eq!(answer.revision, before.revision + 1);
            assert_eq!(server.member("ada", &team, "bob").await, holder);
            assert_eq!(server.member("bob", &team, "ada").await, former);

            let events = server.events("bob", &team).await;
            let expected = OwnershipTransferred {
                user_id: "bob".into(),
                former_user_id: "ada".into(),
                role: OWNER.into(),
                old_role: was,
                former_new_role: "admin".into(),
            };
            assert_eq!(events[0].change, Some(Change::OwnershipTransferred(expected)), "both in one event");
            assert_eq!((events[0].actor_user_id.as_str(), events[0].revision), ("ada", answer.revision));
            assert!(events[1].revision < answer.revision, "and no other: {:?}", events[1]);

            assert_refused(server.try_transfer("ada", &team, "ada").await, ErrorReason::NotTheHolder);
            server.transfer("bob", &team, "ada").await;
            let nothing = server.transfer("ada", &team, "ada").await;
            assert_eq!((nothing.revision, nothing.former_holder), (answer.revision + 1, None), "no change");
        }
    })
    .await;
}

#[tokio::test]
async fn nobody_but_the_owner_transfers_and_only_to_a_member() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.team_under("brand", "ada", &[("ben", "admin"), ("bob", "guest")]).await;
        for who in ["ben", "bob"] {
            for to in ["ben", "bob", "ada", "nobody"] {
                let refused =
                    assert_refused(server.try_transfer(who, &team, to).await, ErrorReason::NotTheHolder);
                assert_eq!(refused.metadata.get("role").map(String::as_str), Some(OWNER));
            }
        }
        assert_refused(server.try_transfer("zoe", &team, "ben").await, ErrorReason::TeamNotAccessible);
        for who in [actor("ada"), service(SERVICE)] {
            assert_refused(server.try_transfer(who, &team, "nobody").await, ErrorReason::MemberNotFound);
        }
        assert_eq!(server.team("ada", &team).await.revision, 2, "nothing happened");
    })
    .await;
}

#[tokio::test]
async fn a_creators_role_is_moved_by_a_service_alone() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.team_under("workspace", "ada", &[("ben", "admin"), ("bob", "user")]).await;
        let refused =
            assert_refused(server.try_transfer("ada", &team, "ben").await, ErrorReason::NotTransferable);
        assert_eq!(refused.metadata.get("role").map(String::as_str), Some("creator"));
        assert_refused(server.try_transfer("ben", &team, "ben").await, ErrorReason::NotTheHolder);
        let answer = server.transfer(service(SERVICE).through("support"), &team, "bob").await;
        assert_eq!(answer.member.unwrap().role, "creator");
        assert_eq!(answer.former_holder.unwrap().role, "admin");
        let events = server.events("bob", &team).await;
        assert_eq!((events[0].actor_user_id.as_str(), events[0].caller.as_str()), ("", "support"));
        let nothing = server.transfer(service(SERVICE), &team, "bob").await;
        assert_eq!((nothing.revision, nothing.former_holder), (answer.revision, None));
        assert_refused(server.try_remove("ada", &team, "ben").await, ErrorReason::RoleNotManageable);
        server.remove("bob", &team, "ada").await;
    })
    .await;
}

#[tokio::test]
async fn policies_without_such_a_role_have_no_transfer() {
    both(async |kind| {
        let server = Server::start(kind).await;
        for policy in ["organization", "studio"] {
            let team = server.create_under("ada", policy).await;
            for who in [actor("ada"), service(SERVICE)] {
                let outcome = server.try_transfer(who, &team, "ada").await;
                let refused = assert_refused(outcome, ErrorReason::MethodNotInPolicy);
                assert_eq!(refused.metadata.get("method").map(String::as_str), Some("sole"));
            }
        }
    })
    .await;
}

#[tokio::test]
async fn the_role_is_not_moved_in_any_other_way() {
    both(async |kind| {
        let server = Server::start(kind).await;
        for (policy, other) in [("account", "admin"), ("brand", "admin")] {
            let team = server.create_under("ada", policy).await;
            if policy == "account" {
                server.change_tier(&team, "agency").await;
            }
            server.add(&team, &[row("ben", other)]).await;
            assert_refused(server.try_change_role("ada", &team, "ben", OWNER).await, ErrorReason::SoleRole);
            assert_refused(server.try_change_role("ben", &team, "ada", other).await, ErrorReason::SoleRole);
            assert_refused(server.try_remove("ben", &team, "ada").await, ErrorReason::SoleRole);
            assert_refused(server.try_leave("ada", &team).await, ErrorReason::SoleRole);
            let own = server.try_change_role("ada", &team, "ada", other).await;
            assert_refused(own, ErrorReason::OwnRole);
            assert_eq!(server.member("ada", &team, "ada").await.role, OWNER);
        }
    })
    .await;
}

#[tokio::test]
async fn grants_outlive_a_transfer_where_the_policy_keeps_them() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.team_under("brand", "ada", &[("bob", "guest")]).await;
        let grants = [on_all("brand", "viewer"), on("brand", "one", "viewer")];
        let kept = server.grant("ada", &team, "bob", &grants).await.grants;
        let answer = server.transfer("ada", &team, "bob").await;
        assert_eq!(answer.member.unwrap().grants, kept, "they lie dormant");
        let answer = server.transfer("bob", &team, "ada").await;
        assert_eq!(answer.former_holder.unwrap().grants, kept, "for the day on which they count again");
    })
    .await;
}

#[tokio::test]
async fn what_a_transfer_would_do_is_told_without_doing_it() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.team_under("brand", "ada", &[("bob", "guest")]).await;
        let before = server.team("ada", &team).await;
        let dry = TransferOwnershipRequest {
            team_id: team.clone(),
            user_id: "bob".into(),
            validate_only: true,
            ..TransferOwnershipRequest::default()
        };
        for who in [actor("ada"), service(SERVICE)] {
            let would = server.team_as(who).transfer_ownership(dry.clone()).await.unwrap().into_inner();
            let (holder, former) = (would.member.unwrap(), would.former_holder.unwrap());
            assert_eq!((holder.role.as_str(), former.role.as_str()), (OWNER, "admin"));
            assert_eq!((holder.etag.as_str(), former.etag.as_str()), ("", ""));
        }
        assert_eq!(server.team("ada", &team).await, before);
    })
    .await;
}
