//! Limits against abuse, over the wire: what is counted, whom it refuses, and when there is a new budget.

mod addresses;
mod caps;
mod guesses;
mod mails;
mod many;
mod shared;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use roster_proto::v1::{ErrorReason, TeamCode};
use roster_testkit::{Actor, Options, Server, assert_refused};
use tonic::Status;
use tonic_types::StatusExt;

const HOUR: Duration = Duration::from_hours(1);

/// A run ten minutes after the next midnight: no hour and no day ends while a test counts in it. Budgets are small
/// enough to be spent; none of a test's is in another's way.
fn counting(limits: &[(&str, u32)]) -> Options {
    counting_later(limits, Duration::ZERO)
}

/// The same so much later.
fn counting_later(limits: &[(&str, u32)], later: Duration) -> Options {
    let day = HOUR * 24;
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970");
    let into_day = Duration::from_secs(since.as_secs() % day.as_secs());
    let offset = day.saturating_sub(into_day) + Duration::from_mins(10) + later;
    limits.iter().fold(Options::default().clock_offset(offset), |options, (name, limit)| {
        options.variable(&format!("ROSTER_LIMITS__{}", name.to_uppercase()), limit.to_string())
    })
}

/// Fails unless the call was refused for that budget, which was so much, with the same word on when there is a new one
/// for people and for gRPC: within that time, and not at once.
#[track_caller]
fn assert_limited<T>(outcome: Result<T, Status>, budget: &str, limit: u32, window: Duration) {
    let Err(status) = outcome else { panic!("the call succeeded beyond {budget}") };
    let retry = status.get_details_retry_info().and_then(|info| info.retry_delay);
    let pushback = status.metadata().get("grpc-retry-pushback-ms").and_then(|value| value.to_str().ok());
    let pushback = pushback.map(str::to_owned);
    let violation = status.get_details_quota_failure().map(|failure| failure.violations[0].subject.clone());
    let refused = assert_refused(Err::<T, _>(status), ErrorReason::RateLimited);
    let told = (refused.metadata["budget"].as_str(), refused.metadata["limit"].as_str());
    assert_eq!(told, (budget, limit.to_string().as_str()));
    assert_eq!(violation.as_deref(), Some(budget));
    let retry = retry.expect("RetryInfo");
    assert!(retry + Duration::from_mins(20) > window && retry <= window, "{retry:?}");
    assert_eq!(pushback, Some(retry.as_millis().to_string()));
}

/// A service with ada's team and a code to it.
async fn with_code(server: &Server) -> (String, TeamCode) {
    let team = server.create_under("ada", "brand").await;
    let code = server.create_code("ada", &team, "guest").await;
    (team, code)
}

/// A code that nobody made, each time another one.
fn wrong(number: usize) -> String {
    // Prefixes differ from those of real codes, so that none is met by chance.
    format!("XX-{number:06}")
}

/// Guesses wrong so many times, with the same answer each time.
async fn guess_wrong(server: &Server, who: impl Into<Actor>, times: usize) {
    let who = who.into();
    for number in 0..times {
        let reason = ErrorReason::InviteNotFound;
        match number % 2 {
            0 => assert_refused(server.try_redeem_code(&who, &wrong(number)).await, reason),
            _ => assert_refused(server.try_preview_code(&who, &wrong(number)).await, reason),
        };
    }
}
