//! Nobody listens where Postgres was: every call is refused at once and says when to try again.

use std::time::{Duration, Instant};

use roster_testkit::{Load, Options, assert_all_succeed, percentile, refused};

use crate::scene::{AWAY, CONNECTIONS, Scene, lasting};

/// The longest that a refusal takes.
const AT_ONCE: Duration = Duration::from_millis(100);

/// How soon calls succeed after Postgres is back.
const BACK: Duration = Duration::from_secs(3);

async fn assert_refused_at_once(load: &Load) {
    let samples = load.run(lasting(Duration::from_secs(1), Duration::from_secs(20))).await;
    assert!(!samples.is_empty(), "no call ended");
    for sample in &samples {
        let status = sample.refused.clone().expect("no call succeeds");
        let refused = refused::<()>(Err(status));
        assert!(AWAY.contains(&refused.code), "{refused:?}");
        assert_eq!(refused.reason, "ERROR_REASON_DEPENDENCY_UNAVAILABLE", "{refused:?}");
        assert!(refused.retry, "it says when to try again: {refused:?}");
    }
    // All but those that a machine with other work to do delays.
    let took = percentile(&samples, 0.95);
    assert!(took < AT_ONCE, "refusals take {took:?}");
}

#[tokio::test]
async fn while_connections_are_refused_calls_are_refused_at_once() {
    let (scene, proxy) = Scene::wired(Options::default()).await;
    scene.open_connections(CONNECTIONS).await;
    proxy.refuse().await;
    for workers in [1, 16] {
        let load = scene.calls(workers);
        assert_refused_at_once(&load).await;
    }
    let lines = scene.lines_about(proxy.port());
    assert_eq!(lines.len(), 1, "one line says that Postgres is away: {lines:#?}");
    assert!(lines[0].contains("refused"), "and why: {lines:?}");

    let load = scene.calls(16);
    let begin = Instant::now();
    proxy.accept().await;
    let back = load.until_quiet(begin, Duration::from_millis(500)).await;
    assert!(back < BACK, "calls succeed after {back:?}");
    assert_all_succeed(&load.run(Duration::from_millis(500)).await);
    drop(load);
    let lines = scene.lines_about(proxy.port());
    assert_eq!(lines.len(), 2, "and one that it is back: {lines:#?}");
    scene.open_connections(CONNECTIONS).await;
}
