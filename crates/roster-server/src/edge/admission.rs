//! Lets calls in while there is room and the service is not stopping. Probes always pass: they must tell a busy service
//! from a dead one.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::edge_error::EdgeError;

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
