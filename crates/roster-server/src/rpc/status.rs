//! The one place where a [`Status`] is made.
//!
//! Every answer that is an error carries an `ErrorInfo` with a reason of the contract, and the details that belong to
//! its code. Faults of the service are logged here, once, since every error passes here once.

use std::collections::HashMap;
use std::time::Duration;

use prost::Message;
use roster_domain::{PolicyName, Refusal};
use roster_proto::v1::ErrorReason;
use tonic::metadata::{MetadataMap, MetadataValue};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, StatusExt};

use super::error::Error;
use super::reason::{code, reason};
use crate::edge_error::EdgeError;
use crate::request_id;

/// The domain of every `ErrorInfo`.
const DOMAIN: &str = "roster.v1";

/// How many of the teams that block an erasure are named: what is told in trailers has to fit into a few kilobytes.
const BLOCKED_NAMED: usize = 25;

/// When to try again, for gRPC's own retries: in milliseconds.
const PUSHBACK: &str = "grpc-retry-pushback-ms";

impl From<EdgeError> for Status {
    fn from(error: EdgeError) -> Self {
        Error::Edge(error).into()
    }
}

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        log(&error);
        build(&error)
    }
}

/// An error of one row of a batch, as a call of its own would get it.
pub(super) fn of_row(error: Error) -> tonic_types::pb::Status {
    let status = Status::from(error);
    // The details are this very message, encoded.
    tonic_types::pb::Status::decode(status.details()).unwrap_or_else(|_| tonic_types::pb::Status {
        code: status.code().into(),
        message: status.message().to_owned(),
        details: Vec::new(),
    })
}

