//! Counters in Redis. Each operation is one command on one key, and leaves nothing that outlives its window.

use std::time::Instant;

use ::redis::Cmd;

use crate::limiter::slot::Slot;
use crate::redis::Redis;

/// Counts one, and says how many there are. The first one sets the end of the key, and so does whichever finds none:
/// a counter without an end would never let its subject in again.
const TAKE: &str = "\
local count = redis.call('INCR', KEYS[1])
if redis.call('PTTL', KEYS[1]) < 0 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return count";

/// Takes one away where there is one: the window, and with it the key, may be over.
const GIVE_BACK: &str = "\
if tonumber(redis.call('GET', KEYS[1]) or '0') > 0 then redis.call('DECR', KEYS[1]) end";

pub(super) async fn take(redis: &Redis, slot: &Slot, until: Instant) -> Option<u64> {
    // An end of zero would delete the key in the same breath.
    let millis = u64::try_from(slot.life().as_millis()).unwrap_or(u64::MAX).max(1);
    let mut command = eval(TAKE, &slot.key);
    command.arg(millis);
    redis.call("EVAL", command, until).await
}

pub(super) async fn count(redis: &Redis, slot: &Slot, until: Instant) -> Option<u64> {
    let mut command = Cmd::new();
    command.arg("GET").arg(&slot.key);
    let count: Option<u64> = redis.call("GET", command, until).await?;
    Some(count.unwrap_or(0))
}

pub(super) async fn give_back(redis: &Redis, key: &str, until: Instant) {
    redis.call::<()>("EVAL", eval(GIVE_BACK, key), until).await;
}

fn eval(script: &str, key: &str) -> Cmd {
    let mut command = Cmd::new();
    command.arg("EVAL").arg(script).arg(1).arg(key);
    command
}
