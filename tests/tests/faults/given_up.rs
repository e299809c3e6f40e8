//! Clients give up their calls at random moments: no connection, no transaction and no lock is left behind.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use roster_proto::v1::team_service_client::TeamServiceClient;
use roster_proto::v1::{GetTeamRequest, UpdateTeamRequest};
use roster_testkit::{Options, actor, all_at_once, eventually};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tonic::Code;
use tonic::transport::Channel;

use crate::scene::{CONNECTIONS, Scene, is_long};

/// Numbers that look random and are the same at each run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        // Knuth's multiplier; the high bits are the good ones.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

/// Calls, and waits no longer than that.
async fn give_up(channel: Channel, team_id: String, patience: Duration, reads: bool) {
    let mut client = TeamServiceClient::with_interceptor(channel, actor("ada"));
    let call = async {
        if reads {
            return client.get_team(GetTeamRequest { team_id }).await.map(drop);
        }
        let display_name = format!("Name {}", patience.as_micros());
        let request = UpdateTeamRequest { team_id, display_name, ..UpdateTeamRequest::default() };
        client.update_team(request).await.map(drop)
    };
    if let Ok(outcome) = timeout(patience, call).await {
        outcome.expect("a call that is waited for succeeds");
    }
}

/// The sessions of the service.
async fn sessions(scene: &Scene) -> BTreeSet<i32> {
    let sessions = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() \
                    AND application_name = 'roster'";
    let rows = scene.connect().await.query(sessions, &[]).await.expect("Postgres answers");
    rows.iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn calls_that_are_given_up_leave_every_connection_usable() {
    // What is given up goes on to its end, and all of it is Ada's.
    let options = Options::default().variable("ROSTER_LIMITS__REQUESTS_IN_FLIGHT_PER_ACTOR", "512");
    let (scene, _proxy) = Scene::wired(options).await;
    scene.open_connections(CONNECTIONS).await;
    let before = sessions(&scene).await;
    assert!(before.len() >= CONNECTIONS, "{before:?}");

    let mut numbers = Numbers(7);
    let rounds = if is_long() { 1_000 } else { 25 };
    for round in 0..rounds {
        // A connection that resets too many calls is closed by the service.
        let channel = scene.server.new_channel();
        let calls: Vec<_> = (0..20)
            .map(|number| {
                let patience = Duration::from_micros(numbers.below(8_000));
                give_up(channel.clone(), scene.team(number), patience, number % 4 == 0)
            })
            .collect();
        all_at_once(calls).await;
        if round % 20 == 19 {
            // Not more at once than the service takes.
            scene.assert_nothing_held().await;
        }
    }

    scene.assert_nothing_held().await;
    scene.open_connections(CONNECTIONS).await;
    // A connection that was thrown away is a new one now, and making it is what a client could make the service do.
    let after = sessions(&scene).await;
    assert!(after.is_superset(&before), "connections were thrown away: {before:?} became {after:?}");
}

/// Whether of one read more than so many, of which none ends before the last has come, only one is refused.
async fn all_but_one_are_let_in(scene: &Arc<Scene>, places: usize) -> bool {
    let holder = scene.connect().await;
    holder.batch_execute("BEGIN; LOCK TABLE teams IN ACCESS EXCLUSIVE MODE").await.expect("no read goes on");
    let mut reads = JoinSet::new();
    for worker in 0..=places {
        let scene = Arc::clone(scene);
        reads.spawn(async move { scene.read(worker).await });
    }
    // The first that is answered is one for which there is no room.
    let first = reads.join_next().await.expect("there are some").expect("no panic");
    holder.batch_execute("COMMIT").await.expect("reads go on");
    let others = reads.join_all().await;
    first.is_err_and(|status| status.code() == Code::ResourceExhausted) && others.iter().all(Result::is_ok)
}

#[tokio::test]
async fn reads_that_are_given_up_by_the_hundred_lose_no_place_and_no_connection() {
    const PLACES: usize = 16;
    let limit = PLACES.to_string();
    let options = Options::default().variable("ROSTER_LIMITS__REQUESTS_IN_FLIGHT_PER_ACTOR", &limit);
    let (scene, _proxy) = Scene::wired(options).await;
    scene.open_connections(CONNECTIONS).await;
    let before = sessions(&scene).await;
    let mut numbers = Numbers(11);
    for _ in 0..if is_long() { 600 } else { 10 } {
        // As many as a connection takes. Those beyond the limit are refused.
        let channel = scene.server.new_channel();
        let calls: Vec<_> = (0..128)
            .map(|number| {
                let mut client = TeamServiceClient::with_interceptor(channel.clone(), actor("ada"));
                let (team_id, patience) = (scene.team(number), Duration::from_micros(numbers.below(20_000)));
                timeout(patience, async move { client.get_team(GetTeamRequest { team_id }).await.map(drop) })
            })
            .collect();
        all_at_once(calls).await;
    }
    scene.assert_nothing_held().await;

    // What was given up last keeps its place for a moment.
    eventually("room for as many as before", async || {
        all_but_one_are_let_in(&scene, PLACES).await.then_some(())
    })
    .await;
    let after = sessions(&scene).await;
    assert!(after.is_superset(&before), "connections were thrown away: {before:?} became {after:?}");
}

#[tokio::test]
async fn a_connection_that_is_lent_again_at_once_leaves_a_transaction_open() {
    let options = Options::default().failpoint("reuse-at-once").variable("ROSTER_SERVER__DEADLINE", "1s");
    let (scene, _proxy) = Scene::wired(options).await;
    let holder = scene.connect().await;
    holder.batch_execute("BEGIN; SELECT id FROM teams FOR UPDATE").await.expect("teams can be locked");
    scene.rename(0).await.expect_err("nobody else gets the lock");
    let open = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() \
                AND application_name = 'roster' AND state LIKE 'idle in transaction%'";
    // Not within the transaction above, which sees one state of the sessions.
    let watcher = scene.connect().await;
    eventually("a transaction that stays open", async || {
        let rows = watcher.query(open, &[]).await.expect("Postgres answers");
        (!rows.is_empty()).then_some(())
    })
    .await;
}
