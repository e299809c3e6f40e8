//! An answer on its way to its reader.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use tonic::body::Body;

use super::access::UnderWay;
use super::grpc_code;
use super::share::AnswerPlace;

/// An answer's body. It keeps its place until the last byte has left: it has ended for its handler long before that if
/// its reader takes its time. Its call is over once it ends, or once the rest of it is not wanted any more.
pub(super) struct Delivering {
    pub(super) body: Body,
    pub(super) place: Option<Arc<AnswerPlace>>,
    pub(super) call: Option<UnderWay>,
}

/// Bytes on their way. The library holds them until the system has taken the last of them.
struct Leaving {
    bytes: Bytes,
    _place: Option<Arc<AnswerPlace>>,
}

impl AsRef<[u8]> for Leaving {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl HttpBody for Delivering {
    type Data = Bytes;
    type Error = <Body as HttpBody>::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        match &polled {
            Poll::Ready(Some(Ok(frame))) => {
                if let (Some(trailers), Some(call)) = (frame.trailers_ref(), self.call.as_mut()) {
                    call.code = grpc_code(trailers);
                }
            }
            Poll::Ready(_) => self.call = None,
            Poll::Pending => {}
        }
        polled.map_ok(|frame| frame.map_data(|bytes| self.leaving(bytes)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Delivering {
    fn leaving(&self, bytes: Bytes) -> Bytes {
        Bytes::from_owner(Leaving { bytes, _place: self.place.clone() })
    }
}
