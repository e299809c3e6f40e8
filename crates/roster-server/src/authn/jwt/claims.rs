//! What a token says, once its signature was found to be right.

use std::collections::BTreeSet;
use std::time::Duration;

use roster_domain::{EmailAddress, Timestamp, UserId};
use serde_json::{Map, Value};

use super::{Rejected, Verified};

/// How far the clock of whoever made a token may be off.
pub(super) const LEEWAY: Duration = Duration::from_secs(30);

/// The end of the year 9999. What is later is no time but an accident.
const LAST_SECOND: Duration = Duration::from_secs(253_402_300_799);

const EXPIRY: Rejected = Rejected::Invalid("must say when it expires, in seconds since 1970 (exp)");
const EXPIRED: Rejected = Rejected::Invalid("must not have expired (exp)");
const BEGIN: Rejected =
    Rejected::Invalid("must say from when it counts in seconds since 1970, if it does (nbf)");
const NOT_YET: Rejected = Rejected::Invalid("must count already (nbf)");
const ISSUED: Rejected =
    Rejected::Invalid("must say when it was issued in seconds since 1970, if it does (iat)");
const FROM_THE_FUTURE: Rejected = Rejected::Invalid("must not be issued in the future (iat)");
const TOO_LONG: Rejected = Rejected::Invalid("must live no longer than the service accepts (exp, iat)");
const SUBJECT: Rejected = Rejected::Invalid("must name its subject with 1 to 128 characters (sub)");
pub(super) const ISSUER: Rejected =
    Rejected::Invalid("must come from the issuer that the service trusts (iss)");
const EMAIL: Rejected = Rejected::Invalid("must have its e-mail address as a text, if it has one (email)");
const EMAIL_VERIFIED: Rejected =
    Rejected::Invalid("must say with true or false whether its e-mail address is verified (email_verified)");
const CLIENT: Rejected =
    Rejected::Invalid("must name one client as a text, if it names one (azp, client_id)");
const SCOPE: Rejected =
    Rejected::Invalid("must have its scopes as one text or, in scp, as a list of texts (scope, scp)");

/// Judges the claims of a token whose signature, issuer and audience the library has judged. `now` is the time since
/// the Unix epoch.
pub(super) fn judge(
    claims: &Map<String, Value>,
    now: Duration,
    max_lifetime: Duration,
) -> Result<Verified, Rejected> {
    // The library accepts a list that the issuer is among.
    claims.get("iss").and_then(Value::as_str).ok_or(ISSUER)?;
    let subject = claims.get("sub").and_then(Value::as_str).ok_or(SUBJECT)?;
    UserId::parse(subject).map_err(|_| SUBJECT)?;
    Ok(Verified {
        subject: subject.to_owned(),
        client_id: client_id(claims)?,
        scopes: scopes(claims)?,
        email: email(claims)?,
        expires_at: times(claims, now, max_lifetime)?,
    })
}

/// Whether what expires then has expired.
pub(super) fn has_expired(expires_at: Timestamp, now: Duration) -> bool {
    let micros = u64::try_from(expires_at.micros()).unwrap_or_default();
    now >= Duration::from_micros(micros) + LEEWAY
}

fn times(claims: &Map<String, Value>, now: Duration, max_lifetime: Duration) -> Result<Timestamp, Rejected> {
    let expiry = time(claims, "exp", EXPIRY)?.ok_or(EXPIRY)?;
    let micros = i64::try_from(expiry.as_micros()).map_err(|_| EXPIRY)?;
    let expires_at = Timestamp::from_micros(micros);
    if has_expired(expires_at, now) {
        return Err(EXPIRED);
    }
    if time(claims, "nbf", BEGIN)?.is_some_and(|begin| begin > now.saturating_add(LEEWAY)) {
        return Err(NOT_YET);
    }
    let longest = match time(claims, "iat", ISSUED)? {
        Some(issued) if issued > now.saturating_add(LEEWAY) => return Err(FROM_THE_FUTURE),
        Some(issued) => issued.saturating_add(max_lifetime),
        None => now.saturating_add(LEEWAY).saturating_add(max_lifetime),
    };
    if expiry > longest {
        return Err(TOO_LONG);
    }
    Ok(expires_at)
}

/// A `NumericDate`: seconds since the Unix epoch, with or without a fraction.
fn time(claims: &Map<String, Value>, name: &str, wrong: Rejected) -> Result<Option<Duration>, Rejected> {
    let Some(value) = claims.get(name) else { return Ok(None) };
    let seconds = value.as_f64().ok_or(wrong)?;
    let time = Duration::try_from_secs_f64(seconds).ok().filter(|time| *time <= LAST_SECOND);
    time.map(Some).ok_or(wrong)
}

fn client_id(claims: &Map<String, Value>) -> Result<Option<String>, Rejected> {
    let azp = text(claims, "azp", CLIENT)?;
    let client_id = text(claims, "client_id", CLIENT)?;
    match (azp, client_id) {
        (Some(one), Some(other)) if one != other => Err(CLIENT),
        (Some(""), _) | (_, Some("")) => Err(CLIENT),
        (one, other) => Ok(one.or(other).map(str::to_owned)),
    }
}

/// The scopes of `scope` (RFC 8693) or of `scp`, which some issuers have in its place.
fn scopes(claims: &Map<String, Value>) -> Result<BTreeSet<String>, Rejected> {
    let words = |text: &str| text.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect();
    let scope: Option<BTreeSet<String>> = text(claims, "scope", SCOPE)?.map(words);
    let scp = match claims.get("scp") {
        Some(Value::Array(list)) => {
            let scopes: Option<_> = list.iter().map(|scope| scope.as_str().map(str::to_owned)).collect();
            Some(scopes.ok_or(SCOPE)?)
        }
        _ => text(claims, "scp", SCOPE)?.map(words),
    };
    match (scope, scp) {
        (Some(one), Some(other)) if one != other => Err(SCOPE),
        (one, other) => Ok(one.or(other).unwrap_or_default()),
    }
}

/// The address that the issuer vouches for. One that is no address to us is as good as none: it can receive no
/// invitation, and who has it can still do the rest.
fn email(claims: &Map<String, Value>) -> Result<Option<EmailAddress>, Rejected> {
    let email = text(claims, "email", EMAIL)?;
    let verified = match claims.get("email_verified") {
        None => false,
        Some(Value::Bool(verified)) => *verified,
        Some(_) => return Err(EMAIL_VERIFIED),
    };
    Ok(email.filter(|_| verified).and_then(|email| EmailAddress::parse(email).ok()))
}

/// A claim that is a text, or not there at all.
fn text<'a>(
    claims: &'a Map<String, Value>,
    name: &str,
    wrong: Rejected,
) -> Result<Option<&'a str>, Rejected> {
    claims.get(name).map(|value| value.as_str().ok_or(wrong)).transpose()
}
