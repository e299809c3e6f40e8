//! Counters of one process.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use moka::Expiry;
use moka::future::Cache;

use crate::limiter::slot::Slot;

/// About 25 MB at most. What does not fit is forgotten, first what is asked for most seldom, so that the budgets that
/// many share are the last to go.
const MAX_ENTRIES: u64 = 100_000;

/// A bounded map of counters, each gone with its window.
pub(super) struct Memory(Cache<String, Entry>);

#[derive(Clone)]
struct Entry {
    counter: Arc<AtomicU64>,
    life: Duration,
}

impl Memory {
    pub(super) fn new() -> Self {
        Self(Cache::builder().max_capacity(MAX_ENTRIES).expire_after(OwnLife).build())
    }

    /// The counter there, the same one for all who ask at once.
    pub(super) async fn counter(&self, slot: &Slot) -> Arc<AtomicU64> {
        let fresh = async { Entry { counter: Arc::default(), life: slot.life() } };
        self.0.get_with_by_ref(&slot.key, fresh).await.counter
    }

    pub(super) async fn count(&self, slot: &Slot) -> u64 {
        self.0.get(&slot.key).await.map_or(0, |entry| entry.counter.load(Ordering::Relaxed))
    }
}

/// Counts one, and says how many there are.
pub(super) fn take(counter: &AtomicU64) -> u64 {
    counter.fetch_add(1, Ordering::Relaxed) + 1
}

/// Takes one away, which its taker does once.
pub(super) fn give_back(counter: &AtomicU64) {
    counter.fetch_sub(1, Ordering::Relaxed);
}

/// Each entry brings its life, and is never replaced.
struct OwnLife;

impl Expiry<String, Entry> for OwnLife {
    fn expire_after_create(&self, _: &String, entry: &Entry, _: Instant) -> Option<Duration> {
        Some(entry.life)
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;
    use crate::limiter::budget::Budget;

    fn slot(key: String) -> Slot {
        Slot::new(Budget::GuessesOfAll, NonZeroU32::MIN, key, Duration::from_hours(1))
    }

    #[test]
    fn a_counter_lives_as_long_as_its_window() {
        let entry = Entry { counter: Arc::default(), life: Duration::from_mins(30) };
        let life = OwnLife.expire_after_create(&String::new(), &entry, Instant::now());
        assert_eq!(life, Some(Duration::from_mins(30)));
    }

    #[tokio::test]
    async fn they_are_bounded_and_those_that_many_share_stay() {
        let memory = Memory::new();
        let all = slot("all".to_owned());
        for number in 0..MAX_ENTRIES + 5_000 {
            for slot in [&slot(number.to_string()), &all] {
                let counter = memory.counter(slot).await;
                take(&counter);
            }
        }
        memory.0.run_pending_tasks().await;
        assert!(memory.0.entry_count() <= MAX_ENTRIES, "{} entries", memory.0.entry_count());
        assert_eq!(memory.count(&all).await, MAX_ENTRIES + 5_000);
    }
}
