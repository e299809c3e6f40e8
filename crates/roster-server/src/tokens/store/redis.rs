//! The token store in Redis, under keys `roster:link:<digest>`.

use std::time::Duration;

use ::redis::Cmd;
use roster_store::LinkPlace;

use super::entry;
use crate::redis::{Redis, patience};
use crate::tokens::Digest;

pub(super) async fn get(redis: &Redis, digest: Digest) -> Option<LinkPlace> {
    let mut command = Cmd::new();
    command.arg("GET").arg(key(digest));
    let value: Option<Option<Vec<u8>>> = redis.call("GET", command, patience()).await;
    entry::read(&value.flatten()?)
}

pub(super) async fn put(redis: &Redis, digest: Digest, link: &LinkPlace, life: Duration) {
    let mut command = Cmd::new();
    command.arg("SET").arg(key(digest)).arg(entry::write(link)).arg("EX").arg(life.as_secs());
    redis.call::<()>("SET", command, patience()).await;
}

pub(super) async fn remove(redis: &Redis, digest: Digest) {
    let mut command = Cmd::new();
    command.arg("DEL").arg(key(digest));
    redis.call::<()>("DEL", command, patience()).await;
}

fn key(digest: Digest) -> String {
    format!("roster:link:{}", digest.hex())
}
