//! The innermost step: who calls. Handlers find it in the request's extensions, through [`Call::of`].

use std::sync::Arc;

use super::access::CallerNote;
use super::{Inner, Request, Response, Step, proceed, refuse};
use crate::authn::{Authn, Call, identify};
use crate::request_id::RequestId;
use crate::rpc::classify::{self, Access};
use crate::rpc::error::Error;

/// See the module.
#[derive(Debug)]
pub struct Identify {
    /// How callers prove who they are.
    pub authn: Authn,
}

impl Step for Identify {
    async fn around<S: Inner>(&self, mut request: Request, inner: S) -> Response {
        let Some(method) = classify::method(request.uri().path()) else {
            return refuse(Error::MethodUnknown);
        };
        if method.access == Access::Public {
            return proceed(inner, request).await;
        }
        match self.call(method.access, &request) {
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
    fn call(&self, access: Access, request: &Request) -> Result<Call, Error> {
        let request_id = request.extensions().get::<RequestId>().cloned().unwrap_or_else(RequestId::generate);
        identify(self.authn, access, request.headers(), request_id)
    }
}
