//! Lets calls in while there is room and the service is not stopping. Health checks always pass: they must tell a
//! busy service from a dead one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Semaphore;

use super::body::guarded;
use super::{Inner, Request, Response, Step, proceed, refuse};
use crate::rpc::classify::{self, Access};
use crate::rpc::error::Error;

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
        if self.0.closed.load(Ordering::Acquire) {
            return refuse(Error::Draining);
        }
        let Ok(permit) = Arc::clone(&self.0.permits).try_acquire_owned() else {
            return refuse(Error::Overloaded);
        };
        let response = proceed(inner, request).await;
        // A reflection stream stays open as long as its client likes and must not hold up the end of the service.
        if method.is_none_or(|method| method.access == Access::Public) {
            return response;
        }
        response.map(|body| guarded(body, permit))
    }
}
