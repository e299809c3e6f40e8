//! Turns a panic into an answer. Without this the stream is reset, and the client cannot tell that from a network
//! that failed.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

use super::{Inner, Request, Response, Step, proceed, refuse};
use crate::rpc::error::Error;

/// See the module.
#[derive(Debug)]
pub struct Catch;

impl Step for Catch {
    async fn around<S: Inner>(&self, request: Request, inner: S) -> Response {
        let mut answer = pin!(proceed(inner, request));
        // A handler owns what it works on, and drops it here: nothing half-changed is looked at afterwards.
        let caught = poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| answer.as_mut().poll(cx))) {
            Ok(polled) => polled.map(Some),
            Err(_) => Poll::Ready(None),
        });
        // What was said and where is logged by the hook that telemetry installs.
        caught.await.unwrap_or_else(|| refuse(Error::Internal("a handler panicked")))
    }
}
