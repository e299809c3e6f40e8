//! The id under which a call is found in the logs: the caller's `x-request-id` where it is usable, else a new one.
//!
//! Not to be confused with the `request_id` of a request's body, which makes a retry safe.

use std::fmt;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use http::{HeaderMap, HeaderName};
use opentelemetry_sdk::trace::{IdGenerator, RandomIdGenerator};

/// The header of requests and of responses.
pub const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// The id of a call: 1 to 128 visible ASCII characters without `@`, so that no e-mail address is logged as one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(Arc<str>);

impl RequestId {
    /// Takes 1 to 128 visible ASCII characters without `@`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let usable = (1..=128).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'@');
        usable.then(|| Self(text.into()))
    }

    /// A new one, in the order of time.
    #[must_use]
    pub fn generate() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let millis = u64::try_from(since.as_millis()).unwrap_or_default();
        // It is no secret: what makes ids of traces will do, and asks the system for nothing.
        let [random @ .., _, _, _, _, _, _] = RandomIdGenerator::default().new_trace_id().to_bytes();
        let id = uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid();
        let mut text = uuid::Uuid::encode_buffer();
        Self(Arc::from(&*id.hyphenated().encode_lower(&mut text)))
    }

    /// The caller's, if it sent exactly one and that is usable; else a new one.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Self {
        let mut values = headers.get_all(HEADER).iter();
        match (values.next(), values.next()) {
            (Some(value), None) => value.to_str().ok().and_then(Self::parse),
            _ => None,
        }
        .unwrap_or_else(Self::generate)
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

tokio::task_local! {
    static CURRENT: RequestId;
}

/// Runs what answers the call with that id.
pub async fn scope<F: Future>(id: RequestId, answer: F) -> F::Output {
    CURRENT.scope(id, answer).await
}

/// The id of the call that this task answers, if it answers one.
#[must_use]
pub fn current() -> Option<RequestId> {
    CURRENT.try_with(Clone::clone).ok()
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn a_new_id_is_a_uuid_of_its_time_and_nobody_elses() {
        let ids: Vec<_> = (0..100).map(|_| RequestId::generate()).collect();
        for id in &ids {
            let uuid = uuid::Uuid::try_parse(id.as_str()).expect("a UUID");
            let (seconds, _) = uuid.get_timestamp().expect("of version 7").to_unix();
            let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
            assert!(now.abs_diff(seconds) < 60, "{id}");
        }
        assert!(ids.iter().enumerate().all(|(index, id)| !ids[..index].contains(id)));
    }

    #[test]
    fn only_a_usable_id_is_kept() {
        let check = |values: &[&str], kept: bool| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(HEADER, HeaderValue::from_str(value).expect("a header's value"));
            }
            let id = RequestId::of(&headers);
            assert_eq!(values.first() == Some(&id.as_str()), kept, "{values:?}");
        };
        check(&["abc-123"], true);
        check(&[&"x".repeat(128)], true);
        check(&[&"x".repeat(129)], false);
        check(&["a b"], false);
        check(&["ada@example.org"], false);
        check(&[""], false);
        check(&["a", "a"], false);
        check(&[], false);
    }
}
