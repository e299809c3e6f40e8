//! One call: a deadline for all of its attempts, and the retries that other languages' gRPC makes by a service config.

use std::error::Error as _;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout_at};
use tonic::metadata::MetadataMap;
use tonic::{Code, Extensions, Request, Response, Status, transport};
use tonic_types::StatusExt as _;

/// What a call may take, retries included. A batch deserves 30 seconds.
const DEADLINE: Duration = Duration::from_secs(5);
/// How often a request is sent at most.
const ATTEMPTS: u32 = 4;
/// The first pause where the service asks for none; each further one is three times as long.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// The longest such pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Sends a request until it is answered, refused, or out of attempts or time.
///
/// Every attempt sends the same message and so the same `request_id`: a change whose answer was lost happened once, and
/// its retry gets that answer. So never retry a change that has no `request_id`.
pub(crate) async fn call<Q: Clone, A>(
    metadata: &MetadataMap,
    request: Q,
    send: impl AsyncFn(Request<Q>) -> Result<Response<A>, Status>,
) -> Result<A, Status> {
    let deadline = Instant::now() + DEADLINE;
    let mut attempt = 1;
    loop {
        let mut envelope = Request::from_parts(metadata.clone(), Extensions::default(), request.clone());
        // The service learns how long we wait, and so does its database.
        envelope.set_timeout(deadline.saturating_duration_since(Instant::now()));
        let status = match timeout_at(deadline, send(envelope)).await {
            Ok(Ok(answer)) => return Ok(answer.into_inner()),
            Ok(Err(status)) if Instant::now() < deadline => status,
            _ => return Err(Status::deadline_exceeded("no answer in time; a change may have happened")),
        };
        match pause_before_retry(&status, attempt) {
            Some(pause) if attempt < ATTEMPTS && Instant::now() + pause < deadline => sleep(pause).await,
            _ => return Err(status),
        }
        attempt += 1;
    }
}

/// How long to wait before the request is sent again; nothing if it should not be.
///
/// Only UNAVAILABLE is worth it without looking: every other code is an answer, which the same request would get again.
fn pause_before_retry(status: &Status, attempt: u32) -> Option<Duration> {
    // tonic calls a connection that broke UNKNOWN, which gRPC elsewhere calls UNAVAILABLE.
    let broke = matches!(status.source(), Some(source) if source.is::<transport::Error>());
    if status.code() != Code::Unavailable && !broke {
        return None;
    }
    let pushback = status.metadata().get("grpc-retry-pushback-ms");
    let pause = if let Some(pushback) = pushback {
        // A negative number, or none at all, asks for no retry.
        Duration::from_millis(pushback.to_str().ok()?.parse().ok()?)
    } else if let Some(told) = status.get_details_retry_info().and_then(|info| info.retry_delay) {
        told
    } else {
        FIRST_PAUSE.saturating_mul(3_u32.saturating_pow(attempt - 1)).min(LONGEST_PAUSE)
    };
    // Up to a fifth longer, so that clients which failed together do not come back together. A pause longer than the
    // deadline is not waited for anyway.
    let share = f64::from(getrandom::u32().unwrap_or(0)) / f64::from(u32::MAX);
    Some(pause.min(DEADLINE).mul_f64(1.0 + share / 5.0))
}
