//! Answers calls at the client's deadline or the service's, whichever comes first. What they began goes on to its end.

use std::ops::RangeInclusive;
use std::time::Duration;

use http::HeaderMap;

use super::{Inner, Request, Response, Step, proceed, refuse};
use crate::rpc::error::Error;

/// How much sooner than the client's deadline a call is ended, at least and at most: a tenth of it between these. The
/// library watches that deadline as well, and would answer CANCELLED; and an answer needs a moment to arrive.
const MARGIN: RangeInclusive<Duration> = Duration::from_millis(2)..=Duration::from_millis(20);

/// See the module.
#[derive(Debug)]
pub struct Deadline {
    /// The longest that a call may take.
    pub cap: Duration,
}

impl Step for Deadline {
    async fn around<S: Inner>(&self, request: Request, inner: S) -> Response {
        let left = client_timeout(request.headers()).map_or(self.cap, |timeout| {
            let margin = (timeout / 10).clamp(*MARGIN.start(), *MARGIN.end());
            timeout.saturating_sub(margin).min(self.cap)
        });
        if left.is_zero() {
            return refuse(Error::DeadlineExceeded);
        }
        match tokio::time::timeout(left, proceed(inner, request)).await {
            Ok(response) => response,
            Err(_) => refuse(Error::DeadlineExceeded),
        }
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
