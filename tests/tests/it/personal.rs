//! Personal teams: one a person, there for good, and its person's place in it too.

use roster_proto::v1::event::Change;
use roster_proto::v1::{EnsurePersonalTeamRequest, ErrorReason, TeamCreated};
use roster_testkit::{
    PERSONAL, Server, VIEWER, actor, assert_invalid, assert_refused, both, refused, row, service,
};

const OWNER: &str = "owner";

#[tokio::test]
async fn everybody_has_one_team_of_its_own_whichever_service_asks() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let first = server.ensure_personal(actor("ada").through("shop").email("ada@example.org")).await;
        assert!(first.created);
        let team = first.team.clone().unwrap();
        assert_eq!((team.personal_user_id.as_str(), team.display_name.as_str()), ("ada", "Own"));
        assert_eq!((team.policy.as_str(), team.member_count, team.revision), (PERSONAL, 1, 1));
        let member = first.member.clone().unwrap();
        assert_eq!((member.user_id.as_str(), member.role.as_str()), ("ada", OWNER));
        assert_eq!(member.email, "ada@example.org");
        for caller in ["shop", "desk", "phone"] {
            let again = server.ensure_personal(actor("ada").through(caller)).await;
            assert!(!again.created);
            assert_eq!((again.team, again.member), (first.team.clone(), first.member.clone()));
        }
        let other = server.ensure_personal("bob").await;
        assert!(other.created && other.team.unwrap().team_id != team.team_id, "another person's is another");
        assert_eq!(server.team("ada", &team.team_id).await, team);

        let events = server.events("ada", &team.team_id).await;
        assert_eq!(events.len(), 2, "made once: {events:?}");
        let created = TeamCreated {
            policy: PERSONAL.into(),
            display_name: "Own".into(),
            personal: true,
            ..TeamCreated::default()
        };
        assert_eq!(events[1].change, Some(Change::TeamCreated(created)));
    })
    .await;
}

#[tokio::test]
async fn an_existing_personal_team_keeps_its_name_until_it_is_renamed() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.ensure_personal("ada").await.team.unwrap().team_id;
        let request = EnsurePersonalTeamRequest {
            policy: PERSONAL.into(),
            display_name: "Another".into(),
            ..EnsurePersonalTeamRequest::default()
        };
        let again = server.team_as("ada").ensure_personal_team(request).await.unwrap().into_inner();
        assert_eq!(again.team.unwrap().display_name, "Own");
        assert_eq!(server.rename("ada", &team, "Mine").await.display_name, "Mine");
        assert_eq!(server.ensure_personal("ada").await.team.unwrap().display_name, "Mine");
    })
    .await;
}

#[tokio::test]
async fn the_person_of_a_team_keeps_its_place_in_it_against_everybody() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.ensure_personal("ada").await.team.unwrap().team_id;
        server.add(&team, &[row("ben", OWNER), row("vic", VIEWER)]).await;
        let before = server.team("ada", &team).await;
        let reason = ErrorReason::PersonalTeam;
        for owner in ["ada", "ben"] {
            assert_refused(server.try_delete(owner, &team).await, reason);
            assert_refused(server.try_change_role(owner, &team, "ada", VIEWER).await, reason);
        }
        assert_refused(server.try_leave("ada", &team).await, reason);
        assert_refused(server.try_remove("ben", &team, "ada").await, reason);
        assert_refused(server.try_suspend("ben", &team, "ada").await, reason);
        assert_refused(server.try_remove("ada", &team, "ada").await, ErrorReason::OwnRemoval);
        assert_refused(server.try_suspend("ada", &team, "ada").await, ErrorReason::OwnSuspension);
        assert_refused(server.try_transfer("ada", &team, "ben").await, ErrorReason::MethodNotInPolicy);
        let administrator = service("teams.administer");
        assert_refused(
            server.try_transfer(administrator, &team, "ben").await,
            ErrorReason::MethodNotInPolicy,
        );
        assert_eq!(server.team("ada", &team).await, before, "nothing happened");

        // The others in it are members as in any team.
        server.suspend("ada", &team, "ben").await;
        server.restore("ada", &team, "ben").await;
        server.change_role("ada", &team, "ben", VIEWER).await;
        server.leave("ben", &team).await;
        server.remove("ada", &team, "vic").await;
        assert_eq!(server.team("ada", &team).await.member_count, 1);
    })
    .await;
}

#[tokio::test]
async fn further_teams_are_ordinary_ones() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let ordinary = server.create_under("ada", PERSONAL).await;
        let personal = server.ensure_personal("ada").await;
        assert!(personal.created, "an ordinary team is nobody's personal one");
        let further = server.create_under("ada", PERSONAL).await;
        assert_eq!(server.teams("ada").await.len(), 3);
        assert!(!server.ensure_personal("ada").await.created);
        assert_eq!(server.team("ada", &further).await.personal_user_id, "");
        server.delete("ada", &further).await;
        server.add(&ordinary, &[row("ben", OWNER)]).await;
        server.suspend("ben", &ordinary, "ada").await;
        assert_refused(
            server.try_change_role("ada", &ordinary, "ben", VIEWER).await,
            ErrorReason::ActorSuspended,
        );
        server.remove("ben", &ordinary, "ada").await;
        let left: Vec<_> = server.teams("ada").await.into_iter().map(|team| team.team_id).collect();
        assert_eq!(left, [personal.team.unwrap().team_id]);
    })
    .await;
}

#[tokio::test]
async fn personal_teams_are_part_of_the_policy_or_not_there() {
    both(async |kind| {
        let server = Server::start(kind).await;
        for policy in ["organization", "account", "brand", "workspace"] {
            let outcome = server.try_ensure_personal("ada", policy).await;
            let refused = assert_refused(outcome, ErrorReason::MethodNotInPolicy);
            assert_eq!(refused.metadata.get("method").map(String::as_str), Some("personal_team"));
        }
        assert_invalid("no policy", server.try_ensure_personal("ada", "guild").await, &["policy"]);
        let request = EnsurePersonalTeamRequest { request_id: "x".into(), ..Default::default() };
        let outcome = server.team_as("ada").ensure_personal_team(request).await;
        assert_invalid("all", outcome, &["display_name", "policy", "request_id"]);
        assert!(server.teams("ada").await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn what_would_be_made_is_told_without_making_it() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let dry = EnsurePersonalTeamRequest {
            policy: PERSONAL.into(),
            display_name: "Own".into(),
            validate_only: true,
            ..EnsurePersonalTeamRequest::default()
        };
        let would = server.team_as("ada").ensure_personal_team(dry.clone()).await.unwrap().into_inner();
        assert!(would.created);
        let (team, member) = (would.team.unwrap(), would.member.unwrap());
        assert_eq!((team.team_id.as_str(), team.etag.as_str(), member.etag.as_str()), ("", "", ""));
        assert!(server.teams("ada").await.is_empty());
        let made = server.ensure_personal("ada").await;
        let there = server.team_as("ada").ensure_personal_team(dry).await.unwrap().into_inner();
        assert!(!there.created);
        assert_eq!((there.team, there.member), (made.team, made.member), "one that is there is shown whole");
        let outcome = server.try_ensure_personal("ada", "brand").await;
        assert!(refused(outcome).message.contains("personal_team"));
    })
    .await;
}
