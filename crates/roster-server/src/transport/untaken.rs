//! What was handed to a connection and has not left it yet.
//!
//! When an answer leaves is its reader's to say: with a window that it keeps shut, or by not reading at all, and it goes
//! on answering the pings that ask whether it is there. Until then the answer is in memory. So a connection ends of
//! which any part of an answer has waited for too long, and with it all that waits there.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// The parts of answers that wait in one connection. Clones are of the same connection.
#[derive(Clone, Debug, Default)]
pub struct Untaken(Arc<Mutex<Waiting>>);

#[derive(Debug, Default)]
struct Waiting {
    /// Since when each waits, in the order in which they came. They leave in about that order too.
    since: VecDeque<(u64, Instant)>,
    /// What the next one is called.
    next: u64,
}

/// A part of an answer that waits until this is dropped.
#[derive(Debug)]
pub struct Part {
    name: u64,
    untaken: Untaken,
}

impl Untaken {
    /// A part that waits from now on.
    #[must_use]
    pub fn part(&self) -> Part {
        let mut waiting = self.waiting();
        let name = waiting.next;
        waiting.next += 1;
        waiting.since.push_back((name, Instant::now()));
        Part { name, untaken: self.clone() }
    }

    /// Whether any part has waited for longer than that.
    pub(super) fn any_for(&self, longest: Duration) -> bool {
        // Names are given in the order of time.
        self.waiting().since.front().is_some_and(|(_, since)| since.elapsed() > longest)
    }

    /// A poisoned lock is used like any other: no code that holds it panics.
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        let mut waiting = self.untaken.waiting();
        if let Ok(index) = waiting.since.binary_search_by_key(&self.name, |(name, _)| *name) {
            waiting.since.remove(index);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_oldest_part_is_what_counts() {
        const SECOND: Duration = Duration::from_secs(1);
        let untaken = Untaken::default();
        assert!(!untaken.any_for(Duration::ZERO), "nothing waits");
        let first = untaken.part();
        tokio::time::advance(SECOND * 3).await;
        let second = untaken.part();
        tokio::time::advance(SECOND).await;
        assert!(untaken.any_for(SECOND * 3) && !untaken.any_for(SECOND * 4));
        drop(first);
        assert!(!untaken.any_for(SECOND * 3), "the second has not waited that long");
        drop(second);
        assert!(!untaken.any_for(Duration::ZERO), "nothing waits");
    }
}
