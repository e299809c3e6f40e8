//! A team's own fields, its key at the product that keeps it, and its end.

use prost_types::FieldMask;
use roster_proto::v1::event::Change;
use roster_proto::v1::list_teams_request::Filter;
use roster_proto::v1::{
    CreateTeamRequest, DeleteTeamRequest, ErrorReason, ListEventsRequest, ListTeamsRequest, TeamDeleted,
    TeamRenamed, UpdateTeamRequest,
};
use roster_testkit::{
    ADMIN, Actor, EDITOR, Server, Target, VIEWER, actor, assert_invalid, assert_refused, both, new_team,
    request_id, service,
};

const WATCHER: &str = "events.watch-all";

fn update(team: &str, name: &str, paths: &[&str]) -> UpdateTeamRequest {
    let paths = paths.iter().map(|path| (*path).to_owned()).collect();
    UpdateTeamRequest {
        team_id: team.into(),
        display_name: name.into(),
        update_mask: Some(FieldMask { paths }),
        ..UpdateTeamRequest::default()
    }
}

#[tokio::test]
async fn a_team_is_renamed_with_a_mask_and_without_one() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.team_of(&[("ada", ADMIN), ("eve", EDITOR), ("vic", VIEWER)]).await;
        let mut ada = server.team_as("ada");
        let names: [(&str, &[&str]); 3] =
            [("One", &["display_name"]), ("Two", &[]), ("Three", &["display_name", "display_name"])];
        for (name, paths) in names {
            let answer = ada.update_team(update(&team, name, paths)).await.unwrap().into_inner();
            assert_eq!(answer.team, Some(server.team("ada", &team).await));
            assert_eq!(answer.team.unwrap().display_name, name);
        }
        assert_eq!(
            server.rename("ada", &team, "  Cafe\u{301}  ").await.display_name,
            "Café",
            "in NFC, trimmed"
        );
        let renamed = TeamRenamed { old_display_name: "Three".into(), new_display_name: "Café".into() };
        assert_eq!(server.events("ada", &team).await[0].change, Some(Change::TeamRenamed(renamed)));
        for who in ["eve", "vic"] {
            assert_refused(server.try_rename(who, &team, "Mine").await, ErrorReason::RoleLacksPermission);
        }
        assert_refused(server.try_rename("zoe", &team, "Mine").await, ErrorReason::TeamNotAccessible);
        assert_eq!(server.team("vic", &team).await.display_name, "Café");
    })
    .await;
}

#[tokio::test]
async fn masks_and_names_that_are_wrong_are_named_all_at_once() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.create_team("ada").await;
        let mut ada = server.team_as("ada");
        for path in ["tier", "*", "", "displayName", "display_name.x", "team_id"] {
            let outcome = ada.update_team(update(&team, "One", &["display_name", path])).await;
            assert_invalid(path, outcome, &["update_mask.paths[1]"]);
        }
        assert_invalid("empty", ada.update_team(update(&team, "", &[])).await, &["display_name"]);
        let all = UpdateTeamRequest {
            etag: "7".into(),
            request_id: "x".into(),
            ..update("garbage", "a\nb", &["tier"])
        };
        let fields = ["display_name", "etag", "request_id", "team_id", "update_mask.paths[0]"];
        assert_invalid("all", ada.update_team(all).await, &fields);
        assert_eq!(server.team("ada", &team).await.revision, 1);
    })
    .await;
}

#[tokio::test]
async fn the_name_that_a_team_has_is_no_change() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.create_team("ada").await;
        let before = server.team("ada", &team).await;
        assert_eq!(server.rename("ada", &team, " Team ").await, before);
        assert_eq!(server.events("ada", &team).await.len(), 2, "no event");
    })
    .await;
}

