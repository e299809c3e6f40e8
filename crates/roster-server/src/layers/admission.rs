//! Lets calls in while there is room and the service is not stopping. Health checks always pass: they must tell a
//! busy service from a dead one.
//!
//! What is let in runs in a task of its own, to its end: a client that goes away, or a deadline that passes, must not
//! stop a transaction between two statements. Dropped there it would leave its connection in a state that nobody
//! expects, and its place in a team's queue to a call that then waits in the database instead. How long a task can
//! take is bounded by the database's time-outs, and where the database is frozen by a minute; its place here is taken
//! until then, and no longer: a client that does not take its answer holds up nobody.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::Instant;
use tracing::Instrument;

use super::deadline::AnsweredBy;
use super::{Inner, Request, Response, Step, proceed, refuse};
use crate::request_id::{self, RequestId};
use crate::rpc::classify::{self, Access};
use crate::rpc::error::Error;

/// The longest that what was let in may take, unless its answer is due later: far beyond every time-out of the database
/// and of the token store, so that only what hangs meets it.
const LONGEST: Duration = Duration::from_mins(1);

/// Counts the calls in flight. Clones are the same gate.
#[derive(Clone, Debug)]
pub struct Gate(Arc<State>);

#[derive(Debug)]
struct State {
    permits: Arc<Semaphore>,
    limit: u32,
    closed: AtomicBool,
}

impl Gate {
    /// Lets in `limit` calls at once.
    #[must_use]
    pub fn new(limit: u32) -> Self {
        let permits = Arc::new(Semaphore::new(usize::try_from(limit).unwrap_or(Semaphore::MAX_PERMITS)));
        Self(Arc::new(State { permits, limit, closed: AtomicBool::new(false) }))
    }

    /// Lets no more calls in: the service is stopping.
    pub fn close(&self) {
        self.0.closed.store(true, Ordering::Release);
    }

    /// Waits until the last call has left.
    pub async fn empty(&self) {
        // All permits at once can be had only when nobody holds one. An error would mean that the semaphore is
        // closed, which nothing does.
        drop(self.0.permits.acquire_many(self.0.limit).await);
    }
}

impl Step for Gate {
    async fn around<S: Inner>(&self, request: Request, inner: S) -> Response {
        let method = classify::method(request.uri().path());
        if method.is_some_and(classify::Method::is_health) {
            return proceed(inner, request).await;
        }
        // Who makes calls only to take them back sends both together. The library looks for that between two polls, and
        // drops the call here, before anything is begun that would run to its end.
        tokio::task::yield_now().await;
        if self.0.closed.load(Ordering::Acquire) {
            return refuse(Error::Draining);
        }
        let Ok(permit) = Arc::clone(&self.0.permits).try_acquire_owned() else {
            return refuse(Error::Overloaded);
        };
        // A reflection stream stays open as long as its client likes, and changes nothing.
        if method.is_none_or(|method| method.access == Access::Public) {
            return proceed(inner, request).await;
        }
        let request_id = request.extensions().get::<RequestId>().cloned().unwrap_or_else(RequestId::generate);
        let by = request.extensions().get::<AnsweredBy>().map(|by| by.0);
        let answer = request_id::scope(request_id, async move {
            let _permit = permit;
            let end = Instant::now() + LONGEST;
            let end = by.map_or(end, |by| end.max(by));
            let work = roster_store::deadline::scope(by, proceed(inner, request));
            let answer = tokio::time::timeout_at(end, work).await;
            answer.unwrap_or_else(|_| refuse(Error::DeadlineExceeded))
        });
        match tokio::spawn(answer.in_current_span()).await {
            Ok(response) => response,
            // The task is never aborted; a panic goes on to the step that answers it.
            Err(failed) => match failed.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => refuse(Error::Draining),
            },
        }
    }
}
