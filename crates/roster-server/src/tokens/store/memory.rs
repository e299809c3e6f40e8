//! The token store of one process: for the embedded storage and for tests.

use roster_store::LinkPlace;
use std::time::{Duration, Instant};

use moka::Expiry;
use moka::future::Cache;

use super::{ABSENT_SECONDS, Lookup};
use crate::tokens::Digest;

/// About 20 MB at most. What does not fit is evicted, and then the database is asked.
const MAX_ENTRIES: u64 = 100_000;

/// A bounded map whose entries expire one by one.
pub struct Memory(Cache<Digest, Entry>);

#[derive(Clone, Copy)]
struct Entry {
    lookup: Lookup,
    life: Duration,
}

impl Memory {
    pub(super) fn new() -> Self {
        Self(Cache::builder().max_capacity(MAX_ENTRIES).expire_after(OwnLife).build())
    }

    pub(super) async fn get(&self, digest: Digest) -> Lookup {
        self.0.get(&digest).await.map_or(Lookup::Miss, |entry| entry.lookup)
    }

    pub(super) async fn put(&self, digest: Digest, link: &LinkPlace, life: Duration) {
        self.0.insert(digest, Entry { lookup: Lookup::Hit(*link), life }).await;
    }

    pub(super) async fn put_absent(&self, digest: Digest) {
        let absent = Entry { lookup: Lookup::Absent, life: Duration::from_secs(ABSENT_SECONDS) };
        self.0.entry(digest).or_insert(absent).await;
    }

    pub(super) async fn remove(&self, digest: Digest) {
        self.0.invalidate(&digest).await;
    }
}

/// Each entry brings its life, which begins anew when it is replaced.
struct OwnLife;

impl Expiry<Digest, Entry> for OwnLife {
    fn expire_after_create(&self, _: &Digest, entry: &Entry, _: Instant) -> Option<Duration> {
        Some(entry.life)
    }

    fn expire_after_update(
        &self,
        _: &Digest,
        entry: &Entry,
        _: Instant,
        _: Option<Duration>,
    ) -> Option<Duration> {
        Some(entry.life)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_lives_as_long_as_it_says_also_when_it_replaces_another() {
        let digest = Digest::from_bytes([0; 32]);
        let entry = Entry { lookup: Lookup::Absent, life: Duration::from_hours(72) };
        let now = Instant::now();
        assert_eq!(OwnLife.expire_after_create(&digest, &entry, now), Some(entry.life));
        let short = Some(Duration::from_mins(1));
        assert_eq!(OwnLife.expire_after_update(&digest, &entry, now, short), Some(entry.life));
    }

    #[tokio::test]
    async fn it_is_bounded() {
        let store = Memory::new();
        for number in 0..MAX_ENTRIES + 5_000 {
            let mut bytes = [0; 32];
            bytes[..8].copy_from_slice(&number.to_be_bytes());
            store.put_absent(Digest::from_bytes(bytes)).await;
        }
        store.0.run_pending_tasks().await;
        assert!(store.0.entry_count() <= MAX_ENTRIES, "{} entries", store.0.entry_count());
    }
}
