//! Connections that a failure has made worthless are not used again.
//!
//! A connection is not asked whether it is well before each use, since that costs a round trip. Some failures say that
//! it is not, or that all of its age are not: a primary that was demoted goes on to answer, and refuses every write. So
//! such a failure is noted here, and the pool discards every connection that was made before it.
//!
//! One note serves the whole process. Where it has several pools, one pool's failure costs the others a reconnection,
//! and nothing else.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

static BEGINNING: LazyLock<Instant> = LazyLock::new(Instant::now);

/// When the last such failure was seen, in milliseconds since the beginning; 0 is never.
static LAST: AtomicU64 = AtomicU64::new(0);

/// Notes a failure, if its SQLSTATE is one that a connection does not recover from: read-only, a transaction that was
/// left open, an administrator's command, a lost connection.
pub(crate) fn note(state: &str) {
    let lasting =
        matches!(state, "25006" | "25P02" | "25P03") || state.starts_with("57P") || state.starts_with("08");
    if lasting {
        LAST.store(millis(BEGINNING.elapsed()).max(1), Ordering::Release);
    }
}

/// Whether a connection of that age was made after the last such failure.
pub(crate) fn is_past(age: Duration) -> bool {
    let made = BEGINNING.elapsed().checked_sub(age).map_or(0, millis);
    made >= LAST.load(Ordering::Acquire)
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
