//! What a second look at a token costs, and when it is judged anew.

use std::time::Duration;

use serde_json::json;

use super::key_server::KeyServer;
use super::{
    CHECKS, HOUR, Key, claims_with, config, good_claims, knowing, refused_for, set_of, standing, subject,
};

/// How many signatures this thread checked since it was asked last.
fn checks() -> usize {
    CHECKS.take()
}

#[tokio::test]
async fn a_good_token_is_checked_once_and_a_bad_one_each_time() {
    let (key, forger) = (Key::p256("key"), Key::p256("key"));
    let (verifier, _) = knowing(&[&key]);
    let token = key.token("ES256", &good_claims());
    assert_eq!(subject(&verifier, &token).await.as_deref(), Ok("ada"));
    assert_eq!(checks(), 1);
    for _ in 0..3 {
        assert_eq!(subject(&verifier, &token).await.as_deref(), Ok("ada"));
    }
    assert_eq!(checks(), 0);
    let other = key.token("ES256", &claims_with(json!({ "sub": "eve" })));
    assert_eq!(subject(&verifier, &other).await.as_deref(), Ok("eve"));
    assert_eq!(checks(), 1);
    for bad in
        [forger.token("ES256", &good_claims()), key.token("ES256", &claims_with(json!({ "iss": "x" })))]
    {
        for _ in 0..3 {
            assert_eq!(refused_for(&verifier, "bad", &bad, "must ").await, None);
            assert_eq!(checks(), 1);
        }
    }
}

#[tokio::test]
async fn a_cached_token_ends_when_it_says() {
    let key = Key::p256("key");
    let (verifier, hand) = knowing(&[&key]);
    let token = key.token("ES256", &good_claims());
    assert_eq!(subject(&verifier, &token).await.as_deref(), Ok("ada"));
    hand.forward(HOUR + Duration::from_secs(29));
    checks();
    assert_eq!(subject(&verifier, &token).await.as_deref(), Ok("ada"));
    assert_eq!(checks(), 0);
    hand.forward(Duration::from_secs(1));
    assert_eq!(refused_for(&verifier, "expired", &token, "not have expired").await, None);
}

#[tokio::test]
async fn a_change_of_keys_has_every_token_judged_anew() {
    let (key, other) = (Key::p256("key"), Key::p256("other"));
    let server = KeyServer::start(&set_of(&[&key, &other])).await;
    let (verifier, hand) = standing(config(server.source()));
    verifier.keep_keys_new().await;
    let (token, of_other) = (key.token("ES256", &good_claims()), other.token("ES256", &good_claims()));
    for token in [&token, &of_other] {
        assert_eq!(subject(&verifier, token).await.as_deref(), Ok("ada"));
    }
    checks();

    // The same keys again are no change.
    hand.forward(Duration::from_mins(5));
    verifier.keep_keys_new().await;
    assert_eq!((server.asked(), subject(&verifier, &token).await.as_deref()), (2, Ok("ada")));
    assert_eq!(checks(), 0);

    server.has(&set_of(&[&key]));
    hand.forward(Duration::from_mins(5));
    verifier.keep_keys_new().await;
    assert_eq!(subject(&verifier, &token).await.as_deref(), Ok("ada"));
    assert_eq!(checks(), 1);
    assert_eq!(refused_for(&verifier, "its key is gone", &of_other, "a key of the issuer").await, None);

    // Nor is it found again when its name comes back with another key.
    server.has(&set_of(&[&key, &Key::p256("other")]));
    hand.forward(Duration::from_mins(5));
    verifier.keep_keys_new().await;
    assert_eq!(refused_for(&verifier, "another key", &of_other, "the signature of the key").await, None);
}
