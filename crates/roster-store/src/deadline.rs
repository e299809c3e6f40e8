//! By when the answer to the call under way is wanted.
//!
//! Whoever waits no longer than that for a lock leaves it to those who are still waited for. What was begun is not
//! stopped: a change that has its lock is made.

use std::time::Duration;

use tokio::time::Instant;

tokio::task_local! {
    static BY: Option<Instant>;
}

/// Runs what belongs to a call whose answer is wanted by then; without a time it may wait as long as the store lets
/// anything wait.
pub async fn scope<F: Future>(by: Option<Instant>, work: F) -> F::Output {
    BY.scope(by, work).await
}

/// By when, if a time was given.
pub(crate) fn by() -> Option<Instant> {
    BY.try_with(|by| *by).ok().flatten()
}

/// How long that is from now, at most `longest`; `None` once it has passed.
pub(crate) fn left(longest: Duration) -> Option<Duration> {
    match by() {
        None => Some(longest),
        Some(by) => {
            Some(by.saturating_duration_since(Instant::now()).min(longest)).filter(|left| !left.is_zero())
        }
    }
}