/// Logs what is the service's own fault. Never with `Debug`: a database's error may show data there.
fn log(error: &Error) {
    match (reason(error), error) {
        (ErrorReason::Internal, Error::Store(error)) => tracing::error!(%error, "a call failed in the store"),
        (ErrorReason::Internal, Error::Internal(what) | Error::Edge(EdgeError::Internal(what))) => {
            tracing::error!(error = what, "a call failed");
        }
        // That is between the client and its patience.
        (ErrorReason::DeadlineExceeded, _) => {}
        // The store has said so once, for all of them.
        (_, Error::Store(error)) if error.is_away() => {}
        (_, Error::Store(error)) => tracing::warn!(%error, "the store could not serve a call"),
        _ => {}
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place where a status is made")]
fn build(error: &Error) -> Status {
    let reason = reason(error);
    let code = code(reason);
    let text = error.to_string();
    let mut details = ErrorDetails::new();
    details.set_error_info(reason.as_str_name(), DOMAIN, info(error, reason));
    match error {
        Error::Invalid(violations) => {
            let violations: Vec<FieldViolation> = violations
                .iter()
                .map(|violation| FieldViolation::new(&violation.field, &violation.description))
                .collect();
            details.set_bad_request(violations);
        }
        Error::Edge(EdgeError::Malformed(_)) => {
            details.add_bad_request_violation("", &text);
        }
        Error::Refusal(Refusal::CapReached { cap, .. }) => {
            details.add_quota_failure_violation(cap.key(), &text);
        }
        Error::Refusal(Refusal::NoSeat { .. }) => {
            details.add_quota_failure_violation("seats", &text);
        }
        Error::Refusal(Refusal::JoinTimeAhead) => {
            details.add_bad_request_violation("join_time", &text);
        }
        Error::Refusal(Refusal::LifetimeNotOffered) => {
            details.add_bad_request_violation("lifetime", &text);
        }
        Error::RateLimited(exceeded) => {
            details.add_quota_failure_violation(exceeded.budget, &text);
        }
        Error::Refusal(Refusal::ErasureBlocked { teams }) => {
            for (team, dependence) in teams.iter().take(BLOCKED_NAMED) {
                let what = format!("the person {dependence}");
                details.add_precondition_failure_violation(reason.as_str_name(), team.to_string(), what);
            }
        }
        Error::Refusal(refusal) if code == Code::FailedPrecondition => {
            details.add_precondition_failure_violation(reason.as_str_name(), subject(refusal), &text);
        }
        Error::MailNotConfigured => {
            details.add_precondition_failure_violation(reason.as_str_name(), "mail", &text);
        }
        _ => {}
    }
    let mut metadata = MetadataMap::new();
    if let Some(delay) = retry_delay(error, reason) {
        details.set_retry_info(Some(delay));
        metadata.insert(PUSHBACK, MetadataValue::from(u64::try_from(delay.as_millis()).unwrap_or(u64::MAX)));
    }
    Status::with_error_details_and_metadata(code, text, details, metadata)
}

/// When it makes sense to send the same request again; `None` where waiting alone does not help.
fn retry_delay(error: &Error, reason: ErrorReason) -> Option<Duration> {
    if let Error::RateLimited(exceeded) = error {
        return Some(exceeded.retry_after);
    }
    match reason {
        ErrorReason::LockTimeout | ErrorReason::Draining => Some(Duration::from_millis(100)),
        ErrorReason::Overloaded => Some(Duration::from_millis(500)),
        ErrorReason::DependencyUnavailable => Some(Duration::from_secs(1)),
        _ => None,
    }
}

/// The metadata of the `ErrorInfo`: stable keys, documented in the contract beside the reasons.
fn info(error: &Error, reason: ErrorReason) -> HashMap<String, String> {
    let pairs: Vec<(&str, String)> = match error {
        Error::Refusal(refusal) => refusal_info(refusal),
        Error::Edge(error) if reason != ErrorReason::Internal => edge_info(error),
        Error::RateLimited(exceeded) => {
            vec![("budget", exceeded.budget.to_owned()), ("limit", exceeded.limit.to_string())]
        }
        _ if reason == ErrorReason::Internal => {
            request_id::current().map(|id| ("request_id", id.to_string())).into_iter().collect()
        }
        _ => vec![],
    };
    pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

fn edge_info(error: &EdgeError) -> Vec<(&'static str, String)> {
    match error {
        EdgeError::CredentialsMissing { header } | EdgeError::CredentialsInvalid { header, .. } => {
            vec![("header", (*header).to_owned())]
        }
        EdgeError::ScopeMissing { scope } => vec![("scope", (*scope).to_owned())],
        EdgeError::CallerOverloaded { limit }
        | EdgeError::ActorOverloaded { limit }
        | EdgeError::AnswersUntaken { limit }
        | EdgeError::TooManyStreams { limit } => vec![("limit", limit.to_string())],
        EdgeError::MessageTooLarge { limit } => vec![("limit", limit.to_string())],
        _ => vec![],
    }
}

fn refusal_info(refusal: &Refusal) -> Vec<(&'static str, String)> {
    match refusal {
        Refusal::RoleLacksPermission { role, permission } => {
            vec![("actor_role", role.to_string()), ("permission", (*permission).to_owned())]
        }
        Refusal::RoleNotAssignable { actor_role, role } => {
            vec![("actor_role", actor_role.to_string()), ("role", role.to_string())]
        }
        Refusal::RoleNotManageable { actor_role, target_role } => {
            vec![("actor_role", actor_role.to_string()), ("target_role", target_role.to_string())]
        }
        Refusal::RoleUnknown { policy, role } => {
            vec![("policy", policy.to_string()), ("role", role.to_string())]
        }
        Refusal::LastHolder { role }
        | Refusal::SoleRole { role }
        | Refusal::NotTheHolder { role }
        | Refusal::NotTransferable { role } => vec![("role", role.to_string())],
        Refusal::BeyondOwnAccess { kind } => vec![("kind", kind.to_string())],
        Refusal::KindUnknown { policy, kind } => {
            vec![("policy", policy.to_string()), ("kind", kind.to_string())]
        }
        Refusal::TierUnknown { policy, tier } => {
            vec![("policy", policy.to_string()), ("tier", tier.to_string())]
        }
        Refusal::KindRoleUnknown { kind, role }
        | Refusal::GrantsNotAllowed { role, kind }
        | Refusal::GrantRoleNotAllowed { role, kind, .. } => {
            vec![("kind", kind.to_string()), ("role", role.to_string())]
        }
        Refusal::InvitationPending { invitation } => vec![("invitation_id", invitation.to_string())],
        Refusal::ExternalIdTaken { team } => vec![("team_id", team.to_string())],
        Refusal::NotPending { state } => vec![("state", format!("{state:?}").to_uppercase())],
        Refusal::ErasureBlocked { teams } => vec![("teams", teams.len().to_string())],
        Refusal::PolicyNotServed { policies } => {
            let names: Vec<&str> = policies.iter().map(PolicyName::as_str).collect();
            vec![("policies", names.join(","))]
        }
        Refusal::NoSeat { limit } => vec![("limit", limit.to_string())],
        Refusal::MethodNotInPolicy { method } => vec![("method", (*method).to_owned())],
        Refusal::CapReached { cap, limit } => {
            vec![("cap", cap.key().to_owned()), ("limit", limit.to_string())]
        }
        _ => vec![],
    }
}

/// What a violated precondition is about.
fn subject(refusal: &Refusal) -> &str {
    match refusal {
        Refusal::LastHolder { role } | Refusal::SoleRole { role } | Refusal::NotTransferable { role } => {
            role.as_str()
        }
        Refusal::MethodNotInPolicy { method } => method,
        Refusal::OwnRole
        | Refusal::OwnRemoval
        | Refusal::OwnSuspension
        | Refusal::OwnAccess
        | Refusal::LeavingNotAllowed
        | Refusal::Suspended
        | Refusal::Removed => "member",
        Refusal::PersonalTeam => "team",
        Refusal::PolicyNotServed { .. } => "enabled_policies",
        _ => "invite",
    }
}

#[cfg(test)]
mod tests {
    use roster_domain::{PolicyName, RoleName};

    use roster_domain::refusal::Cap;

    use super::*;
    use crate::rpc::error::Violation;

    fn role(name: &str) -> RoleName {
        RoleName::parse(name).expect("a role's name")
    }

    fn answer(error: impl Into<Error>) -> (Status, ErrorDetails) {
        let status = Status::from(error.into());
        let details = status.get_error_details();
        (status, details)
    }

    #[test]
    fn refusals_carry_reason_code_and_metadata() {
        let check = |refusal: Refusal, code: Code, reason: &str, metadata: &[(&str, &str)]| {
            let text = refusal.to_string();
            let (status, details) = answer(refusal);
            let info = details.error_info().expect("every error has one");
            assert_eq!((status.code(), status.message()), (code, text.as_str()));
            assert_eq!((info.reason.as_str(), info.domain.as_str()), (reason, "roster.v1"));
            let expected = metadata
                .iter()
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
                .collect::<HashMap<_, _>>();
            assert_eq!(info.metadata, expected, "{reason}");
        };
        check(Refusal::TeamNotAccessible, Code::PermissionDenied, "ERROR_REASON_TEAM_NOT_ACCESSIBLE", &[]);
        check(
            Refusal::RoleLacksPermission { role: role("viewer"), permission: "members.read" },
            Code::PermissionDenied,
            "ERROR_REASON_ROLE_LACKS_PERMISSION",
            &[("actor_role", "viewer"), ("permission", "members.read")],
        );
        check(
            Refusal::RoleNotManageable { actor_role: role("editor"), target_role: role("boss") },
            Code::PermissionDenied,
            "ERROR_REASON_ROLE_NOT_MANAGEABLE",
            &[("actor_role", "editor"), ("target_role", "boss")],
        );
        check(
            Refusal::RoleUnknown { policy: PolicyName::parse("guild").expect("a name"), role: role("boss") },
            Code::InvalidArgument,
            "ERROR_REASON_ROLE_UNKNOWN",
            &[("policy", "guild"), ("role", "boss")],
        );
        check(
            Refusal::LastHolder { role: role("boss") },
            Code::FailedPrecondition,
            "ERROR_REASON_LAST_HOLDER",
            &[("role", "boss")],
        );
        check(
            Refusal::CapReached { cap: Cap::LiveLinksPerTeam, limit: 20 },
            Code::ResourceExhausted,
            "ERROR_REASON_CAP_REACHED",
            &[("cap", "live_links_per_team"), ("limit", "20")],
        );
        check(Refusal::EtagMismatch, Code::Aborted, "ERROR_REASON_ETAG_MISMATCH", &[]);
    }

    #[test]
    fn a_missing_scope_is_named() {
        let (status, details) = answer(EdgeError::ScopeMissing { scope: "tiers.set" });
        let info = details.error_info().expect("every error has one");
        assert_eq!(
            (status.code(), info.reason.as_str()),
            (Code::PermissionDenied, "ERROR_REASON_CALLER_NOT_ALLOWED")
        );
        assert_eq!(info.metadata, HashMap::from([("scope".to_owned(), "tiers.set".to_owned())]));
        assert!(status.message().contains("tiers.set"), "{}", status.message());
    }

    #[test]
    fn details_follow_the_code() {
        let (_, details) = answer(Refusal::LastHolder { role: role("boss") });
        let violation = &details.precondition_failure().expect("one").violations[0];
        assert_eq!(
            (violation.r#type.as_str(), violation.subject.as_str()),
            ("ERROR_REASON_LAST_HOLDER", "boss")
        );

        let (_, details) = answer(Refusal::CapReached { cap: Cap::TeamsPerUserAndDay, limit: 1 });
        assert_eq!(details.quota_failure().expect("one").violations[0].subject, "teams_per_user_and_day");
        assert!(details.retry_info().is_none(), "waiting does not help");

        let (status, details) = answer(vec![
            Violation::new("team_id", "must be a team's id"),
            Violation::new("page_size", "must not be negative"),
        ]);
        assert_eq!(status.message(), "team_id must be a team's id; page_size must not be negative");
        let fields = &details.bad_request().expect("one").field_violations;
        assert_eq!(fields.iter().map(|one| one.field.as_str()).collect::<Vec<_>>(), ["team_id", "page_size"]);
    }

    #[test]
    fn what_may_be_retried_says_when() {
        let (status, details) = answer(EdgeError::Overloaded);
        assert_eq!(status.code(), Code::ResourceExhausted);
        assert_eq!(details.retry_info().and_then(|info| info.retry_delay), Some(Duration::from_millis(500)));
        assert_eq!(status.metadata().get(PUSHBACK).and_then(|value| value.to_str().ok()), Some("500"));
        let (status, _) = answer(EdgeError::DeadlineExceeded);
        assert!(status.metadata().get(PUSHBACK).is_none());
    }

    #[tokio::test]
    async fn a_fault_tells_nothing_but_where_to_look() {
        let id = request_id::RequestId::parse("call-7").expect("a valid id");
        let (status, details) =
            request_id::scope(id, async { answer(Error::Internal("the secret cause")) }).await;
        assert_eq!(status.code(), Code::Internal);
        assert!(!status.message().contains("cause"));
        assert_eq!(details.error_info().expect("one").metadata["request_id"], "call-7");
    }
}
