//! Postgres takes no writes for a while: reads go on as fast as before.

use std::time::{Duration, Instant};

use roster_testkit::{Cluster, Options, assert_all_succeed, assert_refused_only_as, percentile};

use crate::scene::{AWAY, CONNECTIONS, Scene, is_long, lasting};

/// Below this a time says more of the machine than of the service.
const NOISE: Duration = Duration::from_millis(10);

#[tokio::test]
async fn while_postgres_is_read_only_reads_go_on() {
    let cluster = Cluster::start(&[]).await;
    let (scene, _proxy) = Scene::wired_to(&cluster.url(), Options::default()).await;
    scene.open_connections(CONNECTIONS).await;
    let (reads, writes) = (scene.reads(4), scene.calls(1));
    let duration = lasting(Duration::from_secs(1), Duration::from_secs(8));
    // A second has too few calls for its slowest hundredth to say much beside other tests.
    let share = if is_long() { 0.99 } else { 0.9 };
    let usual = percentile(&reads.run(duration).await, share);
    assert_all_succeed(&writes.all());

    cluster.reload(&["default_transaction_read_only = on"]).await;
    let begin = Instant::now();
    let (meanwhile, others) = tokio::join!(reads.run(duration), writes.run(duration));
    cluster.reload(&["default_transaction_read_only = off"]).await;
    let end = Instant::now();
    assert_all_succeed(&meanwhile);
    let took = percentile(&meanwhile, share);
    assert!(took < (usual * 2).max(NOISE), "reads took {usual:?} and take {took:?}");
    assert!(others.iter().any(|call| call.refused.is_some() && call.begin > begin), "a write is refused");
    assert_refused_only_as(&others, AWAY);

    let back = writes.until_quiet(end, Duration::from_millis(500)).await;
    assert!(back < Duration::from_secs(3), "writes succeed after {back:?}");
    assert_all_succeed(&reads.all());
    drop((reads, writes));
    scene.assert_nothing_held().await;
    scene.open_connections(CONNECTIONS).await;
}
