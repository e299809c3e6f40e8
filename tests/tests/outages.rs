//! When Postgres is slow, locked or away: calls end in time and say what to do, and nothing is lost or half done.

use std::time::Duration;

use roster_proto::v1::{CreateInviteLinkRequest, ErrorReason, GetTeamRequest};
use roster_tests::{
    Actor, Kind, Options, Server, actor, assert_refused, call_raw, connect_postgres, eventually, is_replay,
    request_id, setting, within,
};
use tokio_postgres::Client;

/// Holds the lock of every team, as another replica would hold that of one.
struct Holder {
    client: Client,
}

impl Holder {
    async fn lock(server: &Server) -> Self {
        let client = connect_postgres(&server.data().postgres_url()).await;
        client
            .batch_execute("BEGIN; SELECT id FROM teams FOR UPDATE")
            .await
            .expect("the teams can be locked");
        Self { client }
    }

    /// Waits until a call of the service waits for the lock.
    async fn until_somebody_waits(&self, server: &Server) {
        let watcher = connect_postgres(&server.data().postgres_url()).await;
        let waiting =
            "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()";
        eventually("a call that waits for the lock", async || {
            let rows = watcher.query(waiting, &[]).await.expect("Postgres answers");
            (!rows.is_empty()).then_some(())
        })
        .await;
    }

    async fn release(self) {
        self.client
            .batch_execute("ROLLBACK")
            .await
            .expect("the lock can be released");
    }
}

#[tokio::test]
async fn the_callers_deadline_is_kept_by_the_service() {
    let server = Server::start(Kind::Full).await;
    let team_id = server.create_team("ada").await;
    let holder = Holder::lock(&server).await;
    let request = CreateInviteLinkRequest {
        team_id: team_id.clone(),
        ..CreateInviteLinkRequest::default()
    };
    let headers = [("x-actor-user-id", "ada"), ("grpc-timeout", "200m")];
    let method = "roster.v1.InvitationService/CreateInviteLink";
    let outcome = call_raw(server.address(), method, &headers, &request).await;
    assert_refused(outcome, ErrorReason::DeadlineExceeded);
    holder.release().await;
    // What was given up is undone, and its lock is free.
    assert!(server.links("ada", &team_id).await.is_empty());
    server.create_link("ada", &team_id).await;
}

#[tokio::test]
async fn a_lock_that_is_held_too_long_is_told_and_may_be_tried_again() {
    let server = Server::start(Kind::Full).await;
    let team = server.create_team("ada").await;
    let holder = Holder::lock(&server).await;
    let refused = assert_refused(
        server.try_create_link("ada", &team).await,
        ErrorReason::LockTimeout,
    );
    assert!(refused.retry, "it says when to try again");
    // Readers do not wait for writers.
    server.team("ada", &team).await;
    holder.release().await;
    server.create_link("ada", &team).await;
}

#[tokio::test]
async fn a_call_in_flight_is_finished_when_the_service_is_asked_to_stop() {
    let server = Server::start(Kind::Full).await;
    let team_id = server.create_team("ada").await;
    let holder = Holder::lock(&server).await;
    let mut client = server.invites_as("ada");
    let request = CreateInviteLinkRequest {
        team_id,
        ..CreateInviteLinkRequest::default()
    };
    let in_flight = tokio::spawn(async move { client.create_invite_link(request).await });
    holder.until_somebody_waits(&server).await;

    let data = server.data();
    let watcher = connect_postgres(&data.postgres_url()).await;
    let address = server.address();
    let stopping = tokio::spawn(server.stop());
    eventually("the end of accepting", async || {
        tokio::net::TcpStream::connect(address).await.err()
    })
    .await;
    holder.release().await;
    within("the call in flight", in_flight)
        .await
        .unwrap()
        .expect("the call succeeds");
    within("the end of the service", stopping).await.unwrap();
    let rows = watcher.query("SELECT 1 FROM invite_links", &[]).await.unwrap();
    assert_eq!(rows.len(), 1, "and its change is there");
}

