//! Postgres is restarted under load, in order and as by a crash.

use std::time::{Duration, Instant};

use roster_testkit::{Cluster, Options, Stop, assert_all_succeed, assert_refused_only_as};

use crate::scene::{AWAY, CONNECTIONS, Scene, is_long, lasting};

#[tokio::test]
async fn a_restart_loses_no_acknowledged_change() {
    let mut cluster = Cluster::start(&[]).await;
    let (scene, _proxy) = Scene::wired_to(&cluster.url(), Options::default()).await;
    scene.open_connections(CONNECTIONS).await;
    let load = scene.calls(8);
    let rounds = if is_long() { 5 } else { 1 };
    for how in [Stop::Fast, Stop::Immediate].repeat(rounds) {
        let quiet = lasting(Duration::from_millis(300), Duration::from_secs(3));
        assert_all_succeed(&load.run(quiet).await);
        cluster.stop(how).await;
        cluster.start_again().await;
        let back = load.until_quiet(Instant::now(), quiet).await;
        assert!(back < Duration::from_secs(3), "{how:?}: calls succeed after {back:?}");
    }
    assert_refused_only_as(&load.all(), AWAY);
    drop(load);
    scene.open_connections(CONNECTIONS).await;
    scene.assert_nothing_held().await;
    scene.assert_nothing_lost(&scene.connect().await).await;
}

#[tokio::test]
async fn connections_that_are_lent_again_at_once_are_never_whole_again() {
    let (scene, proxy) = Scene::wired(Options::default().failpoint("reuse-at-once")).await;
    scene.open_connections(CONNECTIONS).await;
    proxy.hang_up();
    let load = scene.calls(8);
    load.run(Duration::from_millis(300)).await;
    let later = load.run(Duration::from_millis(300)).await;
    assert!(!later.is_empty(), "no call ended");
    assert!(later.iter().all(|sample| sample.refused.is_some()), "a connection was made anew");
}
