//! The token store's contract, on every store; and what the one in Redis does when Redis fails.
//!
//! `ROSTER_TEST_REDIS_URL` is a Redis that these tests share with others: they write keys of their own and flush
//! nothing. `ROSTER_TEST_REDIS_SERVER` is the path of `redis-server`, for servers of their own that they stop, freeze
//! and empty. Without either, they fail.

mod faults;
pub(crate) mod server;

use roster_domain::{LinkId, TeamId, Timestamp};
use roster_server::redis::Redis;
use roster_server::tokens::{Digest, TokenStore};
use roster_store::LinkPlace;
use uuid::Uuid;

use self::server::{ask, eventually, raw, required};

const HOUR: i64 = 3_600_000_000;
const NOW: Timestamp = Timestamp::from_micros(1_764_000_000_123_456);

fn at(micros_later: i64) -> Timestamp {
    Timestamp::from_micros(NOW.micros() + micros_later)
}

fn any_digest() -> Digest {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).expect("random bytes");
    Digest::from_bytes(bytes)
}

fn any_link(expires_at: Timestamp) -> LinkPlace {
    LinkPlace { team: TeamId::from_uuid(Uuid::now_v7()), link: LinkId::from_uuid(Uuid::now_v7()), expires_at }
}

fn key(digest: Digest) -> String {
    digest.as_bytes().iter().fold("roster:link:".to_owned(), |key, byte| format!("{key}{byte:02x}"))
}

fn redis_store(url: &str) -> TokenStore {
    TokenStore::redis(Redis::new(url).expect("a Redis URL"))
}

async fn on_every_store(case: impl AsyncFn(TokenStore)) {
    case(TokenStore::memory()).await;
    case(redis_store(&required("ROSTER_TEST_REDIS_URL"))).await;
}

#[tokio::test]
async fn what_is_put_is_found_until_it_is_removed() {
    on_every_store(async |store| {
        let (digest, link) = (any_digest(), any_link(at(72 * HOUR)));
        assert_eq!(store.get(digest).await, None);
        store.put(digest, &link, NOW).await;
        assert_eq!(store.get(digest).await, Some(link));
        assert_eq!(store.get(any_digest()).await, None);

        let other = any_link(at(HOUR));
        store.put(digest, &other, NOW).await;
        assert_eq!(store.get(digest).await, Some(other));
        store.remove(digest).await;
        assert_eq!(store.get(digest).await, None);
        store.remove(digest).await;
    })
    .await;
}

#[tokio::test]
async fn what_has_expired_is_not_stored_and_what_expires_is_forgotten() {
    on_every_store(async |store| {
        let digest = any_digest();
        store.put(digest, &any_link(NOW), NOW).await;
        store.put(digest, &any_link(at(-HOUR)), NOW).await;
        assert_eq!(store.get(digest).await, None);

        let link = any_link(at(1));
        store.put(digest, &link, NOW).await;
        assert_eq!(store.get(digest).await, Some(link));
        eventually("it is forgotten", async || store.get(digest).await.is_none().then_some(())).await;
    })
    .await;
}

#[tokio::test]
async fn redis_keeps_a_link_for_just_as_long_as_it_lives() {
    let url = required("ROSTER_TEST_REDIS_URL");
    let (store, mut redis) = (redis_store(&url), raw(&url).await);
    let (digest, link) = (any_digest(), any_link(at(72 * HOUR)));
    let key = key(digest);

    store.put(digest, &link, NOW).await;
    assert_eq!(ask::<i64>(&mut redis, &["TTL", &key]).await, 259_200);
    store.put(digest, &link, at(10 * HOUR)).await;
    assert_eq!(ask::<i64>(&mut redis, &["TTL", &key]).await, 62 * 3_600);
    store.remove(digest).await;
    store.put(digest, &link, at(72 * HOUR)).await;
    assert_eq!(ask::<i64>(&mut redis, &["EXISTS", &key]).await, 0);
}

#[tokio::test]
async fn a_garbled_value_is_a_miss_and_is_put_right() {
    let url = required("ROSTER_TEST_REDIS_URL");
    let (store, mut redis) = (redis_store(&url), raw(&url).await);
    let (digest, link) = (any_digest(), any_link(at(72 * HOUR)));
    let key = key(digest);
    for command in ["SET", "LPUSH"] {
        for value in ["", "v1|", "v1|absent", "v1|x|y|z", "\u{0}\n\u{fffd}"] {
            ask::<()>(&mut redis, &["DEL", &key]).await;
            ask::<()>(&mut redis, &[command, &key, value]).await;
            assert_eq!(store.get(digest).await, None, "{command} {value:?}");
            store.put(digest, &link, NOW).await;
            assert_eq!(store.get(digest).await, Some(link), "{command} {value:?}");
        }
    }
    store.remove(digest).await;
}

#[test]
fn a_url_that_is_none_is_refused_without_being_shown() {
    for url in ["", "localhost", "http://user:canary@localhost", "redis://user:canary@[:1"] {
        let error = Redis::new(url).err().expect("refused");
        assert!(error.to_string().starts_with("must be a URL such as redis://"), "{error}");
        assert!(!format!("{error}{error:?}").contains("canary"));
    }
}
