//! Answers calls at the client's deadline or the service's, whichever comes first. What they began goes on to its end;
//! what only waits does not: a request that has not come whole by then, or within seconds, is dropped, and the store
//! begins nothing more.

use std::ops::RangeInclusive;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http::HeaderMap;
use http_body::{Body as HttpBody, Frame, SizeHint};
use tokio::time::{Instant, Sleep};
use tonic::Status;
use tonic::body::Body;

use super::Request;
use crate::edge_error::EdgeError;
use crate::methods::{Access, Cost, HEAVY, Method, Shape};

/// How much sooner than the client's deadline a call is ended, at least and at most: a tenth of it between these. An
/// answer needs a moment to arrive.
const MARGIN: RangeInclusive<Duration> = Duration::from_millis(2)..=Duration::from_millis(20);

/// How long a request may take to come whole. What does not come keeps a place from those who would use it.
const ARRIVAL: Duration = Duration::from_secs(5);

/// The same for what needs no credentials, and has but a name to say.
const QUESTION_ARRIVAL: Duration = Duration::from_secs(1);

/// By when a call of that method is answered that comes now; none if its client's deadline has passed. `cap` is the
/// longest that a call may take whose method is not heavy.
pub(super) fn due(cap: Duration, method: Option<&Method>, headers: &HeaderMap) -> Option<Instant> {
    let heavy = method.is_some_and(|method| method.cost == Cost::Heavy);
    let cap = if heavy { cap * HEAVY } else { cap };
    let left = client_timeout(headers).map_or(cap, |timeout| {
        let margin = (timeout / 10).clamp(*MARGIN.start(), *MARGIN.end());
        timeout.saturating_sub(margin).min(cap)
    });
    if left.is_zero() { None } else { Some(Instant::now() + left) }
}

/// The request, which must have come whole in time.
pub(super) fn arriving(request: Request, method: Option<&Method>, by: Instant) -> Request {
    let longest = arrival(method);
    request.map(|body| Body::new(Arriving { body, by, longest, timer: None }))
}

/// How long a request of that method may take to come; a stream of questions comes for as long as its call may last.
fn arrival(method: Option<&Method>) -> Option<Duration> {
    match method {
        Some(Method { shape: Shape::BothStream, .. }) => None,
        Some(Method { access: Access::Probe, .. }) => Some(QUESTION_ARRIVAL),
        _ => Some(ARRIVAL),
    }
}

/// A request that must have come by a time: who sends it a byte a minute does not keep a place with it.
struct Arriving {
    body: Body,
    /// By when the call is answered.
    by: Instant,
    /// How long it may take before that.
    longest: Option<Duration>,
    /// Most requests have come when they are first looked at, and need none.
    timer: Option<Pin<Box<Sleep>>>,
}

impl HttpBody for Arriving {
    type Data = <Body as HttpBody>::Data;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Status>>> {
        let Self { body, by, longest, timer } = &mut *self;
        let polled = Pin::new(body).poll_frame(cx);
        if polled.is_ready() {
            return polled;
        }
        let timer = timer.get_or_insert_with(|| {
            let until = longest.map_or(*by, |longest| (*by).min(Instant::now() + longest));
            Box::pin(tokio::time::sleep_until(until))
        });
        if timer.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Some(Err(EdgeError::NotArrived.into())));
        }
        Poll::Pending
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// What the client allows, by `grpc-timeout`: at most eight digits and a unit. A malformed value is no deadline, as
/// everywhere in gRPC.
fn client_timeout(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get("grpc-timeout")?.to_str().ok()?;
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if digits.is_empty() || digits.len() > 8 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let amount: u64 = digits.parse().ok()?;
    match unit {
        "H" => Some(Duration::from_secs(amount * 3_600)),
        "M" => Some(Duration::from_secs(amount * 60)),
        "S" => Some(Duration::from_secs(amount)),
        "m" => Some(Duration::from_millis(amount)),
        "u" => Some(Duration::from_micros(amount)),
        "n" => Some(Duration::from_nanos(amount)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn the_clients_deadline_is_read() {
        let check = |text: &str, expected: Option<Duration>| {
            let mut headers = HeaderMap::new();
            headers.insert("grpc-timeout", HeaderValue::from_str(text).expect("a header's value"));
            assert_eq!(client_timeout(&headers), expected, "{text:?}");
        };
        check("2S", Some(Duration::from_secs(2)));
        check("1H", Some(Duration::from_hours(1)));
        check("99999999m", Some(Duration::from_millis(99_999_999)));
        check("7u", Some(Duration::from_micros(7)));
        check("999999999m", None);
        check("+5S", None);
        check("5", None);
        check("S", None);
        check("", None);
        check("5s", None);
    }
}
