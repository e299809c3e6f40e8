//! What all modes read from a call's metadata alike.

use std::borrow::Cow;
use std::net::IpAddr;

use http::HeaderMap;
use roster_domain::{EmailAddress, UserId};

use super::Actor;
use crate::edge_error::EdgeError;

pub(super) const CALLER: &str = "x-caller";
pub(super) const SCOPES: &str = "x-caller-scopes";
pub(super) const USER_ID: &str = "x-actor-user-id";
pub(super) const EMAIL: &str = "x-actor-email";
pub(super) const EMAIL_VERIFIED: &str = "x-actor-email-verified";
pub(super) const ADDRESS: &str = "x-actor-address";
pub(super) const AUTHORIZATION: &str = "authorization";
pub(super) const ACTOR_TOKEN: &str = "x-actor-token";

/// The person whom the calling service states, if it states one.
pub(super) fn stated_actor(headers: &HeaderMap) -> Result<Option<Actor>, EdgeError> {
    let user_id = single(headers, USER_ID)?;
    let verified_email = verified_email(headers)?;
    let address = address(headers)?;
    let Some(text) = user_id else {
        // What was left out by mistake must not turn a person's call into one of the service itself.
        refuse(headers, &[EMAIL, EMAIL_VERIFIED, ADDRESS], "must not be given without x-actor-user-id")?;
        return Ok(None);
    };
    let user_id = UserId::parse(text).map_err(|error| invalid(USER_ID, error.0))?;
    Ok(Some(Actor { user_id, verified_email, address }))
}

/// The address, if it is said to be verified. Any other is not even looked at.
fn verified_email(headers: &HeaderMap) -> Result<Option<EmailAddress>, EdgeError> {
    let email = single(headers, EMAIL)?;
    let verified = match single(headers, EMAIL_VERIFIED)? {
        Some("true") => true,
        Some("false") | None => false,
        Some(_) => return Err(invalid(EMAIL_VERIFIED, "must be true or false")),
    };
    email
        .filter(|_| verified)
        .map(|text| EmailAddress::parse(text).map_err(|error| invalid(EMAIL, error.0)))
        .transpose()
}

/// The person's network address, if the calling service knows it: one address, and neither a port nor a list.
pub(super) fn address(headers: &HeaderMap) -> Result<Option<IpAddr>, EdgeError> {
    let Some(text) = single(headers, ADDRESS)? else { return Ok(None) };
    let address: Result<IpAddr, _> = text.parse();
    address
        .map(|address| Some(address.to_canonical()))
        .map_err(|_| invalid(ADDRESS, "must be one IPv4 or IPv6 address such as 192.0.2.1 or 2001:db8::1"))
}

/// The value of a header that stands there once or not at all.
pub(super) fn single<'a>(headers: &'a HeaderMap, header: &'static str) -> Result<Option<&'a str>, EdgeError> {
    let mut values = headers.get_all(header).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        return Err(EdgeError::CredentialsMissing { header });
    }
    value.to_str().map(Some).map_err(|_| invalid(header, "must be ASCII"))
}

/// Refuses what another mode believes: whoever sends it means to act for somebody, and would act as somebody else.
pub(super) fn refuse(
    headers: &HeaderMap,
    unread: &[&'static str],
    instead: &'static str,
) -> Result<(), EdgeError> {
    match unread.iter().find(|header| headers.contains_key(**header)) {
        Some(header) => Err(invalid(header, instead)),
        None => Ok(()),
    }
}

pub(super) fn invalid(header: &'static str, expected: impl Into<Cow<'static, str>>) -> EdgeError {
    EdgeError::CredentialsInvalid { header, expected: expected.into() }
}
