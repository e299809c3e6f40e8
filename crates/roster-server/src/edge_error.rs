//! What a call can fail with before a handler has it, or because of whom it comes from.
//!
//! [`crate::rpc::status`] makes answers of it, as of all errors. The text is what the client reads; it holds no secret
//! and nothing of what the client sent.

use std::borrow::Cow;

/// Why the edge refuses a call.
#[derive(Debug, thiserror::Error)]
pub enum EdgeError {
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
    #[error("this deployment does not know the calling service: add it under callers in the configuration")]
    CallerUnknown,
    /// No key is known that tokens could be checked with.
    #[error("tokens cannot be checked: the identity provider's keys could not be had; try again later")]
    TokenKeysUnavailable,
    /// The calling service lacks a scope.
    #[error(
        "the calling service lacks the scope {scope}: add it under callers in the configuration, or in dev mode to \
         x-caller-scopes"
    )]
    ScopeMissing {
        /// The scope.
        scope: &'static str,
    },
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

/// What the client reads of a fault of the service.
pub(crate) const INTERNAL_TEXT: &str =
    "a fault of the service: its log has more under this call's x-request-id";

impl EdgeError {
    /// A word for the log, which never changes: it tells apart what has one reason in the contract.
    #[must_use]
    pub const fn label(&self) -> &'static str {
        match self {
            Self::CredentialsMissing { .. } => "credentials_missing",
            Self::CredentialsInvalid { .. } => "credentials_invalid",
            Self::CallerUnknown => "caller_unknown",
            Self::TokenKeysUnavailable => "token_keys_unavailable",
            Self::ScopeMissing { .. } => "scope_missing",
            Self::ActorMissing => "actor_missing",
            Self::NobodyActs { .. } => "nobody_acts",
            Self::Malformed(_) => "malformed",
            Self::EncodingUnknown => "encoding_unknown",
            Self::MessageTooLarge { .. } => "message_too_large",
            Self::MethodUnknown => "method_unknown",
            Self::CallerOverloaded { .. } => "caller_overloaded",
            Self::ActorOverloaded { .. } => "actor_overloaded",
            Self::TooManyStreams { .. } => "too_many_streams",
            Self::AnswersUntaken { .. } => "answers_untaken",
            Self::Overloaded => "overloaded",
            Self::Draining => "draining",
            Self::DeadlineExceeded => "deadline_exceeded",
            Self::NotArrived => "not_arrived",
            Self::Internal(_) => "internal",
        }
    }
}
