//! Puts the library's own errors right: they come without a reason, and some with a code that the contract does not
//! give for them.

use http::HeaderMap;
use tonic::{Code, Status};

use super::{Inner, Request, Response, Step, grpc_code, proceed, refuse};
use crate::rpc::classify;
use crate::rpc::error::Error;

/// The most bytes that a request's message may have.
pub const MESSAGE_LIMIT: usize = 64 * 1024;

/// See the module.
#[derive(Debug)]
pub struct Normalise;

impl Step for Normalise {
    async fn around<S: Inner>(&self, request: Request, inner: S) -> Response {
        let known = classify::method(request.uri().path()).is_some();
        let response = proceed(inner, request).await;
        match instead(response.headers(), known) {
            Some(error) => replace(&response, error),
            None => response,
        }
    }
}

/// What to answer instead, if these are the headers of an error that the service did not make itself.
fn instead(headers: &HeaderMap, known_method: bool) -> Option<Error> {
    let code = grpc_code(headers)?;
    if headers.contains_key("grpc-status-details-bin") {
        return None;
    }
    match code {
        Code::Unimplemented if known_method => Some(Error::EncodingUnknown),
        Code::Unimplemented => Some(Error::MethodUnknown),
        // The announced length of a message, and the length that it turns out to have when it is unpacked.
        Code::OutOfRange | Code::ResourceExhausted => Some(Error::MessageTooLarge { limit: MESSAGE_LIMIT }),
        // Handlers give details with every error, so that this is the decoder's.
        Code::Internal => Some(Error::Malformed(decoder_text(headers))),
        Code::Unknown => Some(Error::Internal("the library answered without a code")),
        // Health's NOT_FOUND belongs to its own protocol; CANCELLED reaches nobody.
        _ => None,
    }
}

/// The new answer, with what the old one said of supported encodings.
fn replace(old: &Response, error: Error) -> Response {
    const ACCEPTED: &str = "grpc-accept-encoding";
    let mut response = refuse(error);
    if let Some(accepted) = old.headers().get(ACCEPTED) {
        response.headers_mut().insert(ACCEPTED, accepted.clone());
    }
    response
}

fn decoder_text(headers: &HeaderMap) -> String {
    Status::from_header_map(headers).map_or_else(String::new, |status| status.message().to_owned())
}
