//! Streams whose reader takes nothing.
//!
//! When an answer leaves is its reader's to say: a reader that keeps the window of a stream shut keeps the answer in
//! memory. So a stream that has had bytes to send, and has sent none of them for [`STALLED`], is reset. Other streams of
//! its connection go on. The answer to a unary call must have been taken by a time as well ([`TakenBy`]), however slowly.
//!
//! hyper gives no limit for this, and does not poll a body while its stream has no room. But each stream is a future
//! that hyper hands to [`Streams`], and one that is dropped before its last byte resets its stream, unless something else
//! holds the request's body. To know when, the answer's body counts what it gave and what of it was written.
//!
//! The future ends once hyper has taken the last bytes, which it does as soon as there is room for one of them. So the
//! last bytes are always a single one: the future does not end while its reader's window is shut. What h2 holds after
//! that waits for the socket alone, or for a reader that takes its window back, and can no longer be reset: if it stands
//! still, the connection ends ([`Left`]).

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use http_body::{Body as HttpBody, Frame};
use hyper::rt::Executor;
use tokio::task_local;
use tokio::time::{Instant, Sleep, sleep_until};
use tonic::body::Body;

use super::STALLED;

task_local! {
    /// What the stream that is polled has not sent yet.
    static UNSENT: Arc<Unsent>;
}

/// By when an answer must have been taken whole: an extension of the response.
#[derive(Clone, Copy, Debug)]
pub struct TakenBy(pub Instant);

/// Runs each stream of a connection in a task of its own.
#[derive(Clone, Default)]
pub(super) struct Streams {
    pub(super) left: Arc<Left>,
}

impl<F: Future<Output = ()> + Send + Unpin + 'static> Executor<F> for Streams {
    fn execute(&self, stream: F) {
        let left = Arc::clone(&self.left);
        tokio::spawn(Stream { answering: stream, unsent: Arc::default(), look: None, left });
    }
}

/// What streams of a connection have left to h2 and their futures do not wait for.
#[derive(Default)]
pub(super) struct Left(Mutex<VecDeque<Arc<Unsent>>>);

impl Left {
    /// How many are kept before all are looked through for those that were sent.
    const MANY: usize = 256;

    /// Whether any of it stands still.
    pub(super) fn is_stalled(&self) -> bool {
        let now = Instant::now();
        lock(&self.0).iter().any(|unsent| unsent.due().is_some_and(|due| due <= now))
    }

    fn add(&self, unsent: Arc<Unsent>) {
        let mut left = lock(&self.0);
        // They are sent in about the order in which they come.
        while left.pop_front_if(|unsent| unsent.due().is_none()).is_some() {}
        if left.len() >= Self::MANY {
            left.retain(|unsent| unsent.due().is_some());
        }
        left.push_back(unsent);
    }
}

/// A stream. It ends when it is answered, or when its reader has taken nothing of the answer for too long.
struct Stream<F> {
    answering: F,
    unsent: Arc<Unsent>,
    /// When to look whether it stands still; none while nothing waits.
    look: Option<Pin<Box<Sleep>>>,
    left: Arc<Left>,
}

impl<F: Future<Output = ()> + Unpin> Future for Stream<F> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Self { answering, unsent, look, left } = &mut *self;
        if UNSENT.sync_scope(Arc::clone(unsent), || Pin::new(answering).poll(cx)).is_ready() {
            if unsent.due().is_some() {
                left.add(Arc::clone(unsent));
            }
            return Poll::Ready(());
        }
        loop {
            let Some(due) = unsent.due() else {
                *look = None;
                return Poll::Pending;
            };
            if due <= Instant::now() {
                tracing::debug!("a stream was reset: its reader takes nothing");
                return Poll::Ready(());
            }
            let look = look.get_or_insert_with(|| Box::pin(sleep_until(due)));
            if look.deadline() != due {
                look.as_mut().reset(due);
            }
            ready!(look.as_mut().poll(cx));
        }
    }
}

/// The answer to a request: its body counts what is sent.
pub(super) struct Answer<F>(pub(super) F);

impl<F: Future<Output = Result<http::Response<Body>, Infallible>> + Unpin> Future for Answer<F> {
    type Output = Result<http::Response<Counted>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Ok(response) = ready!(Pin::new(&mut self.0).poll(cx));
        // Absent only where no stream is answered.
        let unsent = UNSENT.try_with(Arc::clone).unwrap_or_default();
        if let Some(TakenBy(by)) = response.extensions().get() {
            unsent.waiting().by = Some(*by);
        }
        Poll::Ready(Ok(response.map(|body| Counted { body, last: None, unsent })))
    }
}

/// A body that counts what it gives and what of it is sent.
pub(super) struct Counted {
    body: Body,
    /// The last byte of what came last.
    last: Option<Bytes>,
    unsent: Arc<Unsent>,
}

impl Counted {
    fn data(&self, bytes: Bytes) -> Frame<Sending> {
        self.unsent.add(bytes.len());
        Frame::data(Sending { bytes, unsent: Arc::clone(&self.unsent) })
    }
}

impl HttpBody for Counted {
    type Data = Sending;
    type Error = <Body as HttpBody>::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Sending>, Self::Error>>> {
        if let Some(last) = self.last.take() {
            return Poll::Ready(Some(Ok(self.data(last))));
        }
        let Some(frame) = ready!(Pin::new(&mut self.body).poll_frame(cx)?) else { return Poll::Ready(None) };
        let frame = match frame.into_data() {
            Ok(mut bytes) => {
                if bytes.len() > 1 {
                    self.last = Some(bytes.split_off(bytes.len() - 1));
                }
                self.data(bytes)
            }
            Err(trailers) => trailers.map_data(|_| Sending::nothing(&self.unsent)),
        };
        Poll::Ready(Some(Ok(frame)))
    }

    fn is_end_stream(&self) -> bool {
        self.last.is_none() && self.body.is_end_stream()
    }
}

/// Bytes on their way to the socket.
pub(super) struct Sending {
    bytes: Bytes,
    unsent: Arc<Unsent>,
}

impl Sending {
    fn nothing(unsent: &Arc<Unsent>) -> Self {
        Self { bytes: Bytes::new(), unsent: Arc::clone(unsent) }
    }
}

impl Buf for Sending {
    fn remaining(&self) -> usize {
        self.bytes.len()
    }

    fn chunk(&self) -> &[u8] {
        &self.bytes
    }

    fn advance(&mut self, count: usize) {
        self.bytes.advance(count);
        self.unsent.remove(count);
    }
}

/// How many bytes a stream has to send.
#[derive(Default)]
pub(super) struct Unsent(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    bytes: usize,
    /// When the last byte was sent, or the first that waits came; none while none waits.
    since: Option<Instant>,
    /// By when all must be sent.
    by: Option<Instant>,
}

impl Unsent {
    fn add(&self, bytes: usize) {
        let mut waiting = self.waiting();
        waiting.bytes += bytes;
        if waiting.bytes > 0 {
            waiting.since.get_or_insert_with(Instant::now);
        }
    }

    fn remove(&self, bytes: usize) {
        let mut waiting = self.waiting();
        waiting.bytes = waiting.bytes.saturating_sub(bytes);
        waiting.since = (waiting.bytes > 0).then(Instant::now);
    }

    /// When it is to be given up, unless something is sent before; none while nothing waits.
    fn due(&self) -> Option<Instant> {
        let Waiting { since, by, .. } = *self.waiting();
        let due = since? + STALLED;
        Some(by.map_or(due, |by| by.min(due)))
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        lock(&self.0)
    }
}

/// A poisoned lock is used like any other: no code that holds one panics.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
