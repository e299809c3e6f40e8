//! Redis is a short cut: it holds digests for as long as their links live, and nothing that happens to it lets
//! anybody in or keeps anybody out.

use std::fs;
use std::time::Duration;

use redis::AsyncCommands;
use redis::aio::MultiplexedConnection;
use roster_proto::v1::ErrorReason;
use roster_testkit::{Kind, Link, Options, RedisServer, Server, assert_refused, eventually};

const SECONDS_72_HOURS: i64 = 259_200;

/// A service with a Redis of its own, a team of ada's and a link to it.
struct Scene {
    redis: RedisServer,
    connection: MultiplexedConnection,
    server: Server,
    team: String,
    link: Link,
}

impl Scene {
    async fn set() -> Self {
        let redis = RedisServer::start().await;
        let connection = redis.connect().await;
        let server = Server::start_with(Kind::Full, Options::default().redis(&redis.url())).await;
        let team = server.create_team("ada").await;
        let link = server.create_link("ada", &team).await;
        Self { redis, connection, server, team, link }
    }

    /// The one key that there is, once it is there: it may be written after the answer.
    async fn key(&self) -> String {
        let keys = eventually("a key in Redis", async || {
            let keys: Vec<String> = self.connection.clone().keys("*").await.expect("Redis answers");
            (!keys.is_empty()).then_some(keys)
        })
        .await;
        assert_eq!(keys.len(), 1, "{keys:?}");
        keys[0].clone()
    }

    async fn seconds_left(&self) -> i64 {
        self.connection.clone().ttl(self.key().await).await.expect("Redis answers")
    }

    async fn empty(&self) {
        redis::cmd("FLUSHALL").exec_async(&mut self.connection.clone()).await.expect("Redis answers");
    }

    /// Everything that a link is for works.
    async fn assert_links_work(&self) {
        self.server.preview("bob", &self.link.token).await;
        assert!(!self.server.redeem("bob", &self.link.token).await.already_member);
        let another = self.server.create_link("ada", &self.team).await;
        assert!(!self.server.redeem("cyd", &another.token).await.already_member);
        self.server.revoke("ada", &self.team, &another.id).await;
        assert_refused(self.server.try_redeem("dan", &another.token).await, ErrorReason::Revoked);
        assert_refused(self.server.try_preview("dan", "rst_link_nothing").await, ErrorReason::InviteNotFound);
    }
}

#[tokio::test]
async fn a_new_link_is_in_redis_under_its_digest_for_72_hours() {
    let scene = Scene::set().await;
    let left = scene.seconds_left().await;
    assert!(left <= SECONDS_72_HOURS && left > SECONDS_72_HOURS - 10, "{left} seconds");

    let key = scene.key().await;
    let value: Vec<u8> = scene.connection.clone().get(&key).await.unwrap();
    let digest = key.rsplit(':').next().unwrap();
    assert!(digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit()), "a digest in {key}");
    // The token without its kind and checksum would be as good as the whole.
    let secret = scene.link.token.split('_').nth(2).unwrap();
    assert!(secret.len() >= 20, "the secret's part of a token");
    assert!(!key.contains(secret), "the key holds the digest only");
    assert!(!String::from_utf8_lossy(&value).contains(secret), "the value holds no secret");
}

#[tokio::test]
async fn an_emptied_redis_is_filled_again_with_the_time_that_remains() {
    let scene = Scene::set().await;
    scene.key().await;
    scene.empty().await;
    scene.server.redeem("bob", &scene.link.token).await;
    let left = scene.seconds_left().await;
    assert!(left <= SECONDS_72_HOURS && left > SECONDS_72_HOURS - 30, "{left} seconds");

    let later = Options::default().redis(&scene.redis.url()).clock_offset(Duration::from_hours(71));
    let server = scene.server.restart(later).await;
    let scene = Scene { server, ..scene };
    scene.empty().await;
    scene.server.preview("cyd", &scene.link.token).await;
    let left = scene.seconds_left().await;
    assert!(left <= 3_600 && left > 3_600 - 60, "of 72 hours one is left, not {left} seconds");
}

#[tokio::test]
async fn a_revoked_link_that_is_put_back_into_redis_stays_revoked() {
    let mut scene = Scene::set().await;
    let key = scene.key().await;
    let dump: Vec<u8> = redis::cmd("DUMP").arg(&key).query_async(&mut scene.connection).await.unwrap();
    scene.server.revoke("ada", &scene.team, &scene.link.id).await;
    let _: () = redis::cmd("RESTORE")
        .arg(&key)
        .arg(200_000_000)
        .arg(dump)
        .arg("REPLACE")
        .query_async(&mut scene.connection)
        .await
        .unwrap();
    assert_refused(scene.server.try_redeem("bob", &scene.link.token).await, ErrorReason::Revoked);
    assert_refused(scene.server.try_preview("bob", &scene.link.token).await, ErrorReason::Revoked);
    assert_eq!(scene.server.team("ada", &scene.team).await.member_count, 1);
}

