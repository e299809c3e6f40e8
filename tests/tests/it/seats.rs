//! Seats: a tier has so many, members hold them, and without one nobody joins.

use roster_proto::v1::{CreateTeamRequest, ErrorReason, ListMembersRequest};
use roster_testkit::{
    Options, OwnPolicy, Server, assert_invalid, assert_refused, assert_row_refused, both, new_team, numbers,
    row, row_member, service,
};
use tonic::Status;
use tonic_types::StatusExt;

/// A policy with seats, and links by which one is taken.
const CLUB: &str = r#"
name = "club"
title = "Club"

[[roles]]
name = "owner"
founder = true
permissions = ["*"]
assigns = ["member"]
manages = ["member"]

[[roles]]
name = "member"
permissions = ["team.read", "members.read"]

[invite_links]
lifetime = "P1D"
role = "member"

[tiers]
names = ["small", "large"]
default = "small"

[seats]
by_tier = { small = 2, large = 4 }
pending_invitations_hold = false
"#;

#[tokio::test]
async fn a_team_begins_with_the_seats_of_its_policys_default_tier() {
    both(async |kind| {
        let server = Server::start(kind).await;
        for (policy, tier, seats) in
            [("account", "free", [1, 1, 0, 0]), ("workspace", "standard", [5, 1, 4, 0])]
        {
            let team = server.create_under("ada", policy).await;
            let read = server.team("ada", &team).await;
            assert_eq!((read.tier.as_str(), numbers(read.seats)), (tier, seats), "{policy}");
            let listed = server.teams("ada").await.into_iter().find(|listed| listed.team_id == team);
            assert_eq!(listed, Some(read.clone()), "ListTeams shows what GetTeam shows");
            let request = ListMembersRequest { team_id: team, ..ListMembersRequest::default() };
            let page = server.team_as("ada").list_members(request).await.unwrap().into_inner();
            assert_eq!(page.seats, read.seats, "and so does ListMembers");
        }
        for policy in ["organization", "studio", "brand"] {
            let team = server.create_under("ada", policy).await;
            let read = server.team("ada", &team).await;
            assert_eq!((read.tier.as_str(), read.seats), ("", None), "{policy} counts no seats");
            let request = ListMembersRequest { team_id: team.clone(), ..ListMembersRequest::default() };
            let page = server.team_as("ada").list_members(request).await.unwrap().into_inner();
            assert_eq!(page.seats, None);
            let outcome = server.try_set_tier(service("tiers.set"), &team, "pro").await;
            let refused = assert_refused(outcome, ErrorReason::MethodNotInPolicy);
            assert_eq!(refused.metadata.get("method").map(String::as_str), Some("tiers"));
        }
    })
    .await;
}

#[tokio::test]
async fn a_team_may_be_created_with_a_tier_by_a_service_that_sets_them() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let billing = roster_testkit::actor("ada").header("x-caller-scopes", "tiers.set");
        let with = |policy: &str, tier: &str| CreateTeamRequest { tier: tier.into(), ..new_team(policy) };
        let made = server.try_create(&billing, with("account", "agency")).await.unwrap().into_inner();
        let team = made.team.unwrap();
        assert_eq!((team.tier.as_str(), numbers(team.seats)), ("agency", [3, 1, 2, 0]));
        let refused = assert_refused(
            server.try_create(&billing, with("account", "team")).await,
            ErrorReason::TierUnknown,
        );
        assert_eq!(refused.metadata.get("tier").map(String::as_str), Some("team"));
        assert_eq!(refused.metadata.get("policy").map(String::as_str), Some("account"));
        let none = server.try_create(&billing, with("organization", "pro")).await;
        assert_refused(none, ErrorReason::MethodNotInPolicy);
        assert_invalid("tier", server.try_create(&billing, with("account", "No Tier")).await, &["tier"]);
        assert_eq!(server.teams("ada").await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn without_a_seat_nobody_is_added_and_the_others_of_the_batch_are() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.create_under("ada", "account").await;
        let rows = ["ben", "bob", "cyd"].map(|user| row(user, "editor"));
        let answer = server.try_add(&team, &rows).await.unwrap().into_inner();
        for result in &answer.results {
            let refused = assert_row_refused(result, ErrorReason::NoSeat);
            assert_eq!(refused.metadata.get("limit").map(String::as_str), Some("1"));
        }
        assert_eq!(answer.revision, 1, "nothing changed");

        let after = server.change_tier(&team, "agency").await;
        assert_eq!((after.tier.as_str(), numbers(after.seats)), ("agency", [3, 1, 2, 0]));
        let answer = server.try_add(&team, &rows).await.unwrap().into_inner();
        assert_eq!(row_member(&answer.results[0]).user_id, "ben");
        assert_eq!(row_member(&answer.results[1]).user_id, "bob");
        let refused = assert_row_refused(&answer.results[2], ErrorReason::NoSeat);
        assert_eq!(refused.metadata.get("limit").map(String::as_str), Some("3"));
        assert_eq!(server.seats("ada", &team).await, [3, 3, 0, 0]);
        // Whoever is a member already needs no seat.
        let again = server.try_add(&team, &rows[..2]).await.unwrap().into_inner();
        assert!(again.results.iter().all(|result| result.already_member));

        server.remove("ada", &team, "bob").await;
        assert_eq!(server.seats("ada", &team).await, [3, 2, 1, 0], "a seat is free again");
        server.leave("ben", &team).await;
        assert_eq!(server.seats("ada", &team).await, [3, 1, 2, 0]);
    })
    .await;
}

