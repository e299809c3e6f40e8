//! Calls of a running service: for whom, how often, and what is kept of a refusal.

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use anyhow::Context;
use roster_proto::v1::team_service_client::TeamServiceClient;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Response, Status};
use tonic_types::{ErrorInfo, RetryInfo, RpcStatusExt, StatusExt};

/// What the service lets this command do, where it believes its callers.
const SCOPES: &str = "members.import,act-as";

/// How long to wait for a connection.
const CONNECTING: Duration = Duration::from_secs(3);
/// How long one attempt may take.
const PATIENCE: Duration = Duration::from_mins(1);
/// How often a call is made that may succeed later.
const ATTEMPTS: u32 = 6;
/// How long to wait before the second attempt, if the service does not say; twice as long before each further one.
const FIRST_WAIT: Duration = Duration::from_millis(200);
/// How long to wait at most, even if the service asks for more.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// In bytes: a page of 200 members with many grants is much larger than a library's usual bound.
const LARGEST_ANSWER: usize = 64 * 1024 * 1024;

/// A client of the service's teams.
pub(super) type Teams = TeamServiceClient<Channel>;

/// A connection to the service.
#[derive(Debug)]
pub(super) struct Client {
    teams: Teams,
    caller: MetadataValue<Ascii>,
}

/// Why a call was refused.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    code: Code,
    text: String,
    /// The name of the contract's reason; empty if none came.
    reason: String,
    metadata: HashMap<String, String>,
    /// After how long the service is to be asked again, if it said so.
    again_after: Option<Duration>,
}

impl Client {
    /// Connects under the name of a calling service.
    pub(super) async fn connect(address: &str, caller: &str) -> anyhow::Result<Self> {
        let caller = caller.parse().with_context(|| format!("{caller:?} cannot be a caller's name"))?;
        let endpoint = Endpoint::from_shared(format!("http://{address}"))?.connect_timeout(CONNECTING);
        let channel = endpoint.connect().await;
        let channel = channel.with_context(|| format!("connecting to the service at {address}"))?;
        let teams = Teams::new(channel).max_decoding_message_size(LARGEST_ANSWER);
        Ok(Self { teams, caller })
    }

    /// Makes a call, for a person where it needs one, and makes it again where that may help. The message of a mutation
    /// carries a request id, so that it does not happen twice.
    pub(super) async fn call<Q: Clone, A>(
        &self,
        actor: Option<&str>,
        message: &Q,
        send: impl AsyncFn(Teams, Request<Q>) -> Result<Response<A>, Status>,
    ) -> Result<A, Failure> {
        let actor = actor.map(user_id_header).transpose()?;
        let mut wait = FIRST_WAIT;
        for attempt in 1.. {
            let mut request = Request::new(message.clone());
            request.set_timeout(PATIENCE);
            let headers = request.metadata_mut();
            headers.insert("x-caller", self.caller.clone());
            headers.insert("x-caller-scopes", MetadataValue::from_static(SCOPES));
            if let Some(actor) = &actor {
                headers.insert("x-actor-user-id", actor.clone());
            }
            let failure = match send(self.teams.clone(), request).await {
                Ok(response) => return Ok(response.into_inner()),
                Err(status) => Failure::from(&status),
            };
            match failure.delay(wait) {
                Some(delay) if attempt < ATTEMPTS => tokio::time::sleep(delay).await,
                _ => return Err(failure),
            }
            wait *= 2;
        }
        unreachable!("the last attempt returns")
    }
}

/// A new id under which a mutation happens once.
pub(super) fn request_id() -> String {
    uuid::Uuid::now_v7().to_string()
}

fn user_id_header(user_id: &str) -> Result<MetadataValue<Ascii>, Failure> {
    user_id.parse().map_err(|_| Failure {
        code: Code::InvalidArgument,
        text: format!("nobody can act as {user_id:?}: such an id cannot be sent"),
        reason: String::new(),
        metadata: HashMap::new(),
        again_after: None,
    })
}

impl Failure {
    fn new(code: Code, text: &str, (info, retry): (Option<ErrorInfo>, Option<RetryInfo>)) -> Self {
        let (reason, metadata) = info.map(|info| (info.reason, info.metadata)).unwrap_or_default();
        let again_after = retry.and_then(|retry| retry.retry_delay);
        Self { code, text: text.to_owned(), reason, metadata, again_after }
    }

    /// Whether that is the reason, without the prefix that all have.
    pub(super) fn is(&self, reason: &str) -> bool {
        self.reason.strip_prefix("ERROR_REASON_") == Some(reason)
    }

