//! The two ways to run the service; every behaviour is tested on both.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

/// What the service keeps its data in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// SQLite and in-process stores.
    Embedded,
    /// Postgres and Redis.
    Full,
}

/// Runs a test on both kinds, on the second even if it failed on the first, and says on which it failed.
pub async fn both(body: impl AsyncFn(Kind)) {
    let mut failed = Vec::new();
    for kind in [Kind::Embedded, Kind::Full] {
        let mut run = pin!(body(kind));
        let outcome =
            poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| run.as_mut().poll(context))) {
                Ok(poll) => poll.map(Ok),
                Err(panic) => Poll::Ready(Err(panic)),
            })
            .await;
        if outcome.is_err() {
            eprintln!("the failure above was on {kind:?}");
            failed.push(kind);
        }
    }
    assert!(failed.is_empty(), "failed on {failed:?}; the messages above say how");
}
