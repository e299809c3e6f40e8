//! Budgets are those of all replicas together, and smaller where a replica has to count alone.

use redis::AsyncCommands;
use roster_testkit::{Kind, RedisServer, Server};

use crate::limits::{HOUR, assert_limited, counting, guess_wrong, with_code};

const BUDGET: &str = "code_guesses_of_actor";
const SETTING: &str = "code_failures_per_actor_and_hour";

#[tokio::test]
async fn two_replicas_count_together() {
    let redis = RedisServer::start().await;
    let options = counting(&[(SETTING, 3)]).redis(&redis.url());
    let one = Server::start_with(Kind::Full, options.clone()).await;
    let (_, code) = with_code(&one).await;
    let other = Server::start_on(one.data(), options).await;
    guess_wrong(&one, "eve", 2).await;
    guess_wrong(&other, "eve", 1).await;
    for server in [&one, &other] {
        assert_limited(server.try_redeem_code("eve", &code.code).await, BUDGET, 3, HOUR);
    }
    other.redeem_code("bob", &code.code).await;
}

#[tokio::test]
async fn what_is_counted_tells_nobody_who_it_was_and_ends_with_its_window() {
    let redis = RedisServer::start().await;
    let options = counting(&[(SETTING, 3)]).redis(&redis.url());
    let server = Server::start_with(Kind::Full, options).await;
    let eve = roster_testkit::actor("eve-the-guesser").header("x-actor-address", "192.0.2.99");
    guess_wrong(&server, eve, 2).await;
    let mut connection = redis.connect().await;
    let keys: Vec<String> = connection.keys("roster:limit:*").await.expect("Redis answers");
    assert_eq!(keys.len(), 4, "the person's, the address's, the service's and that of all: {keys:?}");
    for key in keys {
        assert!(!key.contains("eve") && !key.contains("192.0"), "{key}");
        let digest = key.rsplit(':').next().unwrap_or_default();
        assert!(digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit()), "{key}");
        let left: i64 = connection.ttl(&key).await.expect("Redis answers");
        assert!((1..=3_600).contains(&left), "{left} seconds of {key}");
    }
}

#[tokio::test]
async fn without_redis_a_replica_has_half_of_every_budget() {
    let mut redis = RedisServer::start().await;
    let options = counting(&[(SETTING, 6)]).redis(&redis.url());
    let server = Server::start_with(Kind::Full, options).await;
    let (_, code) = with_code(&server).await;
    redis.stop().await;
    guess_wrong(&server, "eve", 3).await;
    assert_limited(server.try_redeem_code("eve", &code.code).await, BUDGET, 3, HOUR);
    assert!(!server.redeem_code("bob", &code.code).await.already_member);
}

#[tokio::test]
async fn a_frozen_redis_refuses_nobody_who_knows_a_code() {
    let redis = RedisServer::start().await;
    let options = counting(&[(SETTING, 2)]).redis(&redis.url());
    let server = Server::start_with(Kind::Full, options).await;
    let (_, code) = with_code(&server).await;
    redis.freeze();
    for number in 0..5 {
        let joined = server.redeem_code(format!("person-{number}").as_str(), &code.code).await;
        assert!(!joined.already_member);
    }
    guess_wrong(&server, "eve", 1).await;
    assert_limited(server.try_redeem_code("eve", &code.code).await, BUDGET, 1, HOUR);
}
