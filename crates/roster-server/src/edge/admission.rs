//! Lets calls in while there is room and the service is not stopping. Probes always pass: they must tell a busy service
//! from a dead one.
//!
//! What changes something runs in a task of its own, to its end: a client that goes away, or a deadline that passes, must
//! not stop a transaction between two statements, and a change whose client is gone is still wanted by the next. How long
//! a task can take is bounded by the database's time-outs, and where the database is frozen by a minute; its place here
//! is taken until then, and no longer: a client that does not take its answer holds up no other.
//!
//! A read is dropped with its caller, but for a part of it that counts something. What it had begun goes on to its end in the database: until then, its connection
//! and its place are kept by the store.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::Duration;

use roster_store::deadline as store;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;
use tracing::Instrument;

use crate::edge_error::EdgeError;
use crate::request_id::{self, RequestId};

/// The longest that what runs to its end may take, unless its answer is due later: far beyond every time-out of the
/// database and of the token store, so that only what hangs meets it.
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
        // All permits at once can be had only when none is held. An error would mean that the semaphore is
        // closed, which nothing does.
        drop(self.0.permits.acquire_many(self.0.limit).await);
    }

    /// A place for a call, if there is one.
    pub(super) fn enter(&self) -> Result<OwnedSemaphorePermit, EdgeError> {
        if self.0.closed.load(Ordering::Acquire) {
            return Err(EdgeError::Draining);
        }
        Arc::clone(&self.0.permits).try_acquire_owned().map_err(|_| EdgeError::Overloaded)
    }
}

/// Lets the library look, once, whether the call was taken back. Who makes calls only to take them back sends both
/// together; the library looks for that between two polls, and drops the call here, before anything is begun.
pub(super) async fn look_for_reset() {
    let mut looked = false;
    poll_fn(|cx| {
        if std::mem::replace(&mut looked, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Runs a part of a call to its end that is dropped with its client or at its deadline otherwise: it has what the call holds,
/// and as much time as anything.
pub(crate) async fn part_to_its_end<T: Send + 'static>(
    request_id: RequestId,
    part: impl Future<Output = T> + Send + 'static,
) -> Result<T, EdgeError> {
    to_its_end(request_id, Instant::now(), store::scope(None, store::held(), part)).await
}

/// Runs `work` to its end, whether its client waits or not.
pub(super) async fn to_its_end<T: Send + 'static>(
    request_id: RequestId,
    by: Instant,
    work: impl Future<Output = T> + Send + 'static,
) -> Result<T, EdgeError> {
    let end = by.max(Instant::now() + LONGEST);
    let work = request_id::scope(request_id, tokio::time::timeout_at(end, work));
    match tokio::spawn(work.in_current_span()).await {
        Ok(done) => done.map_err(|_| EdgeError::DeadlineExceeded),
        // The task is never aborted; a panic goes on to where it is answered.
        Err(failed) => match failed.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => Err(EdgeError::Draining),
        },
    }
}
