//! The ids by which the lines of one call are found together.
//!
//! They are kept beside the outermost span of what is done. Where spans are exported, trace and span id are those of the
//! exported span instead.

use opentelemetry::trace::{SpanId, TraceId};
use opentelemetry_sdk::trace::{IdGenerator, RandomIdGenerator};
use tracing::Span;
use tracing_subscriber::Registry;
use tracing_subscriber::registry::LookupSpan;

use crate::request_id::RequestId;

/// See the module.
#[derive(Debug)]
pub(super) struct Ids {
    pub(super) trace: TraceId,
    pub(super) span: SpanId,
    pub(super) request: Option<RequestId>,
}

impl Ids {
    /// Those of something that begins by itself.
    pub(super) fn new() -> Self {
        let generator = RandomIdGenerator::default();
        Self { trace: generator.new_trace_id(), span: generator.new_span_id(), request: None }
    }
}

/// Gives a span the ids of the call that it is of: the request id, and the caller's trace if it is in one.
pub(super) fn note(span: &Span, request: &RequestId, trace: Option<TraceId>) {
    // There is no registry without a subscriber, as in unit tests.
    span.with_subscriber(|(id, subscriber)| {
        let Some(span) = subscriber.downcast_ref::<Registry>().and_then(|registry| registry.span(id)) else {
            return;
        };
        if let Some(ids) = span.extensions_mut().get_mut::<Ids>() {
            ids.request = Some(request.clone());
            ids.trace = trace.unwrap_or(ids.trace);
        }
    });
}
