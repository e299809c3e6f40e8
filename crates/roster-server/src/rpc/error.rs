//! What a call can fail with.
//!
//! Rules refuse with a [`Refusal`], the database fails with a [`roster_store::Error`]; both become an [`Error`] with
//! `?`, and [`super::status`] alone makes answers of them. The text of an [`Error`] is what the client reads: it holds
//! no secret, no address, and nothing of the database.

use std::borrow::Cow;

use roster_domain::Refusal;
use roster_store::ErrorKind;

use crate::limiter::Exceeded;

/// Why a call is answered with an error.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A rule refused.
    #[error("{0}")]
    Refusal(Refusal),
    /// Fields of the request are invalid; never empty.
    #[error("{}", invalid_text(.0))]
    Invalid(Vec<Violation>),
    /// The database failed.
    #[error("{}", store_text(.0.kind()))]
    Store(roster_store::Error),
    /// The page token was not given out by this list, for these parameters, to this caller.
    #[error("page_token is not one that this list gave for these parameters: begin again without it")]
    PageToken,
    /// The request id was used for another request.
    #[error("request_id was used within 24 hours for a request with another body: choose a new UUID")]
    RequestIdReused,
    /// The token leads nowhere.
    #[error("this invite leads nowhere: check that it was copied or typed whole, or ask for a new one")]
    InviteNotFound,
    /// A budget against abuse is spent.
    #[error("{} in this time, at most {} here: try again in {} s", budget_text(.0.budget), .0.limit, .0.retry_after.as_secs())]
    RateLimited(Exceeded),
    /// The deployment sends no mail.
    #[error("this deployment sends no mail: choose return_token, and pass the token on")]
    MailNotConfigured,
    /// The service runs no such policy for this caller.
    #[error("no such policy: ListPolicies lists those on offer")]
    PolicyNotFound,
    /// Credentials are absent or stand there twice.
    #[error("{header} must be given exactly once")]
    CredentialsMissing {
        /// The header.
        header: &'static str,
    },
    /// Credentials are malformed.
    #[error("{header} {expected}")]
    CredentialsInvalid {
        /// The header.
        header: &'static str,
        /// What would be right, beginning with `must`.
        expected: Cow<'static, str>,
    },
    /// No calling service of this deployment calls like this.
    #[error(
        "whoever calls is none of the calling services that this deployment knows: its configuration names them \
         under callers"
    )]
    CallerUnknown,
    /// No key is known that tokens could be checked with.
    #[error("tokens cannot be checked: the identity provider's keys could not be had; try again later")]
    TokenKeysUnavailable,
    /// The calling service lacks a scope.
    #[error("the calling service lacks the scope {scope}: whoever runs it can give it one")]
    ScopeMissing {
        /// The scope.
        scope: &'static str,
    },
    /// The method concerns a person in all products, and the calling service serves only some.
    #[error(
        "this concerns a person under every policy, and the calling service is not bound to all of them: whoever runs \
         it can bind it"
    )]
    NotEveryPolicy,
    /// The call names no person to act for.
    #[error(
        "this method acts for a person, and the call names none: x-actor-token does in jwt mode, x-actor-user-id in \
         the others"
    )]
    ActorMissing,
    /// The call names no person, and its service may not do this by itself.
    #[error(
        "this method acts for a person (x-actor-token in jwt mode, x-actor-user-id in the others), or for a calling \
         service with the scope {scope}; the call has neither"
    )]
    NobodyActs {
        /// The scope.
        scope: &'static str,
    },
    /// The request is not what the method's encoding says; holds the decoder's words, which name no values.
    #[error("the request cannot be read: {0}")]
    Malformed(String),
    /// The request is compressed in a way that the service does not read.
    #[error("the request's compression is not supported: send it as gzip or uncompressed")]
    EncodingUnknown,
    /// The request's message is larger than the method accepts.
    #[error("the message exceeds the {limit} bytes that this method accepts")]
    MessageTooLarge {
        /// How many bytes are accepted.
        limit: usize,
    },
    /// The service has no such method.
    #[error("the service has no such method: ask its reflection service which there are")]
    MethodUnknown,
    /// Too many calls of the calling service are in flight.
    #[error("the calling service has {limit} calls in flight, as many as it may: try again later")]
    CallerOverloaded {
        /// How many it may have.
        limit: u32,
    },
    /// Too many calls of the person are in flight.
    #[error(
        "{limit} calls for this person are in flight through the calling service, as many as may be: try again later"
    )]
    ActorOverloaded {
        /// How many there may be.
        limit: u32,
    },
    /// Too many streams are open that need no credentials.
    #[error("{limit} such streams are open from here, as many as there may be: end one, or try again later")]
    TooManyStreams {
        /// How many there may be.
        limit: u32,
    },
    /// The calling service, or the person, does not take its answers.
    #[error("{limit} answers have not been taken, as many as may wait: read them, or try again later")]
    AnswersUntaken {
        /// How many may wait.
        limit: u32,
    },
    /// Too many calls are in flight.
    #[error("the service has too much to do: try again later")]
    Overloaded,
    /// The service is stopping.
    #[error("the service is stopping: another replica will answer")]
    Draining,
    /// The deadline passed.
    #[error(
        "the deadline passed; a change may have happened: send the same request with the same request_id"
    )]
    DeadlineExceeded,
    /// The request did not come whole in time.
    #[error("the request did not come whole in time, and nothing was begun: send it again")]
    NotArrived,
    /// A fault of the service: what failed, for the log only.
    #[error("{INTERNAL_TEXT}")]
    Internal(&'static str),
}

/// A field of a request that is invalid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The field's path in the request, such as `filter.role` or `grants[0].role`.
    pub field: String,
    /// What it must be, such as `must have 1 to 100 characters`; never the value itself.
    pub description: String,
}

impl Violation {
    /// A violation of one field.
    pub fn new(field: impl Into<String>, description: impl Into<String>) -> Self {
        Self { field: field.into(), description: description.into() }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refusal(refusal)
    }
}

impl From<roster_store::Error> for Error {
    fn from(error: roster_store::Error) -> Self {
        Self::Store(error)
    }
}

impl From<Exceeded> for Error {
    fn from(exceeded: Exceeded) -> Self {
        Self::RateLimited(exceeded)
    }
}

impl From<Vec<Violation>> for Error {
    fn from(violations: Vec<Violation>) -> Self {
        Self::Invalid(violations)
    }
}

const INTERNAL_TEXT: &str = "a fault of the service: its log has more under this call's x-request-id";

fn store_text(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Unavailable => "the database is away or too busy, nothing was changed: try again later",
        ErrorKind::LockTimeout => {
            "other changes of the same team took too long, nothing was changed: try again soon"
        }
        ErrorKind::OutcomeUnknown => {
            "the connection to the database was lost while the change was being committed: send the same request with \
             the same request_id"
        }
        ErrorKind::ExternalIdTaken => {
            "another team has got this external_id at this moment: use that team, or choose another key"
        }
        ErrorKind::DeadlinePassed => {
            "the deadline passed while the call waited for others, nothing was changed"
        }
        ErrorKind::Internal => INTERNAL_TEXT,
    }
}

fn budget_text(budget: &str) -> &'static str {
    if budget.starts_with("mails_") { "too many mails" } else { "too many codes that lead nowhere" }
}

fn invalid_text(violations: &[Violation]) -> String {
    let one_a_field: Vec<String> =
        violations.iter().map(|violation| format!("{} {}", violation.field, violation.description)).collect();
    one_a_field.join("; ")
}
