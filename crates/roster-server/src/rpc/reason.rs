//! Which error has which reason, and which reason which gRPC code.

use roster_domain::Refusal;
use roster_proto::v1::ErrorReason;
use roster_store::ErrorKind;
use tonic::Code;

use super::error::Error;
use crate::edge_error::EdgeError;

/// The one gRPC code of a reason.
#[must_use]
pub fn code(reason: ErrorReason) -> Code {
    use ErrorReason as R;
    match reason {
        R::CredentialsMissing | R::CredentialsInvalid | R::ActorMissing => Code::Unauthenticated,
        R::TeamNotAccessible
        | R::RoleLacksPermission
        | R::RoleNotAssignable
        | R::RoleNotManageable
        | R::ActorSuspended
        | R::CallerNotAllowed
        | R::BeyondOwnAccess
        | R::NotTheHolder
        | R::EmailMismatch => Code::PermissionDenied,
        R::FieldInvalid
        | R::PageTokenInvalid
        | R::RequestIdReused
        | R::RoleUnknown
        | R::KindUnknown
        | R::TierUnknown
        | R::GrantsNotAllowed
        | R::MessageTooLarge => Code::InvalidArgument,
        R::MemberNotFound
        | R::InviteLinkNotFound
        | R::InviteNotFound
        | R::PolicyNotFound
        | R::TeamCodeNotFound
        | R::InvitationNotFound => Code::NotFound,
        R::AlreadyMember | R::InvitationPending | R::ExternalIdTaken => Code::AlreadyExists,
        R::LastHolder
        | R::SoleRole
        | R::OwnRole
        | R::OwnRemoval
        | R::Suspended
        | R::Removed
        | R::Expired
        | R::Revoked
        | R::MakerGone
        | R::MethodNotInPolicy
        | R::OwnSuspension
        | R::LeavingNotAllowed
        | R::PersonalTeam
        | R::NotTransferable
        | R::Exhausted
        | R::StillActive
        | R::NotPending
        | R::EmailNotVerified
        | R::OwnAccess
        | R::MailNotConfigured
        | R::ErasureBlocked
        | R::PolicyNotServed => Code::FailedPrecondition,
        R::CapReached | R::Overloaded | R::NoSeat | R::RateLimited => Code::ResourceExhausted,
        R::EtagMismatch | R::LockTimeout => Code::Aborted,
        R::DependencyUnavailable | R::Draining => Code::Unavailable,
        R::DeadlineExceeded => Code::DeadlineExceeded,
        R::Internal | R::Unspecified => Code::Internal,
        R::MethodUnknown | R::EncodingUnknown => Code::Unimplemented,
    }
}

/// The reason of an error.
#[must_use]
pub fn reason(error: &Error) -> ErrorReason {
    match error {
        Error::Refusal(refusal) => of_refusal(refusal),
        Error::Store(error) => match error.kind() {
            ErrorKind::Unavailable | ErrorKind::OutcomeUnknown => ErrorReason::DependencyUnavailable,
            ErrorKind::LockTimeout => ErrorReason::LockTimeout,
            ErrorKind::DeadlinePassed => ErrorReason::DeadlineExceeded,
            ErrorKind::ExternalIdTaken => ErrorReason::ExternalIdTaken,
            ErrorKind::Internal => ErrorReason::Internal,
        },
        Error::Invalid(_) => ErrorReason::FieldInvalid,
        Error::PageToken => ErrorReason::PageTokenInvalid,
        Error::RequestIdReused => ErrorReason::RequestIdReused,
        Error::InviteNotFound => ErrorReason::InviteNotFound,
        Error::RateLimited(_) => ErrorReason::RateLimited,
        Error::MailNotConfigured => ErrorReason::MailNotConfigured,
        Error::PolicyNotFound => ErrorReason::PolicyNotFound,
        Error::NotEveryPolicy => ErrorReason::CallerNotAllowed,
        Error::Edge(error) => of_edge(error),
        Error::Internal(_) => ErrorReason::Internal,
    }
}

fn of_edge(error: &EdgeError) -> ErrorReason {
    match error {
        EdgeError::CredentialsMissing { .. } => ErrorReason::CredentialsMissing,
        EdgeError::CredentialsInvalid { .. } => ErrorReason::CredentialsInvalid,
        EdgeError::ActorMissing | EdgeError::NobodyActs { .. } => ErrorReason::ActorMissing,
        EdgeError::ScopeMissing { .. } | EdgeError::CallerUnknown => ErrorReason::CallerNotAllowed,
        EdgeError::TokenKeysUnavailable => ErrorReason::DependencyUnavailable,
        EdgeError::Malformed(_) => ErrorReason::FieldInvalid,
        // The protocol demands UNIMPLEMENTED for a compression that is not supported.
        EdgeError::EncodingUnknown => ErrorReason::EncodingUnknown,
        EdgeError::MethodUnknown => ErrorReason::MethodUnknown,
        EdgeError::MessageTooLarge { .. } => ErrorReason::MessageTooLarge,
        EdgeError::Overloaded
        | EdgeError::CallerOverloaded { .. }
        | EdgeError::ActorOverloaded { .. }
        | EdgeError::AnswersUntaken { .. }
        | EdgeError::TooManyStreams { .. } => ErrorReason::Overloaded,
        EdgeError::Draining => ErrorReason::Draining,
        EdgeError::DeadlineExceeded | EdgeError::NotArrived => ErrorReason::DeadlineExceeded,
        EdgeError::Internal(_) => ErrorReason::Internal,
    }
}

