//! The token store: which link a secret's digest belongs to, without asking the database.
//!
//! It is a short cut that may be wrong or away. No call returns an error: a store that cannot answer knows nothing, and
//! then the database is asked. It never decides whether a link still admits anybody, and has no word for a digest that
//! belongs to none, so that a stale, emptied or failed-over store can neither revive a revoked link nor lose a live one.
//! Only digests reach it.

mod entry;
mod memory;
mod redis;

use std::time::Duration;

use roster_domain::Timestamp;
use roster_store::LinkPlace;

use self::memory::Memory;
use super::Digest;
use crate::redis::Redis;

/// Where the digests of live links are looked up.
pub enum TokenStore {
    /// In Redis: shared by all replicas.
    Redis(Redis),
    /// In this process: for one replica only.
    Memory(Memory),
}

impl TokenStore {
    /// A store in Redis, under keys `roster:link:<digest>`; two deployments need two databases.
    #[must_use]
    pub fn redis(redis: Redis) -> Self {
        Self::Redis(redis)
    }

    /// An empty store in this process, of at most 100,000 entries.
    #[must_use]
    pub fn memory() -> Self {
        Self::Memory(Memory::new())
    }

    /// The link that `digest` is said to belong to, which the database has to confirm. None, within 0.6 seconds, where
    /// the store does not know or does not answer: ask the database.
    pub async fn get(&self, digest: Digest) -> Option<LinkPlace> {
        match self {
            Self::Redis(redis) => redis::get(redis, digest).await,
            Self::Memory(store) => store.get(digest).await,
        }
    }

    /// Notes which link `digest` belongs to until the link expires, rounded up to whole seconds; nothing if it has
    /// expired by `now`, the database's time. Replaces what was known.
    pub async fn put(&self, digest: Digest, link: &LinkPlace, now: Timestamp) {
        let Some(life) = time_to_live(link.expires_at, now) else {
            return;
        };
        match self {
            Self::Redis(redis) => redis::put(redis, digest, link, life).await,
            Self::Memory(store) => store.put(digest, link, life).await,
        }
    }

    /// Forgets `digest`: for a link that was revoked. The database refuses it whether or not this arrives.
    pub async fn remove(&self, digest: Digest) {
        match self {
            Self::Redis(redis) => redis::remove(redis, digest).await,
            Self::Memory(store) => store.remove(digest).await,
        }
    }
}

/// The whole seconds, rounded up, in which a link expires; None if it has. A fresh link of 72 hours has 259,200.
fn time_to_live(expires_at: Timestamp, now: Timestamp) -> Option<Duration> {
    /// A hundred years: more than any link has, and far below what overflows a store's own arithmetic.
    const MAX_SECONDS: u64 = 100 * 366 * 86_400;
    let micros =
        u64::try_from(expires_at.micros().saturating_sub(now.micros())).ok().filter(|micros| *micros > 0)?;
    Some(Duration::from_secs(micros.div_ceil(1_000_000).min(MAX_SECONDS)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_life_is_rounded_up_and_ends() {
        let check = |expires_at: i64, now: i64, expected: Option<u64>| {
            let life = time_to_live(Timestamp::from_micros(expires_at), Timestamp::from_micros(now));
            assert_eq!(life.map(|life| life.as_secs()), expected, "{expires_at} at {now}");
        };
        let made = 1_764_000_000_123_456;
        let expires_at = made + 72 * 3_600_000_000;
        check(expires_at, made, Some(259_200));
        check(expires_at, made + 1, Some(259_200));
        check(expires_at, made + 1_000_000, Some(259_199));
        check(expires_at, made + 10 * 3_600_000_000, Some(62 * 3_600));
        check(expires_at, expires_at - 1, Some(1));
        check(expires_at, expires_at, None);
        check(expires_at, expires_at + 1, None);
        check(i64::MAX, i64::MIN, Some(3_162_240_000));
        check(i64::MIN, i64::MAX, None);
    }
}
