//! The node of Postgres vanished and another took its place: old connections are dead without a reset, new ones whole.

use std::time::{Duration, Instant};

use roster_testkit::{Options, assert_all_succeed, assert_refused_only_as, percentile};

use crate::scene::{CONNECTIONS, SILENT, Scene, lasting};

/// The longest until calls succeed again.
const BACK: Duration = Duration::from_secs(15);

/// How much longer than its deadline a call may take until its client hears of it.
const ALLOWANCE: Duration = Duration::from_millis(500);

/// The most calls that fail one after the other until all that is dead is known to be. A client that waits a second for
/// an answer must not find out for each connection anew.
const FEW: usize = 4;

async fn check(connections: usize, workers: usize) {
    // In the short form a call ends sooner, and with it the wait for a connection that is dead.
    let deadline = lasting(Duration::from_secs(1), Duration::from_secs(10));
    let options = Options::default().variable("ROSTER_SERVER__DEADLINE", format!("{}s", deadline.as_secs()));
    let (scene, proxy) = Scene::wired(options).await;
    scene.open_connections(connections).await;
    let load = scene.calls(workers);
    assert_all_succeed(&load.run(Duration::from_millis(300)).await);

    let begin = Instant::now();
    proxy.vanish();
    let quiet = lasting(Duration::from_secs(1), Duration::from_secs(20));
    let back = load.until_quiet(begin, quiet).await;
    assert!(back < BACK, "{connections} dead connections cost {workers} workers {back:?}");
    let all = load.end().await;
    assert_refused_only_as(&all, SILENT);
    let refused = all.iter().filter(|sample| sample.refused.is_some()).count();
    assert!(workers > 1 || refused <= FEW, "{connections} dead connections cost {refused} calls in a row");
    let took = percentile(&all, 1.0);
    assert!(took < deadline + ALLOWANCE, "a call takes {took:?}");
    scene.open_connections(CONNECTIONS).await;
    scene.assert_nothing_held().await;
}

#[tokio::test]
async fn old_connections_are_dead_and_new_ones_are_whole() {
    // With the pool full and with room for one connection more; under load and one call at a time. All of them wait for
    // the same silence, and do so side by side.
    tokio::join!(
        check(CONNECTIONS, 16),
        check(CONNECTIONS, 1),
        check(CONNECTIONS - 1, 16),
        check(CONNECTIONS - 1, 1)
    );
}
