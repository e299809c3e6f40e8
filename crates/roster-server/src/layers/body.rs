//! A response's body that keeps something until its end.

use std::pin::Pin;
use std::task::{Context, Poll};

use http::HeaderMap;
use http_body::{Body as HttpBody, Frame, SizeHint};
use tonic::body::Body;

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
