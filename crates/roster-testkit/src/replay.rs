//! Request ids, and answers that are given again.

use std::fmt::Debug;

use roster_proto::v1::CreateInviteLinkResponse;
use tonic::Response;
use uuid::Uuid;

/// A new request id.
#[must_use]
pub fn request_id() -> String {
    Uuid::now_v7().to_string()
}

/// Whether the answer is that of an earlier call.
#[must_use]
pub fn is_replay<T>(response: &Response<T>) -> bool {
    response.metadata().get("x-idempotent-replay").is_some_and(|value| value == "true")
}

/// Fails unless the second answer is the first, given again.
#[track_caller]
pub fn assert_replayed<T: PartialEq + Debug>(first: &Response<T>, again: &Response<T>) {
    assert!(!is_replay(first), "the first is no replay");
    assert!(is_replay(again), "the second is a replay");
    assert_eq!(first.get_ref(), again.get_ref());
}

/// Fails unless both answers are of the same link and show its token. They are compared without printing that.
#[track_caller]
pub fn assert_same_link(
    first: &Response<CreateInviteLinkResponse>,
    again: &Response<CreateInviteLinkResponse>,
) {
    let (first, again) = (first.get_ref(), again.get_ref());
    assert_eq!((&first.invite_link, first.revision), (&again.invite_link, again.revision));
    assert!(!first.token.is_empty() && first.token == again.token, "the very token");
}
