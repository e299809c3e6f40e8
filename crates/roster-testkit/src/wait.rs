//! Waiting for conditions, never for time to pass; and doing many things at once.

use std::time::Duration;

use tokio::time::{Instant, interval, timeout};

const PATIENCE: Duration = Duration::from_secs(30);

/// Waits for something that must happen soon.
pub async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    let Ok(value) = timeout(PATIENCE, future).await else {
        panic!("{what} did not happen within {PATIENCE:?}");
    };
    value
}

/// Looks again and again until there is something to see.
pub async fn eventually<T>(what: &str, look: impl AsyncFn() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    let mut ticks = interval(Duration::from_millis(10));
    loop {
        ticks.tick().await;
        if let Some(value) = look().await {
            return value;
        }
        assert!(Instant::now() < deadline, "{what} did not happen within {PATIENCE:?}");
    }
}

/// Runs everything at the same time; the results come in the order of what was given.
pub async fn all_at_once<T: Send + 'static>(
    futures: impl IntoIterator<Item = impl Future<Output = T> + Send + 'static>,
) -> Vec<T> {
    let running: Vec<_> = futures.into_iter().map(tokio::spawn).collect();
    let mut results = Vec::with_capacity(running.len());
    for task in running {
        results.push(task.await.expect("a call panicked"));
    }
    results
}

/// Runs everything, ten at the same time, where being many is not the point; the results come in the order of what
/// was given.
pub async fn ten_at_a_time<T: Send + 'static>(
    futures: impl IntoIterator<Item = impl Future<Output = T> + Send + 'static>,
) -> Vec<T> {
    let mut futures = futures.into_iter();
    let mut results = Vec::new();
    loop {
        let batch = all_at_once(futures.by_ref().take(10)).await;
        if batch.is_empty() {
            return results;
        }
        results.extend(batch);
    }
}
