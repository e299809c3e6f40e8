//! What replicas count together, and what they leave in Redis.

use std::time::Duration;

use redis::aio::MultiplexedConnection;

use super::{HOUR, NOW, Timestamp, begin, failures, limiter, take_mail};
use crate::token_store::server::{Server, ask, eventually, raw};

async fn keys(redis: &mut MultiplexedConnection) -> Vec<String> {
    ask(redis, &["KEYS", "*"]).await
}

#[tokio::test]
async fn replicas_count_together() {
    let server = Server::start(&[]).await;
    let (one, two) = (limiter(&server.url()), limiter(&server.url()));
    for _ in 0..4 {
        begin(&one, "ada", NOW).await.expect("there is some left").not_found().await;
    }
    assert_eq!(failures(&two, "ada").await, (6, 10));
    assert_eq!(failures(&one, "ada").await, (0, 10));
    assert_eq!(failures(&one, "bob").await, (10, 10));

    for replica in [&one, &two, &one, &two, &one, &two, &one, &two, &one, &two] {
        assert_eq!(take_mail(replica, "eve@example.org").await, Ok(()));
    }
    let refused = take_mail(&two, "eve@example.org").await.expect_err("it has had ten");
    assert_eq!((refused.budget, refused.limit), ("mails_to_recipient", 10));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_guesses_at_once_are_no_more_than_the_budget() {
    let server = Server::start(&[]).await;
    let replicas: [&'static _; 2] = [(); 2].map(|()| &*Box::leak(Box::new(limiter(&server.url()))));
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..100 {
        tasks.spawn(begin(replicas[number % 2], "ada", NOW));
    }
    let guesses: Vec<_> = tasks.join_all().await.into_iter().flatten().collect();
    assert_eq!(guesses.len(), 10);
    for guess in guesses {
        guess.not_found().await;
    }
    assert_eq!(failures(replicas[0], "ada").await, (0, 10));
}

#[tokio::test]
async fn what_was_no_failure_is_given_back_to_all_replicas() {
    let server = Server::start(&[]).await;
    let (one, two) = (limiter(&server.url()), limiter(&server.url()));
    for _ in 0..30 {
        begin(&one, "ada", NOW).await.expect("nothing was spent").found().await;
    }
    let mut dropped = vec![];
    for _ in 0..10 {
        dropped.push(begin(&one, "ada", NOW).await.expect("nothing was spent"));
    }
    assert!(begin(&two, "ada", NOW).await.is_err());
    drop(dropped);
    let mut redis = raw(&server.url()).await;
    eventually("all is given back", async || {
        let mut redis = redis.clone();
        let mut left = 0;
        for key in keys(&mut redis).await {
            left += ask::<Option<u64>>(&mut redis, &["GET", &key]).await.unwrap_or(0);
        }
        (left == 0).then_some(())
    })
    .await;
    assert!(!keys(&mut redis).await.is_empty());
    assert_eq!(failures(&two, "ada").await, (10, 10));
}

#[tokio::test]
async fn nothing_outlives_its_window_or_tells_whose_it_is() {
    let server = Server::start(&[]).await;
    let (limiter, mut redis) = (limiter(&server.url()), raw(&server.url()).await);
    begin(&limiter, "canary-user", NOW).await.expect("its first").not_found().await;
    begin(&limiter, "canary-user", NOW).await.expect("its second").found().await;
    take_mail(&limiter, "canary@example.org").await.expect("its first");

    let keys = keys(&mut redis).await;
    assert_eq!(keys.len(), 7, "four budgets of a guess and three of a mail: {keys:?}");
    let hour = 30 * 60 * 1_000;
    for key in keys {
        let [_, _, budget, _, subject] = key.split(':').collect::<Vec<_>>()[..] else { panic!("{key}") };
        let window = if budget.starts_with("mails") { hour + 11 * 2 * hour } else { hour };
        let left: i64 = ask(&mut redis, &["PTTL", &key]).await;
        assert!((window - 10_000..=window).contains(&left), "{left} of {window}: {key}");
        assert!(subject.len() == 64 && subject.bytes().all(|byte| byte.is_ascii_hexdigit()), "{key}");
        assert!(key.starts_with("roster:limit:") && !key.contains("canary"), "{key}");
        assert_eq!(ask::<String>(&mut redis, &["GET", &key]).await, "1", "{key}");
    }
}

#[tokio::test]
async fn what_ends_after_its_window_leaves_nothing() {
    let server = Server::start(&[]).await;
    let (limiter, mut redis) = (limiter(&server.url()), raw(&server.url()).await);
    let last = Timestamp::from_micros(NOW.micros() + HOUR / 2 - 2_000_000);
    let guess = begin(&limiter, "ada", last).await.expect("its first");
    let other = begin(&limiter, "bob", last).await.expect("its first");
    assert_eq!(keys(&mut redis).await.len(), 3);
    let none = async |redis: &MultiplexedConnection| keys(&mut redis.clone()).await.is_empty().then_some(());
    eventually("the window is over", async || none(&redis).await).await;
    guess.found().await;
    assert!(keys(&mut redis).await.is_empty());
    // A failure is still one of the services' window, for as long as it takes to say so.
    other.not_found().await;
    eventually("nothing is left", async || none(&redis).await).await;
}

#[tokio::test]
async fn a_counter_that_lost_its_end_gets_one() {
    let server = Server::start(&[]).await;
    let (limiter, mut redis) = (limiter(&server.url()), raw(&server.url()).await);
    begin(&limiter, "ada", NOW).await.expect("its first").not_found().await;
    for key in keys(&mut redis).await {
        ask::<()>(&mut redis, &["PERSIST", &key]).await;
    }
    begin(&limiter, "ada", NOW).await.expect("its second").not_found().await;
    for key in keys(&mut redis).await {
        let left: u64 = ask::<i64>(&mut redis, &["PTTL", &key]).await.try_into().expect("it has an end");
        assert!(Duration::from_millis(left) <= Duration::from_mins(30), "{left}");
    }
}
