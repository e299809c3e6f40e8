//! Postgres is frozen: it keeps its connections and answers nothing, and then goes on as if nothing had been.

use std::sync::Arc;
use std::time::{Duration, Instant};

use roster_testkit::{Cluster, Options, Wire, assert_all_succeed, assert_refused_only_as, percentile};

use crate::scene::{CONNECTIONS, SILENT, Scene, lasting};

/// The longest that a call takes.
const DEADLINE: Duration = Duration::from_millis(500);

/// How much longer a call may take until its client hears of it.
const ALLOWANCE: Duration = Duration::from_millis(250);

/// How soon calls succeed after the thaw.
const BACK: Duration = Duration::from_secs(5);

async fn check(scene: Arc<Scene>, freeze: impl FnOnce(), thaw: impl FnOnce()) {
    scene.open_connections(CONNECTIONS).await;
    let load = scene.calls(16);
    assert_all_succeed(&load.run(Duration::from_millis(200)).await);
    freeze();
    load.run(lasting(Duration::from_millis(1_500), Duration::from_secs(20))).await;
    let begin = Instant::now();
    thaw();
    let quiet = lasting(Duration::from_millis(500), Duration::from_secs(10));
    let back = load.until_quiet(begin, quiet).await;

    assert!(back < BACK, "calls succeed after {back:?}");
    let all = load.end().await;
    assert_refused_only_as(&all, SILENT);
    let took = percentile(&all, 1.0);
    assert!(took < DEADLINE + ALLOWANCE, "a call takes {took:?}");
    scene.assert_nothing_held().await;
    scene.assert_nothing_lost(&scene.connect().await).await;
    scene.open_connections(CONNECTIONS).await;
}

fn options() -> Options {
    Options::default().variable("ROSTER_SERVER__DEADLINE", format!("{}ms", DEADLINE.as_millis()))
}

#[tokio::test]
async fn a_wire_that_carries_nothing_for_a_while() {
    let (scene, proxy) = Scene::wired(options()).await;
    check(scene, || proxy.set(Wire::Frozen), || proxy.set(Wire::Whole)).await;
}

#[tokio::test]
async fn a_postgres_whose_processes_do_not_run_for_a_while() {
    let cluster = Cluster::start(&[]).await;
    let (scene, _proxy) = Scene::wired_to(&cluster.url(), options()).await;
    check(scene, || cluster.freeze(), || cluster.thaw()).await;
}
