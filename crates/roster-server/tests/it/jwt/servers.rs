//! Keys of a server: when it is asked, and what is done while it does not answer.

use std::sync::Arc;
use std::time::Duration;

use roster_server::authn::jwt::{KeySource, OpenError, Rejected, Verifier};
use roster_server::shutdown::Shutdown;
use serde_json::json;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::key_server::KeyServer;
use super::{DAY, HOUR, Key, claims_with, config, good_claims, refused_for, set_of, standing, subject};

const QUIET: Duration = Duration::from_secs(30);
const ALMOST_QUIET: Duration = Duration::from_millis(29_999);

#[tokio::test]
async fn the_first_token_has_the_keys_asked_for() {
    let key = Key::p256("key");
    let server = KeyServer::start(&set_of(&[&key])).await;
    let (verifier, _hand) = standing(config(server.source()));
    assert_eq!(server.asked(), 0);
    assert_eq!(subject(&verifier, &key.token("ES256", &good_claims())).await.as_deref(), Ok("ada"));
    assert_eq!(server.asked(), 1);
}

#[tokio::test]
async fn the_background_asks_at_once_and_needs_no_token() {
    let shutdown = Shutdown::default();
    let server = KeyServer::start(&set_of(&[&Key::p256("key")])).await;
    let verifier = Verifier::open(config(server.source()), &shutdown).expect("it opens");
    server.was_asked(1).await;
    shutdown.begin();
    let longest = Duration::from_secs(10);
    timeout(longest / 2, shutdown.ended(longest)).await.expect("the background ends by itself");
    drop(verifier);
}

#[tokio::test]
async fn keys_are_asked_for_again_when_they_are_five_minutes_old() {
    let (old, new) = (Key::p256("old"), Key::p256("new"));
    let server = KeyServer::start(&set_of(&[&old])).await;
    let (verifier, hand) = standing(config(server.source()));
    verifier.keep_keys_new().await;
    let (of_old, of_new) = (old.token("ES256", &good_claims()), new.token("ES256", &good_claims()));
    assert_eq!(subject(&verifier, &of_old).await.as_deref(), Ok("ada"));

    server.has(&set_of(&[&new]));
    hand.forward(Duration::from_millis(299_999));
    verifier.keep_keys_new().await;
    assert_eq!((server.asked(), subject(&verifier, &of_old).await.as_deref()), (1, Ok("ada")));
    hand.forward(Duration::from_millis(1));
    verifier.keep_keys_new().await;
    assert_eq!(server.asked(), 2);
    assert_eq!(refused_for(&verifier, "gone", &of_old, "a key of the issuer").await, None);
    assert_eq!(subject(&verifier, &of_new).await.as_deref(), Ok("ada"));
    assert_eq!(server.asked(), 2);
}

#[tokio::test]
async fn a_token_of_a_new_key_has_the_keys_asked_for_at_once() {
    let (old, new) = (Key::p256("old"), Key::p256("new"));
    let server = KeyServer::start(&set_of(&[&old])).await;
    let (verifier, hand) = standing(config(server.source()));
    verifier.keep_keys_new().await;
    server.has(&set_of(&[&old, &new]));
    hand.forward(QUIET);
    for key in [&new, &old] {
        assert_eq!(subject(&verifier, &key.token("ES256", &good_claims())).await.as_deref(), Ok("ada"));
    }
    assert_eq!(server.asked(), 2);
}

/// So many calls at once, each with a key of its own that nobody has.
fn flood(verifier: &Arc<Verifier>, count: usize) -> Vec<JoinHandle<Result<String, Rejected>>> {
    let key = Key::p256("none");
    let call = |number| {
        let header = json!({ "alg": "ES256", "kid": format!("unknown {number}") });
        let token = key.with_header(&header, &good_claims());
        let verifier = Arc::clone(verifier);
        tokio::spawn(async move { subject(&verifier, &token).await })
    };
    (0..count).map(call).collect()
}

