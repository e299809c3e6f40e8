//! Tokens that were verified, so that a client's next call costs no signature check.
//!
//! A token is found by a fast hash and compared whole. So the cache holds what could be used in a token's place: it must
//! never be shown.

use std::sync::Arc;
use std::time::{Duration, Instant};

use foldhash::fast::RandomState;
use moka::Expiry;
use moka::sync::Cache;

use super::Verified;
use super::claims::{LEEWAY, has_expired};
use super::keys::KeySet;

/// The most bytes that tokens take here, about 6,000 ordinary ones. What does not fit is verified anew.
const MAX_BYTES: u64 = 10 * 1024 * 1024;

/// About what an entry takes beside its texts, and what a text of a set takes beside its letters.
const ENTRY: usize = 768;
const WORD: usize = 48;

/// Good tokens only: what was refused once is judged anew each time.
pub(super) struct Good(Cache<Arc<str>, Entry, RandomState>);

#[derive(Clone)]
struct Entry {
    verified: Arc<Verified>,
    /// The keys that its own was found among. It counts for as long as they are the issuer's.
    keys: Arc<KeySet>,
    life: Duration,
}

impl Good {
    pub(super) fn new() -> Self {
        let cache = Cache::builder()
            .max_capacity(MAX_BYTES)
            .weigher(|token: &Arc<str>, entry: &Entry| bytes(token, &entry.verified));
        Self(cache.expire_after(OwnLife).build_with_hasher(RandomState::default()))
    }

    /// A token that is still good at that time, under these keys.
    pub(super) fn get(&self, token: &str, keys: &Arc<KeySet>, now: Duration) -> Option<Arc<Verified>> {
        let entry = self.0.get(token)?;
        let good = Arc::ptr_eq(&entry.keys, keys) && !has_expired(entry.verified.expires_at, now);
        good.then_some(entry.verified)
    }

    pub(super) fn put(&self, token: &str, verified: Arc<Verified>, keys: Arc<KeySet>, now: Duration) {
        let micros = u64::try_from(verified.expires_at.micros()).unwrap_or_default();
        let life = (Duration::from_micros(micros) + LEEWAY).saturating_sub(now);
        self.0.insert(token.into(), Entry { verified, keys, life });
    }
}

/// About how much a token takes, with whatever its issuer wrote into it.
fn bytes(token: &str, verified: &Verified) -> u32 {
    let scopes: usize = verified.scopes.iter().map(|scope| WORD + scope.len()).sum();
    let client_id = verified.client_id.as_ref().map_or(0, String::len);
    u32::try_from(ENTRY + token.len() + verified.subject.len() + client_id + scopes).unwrap_or(u32::MAX)
}

/// Each token takes no room for longer than it lives.
struct OwnLife;

impl Expiry<Arc<str>, Entry> for OwnLife {
    fn expire_after_create(&self, _: &Arc<str>, entry: &Entry, _: Instant) -> Option<Duration> {
        Some(entry.life)
    }

    fn expire_after_update(
        &self,
        _: &Arc<str>,
        entry: &Entry,
        _: Instant,
        _: Option<Duration>,
    ) -> Option<Duration> {
        Some(entry.life)
    }
}
