//! Turns a panic into an answer. Without this the stream is reset, and the client cannot tell that from a network
//! that failed.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

use crate::edge_error::EdgeError;

/// What `work` comes to, or the error for a panic of it. What was said and where is logged by the hook that telemetry
/// installs.
pub(super) async fn caught<T>(work: impl Future<Output = Result<T, EdgeError>>) -> Result<T, EdgeError> {
    let mut work = pin!(work);
    // A handler owns what it works on, and drops it here: nothing half-changed is looked at afterwards.
    poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(cx))) {
        Ok(polled) => polled,
        Err(_) => Poll::Ready(Err(EdgeError::Internal("a handler panicked"))),
    })
    .await
}