fn of_refusal(refusal: &Refusal) -> ErrorReason {
    match refusal {
        Refusal::TeamNotAccessible => ErrorReason::TeamNotAccessible,
        Refusal::ActorSuspended => ErrorReason::ActorSuspended,
        Refusal::RoleLacksPermission { .. } => ErrorReason::RoleLacksPermission,
        Refusal::RoleNotAssignable { .. } => ErrorReason::RoleNotAssignable,
        Refusal::RoleNotManageable { .. } => ErrorReason::RoleNotManageable,
        Refusal::BeyondOwnAccess { .. } => ErrorReason::BeyondOwnAccess,
        Refusal::NotTheHolder { .. } => ErrorReason::NotTheHolder,
        Refusal::EmailMismatch => ErrorReason::EmailMismatch,
        Refusal::RoleUnknown { .. } | Refusal::KindRoleUnknown { .. } => ErrorReason::RoleUnknown,
        Refusal::KindUnknown { .. } => ErrorReason::KindUnknown,
        Refusal::TierUnknown { .. } => ErrorReason::TierUnknown,
        Refusal::GrantsNotAllowed { .. } | Refusal::GrantRoleNotAllowed { .. } => {
            ErrorReason::GrantsNotAllowed
        }
        Refusal::JoinTimeAhead | Refusal::LifetimeNotOffered => ErrorReason::FieldInvalid,
        Refusal::MemberNotFound => ErrorReason::MemberNotFound,
        Refusal::InviteLinkNotFound => ErrorReason::InviteLinkNotFound,
        Refusal::TeamCodeNotFound => ErrorReason::TeamCodeNotFound,
        Refusal::InvitationNotFound => ErrorReason::InvitationNotFound,
        Refusal::AlreadyMember => ErrorReason::AlreadyMember,
        Refusal::InvitationPending { .. } => ErrorReason::InvitationPending,
        Refusal::ExternalIdTaken { .. } => ErrorReason::ExternalIdTaken,
        Refusal::LastHolder { .. } => ErrorReason::LastHolder,
        Refusal::SoleRole { .. } => ErrorReason::SoleRole,
        Refusal::OwnRole => ErrorReason::OwnRole,
        Refusal::OwnAccess => ErrorReason::OwnAccess,
        Refusal::OwnRemoval => ErrorReason::OwnRemoval,
        Refusal::OwnSuspension => ErrorReason::OwnSuspension,
        Refusal::LeavingNotAllowed => ErrorReason::LeavingNotAllowed,
        Refusal::PersonalTeam => ErrorReason::PersonalTeam,
        Refusal::NotTransferable { .. } => ErrorReason::NotTransferable,
        Refusal::Suspended => ErrorReason::Suspended,
        Refusal::Removed => ErrorReason::Removed,
        Refusal::Expired => ErrorReason::Expired,
        Refusal::Revoked => ErrorReason::Revoked,
        Refusal::Exhausted => ErrorReason::Exhausted,
        Refusal::StillActive => ErrorReason::StillActive,
        Refusal::NotPending { .. } => ErrorReason::NotPending,
        Refusal::EmailNotVerified => ErrorReason::EmailNotVerified,
        Refusal::MakerGone => ErrorReason::MakerGone,
        Refusal::MethodNotInPolicy { .. } => ErrorReason::MethodNotInPolicy,
        Refusal::NoSeat { .. } => ErrorReason::NoSeat,
        Refusal::CapReached { .. } => ErrorReason::CapReached,
        Refusal::ErasureBlocked { .. } => ErrorReason::ErasureBlocked,
        Refusal::PolicyNotServed { .. } => ErrorReason::PolicyNotServed,
        Refusal::EtagMismatch => ErrorReason::EtagMismatch,
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use super::*;

    const CONTRACT: &str = include_str!("../../../../proto/roster/v1/error_reason.proto");
    const DOCUMENT: &str = include_str!("../../../../docs/errors.md");

    /// The contract's reasons in its order: name, code and what the comment says after the code.
    fn contract() -> Vec<(String, String, String)> {
        let mut found = vec![];
        let mut comment = String::new();
        for line in CONTRACT.lines().map(str::trim) {
            if let Some(text) = line.strip_prefix("// ") {
                write!(comment, "{text} ").expect("a string takes text");
            } else if let Some((name, _)) =
                line.split_once(" = ").filter(|_| line.starts_with("ERROR_REASON_"))
            {
                let (code, meaning) = comment.trim().split_once(". ").unwrap_or_default();
                found.push((name.to_owned(), code.to_owned(), meaning.to_owned()));
                comment.clear();
            } else {
                comment.clear();
            }
        }
        found.remove(0);
        found
    }

    fn code_name(code: Code) -> String {
        let mut name = String::new();
        for c in format!("{code:?}").chars() {
            if c.is_uppercase() && !name.is_empty() {
                name.push('_');
            }
            name.push(c.to_ascii_uppercase());
        }
        name
    }

    #[test]
    fn every_reason_has_the_code_that_the_contract_names() {
        let reasons = contract();
        assert!(reasons.len() > 30, "the contract was read");
        for (name, expected, _) in reasons {
            let reason = ErrorReason::from_str_name(&name).expect(&name);
            assert_eq!(code_name(code(reason)), expected, "{name}");
        }
    }

    #[test]
    fn the_document_has_a_row_for_every_reason() {
        let mut table = String::from("| reason | code | when |\n| --- | --- | --- |\n");
        for (name, code, meaning) in contract() {
            writeln!(table, "| `{name}` | {code} | {meaning} |").expect("a string takes text");
        }
        assert!(DOCUMENT.contains(&table), "the table of docs/errors.md must read:\n{table}");
    }
}
