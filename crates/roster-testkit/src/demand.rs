//! What a refusal must look like on the wire.

use std::collections::HashMap;

use roster_proto::v1::ErrorReason;
use tonic::{Code, Status};
use tonic_types::StatusExt;

/// A refusal, taken apart.
#[derive(Debug)]
pub struct Refused {
    /// The gRPC code.
    pub code: Code,
    /// The text for people.
    pub message: String,
    /// The reason's full name.
    pub reason: String,
    /// What `ErrorInfo` adds to it.
    pub metadata: HashMap<String, String>,
    /// The paths of the fields that were wrong, as given.
    pub fields: Vec<String>,
    /// Whether it says when to try again.
    pub retry: bool,
}

/// Takes a refusal apart; fails if the call succeeded or if the refusal is not formed as the contract says.
#[track_caller]
pub fn refused<T>(outcome: Result<T, Status>) -> Refused {
    let Err(status) = outcome else { panic!("the call succeeded, a refusal was expected") };
    let details = status.get_error_details();
    let infos = status.get_details_error_info();
    let info = infos.unwrap_or_else(|| panic!("a refusal has an ErrorInfo, not so {status:?}"));
    assert_eq!(info.domain, "roster.v1", "of {status:?}");
    assert!(!status.message().is_empty(), "a refusal says something to people: {status:?}");
    let fields =
        details.bad_request().map(|bad| bad.field_violations.iter().map(|v| v.field.clone()).collect());
    Refused {
        code: status.code(),
        message: status.message().to_owned(),
        reason: info.reason,
        metadata: info.metadata,
        fields: fields.unwrap_or_default(),
        retry: details.retry_info().is_some(),
    }
}

/// Fails unless the call was refused for that reason, with the code that belongs to it.
#[track_caller]
pub fn assert_refused<T>(outcome: Result<T, Status>, reason: ErrorReason) -> Refused {
    let refused = refused(outcome);
    assert_eq!(refused.reason, reason.as_str_name(), "{refused:?}");
    assert_eq!(refused.code, code_of(reason), "{refused:?}");
    refused
}

/// Fails unless the call was refused for these very fields, each named once; the paths are given in alphabetical order.
#[track_caller]
pub fn assert_invalid<T>(what: &str, outcome: Result<T, Status>, fields: &[&str]) {
    let mut refused = assert_refused(outcome, ErrorReason::FieldInvalid);
    refused.fields.sort();
    assert_eq!(refused.fields, fields, "{what}: {}", refused.message);
}

/// The gRPC code that a reason goes with, as the comments of the contract name it.
#[must_use]
pub fn code_of(reason: ErrorReason) -> Code {
    use ErrorReason as R;
    match reason {
        R::Unspecified => Code::Ok,
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
        R::Internal => Code::Internal,
        R::MethodUnknown | R::EncodingUnknown => Code::Unimplemented,
    }
}
