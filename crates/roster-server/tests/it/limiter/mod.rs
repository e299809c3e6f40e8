//! The limiter on a Redis: what replicas count together, what is left there, and what happens when Redis fails.
//!
//! `ROSTER_TEST_REDIS_SERVER` is the path of `redis-server`, for servers of the tests' own. Without it they fail.

mod faults;
mod sharing;

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use roster_domain::{CallerName, EmailAddress, TeamId, Timestamp, UserId};
use roster_server::keys::Keys;
use roster_server::limiter::{Budgets, Exceeded, Guess, Guesser, Limiter, MailBudget, MailTaken};
use roster_server::redis::Redis;
use uuid::Uuid;

const HOUR: i64 = 3_600_000_000;
/// Half past an hour.
const NOW: Timestamp = Timestamp::from_micros(490_020 * HOUR + HOUR / 2);

/// A replica of a service whose persons may fail ten times, and get ten mails.
fn limiter(url: &str) -> Limiter {
    let number = |number| NonZeroU32::new(number).expect("it is not zero");
    let budgets = Budgets {
        mails_per_actor_and_day: number(500),
        mails_per_team_and_day: number(1_000),
        mails_per_recipient_and_day: number(10),
        code_failures_per_actor_and_hour: number(10),
        code_failures_per_address_and_hour: number(100),
        code_failures_per_caller_and_hour: number(1_000),
        code_failures_per_hour: number(5_000),
    };
    let keys = "[[keys]]\nid = \"k1\"\nsecret = \"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\"\n";
    let keys = Keys::parse(keys, Path::new("keys.toml")).expect("keys");
    Limiter::new(Some(Redis::new(url).expect("a Redis URL")), Arc::new(keys), budgets, Duration::ZERO)
}

async fn begin<'a>(limiter: &'a Limiter, actor: &str, now: Timestamp) -> Result<Guess<'a>, Exceeded> {
    let who = Guesser {
        caller: &CallerName::parse("canary-service").expect("a service's name"),
        actor: &UserId::parse(actor).expect("a user id"),
        address: Some(IpAddr::from([203, 0, 113, 7])),
    };
    limiter.begin_guess(&who, now).await
}

/// How often somebody may fail before it is refused, and the limit that refuses it.
async fn failures(limiter: &Limiter, actor: &str) -> (u32, u32) {
    for failures in 0..100 {
        match begin(limiter, actor, NOW).await {
            Ok(guess) => guess.not_found().await,
            Err(exceeded) => return (failures, exceeded.limit),
        }
    }
    panic!("a hundred failures are too many");
}

/// Takes a mail to that address from another person and to another team each time.
async fn take_mail(limiter: &Limiter, recipient: &str) -> Result<(), Exceeded> {
    let of = MailBudget {
        actor: &UserId::parse(&format!("canary-{}", Uuid::now_v7())).expect("a user id"),
        team: TeamId::from_uuid(Uuid::now_v7()),
        recipient: &EmailAddress::parse(recipient).expect("an address"),
    };
    limiter.take_mails([of], NOW).await.remove(0).map(MailTaken::keep)
}