#[tokio::test]
async fn an_expired_link_that_redis_still_has_stays_expired() {
    let mut scene = Scene::set().await;
    let _: () = scene.connection.persist(scene.key().await).await.unwrap();
    let later = Options::default().redis(&scene.redis.url()).clock_offset(Duration::from_hours(72));
    let server = scene.server.restart(later).await;
    assert_refused(server.try_redeem("bob", &scene.link.token).await, ErrorReason::Expired);
    assert_refused(server.try_preview("bob", &scene.link.token).await, ErrorReason::Expired);
}

#[tokio::test]
async fn a_garbled_entry_loses_no_link() {
    for garbage in ["", "garbage", "v1|absent", "0", "{}", "\u{0}\u{1}\u{2}"] {
        let mut scene = Scene::set().await;
        let _: () = scene.connection.set(scene.key().await, garbage).await.unwrap();
        scene.assert_links_work().await;
    }
}

#[tokio::test]
async fn an_entry_of_another_type_loses_no_link() {
    let mut scene = Scene::set().await;
    let key = scene.key().await;
    let _: () = scene.connection.del(&key).await.unwrap();
    let _: () = scene.connection.lpush(&key, "x").await.unwrap();
    scene.assert_links_work().await;
}

#[tokio::test]
async fn an_entry_that_leads_to_another_link_is_not_believed() {
    let mut scene = Scene::set().await;
    let key = scene.key().await;
    let entry: Vec<u8> = scene.connection.get(&key).await.unwrap();
    scene.empty().await;
    let other_team = scene.server.create_team("zoe").await;
    let other = scene.server.create_link("zoe", &other_team).await;
    let _: () = scene.connection.set(scene.key().await, entry).await.unwrap();
    // The token is zoe's, and so is the team, whatever Redis says.
    let joined = scene.server.redeem("bob", &other.token).await;
    assert_eq!(joined.team.unwrap().team_id, other_team);
    assert_eq!(scene.server.team("ada", &scene.team).await.member_count, 1);
}

#[tokio::test]
async fn without_redis_links_are_made_looked_at_and_used() {
    let mut scene = Scene::set().await;
    scene.redis.stop().await;
    scene.assert_links_work().await;
}

#[tokio::test]
async fn with_a_frozen_redis_links_are_made_looked_at_and_used() {
    let scene = Scene::set().await;
    scene.redis.freeze();
    scene.assert_links_work().await;
}

#[tokio::test]
async fn a_redis_that_is_away_at_the_start_does_not_stop_it() {
    let mut redis = RedisServer::start().await;
    redis.stop().await;
    let server = Server::start_with(Kind::Full, Options::default().redis(&redis.url())).await;
    let team = server.create_team("ada").await;
    let link = server.create_link("ada", &team).await;
    server.preview("bob", &link.token).await;
    server.redeem("bob", &link.token).await;
}

#[tokio::test]
async fn a_token_that_the_database_does_not_know_is_refused_whatever_redis_says() {
    let scene = Scene::set().await;
    scene.key().await;
    // Another deployment with the same keys and the same Redis, but a database of its own.
    let keys = scene.server.data().directory().join("keys.toml");
    assert!(fs::metadata(&keys).is_ok(), "the keys are beside the data");
    let options =
        Options::default().redis(&scene.redis.url()).variable("ROSTER_KEYS_FILE", keys.display().to_string());
    let other = Server::start_with(Kind::Full, options).await;
    assert_refused(other.try_redeem("bob", &scene.link.token).await, ErrorReason::InviteNotFound);
    assert_refused(other.try_preview("bob", &scene.link.token).await, ErrorReason::InviteNotFound);
    scene.server.redeem("bob", &scene.link.token).await;
}

#[tokio::test]
async fn a_token_that_nothing_knows_leaves_nothing_in_redis() {
    let scene = Scene::set().await;
    let keys = scene.server.data().directory().join("keys.toml");
    let apart = RedisServer::start().await;
    let options =
        Options::default().redis(&apart.url()).variable("ROSTER_KEYS_FILE", keys.display().to_string());
    let other = Server::start_with(Kind::Full, options).await;
    for _ in 0..2 {
        assert_refused(other.try_preview("bob", &scene.link.token).await, ErrorReason::InviteNotFound);
    }
    let keys: Vec<String> = apart.connect().await.keys("*").await.expect("Redis answers");
    assert!(keys.is_empty(), "{keys:?}");
}