#[tokio::test]
async fn an_etag_that_is_not_the_teams_own_aborts() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.team_of(&[("ada", ADMIN), ("bob", VIEWER)]).await;
        let read = server.team("ada", &team).await.etag;
        // What happens among the members is not the team's own.
        server.remove("ada", &team, "bob").await;
        assert_eq!(server.team("ada", &team).await.etag, read);
        let mut ada = server.team_as("ada");
        let with =
            |etag: &str, name: &str| UpdateTeamRequest { etag: etag.into(), ..update(&team, name, &[]) };
        let after = ada.update_team(with(&read, "One")).await.unwrap().into_inner().team.unwrap();
        assert_ne!(after.etag, read);
        for name in ["One", "Two"] {
            assert_refused(ada.update_team(with(&read, name)).await, ErrorReason::EtagMismatch);
        }
        let delete = |etag: &str| DeleteTeamRequest {
            team_id: team.clone(),
            etag: etag.into(),
            ..DeleteTeamRequest::default()
        };
        assert_refused(ada.delete_team(delete(&read)).await, ErrorReason::EtagMismatch);
        assert_invalid("etag", ada.delete_team(delete("7")).await, &["etag"]);
        ada.delete_team(delete(&after.etag)).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_deleted_team_is_there_for_nobody_and_its_log_for_those_who_watch_all() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.team_of(&[("ada", ADMIN), ("ben", ADMIN), ("vic", VIEWER)]).await;
        let link = server.create_link("ada", &team).await;
        assert_refused(server.try_delete("vic", &team).await, ErrorReason::RoleLacksPermission);
        let before = server.team("ben", &team).await;
        let log = server.events("ben", &team).await;

        let answer = server.delete("ada", &team).await;
        assert_eq!((answer.team, answer.revision), (Some(before.clone()), before.revision + 1));
        let target = Target { link: link.id.clone(), ..Target::of(&team, "vic") };
        for person in ["ada", "ben", "vic"] {
            let mut outcomes = server.every_team_call(person, &target).await;
            outcomes.extend(server.every_team_mutation(person, &target, false).await);
            for (call, outcome) in outcomes {
                let refused = assert_refused(outcome, ErrorReason::TeamNotAccessible);
                assert!(!refused.message.is_empty(), "{call}");
            }
            assert!(server.teams(person).await.is_empty());
        }
        for person in ["ada", "vic", "zoe"] {
            assert_refused(server.try_redeem(person, &link.token).await, ErrorReason::InviteNotFound);
            assert_refused(server.try_preview(person, &link.token).await, ErrorReason::InviteNotFound);
        }
        let services = service("tiers.set,members.import,teams.administer");
        for (call, outcome) in server.every_service_call(&services, &target, false).await {
            let reason =
                if call == "ListEvents" { ErrorReason::ActorMissing } else { ErrorReason::TeamNotAccessible };
            assert_refused(outcome, reason);
        }

        let kept = server.events(service(WATCHER), &team).await;
        assert_eq!(kept[1..], log, "the log stays as it was");
        assert_eq!(kept[0].change, Some(Change::TeamDeleted(TeamDeleted {})));
        assert_eq!((kept[0].actor_user_id.as_str(), kept[0].revision), ("ada", answer.revision));
        let request = ListEventsRequest { team_id: team, ..ListEventsRequest::default() };
        let admin = actor("ada").header("x-caller-scopes", WATCHER);
        for who in [actor("ada"), admin] {
            let outcome = server.team_as(who).list_events(request.clone()).await;
            assert_refused(outcome, ErrorReason::TeamNotAccessible);
        }
    })
    .await;
}

#[tokio::test]
async fn a_key_belongs_to_one_team_of_a_calling_service() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let shop = |user: &str| actor(user).through("shop");
        let team = server.create_external(shop("ada"), "org/17 ä").await;
        assert_eq!(team.external_id, "org/17 ä");
        assert_eq!(server.team("ada", &team.team_id).await, team, "GetTeam shows it");
        for who in [shop("ada"), shop("bob")] {
            let request = CreateTeamRequest { external_id: "org/17 ä".into(), ..new_team("studio") };
            let dry = CreateTeamRequest { validate_only: true, ..request.clone() };
            for request in [request, dry] {
                let outcome = server.try_create(&who, request).await;
                let refused = assert_refused(outcome, ErrorReason::ExternalIdTaken);
                assert_eq!(refused.metadata.get("team_id"), Some(&team.team_id));
            }
        }
        let other = server.create_external(actor("bob").through("desk"), "org/17 ä").await;
        assert_ne!(other.team_id, team.team_id, "another service's key is another");
        server.create_external(shop("ada"), "ORG/17 ä").await;

        assert_eq!(listed(&server, shop("ada"), "org/17 ä").await, std::slice::from_ref(&team.team_id));
        assert!(listed(&server, actor("ada").through("desk"), "org/17 ä").await.is_empty());
        assert!(listed(&server, shop("bob"), "org/17 ä").await.is_empty(), "not its team");
        assert!(listed(&server, shop("ada"), "org/18").await.is_empty());

        server.delete("ada", &team.team_id).await;
        assert!(listed(&server, shop("ada"), "org/17 ä").await.is_empty());
        let again = server.create_external(shop("bob"), "org/17 ä").await;
        assert_ne!(again.team_id, team.team_id, "the key of a deleted team is free");
    })
    .await;
}

#[tokio::test]
async fn keys_that_are_none_are_refused() {
    both(async |kind| {
        let server = Server::start(kind).await;
        for key in [" ", " x", "x ", "a\nb", "a\u{0}b", &"x".repeat(129)] {
            let request = CreateTeamRequest { external_id: key.into(), ..new_team("organization") };
            assert_invalid(key, server.try_create("ada", request).await, &["external_id"]);
            let filter = Filter { external_id: key.into(), ..Filter::default() };
            let request = ListTeamsRequest { filter: Some(filter), ..ListTeamsRequest::default() };
            let outcome = server.team_as("ada").list_teams(request).await;
            assert_invalid(key, outcome, &["filter.external_id"]);
        }
        server.create_external("ada", &"ä".repeat(128)).await;
        let id = request_id();
        let bad = CreateTeamRequest {
            policy: "guild".into(),
            external_id: " ".into(),
            tier: "No Tier".into(),
            request_id: format!("{id}0"),
            ..CreateTeamRequest::default()
        };
        let fields = ["display_name", "external_id", "policy", "request_id", "tier"];
        assert_invalid("all", server.try_create("ada", bad).await, &fields);
        assert_eq!(server.teams("ada").await.len(), 1);
    })
    .await;
}

async fn listed(server: &Server, who: Actor, external_id: &str) -> Vec<String> {
    let filter = Filter { external_id: external_id.into(), ..Filter::default() };
    let request = ListTeamsRequest { filter: Some(filter), ..ListTeamsRequest::default() };
    let page = server.team_as(who).list_teams(request).await.expect("teams are listed").into_inner();
    page.teams.into_iter().map(|team| team.team_id).collect()
}
