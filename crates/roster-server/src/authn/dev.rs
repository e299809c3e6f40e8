//! The mode of a laptop: every header is believed.
//!
//! gRPC carries ASCII in such headers, so user ids with other characters cannot be sent in this mode.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::net::IpAddr;

use http::HeaderMap;
use roster_domain::{CallerName, EmailAddress, UserId};

use super::{Actor, Caller, Policies, Scope};
use crate::rpc::error::Error;

const CALLER: &str = "x-caller";
const SCOPES: &str = "x-caller-scopes";
const USER_ID: &str = "x-actor-user-id";
const EMAIL: &str = "x-actor-email";
const EMAIL_VERIFIED: &str = "x-actor-email-verified";
const ADDRESS: &str = "x-actor-address";

/// What the calling service is called that does not say.
const DEFAULT_CALLER: &str = "dev";

/// Reads the caller and the person that it acts for.
pub(super) fn identify(headers: &HeaderMap) -> Result<(Caller, Option<Actor>), Error> {
    let name = single(headers, CALLER)?.unwrap_or(DEFAULT_CALLER);
    let name = CallerName::parse(name).map_err(|error| invalid(CALLER, error.0))?;
    let scopes = scopes(headers)?;
    let user_id = single(headers, USER_ID)?;
    let verified_email = verified_email(headers)?;
    let address = address(headers)?;
    let actor = match user_id {
        Some(text) => {
            let user_id = UserId::parse(text).map_err(|error| invalid(USER_ID, error.0))?;
            Some(Actor { user_id, verified_email, address })
        }
        None => None,
    };
    Ok((Caller { name, policies: Policies::All, scopes }, actor))
}

/// The calling service's scopes: none unless it names some.
fn scopes(headers: &HeaderMap) -> Result<BTreeSet<Scope>, Error> {
    let Some(names) = single(headers, SCOPES)? else { return Ok(BTreeSet::new()) };
    let scopes: Option<_> = names.split(',').map(|name| Scope::parse(name.trim())).collect();
    scopes.ok_or_else(|| {
        let known = Scope::ALL.map(Scope::as_str).join(", ");
        invalid(SCOPES, format!("must be scopes separated by commas; there are: {known}"))
    })
}

/// The address, if it is said to be verified. Any other is not even looked at.
fn verified_email(headers: &HeaderMap) -> Result<Option<EmailAddress>, Error> {
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
fn address(headers: &HeaderMap) -> Result<Option<IpAddr>, Error> {
    let Some(text) = single(headers, ADDRESS)? else { return Ok(None) };
    let address: Result<IpAddr, _> = text.parse();
    address
        .map(|address| Some(address.to_canonical()))
        .map_err(|_| invalid(ADDRESS, "must be one IPv4 or IPv6 address such as 192.0.2.1 or 2001:db8::1"))
}

/// The value of a header that stands there once or not at all.
fn single<'a>(headers: &'a HeaderMap, header: &'static str) -> Result<Option<&'a str>, Error> {
    let mut values = headers.get_all(header).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        return Err(Error::CredentialsMissing { header });
    }
    value.to_str().map(Some).map_err(|_| invalid(header, "must be ASCII"))
}

