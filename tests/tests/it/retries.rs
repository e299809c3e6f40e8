//! Retries in bad circumstances: all at once, after a crash, after a day.

use std::sync::Arc;
use std::time::Duration;

use roster_proto::v1::event::Change;
use roster_proto::v1::{CreateTeamRequest, InviteLinkState, ListTeamsRequest, RedeemInviteLinkRequest};
use roster_testkit::{
    Kind, Options, POLICY, Server, all_at_once, assert_same_link, both, connect_postgres, eventually,
    is_replay, request_id,
};

#[tokio::test]
async fn twenty_twins_at_once_have_one_effect_and_one_answer() {
    both(async |kind| {
        let server = Arc::new(Server::start(kind).await);
        let team = server.create_team("ada").await;
        let id = request_id();
        let answers = all_at_once((0..20).map(|_| {
            let (server, team, id) = (Arc::clone(&server), team.clone(), id.clone());
            async move { server.try_create_link_once("ada", &team, &id).await.unwrap() }
        }))
        .await;
        assert_eq!(answers.iter().filter(|answer| !is_replay(answer)).count(), 1, "one is the first");
        for answer in &answers[1..] {
            assert_same_link(&answers[0], answer);
        }
        assert_eq!(server.links("ada", &team).await.len(), 1);
        assert_eq!(server.team("ada", &team).await.revision, 2);
    })
    .await;
}

#[tokio::test]
async fn twenty_twins_at_once_create_one_team() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let request = CreateTeamRequest {
            policy: POLICY.into(),
            display_name: "Twin".into(),
            request_id: request_id(),
            ..CreateTeamRequest::default()
        };
        let teams = all_at_once((0..20).map(|_| {
            let (mut client, request) = (server.team_as("ada"), request.clone());
            async move { client.create_team(request).await.unwrap().into_inner().team.unwrap() }
        }))
        .await;
        assert!(teams.iter().all(|team| *team == teams[0]), "one team: {teams:?}");
        let listed = server.team_as("ada").list_teams(ListTeamsRequest::default()).await.unwrap();
        assert_eq!(listed.into_inner().teams, teams[..1]);
    })
    .await;
}

#[tokio::test]
async fn a_crash_right_after_the_commit_loses_nothing_and_repeats_nothing() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.create_team("ada").await;
        let link = server.create_link("ada", &team).await;
        let server = server.restart(Options::default().failpoint("abort-after-commit")).await;
        let request = RedeemInviteLinkRequest { token: link.token.clone(), request_id: request_id() };
        let lost = server.invites_as("bob").redeem_invite_link(request.clone()).await;
        assert!(lost.is_err(), "the service dies before it answers");
        let (finished, data) = server.ended().await;
        assert!(!finished.status.success(), "it is a crash: {}", finished.status);

        let server = Server::start_on(data, Options::default()).await;
        let again = server.invites_as("bob").redeem_invite_link(request).await.unwrap();
        assert!(is_replay(&again), "the first answer was committed with the change");
        assert!(!again.get_ref().already_member, "as the first would have said");
        assert_eq!(server.team("ada", &team).await.member_count, 2);
        assert_eq!(server.link("ada", &team, &link.id).await.0.use_count, 1);
        let events = server.events("ada", &team).await;
        let joins = events.iter().filter_map(|event| match &event.change {
            Some(Change::MemberJoined(joined)) => Some(joined.user_id.as_str()),
            _ => None,
        });
        assert_eq!(joins.collect::<Vec<_>>(), ["bob", "ada"], "each joined once");
    })
    .await;
}

#[tokio::test]
async fn an_answer_is_kept_for_24_hours() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.create_team("ada").await;
        let id = request_id();
        let first = server.try_create_link_once("ada", &team, &id).await.unwrap();
        let minutes = |n: u64| Options::default().clock_offset(Duration::from_mins(n));

        let server = server.restart(minutes(24 * 60 - 1)).await;
        let again = server.try_create_link_once("ada", &team, &id).await.unwrap();
        assert!(is_replay(&again));
        assert_same_link(&first, &again);

        let server = server.restart(minutes(24 * 60)).await;
        let anew = server.try_create_link_once("ada", &team, &id).await.unwrap();
        assert!(!is_replay(&anew), "the same id is new again");
        let live = server.links("ada", &team).await;
        assert_eq!(live.len(), 2);
        assert!(live.iter().all(|link| link.state() == InviteLinkState::Live));
        assert!(is_replay(&server.try_create_link_once("ada", &team, &id).await.unwrap()), "and kept again");
    })
    .await;
}

#[tokio::test]
async fn an_answer_that_is_renewed_while_it_is_swept_away_stays() {
    let server = Server::start(Kind::Full).await;
    let team = server.create_team("ada").await;
    let id = request_id();
    server.try_create_link_once("ada", &team, &id).await.unwrap();
    let data = server.data();
    server.stop().await;

    // What a call does that finds its id new again after a day: it is not committed yet when the sweep comes.
    let renewal = connect_postgres(&data.postgres_url()).await;
    let renew = "BEGIN; UPDATE idempotency SET answered_at = answered_at + 90000000000";
    renewal.batch_execute(renew).await.expect("the answer is renewed");
    let later = Options::default().clock_offset(Duration::from_hours(25));
    let server = Server::start_on(data, later).await;
    let watcher = connect_postgres(&server.data().postgres_url()).await;
    let sweeps = async |state: &str| {
        let query = format!(
            "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'DELETE %' AND {state}"
        );
        !watcher.query(&query, &[]).await.expect("Postgres answers").is_empty()
    };
    let waits = "wait_event_type = 'Lock'";
    eventually("a sweep that waits for the renewal", async || sweeps(waits).await.then_some(())).await;
    renewal.batch_execute("COMMIT").await.expect("the renewal is committed");
    let over = async || (!sweeps("state = 'active'").await).then_some(());
    eventually("the end of the sweep", over).await;
    assert!(is_replay(&server.try_create_link_once("ada", &team, &id).await.unwrap()), "it is kept");
}
