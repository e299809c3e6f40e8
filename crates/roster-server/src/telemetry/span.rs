//! The span of a call, and its place in the caller's trace.

use http::HeaderMap;
use opentelemetry::propagation::{Extractor, TextMapPropagator};
use opentelemetry::trace::{Status, TraceContextExt, TraceId};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tonic::Code;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

use super::{ids, names};
use crate::request_id::RequestId;

/// What a method is called that the service does not know.
pub const OTHER_METHOD: &str = names::OTHER;

/// Opens the span of a call, as a child of the span that `traceparent` names.
#[must_use]
pub fn rpc(method: &'static str, request_id: &RequestId, headers: &HeaderMap) -> Span {
    // The last field's name is `names::REQUEST_ID`; the macro takes no constant.
    let span = tracing::info_span!(
        "rpc",
        otel.name = method,
        otel.kind = "server",
        roster.request_id = request_id.as_str()
    );
    let parent =
        headers.contains_key(PARENT).then(|| TraceContextPropagator::new().extract(&Headers(headers)));
    let trace_id = parent.as_ref().map(|parent| parent.span().span_context().trace_id());
    ids::note(&span, request_id, trace_id.filter(|id| *id != TraceId::INVALID));
    // These do something only where spans are exported.
    if let Some(parent) = parent {
        let _ = span.set_parent(parent);
    }
    span.set_attribute(names::RPC_SYSTEM_NAME, names::GRPC);
    span.set_attribute(names::RPC_METHOD, method);
    span
}

/// The header that names the caller's span.
const PARENT: &str = "traceparent";

/// Notes how the call ended.
pub fn finish(span: &Span, code: Code) {
    let name = code_name(code);
    span.set_attribute(names::RPC_RESPONSE_STATUS_CODE, name);
    // On the server's side only these are errors; a refusal is the service at work.
    let fault = matches!(
        code,
        Code::Unknown
            | Code::DeadlineExceeded
            | Code::Unimplemented
            | Code::Internal
            | Code::Unavailable
            | Code::DataLoss
    );
    if fault {
        span.set_attribute(names::ERROR_TYPE, name);
        span.set_status(Status::error(""));
    }
}

/// The code as gRPC spells it.
#[must_use]
pub fn code_name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}

struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(http::HeaderName::as_str).collect()
    }
}
