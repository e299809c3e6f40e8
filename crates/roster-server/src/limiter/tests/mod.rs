//! The rules, in this process, at times that the tests choose.

mod guesses;
mod mails;
mod warnings;

use std::num::NonZeroU32;
use std::path::Path;

use super::*;

const HOUR: i64 = 3_600_000_000;
/// Half past an hour, at 12:30 of a day, UTC.
const NOW: Timestamp = Timestamp::from_micros(490_020 * HOUR + HOUR / 2);

fn budgets() -> Budgets {
    let number = |number| NonZeroU32::new(number).unwrap();
    Budgets {
        mails_per_actor_and_day: number(5),
        mails_per_team_and_day: number(4),
        mails_per_recipient_and_day: number(3),
        code_failures_per_actor_and_hour: number(10),
        code_failures_per_address_and_hour: number(20),
        code_failures_per_caller_and_hour: number(40),
        code_failures_per_hour: number(60),
    }
}

fn limiter_with(redis: Option<Redis>, budgets: Budgets) -> Limiter {
    let keys = "[[keys]]\nid = \"k1\"\nsecret = \"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\"\n";
    let keys = Keys::parse(keys, Path::new("keys.toml")).unwrap();
    Limiter::new(redis, Arc::new(keys), budgets, Duration::ZERO)
}

fn limiter() -> Limiter {
    limiter_with(None, budgets())
}

/// One whose Redis is away: nothing listens there.
fn limiter_without_its_redis() -> Limiter {
    limiter_with(Some(Redis::new("redis://127.0.0.1:1").unwrap()), budgets())
}

fn later(micros: i64) -> Timestamp {
    Timestamp::from_micros(NOW.micros() + micros)
}

#[test]
fn the_clock_may_be_put_ahead() {
    let ahead = Duration::from_hours(73);
    let (now, mut limiter) = (limiter().now(), limiter());
    limiter.clock_offset = ahead;
    let found = limiter.now().micros() - now.micros();
    assert!((73 * HOUR..74 * HOUR).contains(&found), "{found}");
}

#[test]
fn a_key_tells_the_budget_and_the_window_and_not_whose_it_is() {
    let limiter = limiter();
    let key = |budget, subject: &str, now| limiter.slot(budget, subject.as_bytes(), now).key;
    let ada = key(budget::Budget::GuessesOfActor, "ada", NOW);
    let digits = ada.strip_prefix("roster:limit:code_guesses_of_actor:490020:").unwrap();
    assert!(digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()), "{ada}");
    assert_eq!(ada, key(budget::Budget::GuessesOfActor, "ada", later(HOUR / 2 - 1)));
    assert!(key(budget::Budget::GuessesOfActor, "ada", later(HOUR / 2)).contains(":490021:"));
    assert!(!key(budget::Budget::GuessesOfActor, "bob", NOW).ends_with(digits));
    // The same text in another budget is not told to be the same.
    assert!(!key(budget::Budget::GuessesOfCaller, "ada", NOW).ends_with(digits));
}
