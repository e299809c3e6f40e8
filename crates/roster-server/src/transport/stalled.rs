//! Streams whose reader takes nothing.
//!
//! When an answer leaves is its reader's to say: a reader that keeps the window of a stream shut keeps the answer in
//! memory. So a stream that has had bytes to send, and has sent none of them for [`STALLED`], is reset. Other streams of
//! its connection go on.
//!
//! hyper gives no limit for this, and does not poll a body while its stream has no room. But each stream is a future
//! that hyper hands to [`Streams`], and one that is dropped before its last byte resets its stream. To know when, the
//! body counts what it gave and what of it was written. The future must not end earlier than the stream: it ends once
//! hyper has taken the last bytes, which it does as soon as there is room for one of them. So the last bytes are
//! always a single one.

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

/// Runs each stream of a connection in a task of its own.
#[derive(Clone)]
pub(super) struct Streams;

impl<F: Future<Output = ()> + Send + Unpin + 'static> Executor<F> for Streams {
    fn execute(&self, stream: F) {
        tokio::spawn(Stream { answering: stream, unsent: Arc::default(), look: None });
    }
}

/// A stream. It ends when it is answered, or when its reader has taken nothing of the answer for too long.
struct Stream<F> {
    answering: F,
    unsent: Arc<Unsent>,
    /// When to look whether it stands still; none while nothing waits.
    look: Option<Pin<Box<Sleep>>>,
}

impl<F: Future<Output = ()> + Unpin> Future for Stream<F> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Self { answering, unsent, look } = &mut *self;
        if UNSENT.sync_scope(Arc::clone(unsent), || Pin::new(answering).poll(cx)).is_ready() {
            return Poll::Ready(());
        }
        loop {
            let Some(since) = unsent.since() else {
                *look = None;
                return Poll::Pending;
            };
            let due = since + STALLED;
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
struct Unsent(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    bytes: usize,
    /// When the last byte was sent, or the first that waits came; none while none waits.
    since: Option<Instant>,
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

    fn since(&self) -> Option<Instant> {
        self.waiting().since
    }

    /// A poisoned lock is used like any other: no code that holds it panics.
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
