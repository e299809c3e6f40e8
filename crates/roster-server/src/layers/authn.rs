//! The innermost step: who calls. Handlers find it in the request's extensions, through [`Call::of`].

use std::sync::Arc;

use super::access::CallerNote;
use super::{Inner, Request, Response, Step, proceed, refuse};
use crate::authn::{Authn, Call};
use crate::request_id::RequestId;
use crate::rpc::classify::{self, Access};
use crate::rpc::error::Error;
use crate::transport::Peer;

/// See the module.
pub struct Identify {
    /// How callers prove who they are.
    pub authn: Arc<Authn>,
    /// Whether nothing is served but health, so that credentials are not even looked at.
    pub health_only: bool,
}

impl Step for Identify {
    async fn around<S: Inner>(&self, mut request: Request, inner: S) -> Response {
        let Some(method) = classify::method(request.uri().path()) else {
            return refuse(Error::MethodUnknown);
        };
        if self.health_only && !method.is_health() {
            return refuse(Error::MethodUnknown);
        }
        if method.access == Access::Public {
            return proceed(inner, request).await;
        }
        match self.call(method.access, &request).await {
            Ok(call) => {
                if let Some(note) = request.extensions().get::<CallerNote>() {
                    note.leave(&call.caller.name);
                }
                request.extensions_mut().insert(Arc::new(call));
                proceed(inner, request).await
            }
            Err(error) => refuse(error),
        }
    }
}

impl Identify {
    /// Borrows parts, since the whole of a request cannot be shared with a task that waits.
    fn call<'a>(
        &'a self,
        access: Access,
        request: &'a Request,
    ) -> impl Future<Output = Result<Call, Error>> + Send + use<'a> {
        let (extensions, headers) = (request.extensions(), request.headers());
        let request_id = extensions.get::<RequestId>().cloned().unwrap_or_else(RequestId::generate);
        let peer = extensions.get::<Peer>();
        self.authn.identify(access, peer, headers, request_id)
    }
}
