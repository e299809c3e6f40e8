//! What a call can fail with.
//!
//! Rules refuse with a [`Refusal`], the edge with an [`EdgeError`], the database fails with a [`roster_store::Error`]; all
//! become an [`Error`] with `?`, and [`super::status`] alone makes answers of them. The text of an [`Error`] is what the client reads: it holds
//! no secret, no address, and nothing of the database.

use roster_domain::Refusal;
use roster_store::ErrorKind;

use crate::edge_error::{EdgeError, INTERNAL_TEXT};
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
    /// The method concerns a person in all products, and the calling service serves only some.
    #[error(
        "this concerns a person under every policy, and the calling service is not bound to all of them: whoever runs \
         it can bind it"
    )]
    NotEveryPolicy,
    /// The edge refused, or whom the call comes from.
    #[error("{0}")]
    Edge(EdgeError),
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

impl From<EdgeError> for Error {
    fn from(error: EdgeError) -> Self {
        Self::Edge(error)
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
