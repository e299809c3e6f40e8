//! By when the answer to the call under way is wanted, and what the call holds until its work is done.
//!
//! Whoever waits no longer than that for a lock leaves it to those who are still waited for. A change that got its lock in
//! time is made, and is not stopped any more.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::error::{Error, Result};

/// What a call holds of the room for calls: dropped with its last clone, it is free for another.
pub type Held = Arc<dyn Any + Send + Sync>;

struct Call {
    by: Option<Instant>,
    held: Option<Held>,
}

tokio::task_local! {
    static CALL: Call;
}

/// Runs what belongs to a call whose answer is wanted by then; without a time it may wait as long as the store lets
/// anything wait. What the call holds is kept for longer than the work if that is dropped within a statement: until the
/// statement's connection is ready again, at most a second.
pub async fn scope<F: Future>(by: Option<Instant>, held: Option<Held>, work: F) -> F::Output {
    CALL.scope(Call { by, held }, work).await
}

/// By when, if a time was given.
pub(crate) fn by() -> Option<Instant> {
    CALL.try_with(|call| call.by).ok().flatten()
}

/// What the call holds, also while its work is being dropped.
#[must_use]
pub fn held() -> Option<Held> {
    CALL.try_with(|call| call.held.clone()).ok().flatten()
}

/// Whether nobody waits for the answer any more.
pub(crate) fn has_passed() -> bool {
    by().is_some_and(|by| by <= Instant::now())
}

/// Gives up a call that nobody waits for any more. For before anything is begun, and right after a lock was waited for.
pub(crate) fn still_wanted() -> Result<()> {
    if has_passed() { Err(Error::deadline_passed()) } else { Ok(()) }
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
