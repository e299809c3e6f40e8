//! The primary stops, its standby is promoted, and the name leads there.

use std::time::{Duration, Instant};

use roster_testkit::{
    Cluster, Options, Stop, assert_all_succeed, assert_refused_only_as, connect_postgres, eventually,
};

use crate::scene::{AWAY, Scene, lasting};

#[tokio::test]
async fn after_a_failover_the_new_primary_serves_and_nothing_is_lost() {
    let mut primary = Cluster::start(&[]).await;
    let (scene, proxy) = Scene::wired_to(&primary.url(), Options::default()).await;
    let standby = primary.standby().await;
    // What is acknowledged is on the standby, or nobody could say that nothing is lost.
    primary.reload(&["synchronous_standby_names = '*'"]).await;
    let watcher = primary.connect().await;
    eventually("a standby that follows", async || {
        let synchronous = "SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'";
        let rows = watcher.query(synchronous, &[]).await.expect("Postgres answers");
        (!rows.is_empty()).then_some(())
    })
    .await;

    let load = scene.calls(8);
    let quiet = lasting(Duration::from_millis(300), Duration::from_secs(10));
    assert_all_succeed(&load.run(quiet).await);
    primary.stop(Stop::Immediate).await;
    standby.promote().await;
    let begin = Instant::now();
    proxy.redirect(&standby.url());
    let back = load.until_quiet(begin, quiet).await;
    assert!(back < Duration::from_secs(3), "calls succeed after {back:?}");
    assert_refused_only_as(&load.all(), AWAY);
    drop(load);
    scene.assert_nothing_lost(&connect_postgres(&standby.url()).await).await;
}
