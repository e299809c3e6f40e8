//! Redis killed, frozen, full and emptied: half of the budget, at once, and the whole one again afterwards.

use std::time::{Duration, Instant};

use roster_server::limiter::Limiter;

use super::{NOW, begin, failures, limiter, take_mail};
use crate::token_store::server::{Server, ask, eventually, raw};

/// Without Redis: five of ten, for guesses and for mails.
async fn half_is_left(limiter: &Limiter, name: &str) {
    assert_eq!(failures(limiter, name).await, (5, 5));
    let recipient = format!("{name}@example.org");
    for _ in 0..5 {
        assert_eq!(take_mail(limiter, &recipient).await, Ok(()));
    }
    let refused = take_mail(limiter, &recipient).await.map_err(|exceeded| exceeded.limit);
    assert_eq!(refused, Err(5));
}

/// Somebody who spent the whole budget in Redis is refused by that again.
async fn redis_counts_again(limiter: &Limiter, spent: &str) {
    eventually("redis counts again", async || {
        let refused = begin(limiter, spent, NOW).await.err();
        refused.filter(|exceeded| exceeded.limit == 10)
    })
    .await;
}

#[tokio::test]
async fn a_killed_redis_leaves_half_at_once_and_may_start_again() {
    let mut server = Server::start(&[]).await;
    let limiter = limiter(&server.url());
    assert_eq!(failures(&limiter, "spent").await, (10, 10));
    server.stop();
    let begun = Instant::now();
    half_is_left(&limiter, "ada").await;
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());

    server.start_again();
    // It lost what it knew, so it is spent anew, as soon as Redis is asked again.
    eventually("redis counts again", async || {
        let guess = begin(&limiter, "spent", NOW).await;
        match guess {
            Ok(guess) => {
                guess.not_found().await;
                None
            }
            Err(exceeded) => (exceeded.limit == 10).then_some(()),
        }
    })
    .await;
    assert_eq!(failures(&limiter, "ada").await, (10, 10));
}

#[tokio::test]
async fn a_frozen_redis_delays_one_guess_and_leaves_half() {
    let server = Server::start(&[]).await;
    let limiter = limiter(&server.url());
    assert_eq!(failures(&limiter, "spent").await, (10, 10));

    server.signal("STOP");
    let begun = Instant::now();
    begin(&limiter, "eve", NOW).await.expect("its first").found().await;
    let waited = begun.elapsed();
    assert!((450..900).contains(&waited.as_millis()), "{waited:?}");
    // A trial that falls into this time waits as well.
    let begun = Instant::now();
    half_is_left(&limiter, "ada").await;
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());

    server.signal("CONT");
    redis_counts_again(&limiter, "spent").await;
    assert_eq!(failures(&limiter, "bob").await, (10, 10));
}

/// Where not even a connection is made, a guess and a mail wait for no more than one answer.
#[tokio::test]
async fn a_redis_that_is_frozen_from_the_start_delays_no_longer() {
    let server = Server::start(&[]).await;
    server.signal("STOP");
    let (guessing, mailing) = (limiter(&server.url()), limiter(&server.url()));
    let begun = Instant::now();
    assert!(begin(&guessing, "ada", NOW).await.is_ok());
    assert!(begun.elapsed() < Duration::from_millis(900), "{:?}", begun.elapsed());
    let begun = Instant::now();
    assert_eq!(take_mail(&mailing, "eve@example.org").await, Ok(()));
    assert!(begun.elapsed() < Duration::from_millis(900), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_full_redis_leaves_half_at_once() {
    let server = Server::start(&[]).await;
    let (limiter, mut redis) = (limiter(&server.url()), raw(&server.url()).await);
    assert_eq!(failures(&limiter, "spent").await, (10, 10));
    ask::<()>(&mut redis, &["CONFIG", "SET", "maxmemory", "1"]).await;
    let begun = Instant::now();
    half_is_left(&limiter, "ada").await;
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());

    ask::<()>(&mut redis, &["CONFIG", "SET", "maxmemory", "0"]).await;
    redis_counts_again(&limiter, "spent").await;
}

#[tokio::test]
async fn an_emptied_redis_begins_anew() {
    let server = Server::start(&[]).await;
    let (limiter, mut redis) = (limiter(&server.url()), raw(&server.url()).await);
    let guess = begin(&limiter, "ada", NOW).await.expect("its first");
    ask::<()>(&mut redis, &["FLUSHALL"]).await;
    // What is gone cannot be given back: no counter below zero is left, which would be a budget too large.
    guess.found().await;
    assert_eq!(failures(&limiter, "ada").await, (10, 10));
}
