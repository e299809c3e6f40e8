//! The mode of a laptop: every header is believed.
//!
//! gRPC carries ASCII in such headers, so user ids with other characters cannot be sent in this mode.

use std::collections::BTreeSet;

use http::HeaderMap;
use roster_domain::CallerName;

use super::headers::{ACTOR_TOKEN, AUTHORIZATION, CALLER, SCOPES, invalid, refuse, single, stated_actor};
use super::{Actor, Caller, Policies, Scope};
use crate::edge_error::EdgeError;

/// What the calling service is called that does not say.
const DEFAULT_CALLER: &str = "dev";

/// What this mode does not read.
const UNREAD: [&str; 2] = [AUTHORIZATION, ACTOR_TOKEN];
const INSTEAD: &str = "must not be given in dev mode, which reads no tokens: x-actor-user-id names a person";

/// Reads the caller and the person that it acts for.
pub(super) fn identify(headers: &HeaderMap) -> Result<(Caller, Option<Actor>), EdgeError> {
    refuse(headers, &UNREAD, INSTEAD)?;
    let name = single(headers, CALLER)?.unwrap_or(DEFAULT_CALLER);
    let name = CallerName::parse(name).map_err(|error| invalid(CALLER, error.0))?;
    let scopes = scopes(headers)?;
    let actor = stated_actor(headers)?;
    Ok((Caller { name, policies: Policies::All, scopes }, actor))
}

/// The calling service's scopes: none unless it names some.
fn scopes(headers: &HeaderMap) -> Result<BTreeSet<Scope>, EdgeError> {
    let Some(names) = single(headers, SCOPES)? else { return Ok(BTreeSet::new()) };
    let scopes: Option<_> = names.split(',').map(|name| Scope::parse(name.trim())).collect();
    scopes.ok_or_else(|| {
        let known = Scope::ALL.map(Scope::as_str).join(", ");
        invalid(SCOPES, format!("must be scopes separated by commas; there are: {known}"))
    })
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};
    use roster_domain::EmailAddress;

    use super::*;
    use crate::authn::Authn;
    use crate::request_id::RequestId;

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
            assert!(
                matches!(error, EdgeError::CredentialsInvalid { header: "x-caller-scopes", .. }),
                "{error}"
            );
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
                EdgeError::CredentialsMissing { header } => format!("twice {header}"),
                EdgeError::CredentialsInvalid { header, .. } => format!("invalid {header}"),
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
        // Of whom, is not said.
        check(&[("x-actor-email", "ada@example.org")], "invalid x-actor-email");
        check(&[("x-actor-email-verified", "true")], "invalid x-actor-email-verified");
        check(&[("x-actor-address", "192.0.2.1")], "invalid x-actor-address");
        check(&[("x-actor-address", "::1"), ("x-actor-address", "::1")], "twice x-actor-address");
        for wrong in
            ["", "unknown", "192.0.2.1:443", "[::1]", "192.0.2.1, 192.0.2.2", "192.0.2.0/24", "fe80::1%eth0"]
        {
            check(&[("x-actor-address", wrong)], "invalid x-actor-address");
        }
    }

    #[tokio::test]
    async fn who_is_named_beside_scopes_must_be_somebody() {
        let check = async |pairs: &[(&'static str, &str)]| {
            Authn::Dev.identify(None, &headers(pairs), RequestId::generate()).await
        };
        let alone = check(&[("x-caller-scopes", "members.import,tiers.set")]).await.expect("a call");
        assert_eq!(alone.actor, None);
        let acting = check(&[("x-caller-scopes", "tiers.set"), ("x-actor-user-id", "ada")]).await;
        assert_eq!(acting.expect("a call").actor.expect("an actor").user_id.as_str(), "ada");
        assert!(check(&[("x-caller-scopes", "tiers.set"), ("x-actor-user-id", "")]).await.is_err());
    }
}