fn invalid(header: &'static str, expected: impl Into<Cow<'static, str>>) -> Error {
    Error::CredentialsInvalid { header, expected: expected.into() }
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;
    use crate::authn::{Authn, identify as identify_call};
    use crate::request_id::RequestId;
    use crate::rpc::classify::Access;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            let value = HeaderValue::from_bytes(value.as_bytes()).expect("a header's value");
            headers.append(HeaderName::from_static(name), value);
        }
        headers
    }

    #[test]
    fn headers_are_believed() {
        let (caller, actor) = identify(&headers(&[
            ("x-caller", "app"),
            ("x-actor-user-id", "auth0|ada"),
            ("x-actor-email", "Ada@example.org"),
            ("x-actor-email-verified", "true"),
        ]))
        .expect("all is well");
        assert_eq!((caller.name.as_str(), caller.policies), ("app", Policies::All));
        let actor = actor.expect("an actor");
        assert_eq!(actor.user_id.as_str(), "auth0|ada");
        assert_eq!(actor.verified_email.as_ref().map(EmailAddress::as_typed), Some("Ada@example.org"));
    }

    #[test]
    fn nothing_is_needed() {
        let (caller, actor) = identify(&headers(&[])).expect("all is well");
        assert_eq!((caller.name.as_str(), actor), ("dev", None));
        assert!(Scope::ALL.iter().all(|scope| !caller.has_scope(*scope)));
    }

    #[test]
    fn scopes_are_believed() {
        let check = |text: &str, expected: &[Scope]| {
            let (caller, _) = identify(&headers(&[("x-caller-scopes", text)])).expect("all is well");
            for scope in Scope::ALL {
                assert_eq!(caller.has_scope(scope), expected.contains(&scope), "{scope} in {text:?}");
            }
        };
        check("tiers.set", &[Scope::TiersSet]);
        check("act-as,privacy.erase", &[Scope::ActAs, Scope::PrivacyErase]);
        check(" quota.use , quota.use ", &[Scope::QuotaUse]);
        check(&Scope::ALL.map(Scope::as_str).join(","), &Scope::ALL);
    }

    #[test]
    fn scopes_that_are_none_are_refused_with_those_that_are() {
        let check = |pairs: &[(&'static str, &str)]| {
            let error = identify(&headers(pairs)).expect_err("it is wrong");
            assert!(matches!(error, Error::CredentialsInvalid { header: "x-caller-scopes", .. }), "{error}");
            for scope in Scope::ALL {
                assert!(error.to_string().contains(scope.as_str()), "{scope} is not in {error}");
            }
        };
        for wrong in ["", "root", "tiers.set;act-as", "tiers.set,", "tiers.set,,act-as", "Tiers.Set"] {
            check(&[("x-caller-scopes", wrong)]);
        }
    }

    #[test]
    fn an_unverified_address_is_not_used() {
        for verified in [None, Some("false")] {
            let mut pairs = vec![("x-actor-user-id", "ada"), ("x-actor-email", "no address at all")];
            pairs.extend(verified.map(|value| ("x-actor-email-verified", value)));
            let (_, actor) = identify(&headers(&pairs)).expect("all is well");
            assert_eq!(actor.expect("an actor").verified_email, None);
        }
    }

    #[test]
    fn the_address_is_the_one_that_the_service_sees() {
        let check = |text: &str, expected: &str| {
            let (_, actor) = identify(&headers(&[("x-actor-user-id", "ada"), ("x-actor-address", text)]))
                .expect("all is well");
            let found = actor.expect("an actor").address.map(|address| address.to_string());
            assert_eq!(found.as_deref(), Some(expected));
        };
        check("192.0.2.1", "192.0.2.1");
        check("::ffff:192.0.2.1", "192.0.2.1");
        check("2001:DB8:0::1", "2001:db8::1");
        let (_, actor) = identify(&headers(&[("x-actor-user-id", "ada")])).expect("all is well");
        assert_eq!(actor.expect("an actor").address, None);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let check = |pairs: &[(&'static str, &str)], expected: &str| {
            let error = identify(&headers(pairs)).expect_err("it is wrong");
            let found = match error {
                Error::CredentialsMissing { header } => format!("twice {header}"),
                Error::CredentialsInvalid { header, .. } => format!("invalid {header}"),
                other => other.to_string(),
            };
            assert_eq!(found, expected);
        };
        check(&[("x-actor-user-id", "a"), ("x-actor-user-id", "a")], "twice x-actor-user-id");
        check(&[("x-caller", "a"), ("x-caller", "b")], "twice x-caller");
        check(&[("x-caller-scopes", "tiers.set"), ("x-caller-scopes", "tiers.set")], "twice x-caller-scopes");
        check(
            &[("x-actor-email-verified", "true"), ("x-actor-email-verified", "true")],
            "twice x-actor-email-verified",
        );
        check(&[("x-actor-user-id", "")], "invalid x-actor-user-id");
        check(&[("x-actor-user-id", &"x".repeat(129))], "invalid x-actor-user-id");
        check(&[("x-actor-user-id", "María")], "invalid x-actor-user-id");
        check(&[("x-caller", "")], "invalid x-caller");
        check(&[("x-caller-scopes", "tiers.sét")], "invalid x-caller-scopes");
        check(&[("x-actor-email-verified", "yes")], "invalid x-actor-email-verified");
        check(&[("x-actor-email", "nobody"), ("x-actor-email-verified", "true")], "invalid x-actor-email");
        check(&[("x-actor-address", "::1"), ("x-actor-address", "::1")], "twice x-actor-address");
        for wrong in
            ["", "unknown", "192.0.2.1:443", "[::1]", "192.0.2.1, 192.0.2.2", "192.0.2.0/24", "fe80::1%eth0"]
        {
            check(&[("x-actor-address", wrong)], "invalid x-actor-address");
        }
    }

    #[test]
    fn an_actor_is_demanded_where_one_is_needed() {
        let id = RequestId::generate();
        let check = |access| identify_call(Authn::Dev, access, &headers(&[]), id.clone());
        assert!(matches!(check(Access::Actor), Err(Error::ActorMissing)));
        assert!(check(Access::Caller).is_ok_and(|call| matches!(call.actor(), Err(Error::ActorMissing))));
    }

    #[test]
    fn a_scope_is_demanded_where_one_is_needed() {
        let id = RequestId::generate();
        let check = |pairs: &[(&'static str, &str)]| {
            identify_call(Authn::Dev, Access::Service(Scope::TiersSet), &headers(pairs), id.clone())
        };
        let lacking = "tiers.set";
        for pairs in [&[][..], &[("x-caller-scopes", "members.import")], &[("x-actor-user-id", "ada")]] {
            assert!(
                matches!(check(pairs), Err(Error::ScopeMissing { scope }) if scope == lacking),
                "{pairs:?}"
            );
        }
        let alone = check(&[("x-caller-scopes", "members.import,tiers.set")]).expect("it has the scope");
        assert_eq!(alone.actor, None, "no person is needed");
        let acting = check(&[("x-caller-scopes", "tiers.set"), ("x-actor-user-id", "ada")]);
        let actor = acting.expect("it has the scope").actor.expect("who is named is kept");
        assert_eq!(actor.user_id.as_str(), "ada");
        assert!(check(&[("x-caller-scopes", "tiers.set"), ("x-actor-user-id", "")]).is_err());
    }
}
