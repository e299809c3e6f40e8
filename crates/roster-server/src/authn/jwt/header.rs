//! A token before its signature is looked at: its shape, and the header that says which key to look for.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::strict::Object;
use super::{Algorithm, Rejected};

/// The longest token, in bytes. All headers of a call have 16 KiB together, and a call may bring two tokens.
pub(super) const MAX_BYTES: usize = 8 * 1024;

const SHAPE: Rejected =
    Rejected::Invalid("must be a signed token: three parts in base64url with dots between");
const MEMBERS: Rejected =
    Rejected::Invalid("must have a header that is one JSON object without repeated members");
const ALGORITHM: Rejected =
    Rejected::Invalid("must be signed with one of the algorithms that the service accepts");
const TYPE: Rejected = Rejected::Invalid("must be of the type JWT or at+jwt");
const KEY_NAME: Rejected = Rejected::Invalid("must name its key as a text (kid)");
const UNWANTED: Rejected =
    Rejected::Invalid("must have none of crit, jwk, jku, x5c, x5u, b64, enc and zip in its header");

/// Members that bring a key along, change what is signed, or must be understood to understand the token.
const UNWANTED_MEMBERS: [&str; 8] = ["crit", "jwk", "jku", "x5c", "x5u", "b64", "enc", "zip"];

/// What of the header matters.
pub(super) struct Header {
    pub(super) algorithm: Algorithm,
    pub(super) key_id: Option<String>,
}

/// Reads the header of a token whose length was judged. Nothing of it is true before the signature was checked.
pub(super) fn read(token: &str, accepted: &[Algorithm]) -> Result<Header, Rejected> {
    let mut parts = token.split('.');
    let (Some(header), Some(payload), Some(signature), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(SHAPE);
    };
    if payload.is_empty() || signature.is_empty() {
        return Err(SHAPE);
    }
    let header = URL_SAFE_NO_PAD.decode(header).map_err(|_| SHAPE)?;
    let Object(header) = serde_json::from_slice(&header).map_err(|_| MEMBERS)?;
    if UNWANTED_MEMBERS.iter().any(|name| header.contains_key(*name)) {
        return Err(UNWANTED);
    }
    let algorithm = header.get("alg").and_then(Value::as_str).and_then(Algorithm::parse);
    let algorithm = algorithm.filter(|algorithm| accepted.contains(algorithm)).ok_or(ALGORITHM)?;
    if header.get("typ").is_some_and(|kind| !kind.as_str().is_some_and(is_token_type)) {
        return Err(TYPE);
    }
    let key_id = match header.get("kid") {
        None => None,
        Some(Value::String(key_id)) => Some(key_id.clone()),
        Some(_) => return Err(KEY_NAME),
    };
    Ok(Header { algorithm, key_id })
}

/// Media types are written in any case, and `application/` may be left out (RFC 7515, 4.1.9).
fn is_token_type(kind: &str) -> bool {
    let kind = kind.to_ascii_lowercase();
    matches!(kind.strip_prefix("application/").unwrap_or(&kind), "jwt" | "at+jwt")
}
