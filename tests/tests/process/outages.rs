//! When Postgres is slow, locked or away: calls end in time and say what to do, and nothing is lost or half done.

use std::sync::Arc;
use std::time::Duration;

use roster_proto::v1::{CreateInviteLinkRequest, ErrorReason, GetTeamRequest};
use roster_testkit::{
    Actor, Data, Kind, Link, Options, Proxy, Server, Target, Wire, actor, assert_refused, call_raw,
    connect_postgres, eventually, is_replay, known, refused, request_id, setting, within,
};
use tokio::task::{AbortHandle, JoinError};
use tokio::time::timeout;
use tokio_postgres::Client;
use tonic::{Code, Status};

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
        self.client.batch_execute("ROLLBACK").await.expect("the lock can be released");
    }
}

#[tokio::test]
async fn the_callers_deadline_is_kept_by_the_service() {
    let server = Server::start(Kind::Full).await;
    let team_id = server.create_team("ada").await;
    let holder = Holder::lock(&server).await;
    let request = CreateInviteLinkRequest { team_id: team_id.clone(), ..CreateInviteLinkRequest::default() };
    let headers = [("x-actor-user-id", "ada"), ("grpc-timeout", "200m")];
    let method = "roster.v1.InvitationService/CreateInviteLink";
    let outcome = call_raw(server.address(), method, &headers, &request).await;
    assert_refused(outcome, ErrorReason::DeadlineExceeded);
    holder.release().await;
    // It had not got its lock, and nobody waits for it any more.
    server.create_link("ada", &team_id).await;
    assert_eq!(server.links("ada", &team_id).await.len(), 1);
}

#[tokio::test]
async fn a_lock_that_is_held_too_long_is_told_and_may_be_tried_again() {
    let server = Server::start(Kind::Full).await;
    let team = server.create_team("ada").await;
    let holder = Holder::lock(&server).await;
    let refused = assert_refused(server.try_create_link("ada", &team).await, ErrorReason::LockTimeout);
    assert!(refused.retry, "it says when to try again");
    // Readers do not wait for writers.
    server.team("ada", &team).await;
    holder.release().await;
    server.create_link("ada", &team).await;
}

#[tokio::test]
async fn a_call_in_flight_is_finished_when_the_service_is_asked_to_stop() {
    let call = stopped_meanwhile(async |_| {}).await;
    call.expect("its client waits").expect("the call succeeds");
}

#[tokio::test]
async fn a_change_whose_client_has_gone_is_finished_when_the_service_is_asked_to_stop() {
    let call = stopped_meanwhile(async |call| call.abort()).await;
    assert!(call.expect_err("its client has gone").is_cancelled());
}

/// How a call ended that waited for a lock when the service was asked to stop, after something had been done to it. Its
/// change is there.
async fn stopped_meanwhile(done: impl AsyncFnOnce(&AbortHandle)) -> Result<Result<(), Status>, JoinError> {
    let server = Server::start(Kind::Full).await;
    let team_id = server.create_team("ada").await;
    let holder = Holder::lock(&server).await;
    let mut client = server.invites_as("ada");
    let request = CreateInviteLinkRequest { team_id, ..CreateInviteLinkRequest::default() };
    let in_flight = tokio::spawn(async move { client.create_invite_link(request).await.map(drop) });
    holder.until_somebody_waits(&server).await;
    done(&in_flight.abort_handle()).await;

    let data = server.data();
    let watcher = connect_postgres(&data.postgres_url()).await;
    let address = server.address();
    let mut stopping = tokio::spawn(server.stop());
    eventually("the end of accepting", async || tokio::net::TcpStream::connect(address).await.err()).await;
    let early = timeout(Duration::from_millis(500), &mut stopping).await;
    early.expect_err("the service does not end before the change is made");
    holder.release().await;
    let call = within("the call in flight", in_flight).await;
    within("the end of the service", stopping).await.expect("it ends in order");
    let rows = watcher.query("SELECT 1 FROM invite_links", &[]).await.expect("Postgres answers");
    assert_eq!(rows.len(), 1, "and its change is there");
    call
}

/// A service whose wire to Postgres can be cut.
async fn wired() -> (Server, Proxy) {
    let data = Data::fresh(Kind::Full).await;
    let (proxy, url) = Proxy::to_postgres(&data.postgres_url()).await;
    let options = Options::default().variable("ROSTER_DATABASE__URL", url);
    (Server::start_on(Arc::new(data), options).await, proxy)
}

/// Every kind of call is refused for want of the database, and says when to try again.
async fn assert_all_unavailable(server: &Server, team: &str, link: &Link) {
    let target = Target { link: link.id.clone(), ..Target::of(team, "ada") };
    let mut outcomes = server.every_team_call("ada", &target).await;
    outcomes.extend(server.every_other_call(known("bob"), &link.token).await);
    for (call, outcome) in outcomes {
        let refused = assert_refused(outcome, ErrorReason::DependencyUnavailable);
        assert!(refused.retry, "{call} says when to try again");
    }
}

#[tokio::test]
async fn while_postgres_is_away_calls_are_refused_and_afterwards_they_succeed() {
    let (server, proxy) = wired().await;
    let team = server.create_team("ada").await;
    let link = server.create_link("ada", &team).await;
    proxy.set(Wire::Cut);
    assert_all_unavailable(&server, &team, &link).await;
    proxy.set(Wire::Whole);
    eventually("a call that succeeds", async || server.try_redeem("bob", &link.token).await.ok()).await;
    assert_eq!(server.team("ada", &team).await.member_count, 2);
}

