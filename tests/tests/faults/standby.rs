//! The URL leads to a standby for a while: nothing is read from it.

use std::time::{Duration, Instant};

use roster_testkit::{Cluster, Options, assert_all_succeed, assert_refused_only_as};

use crate::scene::{AWAY, CONNECTIONS, Scene, lasting};

#[tokio::test]
async fn a_standby_is_not_read_from() {
    let primary = Cluster::start(&[]).await;
    let (scene, proxy) = Scene::wired_to(&primary.url(), Options::default()).await;
    let standby = primary.standby().await;
    scene.open_connections(CONNECTIONS).await;
    let load = scene.calls(8);
    assert_all_succeed(&load.run(Duration::from_millis(200)).await);

    proxy.redirect(&standby.url());
    proxy.hang_up();
    let cut = Instant::now();
    let mut meanwhile = load.run(lasting(Duration::from_secs(1), Duration::from_secs(10))).await;
    // Those that began before had the primary.
    meanwhile.retain(|sample| sample.begin > cut);
    assert!(!meanwhile.is_empty(), "no call ended");
    assert!(meanwhile.iter().all(|sample| sample.refused.is_some()), "a standby was read from");
    assert_refused_only_as(&meanwhile, AWAY);

    // Open connections still lead to the standby, if there are any.
    let begin = Instant::now();
    proxy.redirect(&primary.url());
    let back = load.until_quiet(begin, Duration::from_millis(500)).await;
    assert!(back < Duration::from_secs(3), "calls succeed after {back:?}");
    drop(load);
    scene.open_connections(CONNECTIONS).await;
    scene.assert_nothing_lost(&scene.connect().await).await;
}
