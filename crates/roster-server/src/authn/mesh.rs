//! The mode behind mutual TLS: a certificate names the calling service, and headers the person.

use std::sync::Arc;

use http::HeaderMap;

use super::callers::Callers;
use super::headers::{ACTOR_TOKEN, AUTHORIZATION, CALLER, SCOPES, refuse, stated_actor};
use super::{Actor, Caller, Scope};
use crate::edge_error::EdgeError;
use crate::transport::Peer;

/// What this mode does not read.
const UNREAD: [&str; 4] = [CALLER, SCOPES, AUTHORIZATION, ACTOR_TOKEN];
const INSTEAD: &str = "must not be given in mesh mode, where a certificate names the calling service";

/// Reads the caller from its certificate, and the person that it states if it may act for persons.
pub(super) fn identify(
    callers: &Callers,
    peer: Option<&Peer>,
    headers: &HeaderMap,
) -> Result<(Arc<Caller>, Option<Actor>), EdgeError> {
    let uris = peer.map(|peer| &*peer.uris).unwrap_or_default();
    // A SPIFFE certificate names one URI; of several nobody could say which of them calls.
    let caller = match uris {
        [uri] => callers.by_uri(uri),
        _ => None,
    };
    let caller = caller.ok_or(EdgeError::CallerUnknown)?;
    refuse(headers, &UNREAD, INSTEAD)?;
    let actor = stated_actor(headers)?;
    if actor.is_some() {
        caller.require_scope(Scope::ActAs)?;
    }
    Ok((Arc::clone(caller), actor))
}