async fn answers(calls: Vec<JoinHandle<Result<String, Rejected>>>) -> Vec<Result<String, Rejected>> {
    let mut answers = vec![];
    for call in calls {
        answers.push(call.await.expect("the call ends"));
    }
    answers
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_unknown_keys_asks_once_in_thirty_seconds() {
    let key = Key::p256("key");
    let server = KeyServer::start(&set_of(&[&key])).await;
    let (verifier, hand) = standing(config(server.source()));
    let verifier = Arc::new(verifier);
    verifier.keep_keys_new().await;
    for (forward, asked) in [(Duration::ZERO, 1), (QUIET, 2), (ALMOST_QUIET, 2), (QUIET, 3)] {
        hand.forward(forward);
        let answers = answers(flood(&verifier, 1000)).await;
        assert_eq!(server.asked(), asked, "after {forward:?}");
        let invalid =
            |answer: &&Result<_, _>| matches!(answer, Err(Rejected::Invalid(text)) if text.contains("(kid)"));
        let waits = |answer: &&Result<_, _>| matches!(answer, Err(Rejected::KeysUnavailable));
        let (invalid, others) =
            (answers.iter().filter(invalid).count(), answers.iter().filter(waits).count());
        assert!(invalid > 0 && invalid + others == 1000, "{answers:?}");
    }
    assert_eq!(subject(&verifier, &key.token("ES256", &good_claims())).await.as_deref(), Ok("ada"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_before_there_are_keys_asks_no_more_often() {
    let server = KeyServer::start("").await;
    server.says("503 Service Unavailable", "Content-Length: 0\r\n", "");
    let (verifier, hand) = standing(config(server.source()));
    let verifier = Arc::new(verifier);
    for (forward, asked) in [(Duration::ZERO, 1), (ALMOST_QUIET, 1), (QUIET, 2)] {
        hand.forward(forward);
        let answers = answers(flood(&verifier, 1000)).await;
        verifier.keep_keys_new().await;
        assert_eq!(server.asked(), asked, "after {forward:?}");
        assert!(answers.iter().all(|answer| *answer == Err(Rejected::KeysUnavailable)));
    }
}

#[tokio::test]
async fn a_slow_server_is_asked_once_and_all_wait_for_its_answer() {
    let (old, new) = (Key::p256("old"), Key::p256("new"));
    let server = KeyServer::start(&set_of(&[&old])).await;
    let (verifier, hand) = standing(config(server.source()));
    let verifier = Arc::new(verifier);
    verifier.keep_keys_new().await;
    server.has(&set_of(&[&old, &new]));
    server.open(false);
    hand.forward(QUIET);
    let token = new.token("ES256", &good_claims());
    let mut calls = vec![];
    for _ in 0..100 {
        let (verifier, token) = (Arc::clone(&verifier), token.clone());
        calls.push(tokio::spawn(async move { subject(&verifier, &token).await }));
    }
    server.was_asked(2).await;
    // Even if so much time goes by that it could be asked again.
    hand.forward(HOUR / 4);
    calls.push(tokio::spawn({
        let (verifier, token) = (Arc::clone(&verifier), token.clone());
        async move { subject(&verifier, &token).await }
    }));
    // Whoever has a known key does not wait.
    assert_eq!(subject(&verifier, &old.token("ES256", &good_claims())).await.as_deref(), Ok("ada"));
    assert!(calls.iter().all(|call| !call.is_finished()));
    server.open(true);
    for call in calls {
        assert_eq!(call.await.expect("the call ends").as_deref(), Ok("ada"));
    }
    assert_eq!(server.asked(), 2);
}

#[tokio::test]
async fn while_the_server_hangs_only_some_wait_for_it() {
    let key = Key::p256("key");
    let server = KeyServer::start(&set_of(&[&key])).await;
    let (verifier, hand) = standing(config(server.source()));
    let verifier = Arc::new(verifier);
    verifier.keep_keys_new().await;
    server.open(false);
    hand.forward(QUIET);
    let calls = flood(&verifier, 1000);
    // It is asked by a task that begins after all of them have.
    server.was_asked(2).await;
    assert_eq!(calls.iter().filter(|call| !call.is_finished()).count(), 128, "so many wait");
    assert_eq!(subject(&verifier, &key.token("ES256", &good_claims())).await.as_deref(), Ok("ada"));
    server.open(true);
    let unavailable = |answer: &&Result<_, _>| matches!(answer, Err(Rejected::KeysUnavailable));
    assert_eq!(
        answers(calls).await.iter().filter(unavailable).count(),
        1000 - 128,
        "the others were told so"
    );
}

/// Or callers with short deadlines could keep keys from ever being renewed.
#[tokio::test]
async fn a_question_goes_on_when_the_caller_hangs_up() {
    let key = Key::p256("key");
    let server = KeyServer::start(&set_of(&[&key])).await;
    server.open(false);
    let (verifier, _hand) = standing(config(server.source()));
    let verifier = Arc::new(verifier);
    let token = key.token("ES256", &good_claims());
    let call = tokio::spawn({
        let (verifier, token) = (Arc::clone(&verifier), token.clone());
        async move { subject(&verifier, &token).await }
    });
    server.was_asked(1).await;
    call.abort();
    assert!(call.await.expect_err("it was aborted").is_cancelled());
    server.open(true);
    assert_eq!(subject(&verifier, &token).await.as_deref(), Ok("ada"));
    assert_eq!(server.asked(), 1);
}

#[tokio::test]
async fn old_keys_are_used_until_they_are_stale() {
    let key = Key::p256("key");
    let server = KeyServer::start(&set_of(&[&key])).await;
    let mut config = config(server.source());
    config.max_lifetime = 10 * DAY;
    let (verifier, hand) = standing(config);
    verifier.keep_keys_new().await;
    let day = 24 * 3600;
    let lasting = |sub: &str| claims_with(json!({ "sub": sub, "exp": super::NOW + 5 * day }));
    let (cached, fresh) = (key.token("ES256", &lasting("cached")), key.token("ES256", &lasting("fresh")));
    assert_eq!(subject(&verifier, &cached).await.as_deref(), Ok("cached"));

    server.says("500 Internal Server Error", "Content-Length: 0\r\n", "");
    hand.forward(DAY);
    verifier.keep_keys_new().await;
    assert_eq!(server.asked(), 2);
    assert_eq!(subject(&verifier, &cached).await.as_deref(), Ok("cached"));
    hand.forward(Duration::from_millis(1));
    for token in [&cached, &fresh] {
        assert_eq!(subject(&verifier, token).await, Err(Rejected::KeysUnavailable));
    }
    // What is wrong in any case needs no keys to be told.
    let shape = refused_for(&verifier, "no token", "no token", "three parts").await;
    assert_eq!((shape, server.asked()), (None, 2));

    server.has(&set_of(&[&key]));
    hand.forward(QUIET);
    for (token, sub) in [(&cached, "cached"), (&fresh, "fresh")] {
        assert_eq!(subject(&verifier, token).await.as_deref(), Ok(sub));
    }
    assert_eq!(server.asked(), 3);
}

#[tokio::test]
async fn nothing_can_be_said_of_an_unknown_key_while_the_server_is_away() {
    let (key, new) = (Key::p256("key"), Key::p256("new"));
    let server = KeyServer::start(&set_of(&[&key])).await;
    let (verifier, hand) = standing(config(server.source()));
    verifier.keep_keys_new().await;
    let of_new = new.token("ES256", &good_claims());
    assert_eq!(refused_for(&verifier, "fresh keys", &of_new, "a key of the issuer").await, None);
    server.says("500 Internal Server Error", "Content-Length: 0\r\n", "");
    hand.forward(QUIET);
    assert_eq!(subject(&verifier, &of_new).await, Err(Rejected::KeysUnavailable));
    assert_eq!(subject(&verifier, &key.token("ES256", &good_claims())).await.as_deref(), Ok("ada"));
    server.has(&set_of(&[&key]));
    hand.forward(QUIET);
    assert_eq!(refused_for(&verifier, "fresh again", &of_new, "a key of the issuer").await, None);
    assert_eq!(server.asked(), 3);
}

#[tokio::test]
async fn an_answer_that_is_no_set_of_keys_changes_nothing() {
    let (key, evil) = (Key::p256("key"), Key::p256("evil"));
    let server = KeyServer::start(&set_of(&[&key])).await;
    let elsewhere = KeyServer::start(&set_of(&[&evil])).await;
    let (verifier, hand) = standing(config(server.source()));
    verifier.keep_keys_new().await;
    let KeySource::Url { url, .. } = elsewhere.source() else { panic!("a URL") };
    let set = set_of(&[&evil]);
    let whole = format!("Content-Length: {}\r\n", set.len());
    let longer = format!("{set}{}", " ".repeat((1 << 20) + 1 - set.len()));
    for (name, status, headers, body) in [
        ("an error with keys", "404 Not Found", whole.clone(), set.as_str()),
        ("no content", "204 No Content", String::new(), ""),
        ("created", "201 Created", whole.clone(), &set),
        ("moved", "302 Found", format!("Location: {url}\r\nContent-Length: 0\r\n"), ""),
        ("moved for good", "308 Permanent Redirect", format!("Location: {url}\r\nContent-Length: 0\r\n"), ""),
        ("cut off", "200 OK", format!("Content-Length: {}\r\n", set.len() + 1), &set),
        ("too long", "200 OK", format!("Content-Length: {}\r\n", longer.len()), &longer),
        ("too long, and not said before", "200 OK", String::new(), &longer),
        ("a page", "200 OK", "Content-Length: 6\r\n".to_owned(), "<html>"),
        ("nothing", "200 OK", "Content-Length: 0\r\n".to_owned(), ""),
    ] {
        server.says(status, &headers, body);
        hand.forward(QUIET);
        let asked = server.asked();
        let answer = subject(&verifier, &evil.token("ES256", &good_claims())).await;
        assert_eq!(answer, Err(Rejected::KeysUnavailable), "{name}");
        assert_eq!((server.asked(), elsewhere.asked()), (asked + 1, 0), "{name}");
        let known = subject(&verifier, &key.token("ES256", &good_claims())).await;
        assert_eq!(known.as_deref(), Ok("ada"), "{name}");
    }
    server.says("200 OK", "", &longer[..1 << 20]);
    hand.forward(QUIET);
    assert_eq!(subject(&verifier, &evil.token("ES256", &good_claims())).await.as_deref(), Ok("ada"));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_says_nothing_is_given_up_after_five_seconds() {
    let key = Key::p256("key");
    let server = KeyServer::start(&set_of(&[&key])).await;
    server.open(false);
    let (verifier, _hand) = standing(config(server.source()));
    let begun = tokio::time::Instant::now();
    assert_eq!(subject(&verifier, &key.token("ES256", &good_claims())).await, Err(Rejected::KeysUnavailable));
    assert_eq!(begun.elapsed().as_secs(), 5);
}

#[tokio::test]
async fn a_server_that_is_not_there_stops_no_start() {
    let server = KeyServer::start("").await;
    let source = server.source();
    drop(server);
    let (verifier, _hand) = standing(config(source));
    let token = Key::p256("key").token("ES256", &good_claims());
    assert_eq!(subject(&verifier, &token).await, Err(Rejected::KeysUnavailable));
}

#[tokio::test]
async fn keys_are_not_asked_for_in_the_clear_across_a_network() {
    for url in ["http://login.example.org/keys", "ftp://127.0.0.1/keys", "https://name:word@127.0.0.1/keys"] {
        let source = KeySource::Url { url: url.parse().expect("a URL"), ca_file: None };
        let opened = Verifier::open(config(source), &Shutdown::default());
        assert!(matches!(opened.err(), Some(OpenError::Url)), "{url}");
    }
}