#[tokio::test]
async fn a_smaller_tier_removes_nobody_and_admits_nobody() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.create_under("ada", "workspace").await;
        assert_eq!(numbers(server.change_tier(&team, "team").await.seats), [25, 1, 24, 0]);
        let rows: Vec<_> = (0..7).map(|i| row(&format!("user-{i}"), "user")).collect();
        server.add(&team, &rows).await;
        let smaller = server.change_tier(&team, "standard").await;
        assert_eq!(numbers(smaller.seats), [5, 8, 0, 0], "more in use than there are");
        assert_eq!(server.members("ada", &team).await.len(), 8);
        for user in ["user-0", "user-1", "user-2"] {
            let answer = server.try_add(&team, &[row("late", "user")]).await.unwrap().into_inner();
            assert_row_refused(&answer.results[0], ErrorReason::NoSeat);
            server.remove("ada", &team, user).await;
        }
        assert_eq!(server.seats("ada", &team).await, [5, 5, 0, 0]);
        server.change_role("ada", &team, "user-3", "admin").await;
        server.remove("ada", &team, "user-4").await;
        server.add(&team, &[row("late", "user")]).await;
        assert_eq!(server.seats("ada", &team).await, [5, 5, 0, 0]);
    })
    .await;
}

#[tokio::test]
async fn a_tier_is_changed_by_an_event_and_the_same_one_by_none() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.create_under("ada", "account").await;
        let before = server.team("ada", &team).await;
        let same = server.change_tier(&team, "free").await;
        assert_eq!(same, before, "nothing changed");
        let up = server.change_tier(&team, "pro").await;
        assert!(up.etag != before.etag && up.revision == 2, "{up:?}");
        let outcome = server.try_set_tier(service("tiers.set"), &team, "team").await;
        let refused = assert_refused(outcome, ErrorReason::TierUnknown);
        assert_eq!(refused.metadata.get("tier").map(String::as_str), Some("team"));
        assert_invalid("no tier", server.try_set_tier(service("tiers.set"), &team, "").await, &["tier"]);
        assert_eq!(server.team("ada", &team).await, up);
        assert_eq!(server.events("ada", &team).await.len(), 3);
    })
    .await;
}

#[tokio::test]
async fn a_link_admits_nobody_without_a_seat_and_counts_no_use() {
    let policy = OwnPolicy::of(CLUB);
    both(async |kind| {
        let options: Options = policy.options();
        let server = Server::start_with(kind, options).await;
        let team = server.create_under("ada", "club").await;
        let link = server.create_link("ada", &team).await;
        server.redeem("bob", &link.token).await;
        for _ in 0..2 {
            assert_no_seat(server.try_redeem("cyd", &link.token).await.map(drop), "2");
            assert_no_seat(server.try_preview("cyd", &link.token).await.map(drop), "2");
        }
        assert!(server.redeem("bob", &link.token).await.already_member, "a member needs none");
        assert_eq!(server.link("ada", &team, &link.id).await.0.use_count, 1, "no use is counted");
        assert_eq!(server.team("ada", &team).await.revision, 3, "and nothing else either");
        server.change_tier(&team, "large").await;
        server.redeem("cyd", &link.token).await;
        assert_eq!(server.link("ada", &team, &link.id).await.0.use_count, 2);
        assert_eq!(server.seats("cyd", &team).await, [4, 3, 1, 0]);
    })
    .await;
}

/// Fails unless the call was refused for want of a seat, with all that the contract promises to say.
#[track_caller]
fn assert_no_seat(outcome: Result<(), Status>, limit: &str) {
    let status = outcome.expect_err("there is no seat");
    let details = status.get_error_details();
    let quota = details.quota_failure().expect("a QuotaFailure");
    assert_eq!(quota.violations.iter().map(|one| one.subject.as_str()).collect::<Vec<_>>(), ["seats"]);
    let refused = assert_refused(Err::<(), _>(status), ErrorReason::NoSeat);
    assert_eq!(refused.metadata.get("limit").map(String::as_str), Some(limit));
    assert!(!refused.retry, "waiting alone does not help");
}
