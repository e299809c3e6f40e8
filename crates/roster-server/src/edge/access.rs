//! The span of a call, and one line in the log once it is over.

use std::sync::Arc;
use std::time::Instant;

use http::HeaderMap;
use tonic::Code;
use tracing::Span;

use crate::authn::Call;
use crate::edge_error::EdgeError;
use crate::methods::{Access, Method};
use crate::request_id::RequestId;
use crate::telemetry::span;

/// A call under way. Dropped when it is over, in whatever way: then its line is written.
pub(super) struct UnderWay {
    method: &'static str,
    is_probe: bool,
    pub(super) span: Span,
    started: Instant,
    /// Who calls, once that is known.
    pub(super) call: Option<Arc<Call>>,
    /// Why the edge answered instead of the method, if it did.
    reason: Option<&'static str>,
    /// How it ended. Without a code the client went away before there was one.
    pub(super) code: Option<Code>,
}

impl UnderWay {
    pub(super) fn begin(method: Option<&'static Method>, id: &RequestId, headers: &HeaderMap) -> Self {
        // Anybody can invent paths; what is not a method is one and the same to traces and logs.
        let name = method.map_or(span::OTHER_METHOD, |method| method.name);
        Self {
            method: name,
            is_probe: method.is_some_and(|method| method.access == Access::Probe),
            span: span::rpc(name, id, headers),
            started: Instant::now(),
            call: None,
            reason: None,
            code: None,
        }
    }

    /// Notes why the edge answers instead of the method.
    pub(super) fn note(&mut self, error: &EdgeError) {
        self.reason = Some(error.label());
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let code = self.code.unwrap_or(Code::Cancelled);
        span::finish(&self.span, code);
        let code = span::code_name(code);
        let duration_ms = (self.started.elapsed().as_secs_f64() * 1e6).round() / 1e3;
        let caller = self.call.as_ref().map(|call| call.caller.name.as_str());
        let (method, reason) = (self.method, self.reason);
        let _entered = self.span.enter();
        // Probes ask every few seconds, for ever.
        if self.is_probe {
            tracing::debug!(target: TARGET, method, code, duration_ms, caller, reason, "call");
        } else {
            tracing::info!(target: TARGET, method, code, duration_ms, caller, reason, "call");
        }
    }
}

/// What access lines are filtered by.
const TARGET: &str = "roster::access";