#[tokio::test]
async fn while_postgres_is_away_calls_are_refused_and_afterwards_they_succeed() {
    let server = Server::start(Kind::Full).await;
    let team = server.create_team("ada").await;
    let link = server.create_link("ada", &team).await;
    let url = server.data().postgres_url();
    let database = url.rsplit('/').next().unwrap();
    let administrator = connect_postgres(&setting("ROSTER_TEST_POSTGRES_URL")).await;
    let switch = async |on: bool| {
        let allow = format!("ALTER DATABASE {database} ALLOW_CONNECTIONS {on}");
        administrator
            .batch_execute(&allow)
            .await
            .expect("an administrator may do so");
        let cut = format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}' AND NOT {on}"
        );
        administrator
            .batch_execute(&cut)
            .await
            .expect("an administrator may do so");
    };

    switch(false).await;
    for _ in 0..3 {
        let mut ada = server.team_as("ada");
        let read = ada
            .get_team(GetTeamRequest {
                team_id: team.clone(),
            })
            .await;
        assert!(
            assert_refused(read, ErrorReason::DependencyUnavailable).retry,
            "it says when to try again"
        );
        assert_refused(
            server.try_create_link("ada", &team).await,
            ErrorReason::DependencyUnavailable,
        );
        assert_refused(
            server.try_redeem("bob", &link.token).await,
            ErrorReason::DependencyUnavailable,
        );
        assert_refused(
            server.try_preview("bob", &link.token).await,
            ErrorReason::DependencyUnavailable,
        );
    }
    switch(true).await;
    eventually("a call that succeeds", async || {
        server.try_redeem("bob", &link.token).await.ok()
    })
    .await;
    assert_eq!(server.team("ada", &team).await.member_count, 2);
}

#[tokio::test]
async fn connections_that_are_cut_lose_no_acknowledged_change_and_repeat_none() {
    let server = Server::start(Kind::Full).await;
    let team = server.create_team("ada").await;
    let watcher = connect_postgres(&server.data().postgres_url()).await;
    let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
               WHERE datname = current_database() AND pid <> pg_backend_pid()";
    let mut acknowledged = 0;
    for _ in 0..15 {
        let request = CreateInviteLinkRequest {
            team_id: team.clone(),
            request_id: request_id(),
            validate_only: false,
        };
        let try_once = async || server.invites_as("ada").create_invite_link(request.clone()).await;
        let (first, _) = tokio::join!(try_once(), watcher.batch_execute(cut));
        let answer = eventually("an answer", async || match try_once().await {
            Ok(answer) => Some(answer),
            Err(status) => {
                let unavailable = status.code() == tonic::Code::Unavailable;
                assert!(unavailable, "only that may be said meanwhile: {status:?}");
                None
            }
        })
        .await;
        acknowledged += 1;
        if let Ok(first) = first {
            assert!(is_replay(&answer), "the first attempt was acknowledged");
            assert_eq!(first.get_ref().invite_link, answer.get_ref().invite_link);
        }
        assert_eq!(server.links("ada", &team).await.len(), acknowledged, "each once");
    }
}

#[tokio::test]
async fn a_kill_without_warning_loses_no_acknowledged_change() {
    roster_tests::both(async |kind| {
        let mut server = Server::start(kind).await;
        let ada: Actor = actor("ada");
        let team = server.create_team(&ada).await;
        for round in 1..=3 {
            let link = server.create_link(&ada, &team).await;
            server.redeem(&format!("person-{round}"), &link.token).await;
            let data = server.crash().await;
            server = Server::start_on(data, Options::default()).await;
            assert_eq!(server.team(&ada, &team).await.member_count, round + 1);
            assert_eq!(server.link(&ada, &team, &link.id).await.0.use_count, 1);
        }
    })
    .await;
}

#[tokio::test]
async fn a_deadline_that_has_passed_already_is_told_as_such() {
    let server = Server::start(Kind::Embedded).await;
    let headers = [("x-actor-user-id", "ada"), ("grpc-timeout", "1n")];
    let request = GetTeamRequest {
        team_id: server.create_team("ada").await,
    };
    let begin = std::time::Instant::now();
    let outcome = call_raw(
        server.address(),
        "roster.v1.TeamService/GetTeam",
        &headers,
        &request,
    )
    .await;
    assert_refused(outcome, ErrorReason::DeadlineExceeded);
    assert!(begin.elapsed() < Duration::from_secs(5), "at once");
}
