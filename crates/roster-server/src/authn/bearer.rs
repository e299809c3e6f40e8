//! The mode of production: tokens of an identity provider name the calling service and the person.
//!
//! A token whose subject is a calling service's is that service's own. It acts by itself, or for the person whose own
//! token it passes on beside it. Any other token is a person's, and the OAuth client that it was issued to tells the
//! service that the call comes through; such a call has none of the service's scopes.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

use http::HeaderMap;
use roster_domain::UserId;

use super::callers::Callers;
use super::headers::{
    ACTOR_TOKEN, ADDRESS, AUTHORIZATION, CALLER, EMAIL, EMAIL_VERIFIED, SCOPES, USER_ID, address, invalid,
    refuse, single,
};
use super::jwt::{Rejected, Verified, Verifier};
use super::{Actor, Caller, Scope};
use crate::edge_error::EdgeError;

/// What this mode does not read.
const UNREAD: [&str; 5] = [CALLER, SCOPES, USER_ID, EMAIL, EMAIL_VERIFIED];
const INSTEAD: &str =
    "must not be given in jwt mode, where authorization and x-actor-token say who calls for whom";

/// Reads the caller and the person from their tokens.
pub(super) async fn identify(
    callers: &Callers,
    verifier: &Verifier,
    headers: &HeaderMap,
) -> Result<(Arc<Caller>, Option<Actor>), EdgeError> {
    let token =
        single(headers, AUTHORIZATION)?.ok_or(EdgeError::CredentialsMissing { header: AUTHORIZATION })?;
    let token = bearer(token).ok_or_else(|| invalid(AUTHORIZATION, "must be Bearer and a token"))?;
    refuse(headers, &UNREAD, INSTEAD)?;
    let actor_token = single(headers, ACTOR_TOKEN)?;
    let address = address(headers)?;

    let token = verified(verifier, AUTHORIZATION, token).await?;
    let Some(service) = callers.by_subject(&token.subject) else {
        return of_person(callers, &token, actor_token, address);
    };
    let caller = narrowed(service, &token.scopes);
    let Some(actor_token) = actor_token else {
        // What was left out by mistake must not turn a person's call into one of the service itself.
        return match address {
            Some(_) => Err(invalid(ADDRESS, "must not be given without x-actor-token")),
            None => Ok((caller, None)),
        };
    };
    caller.require_scope(Scope::ActAs)?;
    let person = verified(verifier, ACTOR_TOKEN, actor_token).await?;
    if callers.by_subject(&person.subject).is_some() {
        return Err(invalid(ACTOR_TOKEN, "must be a person's token, not a calling service's"));
    }
    Ok((caller, Some(actor(ACTOR_TOKEN, &person, address)?)))
}

/// The call of a person with its own token.
fn of_person(
    callers: &Callers,
    token: &Verified,
    actor_token: Option<&str>,
    address: Option<IpAddr>,
) -> Result<(Arc<Caller>, Option<Actor>), EdgeError> {
    let service = token.client_id.as_deref().and_then(|client| callers.by_client(client));
    let service = service.ok_or(EdgeError::CallerUnknown)?;
    if actor_token.is_some() {
        return Err(invalid(ACTOR_TOKEN, "must not be given beside a person's own token"));
    }
    if address.is_some() {
        // Whoever holds the token could name another address at each wrong guess of a code.
        return Err(invalid(
            ADDRESS,
            "must not be given beside a person's own token: a calling service states it",
        ));
    }
    let actor = actor(AUTHORIZATION, token, None)?;
    Ok((Arc::clone(service), Some(actor)))
}

/// The service with those of its scopes that the token carries as well.
fn narrowed(service: &Arc<Caller>, carried: &BTreeSet<String>) -> Arc<Caller> {
    let is_carried = |scope: &Scope| carried.contains(scope.as_str());
    if service.scopes.iter().all(is_carried) {
        return Arc::clone(service);
    }
    let scopes = service.scopes.iter().copied().filter(is_carried).collect();
    Arc::new(Caller { scopes, ..Caller::clone(service) })
}

fn actor(header: &'static str, token: &Verified, address: Option<IpAddr>) -> Result<Actor, EdgeError> {
    let user_id = UserId::parse(&token.subject).map_err(|error| invalid(header, error.0))?;
    Ok(Actor { user_id, verified_email: token.email.clone(), address })
}

async fn verified(
    verifier: &Verifier,
    header: &'static str,
    token: &str,
) -> Result<Arc<Verified>, EdgeError> {
    verifier.verify(token).await.map_err(|rejected| match rejected {
        Rejected::Invalid(expected) => invalid(header, expected),
        Rejected::KeysUnavailable => EdgeError::TokenKeysUnavailable,
    })
}

/// The token after `Bearer`, however that is written (RFC 9110, section 11.1; RFC 6750, section 2.1).
fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim_start_matches(' ');
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() && !token.contains(' ')).then_some(token)
}