    /// What the reason says about that key.
    pub(super) fn about(&self, key: &str) -> Option<&str> {
        self.metadata.get(key).map(String::as_str)
    }

    /// Whether it is about what was sent, so that another row may fare better.
    pub(super) fn is_about_the_row(&self) -> bool {
        matches!(
            self.code,
            Code::Aborted
                | Code::AlreadyExists
                | Code::FailedPrecondition
                | Code::InvalidArgument
                | Code::NotFound
                | Code::PermissionDenied
                | Code::ResourceExhausted
        )
    }

    /// How long to wait before the same call may fare better, if it may. What is unknown to have happened is tried
    /// again too: its request id sees to it that it happens once.
    fn delay(&self, otherwise: Duration) -> Option<Duration> {
        let away = matches!(self.code, Code::Unavailable | Code::DeadlineExceeded);
        // What the service says has a reason; without one it is the connection that broke.
        let broken = matches!(self.code, Code::Unknown | Code::Internal | Code::Cancelled);
        let unknown = away || (broken && self.reason.is_empty());
        self.again_after.or(unknown.then_some(otherwise)).map(|delay| delay.min(LONGEST_WAIT))
    }

    /// Whether the request itself is at fault, maybe by one of its rows.
    pub(super) fn is_invalid(&self) -> bool {
        self.code == Code::InvalidArgument
    }
}

/// The refusal of a call.
impl From<&Status> for Failure {
    fn from(status: &Status) -> Self {
        let details = (status.get_details_error_info(), status.get_details_retry_info());
        Self::new(status.code(), status.message(), details)
    }
}

/// The refusal of one row of many.
impl From<&tonic_types::Status> for Failure {
    fn from(status: &tonic_types::Status) -> Self {
        let details = (status.get_details_error_info(), status.get_details_retry_info());
        Self::new(Code::from_i32(status.code), &status.message, details)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = format!("{:?}", self.code);
        let reason = if self.reason.is_empty() { &code } else { &self.reason };
        write!(f, "{} ({reason})", self.text)
    }
}

impl std::error::Error for Failure {}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(code: Code, reason: &str, retry_after: Option<Duration>) -> Failure {
        let info = (!reason.is_empty()).then(|| {
            ErrorInfo::new(reason, "roster.v1", HashMap::from([("team_id".to_owned(), "team_1".to_owned())]))
        });
        Failure::new(code, "It is so.", (info, retry_after.map(|delay| RetryInfo::new(Some(delay)))))
    }

    #[test]
    fn a_refusal_is_known_by_its_reason() {
        let failure = failure(Code::AlreadyExists, "ERROR_REASON_EXTERNAL_ID_TAKEN", None);
        assert!(failure.is("EXTERNAL_ID_TAKEN") && failure.is_about_the_row());
        assert_eq!(failure.about("team_id"), Some("team_1"));
        assert_eq!(failure.to_string(), "It is so. (ERROR_REASON_EXTERNAL_ID_TAKEN)");
    }

    #[test]
    fn without_a_reason_the_code_is_shown() {
        let failure = failure(Code::Unavailable, "", None);
        assert!(!failure.is_about_the_row());
        assert_eq!(failure.to_string(), "It is so. (Unavailable)");
    }

    #[test]
    fn what_may_succeed_later_is_tried_again_when_the_service_says() {
        let second = Duration::from_secs(1);
        let check = |code, retry_after, expected| {
            let reason = "ERROR_REASON_UNSPECIFIED";
            assert_eq!(
                failure(code, reason, retry_after).delay(second),
                expected,
                "{code:?} {retry_after:?}"
            );
        };
        check(Code::Unavailable, None, Some(second));
        check(Code::DeadlineExceeded, None, Some(second));
        check(Code::Unavailable, Some(2 * second), Some(2 * second));
        check(Code::ResourceExhausted, Some(2 * second), Some(2 * second));
        check(Code::Aborted, Some(100 * second), Some(LONGEST_WAIT));
        check(Code::Internal, None, None);
        // The etag has changed, or a cap is reached.
        check(Code::Aborted, None, None);
        check(Code::ResourceExhausted, None, None);
        check(Code::PermissionDenied, None, None);
        assert_eq!(failure(Code::Unknown, "", None).delay(second), Some(second), "a connection that broke");
    }

    #[test]
    fn an_id_that_no_header_can_carry_is_named() {
        assert!(user_id_header("k8s-ci-robot").is_ok());
        assert!(user_id_header("María\n").unwrap_err().to_string().contains("nobody can act as"));
    }
}
