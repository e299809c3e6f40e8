//! Tokens that were verified, so that a client's next call costs no signature check.

use std::sync::Arc;
use std::time::{Duration, Instant};

use moka::Expiry;
use moka::future::Cache;
use sha2::{Digest as _, Sha256};

use super::Verified;
use super::claims::{LEEWAY, has_expired};
use super::keys::KeySet;

/// The most bytes that tokens take here, about 10,000 ordinary ones. What does not fit is verified anew.
const MAX_BYTES: u64 = 10 * 1024 * 1024;

/// About what an entry takes beside its texts, and what a text of a set takes beside its letters.
const ENTRY: usize = 768;
const WORD: usize = 48;

/// A token, without what could be used in its place.
pub(super) type Digest = [u8; 32];

/// Good tokens only: what was refused once is judged anew each time.
pub(super) struct Good(Cache<Digest, Entry>);

#[derive(Clone)]
struct Entry {
    verified: Arc<Verified>,
    /// The keys that its own was found among. It counts for as long as they are the issuer's.
    keys: Arc<KeySet>,
    life: Duration,
}

/// What the cache knows a token by.
pub(super) fn digest(token: &str) -> Digest {
    Sha256::digest(token).into()
}

impl Good {
    pub(super) fn new() -> Self {
        let cache =
            Cache::builder().max_capacity(MAX_BYTES).weigher(|_, entry: &Entry| bytes(&entry.verified));
        Self(cache.expire_after(OwnLife).build())
    }

    /// A token that is still good at that time, under these keys.
    pub(super) async fn get(
        &self,
        digest: &Digest,
        keys: &Arc<KeySet>,
        now: Duration,
    ) -> Option<Arc<Verified>> {
        let entry = self.0.get(digest).await?;
        let good = Arc::ptr_eq(&entry.keys, keys) && !has_expired(entry.verified.expires_at, now);
        good.then_some(entry.verified)
    }

    pub(super) async fn put(
        &self,
        digest: Digest,
        verified: Arc<Verified>,
        keys: Arc<KeySet>,
        now: Duration,
    ) {
        let micros = u64::try_from(verified.expires_at.micros()).unwrap_or_default();
        let life = (Duration::from_micros(micros) + LEEWAY).saturating_sub(now);
        self.0.insert(digest, Entry { verified, keys, life }).await;
    }
}

/// About how much a token takes, with whatever its issuer wrote into it.
fn bytes(verified: &Verified) -> u32 {
    let scopes: usize = verified.scopes.iter().map(|scope| WORD + scope.len()).sum();
    let client_id = verified.client_id.as_ref().map_or(0, String::len);
    u32::try_from(ENTRY + verified.subject.len() + client_id + scopes).unwrap_or(u32::MAX)
}

/// Each token takes no room for longer than it lives.
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
