//! The token store of one process: for the embedded storage and for tests.

use roster_store::LinkPlace;
use std::time::{Duration, Instant};

use moka::Expiry;
use moka::future::Cache;

use crate::tokens::Digest;

/// About 20 MB at most. What does not fit is evicted, and then the database is asked.
const MAX_ENTRIES: u64 = 100_000;

/// A bounded map whose entries expire one by one.
pub struct Memory(Cache<Digest, Entry>);

#[derive(Clone, Copy)]
struct Entry {
    link: LinkPlace,
    life: Duration,
}

impl Memory {
    pub(super) fn new() -> Self {
        Self(Cache::builder().max_capacity(MAX_ENTRIES).expire_after(OwnLife).build())
    }

    pub(super) async fn get(&self, digest: Digest) -> Option<LinkPlace> {
        self.0.get(&digest).await.map(|entry| entry.link)
    }

    pub(super) async fn put(&self, digest: Digest, link: &LinkPlace, life: Duration) {
        self.0.insert(digest, Entry { link: *link, life }).await;
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
    use roster_domain::{LinkId, TeamId, Timestamp};
    use uuid::Uuid;

    use super::*;

    fn link() -> LinkPlace {
        LinkPlace {
            team: TeamId::from_uuid(Uuid::nil()),
            link: LinkId::from_uuid(Uuid::nil()),
            expires_at: Timestamp::from_micros(0),
        }
    }

    #[test]
    fn an_entry_lives_as_long_as_it_says_also_when_it_replaces_another() {
        let digest = Digest::from_bytes([0; 32]);
        let entry = Entry { link: link(), life: Duration::from_hours(72) };
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
            store.put(Digest::from_bytes(bytes), &link(), Duration::from_hours(72)).await;
        }
        store.0.run_pending_tasks().await;
        assert!(store.0.entry_count() <= MAX_ENTRIES, "{} entries", store.0.entry_count());
    }
}
