//! A response's body that keeps something until its end, or until the last of it was taken.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body as HttpBody, Frame, SizeHint};
use tonic::body::Body;

use crate::transport::{Part, Untaken};

/// Keeps `kept` until the last byte of the body has left, and tells the connection what of it waits there. A body has
/// ended for its handler long before that if its reader takes its time.
pub(super) fn kept_until_taken<K: Send + Sync + 'static>(
    body: Body,
    untaken: Option<Untaken>,
    kept: K,
) -> Body {
    Body::new(Delivering { body, untaken, kept: Arc::new(kept) })
}

struct Delivering<K> {
    body: Body,
    untaken: Option<Untaken>,
    kept: Arc<K>,
}

/// Bytes on their way. The library holds them until the system has taken the last of them.
struct Leaving<K> {
    bytes: Bytes,
    _part: Option<Part>,
    _kept: Arc<K>,
}

impl<K> AsRef<[u8]> for Leaving<K> {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl<K: Send + Sync + 'static> HttpBody for Delivering<K> {
    type Data = Bytes;
    type Error = <Body as HttpBody>::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        polled.map_ok(|frame| {
            frame.map_data(|bytes| {
                let part = self.untaken.as_ref().map(Untaken::part);
                Bytes::from_owner(Leaving { bytes, _part: part, _kept: Arc::clone(&self.kept) })
            })
        })
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// What a body keeps. Dropped once the body was sent, or once nobody wants the rest of it.
pub(super) trait Guard: Send + Unpin + 'static {
    /// Called with the trailers, which hold the call's code.
    fn trailers(&mut self, _trailers: &HeaderMap) {}
}

/// Keeps `guard` until the body ends.
pub(super) fn guarded<G: Guard>(body: Body, guard: G) -> Body {
    Body::new(Guarded { body, guard: Some(guard) })
}

struct Guarded<G> {
    body: Body,
    guard: Option<G>,
}

impl<G: Guard> HttpBody for Guarded<G> {
    type Data = <Body as HttpBody>::Data;
    type Error = <Body as HttpBody>::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        match &polled {
            Poll::Ready(Some(Ok(frame))) => {
                if let (Some(trailers), Some(guard)) = (frame.trailers_ref(), self.guard.as_mut()) {
                    guard.trailers(trailers);
                }
            }
            Poll::Ready(_) => self.guard = None,
            Poll::Pending => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
