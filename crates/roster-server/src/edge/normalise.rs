//! Puts the library's own errors right: they come without a reason, and some with a code that the contract does not
//! give for them.

use http::{HeaderMap, HeaderName, HeaderValue};
use tonic::{Code, Status};

use super::grpc_code;
use crate::edge_error::EdgeError;

/// The most bytes that a request's message may have.
pub const MESSAGE_LIMIT: usize = 64 * 1024;

/// What the library said of the encodings that it reads; it stays in the new answer.
pub(super) const ACCEPTED: HeaderName = HeaderName::from_static("grpc-accept-encoding");

/// What to answer instead, if these are the headers of an error that the service did not make itself; with the encodings
/// that it reads, if they are told.
pub(super) fn instead(headers: &HeaderMap) -> Option<(EdgeError, Option<HeaderValue>)> {
    let code = grpc_code(headers)?;
    if headers.contains_key("grpc-status-details-bin") {
        return None;
    }
    let error = match code {
        // Only methods that there are get as far as the library.
        Code::Unimplemented => EdgeError::EncodingUnknown,
        // The announced length of a message, and the length that it turns out to have when it is unpacked.
        Code::OutOfRange | Code::ResourceExhausted => EdgeError::MessageTooLarge { limit: MESSAGE_LIMIT },
        // Handlers give details with every error, so that this is the decoder's.
        Code::Internal => EdgeError::Malformed(decoder_text(headers)),
        Code::Unknown => EdgeError::Internal("the library answered without a code"),
        // Health's NOT_FOUND belongs to its own protocol; CANCELLED reaches no client.
        _ => return None,
    };
    Some((error, headers.get(ACCEPTED).cloned()))
}

fn decoder_text(headers: &HeaderMap) -> String {
    Status::from_header_map(headers).map_or_else(String::new, |status| status.message().to_owned())
}
