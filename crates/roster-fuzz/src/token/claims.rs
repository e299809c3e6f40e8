//! What a token that is believed must say: judged a second time, by its text alone and in the plainest way.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{ED25519, UnparsedPublicKey};
use roster_domain::UserId;
use roster_server::authn::jwt::Verified;
use serde_json::Value;

use super::issuer::{AUDIENCE, ISSUER, MAX_LIFETIME, NOW};

/// How far clocks may be off.
const LEEWAY: f64 = 30.0;

/// Members by which a token would bring its own key, or be read in another way.
const DANGEROUS: [&str; 8] = ["crit", "jwk", "jku", "x5c", "x5u", "b64", "enc", "zip"];

pub(super) fn are_what_was_signed(token: &str, public: &[u8], verified: &Verified) {
    assert!(token.len() <= 8 * 1024);
    let parts: Vec<&str> = token.split('.').collect();
    let &[header, claims, signature] = parts.as_slice() else { panic!("{token} has not three parts") };
    let read = |part: &str| URL_SAFE_NO_PAD.decode(part).expect("base64url without padding");
    let message = format!("{header}.{claims}");
    let key = UnparsedPublicKey::new(&ED25519, public);
    assert!(key.verify(message.as_bytes(), &read(signature)).is_ok(), "{token} was not signed");

    let header: Value = serde_json::from_slice(&read(header)).expect("a JSON header");
    assert_eq!(header["alg"], "EdDSA");
    assert!(header.get("kid").is_none_or(|kid| kid == "one"));
    assert!(DANGEROUS.iter().all(|name| header.get(name).is_none()), "{header}");
    let claims: Value = serde_json::from_slice(&read(claims)).expect("JSON claims");
    is_meant_for_us(&claims);
    is_of_now(&claims, verified);
    says_who(&claims, verified);
}

fn is_meant_for_us(claims: &Value) {
    assert_eq!(claims["iss"], ISSUER);
    let audience = &claims["aud"];
    let listed = audience.as_array().is_some_and(|all| all.iter().any(|one| one == AUDIENCE));
    assert!(audience == AUDIENCE || listed, "{audience}");
}

#[expect(clippy::cast_precision_loss, reason = "whole seconds of this century are exact")]
fn is_of_now(claims: &Value, verified: &Verified) {
    let (now, longest) = (NOW as f64, MAX_LIFETIME as f64);
    let time = |name: &str| claims.get(name).map(|value| value.as_f64().expect("a number"));
    let expiry = time("exp").expect("a token ends");
    let issued = time("iat");
    assert!(now < expiry + LEEWAY && expiry <= issued.unwrap_or(now + LEEWAY) + longest + 0.001, "{claims}");
    assert!(issued.is_none_or(|issued| issued <= now + LEEWAY), "{claims}");
    assert!(time("nbf").is_none_or(|begin| begin <= now + LEEWAY), "{claims}");
    let expires_at = verified.expires_at.micros() as f64 / 1e6;
    assert!((expires_at - expiry).abs() < 0.001, "{claims} until {expires_at}");
}

fn says_who(claims: &Value, verified: &Verified) {
    assert_eq!(claims["sub"], verified.subject.as_str());
    assert!(UserId::parse(&verified.subject).is_ok());
    let clients = ["azp", "client_id"].map(|name| claims.get(name));
    for client in clients.into_iter().flatten() {
        assert_eq!(client.as_str(), verified.client_id.as_deref());
    }
    assert_eq!(verified.client_id.is_some(), clients.iter().any(Option::is_some));
    for scope in &verified.scopes {
        let among =
            |name: &str| claims[name].as_str().is_some_and(|all| all.split(' ').any(|one| one == scope));
        let listed = claims["scp"].as_array().is_some_and(|all| all.iter().any(|one| one == scope.as_str()));
        assert!(among("scope") || among("scp") || listed, "{scope:?} is not in {claims}");
    }
    if let Some(email) = &verified.email {
        assert_eq!(claims["email"], email.as_typed());
        assert_eq!(claims["email_verified"], true);
    }
}