#[tokio::test]
async fn a_postgres_that_takes_no_connections_is_away_too() {
    let server = Server::start(Kind::Full).await;
    let team = server.create_team("ada").await;
    let link = server.create_link("ada", &team).await;
    let url = server.data().postgres_url();
    let database = url.rsplit('/').next().unwrap();
    let administrator = connect_postgres(&setting("ROSTER_TEST_POSTGRES_URL")).await;
    for statement in [
        format!("ALTER DATABASE {database} ALLOW_CONNECTIONS false"),
        format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'"),
    ] {
        administrator.batch_execute(&statement).await.expect("an administrator may do so");
    }
    assert_all_unavailable(&server, &team, &link).await;
    let again = format!("ALTER DATABASE {database} ALLOW_CONNECTIONS true");
    administrator.batch_execute(&again).await.unwrap();
    eventually("a call that succeeds", async || server.try_redeem("bob", &link.token).await.ok()).await;
}

#[tokio::test]
async fn a_frozen_postgres_holds_no_call_beyond_its_deadline() {
    let (server, proxy) = wired().await;
    let team_id = server.create_team("ada").await;
    proxy.set(Wire::Frozen);
    let create = CreateInviteLinkRequest { team_id: team_id.clone(), ..CreateInviteLinkRequest::default() };
    let headers = [("x-actor-user-id", "ada"), ("grpc-timeout", "500m")];
    let method = "roster.v1.InvitationService/CreateInviteLink";
    let outcome = call_raw(server.address(), method, &headers, &create).await;
    assert_refused(outcome, ErrorReason::DeadlineExceeded);
    // A call that sets no deadline has the service's.
    let outcome = server.try_create_link("ada", &team_id).await;
    let refused = refused(outcome);
    assert!(matches!(refused.code, Code::DeadlineExceeded | Code::Unavailable), "{refused:?}");
    proxy.set(Wire::Whole);
    eventually("a call that succeeds", async || server.try_create_link("ada", &team_id).await.ok()).await;
}

#[tokio::test]
async fn calls_that_are_given_up_leave_nothing_open() {
    let data = Data::fresh(Kind::Full).await;
    let url = data.postgres_url();
    let (proxy, wired) = Proxy::to_postgres(&url).await;
    let options = Options::default()
        .variable("ROSTER_DATABASE__URL", wired)
        .variable("ROSTER_DATABASE__MAX_CONNECTIONS", "1");
    let server = Server::start_on(Arc::new(data), options).await;
    let team_id = server.create_team("ada").await;
    // The deadline passes while the very first statement, the one that begins the transaction, is on its way.
    proxy.set(Wire::Frozen);
    let create = CreateInviteLinkRequest { team_id: team_id.clone(), ..CreateInviteLinkRequest::default() };
    let headers = [("x-actor-user-id", "ada"), ("grpc-timeout", "100m")];
    let method = "roster.v1.InvitationService/CreateInviteLink";
    let outcome = call_raw(server.address(), method, &headers, &create).await;
    assert_refused(outcome, ErrorReason::DeadlineExceeded);
    proxy.set(Wire::Whole);
    // A read goes over the only connection after all that was sent before. It would run inside a transaction that was
    // left open, and not end it as the next change would by accident.
    server.team("ada", &team_id).await;
    let open = "SELECT 1 FROM pg_stat_activity \
                WHERE state LIKE 'idle in transaction%' AND datname = current_database()";
    let watcher = connect_postgres(&url).await;
    eventually("a connection that is idle", async || {
        watcher.query(open, &[]).await.expect("Postgres answers").is_empty().then_some(())
    })
    .await;
    server.create_link("ada", &team_id).await;
    assert_eq!(
        server.links("ada", &team_id).await.len(),
        1,
        "what was given up before its lock was not done"
    );
}

#[tokio::test]
async fn an_answer_of_postgres_that_is_lost_at_the_commit_is_found_by_the_request_id() {
    let (server, proxy) = wired().await;
    let team = server.create_team("ada").await;
    let id = request_id();
    proxy.set(Wire::CutAfterCommit);
    let lost = server.try_create_link_once("ada", &team, &id).await;
    let refused = assert_refused(lost, ErrorReason::DependencyUnavailable);
    assert!(refused.retry, "it says when to try again");
    proxy.set(Wire::Whole);
    let again =
        eventually("an answer", async || server.try_create_link_once("ada", &team, &id).await.ok()).await;
    assert!(is_replay(&again), "the change had been committed");
    assert_eq!(server.links("ada", &team).await.len(), 1);
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
        let id = request_id();
        let try_once = async || server.try_create_link_once("ada", &team, &id).await;
        let (first, _) = tokio::join!(try_once(), watcher.batch_execute(cut));
        let answer = eventually("an answer", async || match try_once().await {
            Ok(answer) => Some(answer),
            Err(status) => {
                let unavailable = status.code() == Code::Unavailable;
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
    roster_testkit::both(async |kind| {
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
    let request = GetTeamRequest { team_id: server.create_team("ada").await };
    let begin = std::time::Instant::now();
    let outcome = call_raw(server.address(), "roster.v1.TeamService/GetTeam", &headers, &request).await;
    assert_refused(outcome, ErrorReason::DeadlineExceeded);
    assert!(begin.elapsed() < Duration::from_secs(5), "at once");
}
