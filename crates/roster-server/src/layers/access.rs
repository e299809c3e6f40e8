//! The outermost step: a request id and a span for every call, and one line in the log once it is over.

use std::sync::{Arc, OnceLock};
use std::time::Instant;

use http::HeaderValue;
use roster_domain::CallerName;
use tonic::Code;
use tracing::{Instrument, Span};

use super::body::{Guard, guarded};
use super::{Inner, Request, Response, Step, grpc_code, proceed};
use crate::request_id::{self, RequestId};
use crate::rpc::classify;
use crate::telemetry::span;

/// See the module.
#[derive(Debug)]
pub struct Access;

/// Where the step that learns who calls leaves the name, for the access line.
#[derive(Clone, Debug, Default)]
pub(super) struct CallerNote(Arc<OnceLock<CallerName>>);

impl CallerNote {
    /// Leaves the name.
    pub(super) fn leave(&self, name: &CallerName) {
        // Set twice only if a call were authenticated twice; the first is as good.
        let _ = self.0.set(name.clone());
    }
}

impl Step for Access {
    async fn around<S: Inner>(&self, mut request: Request, inner: S) -> Response {
        let method = classify::method(request.uri().path());
        let request_id = RequestId::of(request.headers());
        let mut call = Finish {
            // Anybody can invent paths; what is not a method is one and the same to traces and logs.
            method: method.map_or(span::OTHER_METHOD, |method| method.name),
            probe: method.is_some_and(classify::Method::is_health),
            span: Span::none(),
            started: Instant::now(),
            caller: CallerNote::default(),
            code: None,
        };
        call.span = span::rpc(call.method, &request_id, request.headers());
        request.extensions_mut().insert(request_id.clone());
        request.extensions_mut().insert(call.caller.clone());

        let answer = request_id::scope(request_id.clone(), proceed(inner, request));
        let mut response = answer.instrument(call.span.clone()).await;

        if let Ok(value) = HeaderValue::from_str(request_id.as_str()) {
            response.headers_mut().insert(request_id::HEADER, value);
        }
        if let Some(code) = grpc_code(response.headers()) {
            call.code = Some(code);
            return response;
        }
        response.map(|body| guarded(body, call))
    }
}

/// A call under way. Dropped when it is over, in whatever way.
struct Finish {
    method: &'static str,
    probe: bool,
    span: Span,
    started: Instant,
    caller: CallerNote,
    code: Option<Code>,
}

impl Guard for Finish {
    fn trailers(&mut self, trailers: &http::HeaderMap) {
        self.code = grpc_code(trailers);
    }
}

impl Drop for Finish {
    fn drop(&mut self) {
        // Without a code the client went away before there was one.
        let code = span::code_name(self.code.unwrap_or(Code::Cancelled));
        span::finish(&self.span, self.code.unwrap_or(Code::Cancelled));
        let duration_ms = (self.started.elapsed().as_secs_f64() * 1e6).round() / 1e3;
        let caller = self.caller.0.get().map(CallerName::as_str);
        let _entered = self.span.enter();
        // Probes ask every few seconds, for ever.
        if self.probe {
            tracing::debug!(target: TARGET, method = self.method, code, duration_ms, caller, "call");
        } else {
            tracing::info!(target: TARGET, method = self.method, code, duration_ms, caller, "call");
        }
    }
}

/// What access lines are filtered by.
const TARGET: &str = "roster::access";
