//! Sets of keys: which are usable, and which key is a token's.

use roster_server::authn::jwt::{Clock, KeySource, OpenError, Verifier};
use serde_json::{Value, json};

use super::mint::encoded;
use super::{Key, config, file_of, good_claims, knowing, refused_for, standing, subject};

fn opened(text: &str) -> Result<(), OpenError> {
    let (folder, source) = file_of(text);
    let opened = Verifier::open_at(config(source), Clock::system()).map(drop);
    drop(folder);
    opened
}

fn changed(key: &Key, name: &str, value: Value) -> Value {
    let mut jwk = key.jwk();
    jwk[name] = value;
    jwk
}

/// A key that is not used does not stand in the way of the others.
#[tokio::test]
async fn keys_that_are_not_usable_are_left_out() {
    let (rsa, p256, p384, ed) = (Key::rsa("key"), Key::p256("key"), Key::p384("key"), Key::ed25519("key"));
    let short = |bits: usize| {
        let mut n = vec![0xff; bits.div_ceil(8)];
        n[0] = 0xff >> (n.len() * 8 - bits);
        json!({ "kty": "RSA", "kid": "key", "n": encoded(n), "e": "AQAB" })
    };
    let other = Key::p256("other");
    let mut wrong = vec![];
    for (name, jwk) in [
        ("1024 bits", short(1024)),
        ("2047 bits", short(2047)),
        ("8193 bits", short(8193)),
        ("no number", changed(&rsa, "n", json!(""))),
        ("a number in another alphabet", changed(&rsa, "n", json!("+/+/"))),
        ("P-521", changed(&p256, "crv", json!("P-521"))),
        ("secp256k1", changed(&p256, "crv", json!("secp256k1"))),
        ("P-256 with the point of P-384", changed(&p384, "crv", json!("P-256"))),
        ("Ed25519 as EC", changed(&p256, "crv", json!("Ed25519"))),
        ("Ed448", changed(&ed, "crv", json!("Ed448"))),
        ("P-256 as OKP", changed(&ed, "crv", json!("P-256"))),
        ("half a point", changed(&ed, "x", json!("AAAA"))),
        ("a shared secret", json!({ "kty": "oct", "kid": "key", "k": "AAAA" })),
        ("a private key", changed(&p256, "d", json!("AAAA"))),
        ("for encryption", changed(&p256, "use", json!("enc"))),
        ("for something", changed(&p256, "use", json!("tls"))),
        ("for signing", changed(&p256, "key_ops", json!(["sign"]))),
        ("for nothing", changed(&p256, "key_ops", json!([]))),
        ("of another algorithm", changed(&p256, "alg", json!("ES384"))),
        ("of an unknown algorithm", changed(&p256, "alg", json!("ES256K"))),
        ("of a symmetric algorithm", changed(&rsa, "alg", json!("HS256"))),
        ("of an encrypting algorithm", changed(&rsa, "alg", json!("RSA-OAEP"))),
        ("kid is a number", changed(&p256, "kid", json!(7))),
        ("no kty", json!({ "kid": "key" })),
        ("no object", json!("key")),
    ] {
        if !matches!(opened(&json!({ "keys": [jwk] }).to_string()), Err(OpenError::NoUsableKey { .. })) {
            wrong.push(format!("{name} alone"));
        }
        let (folder, source) = file_of(&json!({ "keys": [jwk, other.jwk()] }).to_string());
        let (verifier, _) = standing(config(source));
        if subject(&verifier, &other.token("ES256", &good_claims())).await.as_deref() != Ok("ada") {
            wrong.push(format!("{name} beside another"));
        }
        drop(folder);
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn keys_are_usable_however_much_they_say_of_themselves() {
    let (rsa, p256, ed) = (Key::rsa("key"), Key::p256("key"), Key::ed25519("key"));
    let PlainRsa { n, e } = PlainRsa::of(&rsa);
    for (key, algorithm, jwk) in [
        (&rsa, "RS256", changed(&rsa, "alg", json!("RS256"))),
        (&rsa, "PS512", changed(&rsa, "key_ops", json!(["verify"]))),
        (&rsa, "PS256", json!({ "kty": "RSA", "kid": "key", "n": n, "e": e })),
        (&rsa, "RS256", json!({ "kty": "RSA", "kid": "key", "n": with_zero(&n), "e": with_zero(&e) })),
        (&p256, "ES256", changed(&p256, "key_ops", json!(["sign", "verify"]))),
        (&p256, "ES256", changed(&p256, "x5t", json!("thumbprint"))),
        (&ed, "EdDSA", changed(&ed, "alg", json!("EdDSA"))),
    ] {
        let (folder, source) = file_of(&json!({ "keys": [jwk], "more": 1 }).to_string());
        let (verifier, _) = standing(config(source));
        let token = key.token(algorithm, &good_claims());
        assert_eq!(subject(&verifier, &token).await.as_deref(), Ok("ada"), "{jwk}");
        drop(folder);
    }
}

struct PlainRsa {
    n: String,
    e: String,
}

impl PlainRsa {
    fn of(key: &Key) -> Self {
        let text = |name: &str| key.jwk()[name].as_str().expect("a text").to_owned();
        Self { n: text("n"), e: text("e") }
    }
}

/// The number as some issuers write it.
fn with_zero(number: &str) -> String {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let mut bytes = vec![0];
    bytes.extend(URL_SAFE_NO_PAD.decode(number).expect("a number"));
    encoded(bytes)
}

#[test]
fn a_set_is_bounded_and_is_one() {
    let key = Key::p256("key").jwk();
    let of = |count: usize| json!({ "keys": vec![&key; count] }).to_string();
    let padded = |bytes: usize| {
        let set = of(1);
        format!("{set}{}", " ".repeat(bytes - set.len()))
    };
    let not_keys = |text: &str| matches!(opened(text), Err(OpenError::NotKeys { .. }));
    assert!(opened(&of(100)).is_ok());
    assert!(not_keys(&of(101)));
    assert!(opened(&padded(1 << 20)).is_ok());
    assert!(not_keys(&padded((1 << 20) + 1)));
    for text in
        ["", "{}", "[]", "null", r#"{"keys": {}}"#, r#"{"keys": null}"#, &key.to_string(), "-----BEGIN"]
    {
        assert!(not_keys(text), "{text}");
    }
    assert!(matches!(opened(r#"{"keys": []}"#), Err(OpenError::NoUsableKey { .. })));
    let nowhere = KeySource::File("/nowhere/jwks.json".into());
    let error = Verifier::open_at(config(nowhere), Clock::system()).err().expect("no file");
    assert!(matches!(error, OpenError::File { .. }), "{error}");
}

#[tokio::test]
async fn a_token_that_names_no_key_has_to_have_the_only_one() {
    let (rsa, p256, other) = (Key::rsa("rsa"), Key::p256("one"), Key::p256("two"));
    let unnamed = |key: &Key, algorithm: &str| key.with_header(&json!({ "alg": algorithm }), &good_claims());
    let (verifier, _) = knowing(&[&rsa, &p256]);
    assert_eq!(subject(&verifier, &unnamed(&p256, "ES256")).await.as_deref(), Ok("ada"));
    assert_eq!(subject(&verifier, &unnamed(&rsa, "RS256")).await.as_deref(), Ok("ada"));
    let refused =
        refused_for(&verifier, "none fits", &unnamed(&Key::ed25519("ed"), "EdDSA"), "name one key").await;
    assert_eq!(refused, None);
    let (verifier, _) = knowing(&[&rsa, &p256, &other]);
    assert_eq!(subject(&verifier, &unnamed(&rsa, "RS256")).await.as_deref(), Ok("ada"));
    for key in [&p256, &other] {
        assert_eq!(refused_for(&verifier, key.id, &unnamed(key, "ES256"), "name one key").await, None);
    }
}

#[tokio::test]
async fn keys_of_one_name_are_told_apart_by_their_kind_only() {
    let (rsa, p256, other) = (Key::rsa("key"), Key::p256("key"), Key::p256("key"));
    let (verifier, _) = knowing(&[&rsa, &p256]);
    assert_eq!(subject(&verifier, &rsa.token("RS256", &good_claims())).await.as_deref(), Ok("ada"));
    assert_eq!(subject(&verifier, &p256.token("ES256", &good_claims())).await.as_deref(), Ok("ada"));
    let (verifier, _) = knowing(&[&p256, &other]);
    for key in [&p256, &other] {
        let token = key.token("ES256", &good_claims());
        assert_eq!(refused_for(&verifier, "one of two", &token, "name one key").await, None);
    }
}

/// The example of RFC 7515, A.3, which was made with neither our hands nor our libraries: its signature is right, and what
/// it lacks is ours to ask for.
#[tokio::test]
async fn a_token_from_elsewhere_has_a_signature_that_is_right() {
    let jwk = json!({
        "kty": "EC", "crv": "P-256",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    });
    let message = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    let signature = "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
    let (folder, source) = file_of(&json!({ "keys": [jwk] }).to_string());
    let (verifier, _) = standing(config(source));
    let reason = refused_for(&verifier, "example", &format!("{message}.{signature}"), "(aud)").await;
    assert_eq!(reason, None);
    let forged = format!("{message}.{}", signature.replace("DtEh", "DtEi"));
    assert_eq!(refused_for(&verifier, "forged", &forged, "the signature of the key").await, None);
    drop(folder);
}
