//! Tokens that want to be taken for others.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use roster_server::authn::jwt::Algorithm;
use serde_json::{Value, json};

use super::mint::{encoded, with_secret};
use super::{
    Key, claims_with, config, file_of, good_claims, knowing, refused_for, set_of, standing, subject,
};

/// Names, tokens, and a part of the reason that each must be refused for: refused for another, a guard would be untested.
type Table = Vec<(String, String, &'static str)>;

const SHAPE: &str = "three parts in base64url";
const ALGORITHM: &str = "one of the algorithms";
const UNWANTED: &str = "none of crit";
const MEMBERS: &str = "header that is one JSON object";
const SIGNATURE: &str = "the signature of the key";
const UNFIT: &str = "for its algorithm";
const UNKNOWN: &str = "with a key of the issuer";

async fn all_refused(verifier: &roster_server::authn::jwt::Verifier, table: Table) {
    let mut wrong = vec![];
    for (name, token, reason) in table {
        wrong.extend(refused_for(verifier, &name, &token, reason).await);
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn every_algorithm_is_supported_and_only_those_configured_are_accepted() {
    let keys = [Key::rsa("rsa"), Key::p256("p256"), Key::p384("p384"), Key::ed25519("ed")];
    let [rsa, p256, p384, ed] = &keys;
    let (folder, source) = file_of(&set_of(&[rsa, p256, p384, ed]));
    let (all, _) = standing(config(source.clone()));
    for (key, algorithms) in [
        (rsa, &["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"][..]),
        (p256, &["ES256"]),
        (p384, &["ES384"]),
        (ed, &["EdDSA"]),
    ] {
        for name in algorithms {
            let token = key.token(name, &good_claims());
            assert_eq!(subject(&all, &token).await.as_deref(), Ok("ada"), "{name}");
            let algorithm = Algorithm::parse(name).expect("an algorithm");
            let others = Algorithm::ALL.into_iter().filter(|other| *other != algorithm).collect();
            let mut config = config(source.clone());
            config.algorithms = others;
            let (verifier, _) = standing(config);
            all_refused(&verifier, vec![((*name).to_owned(), token, ALGORITHM)]).await;
        }
    }
    drop(folder);
}

#[tokio::test]
async fn no_token_is_believed_without_a_signature_or_with_a_shared_secret() {
    let (rsa, p256) = (Key::rsa("rsa"), Key::p256("p256"));
    let (verifier, _) = knowing(&[&rsa, &p256]);
    let claims = encoded(good_claims().to_string());
    let mut table = Table::new();
    for name in
        ["none", "None", "NONE", "nOnE", "", "none ", "HS256", "HS384", "HS512", "dir", "rs256", "ES256K"]
    {
        let header = encoded(json!({ "alg": name, "typ": "JWT", "kid": "rsa" }).to_string());
        table.push((format!("{name:?}, unsigned"), format!("{header}.{claims}."), SHAPE));
        table.push((format!("{name:?}, some signature"), format!("{header}.{claims}.AAAA"), ALGORITHM));
    }
    for key in [&rsa, &p256] {
        let der = key.public_bytes();
        let pem =
            format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(&der));
        for secret in [der, pem.into_bytes(), key.jwk().to_string().into_bytes(), vec![]] {
            let header = json!({ "alg": "HS256", "typ": "JWT", "kid": key.id });
            let name = format!("{} as a secret of {} bytes", key.id, secret.len());
            table.push((name, with_secret(&secret, &header, &good_claims()), ALGORITHM));
        }
    }
    for alg in [json!(null), json!(["RS256"]), json!(256), json!({ "RS256": true })] {
        let header = json!({ "alg": alg, "kid": "rsa" }).to_string();
        table.push((
            format!("alg {alg}"),
            rsa.of_text("RS256", &header, &good_claims().to_string()),
            ALGORITHM,
        ));
    }
    table.push(("no alg".to_owned(), rsa.of_text("RS256", r#"{"kid":"rsa"}"#, "{}"), ALGORITHM));
    all_refused(&verifier, table).await;
}

#[tokio::test]
async fn a_key_is_used_with_its_own_algorithms_only() {
    let (rsa, p256, p384) = (Key::rsa("rsa"), Key::p256("p256"), Key::p384("p384"));
    let (ed, bound) = (Key::ed25519("ed"), Key::other_rsa("bound"));
    let mut bound_to_rs256 = bound.jwk();
    bound_to_rs256["alg"] = json!("RS256");
    let set = json!({ "keys": [rsa.jwk(), p256.jwk(), p384.jwk(), ed.jwk(), bound_to_rs256] });
    let (folder, source) = file_of(&set.to_string());
    let (verifier, _) = standing(config(source));
    let bad = |signer: &Key, signed: &str, header: Value| {
        signer.of_text(signed, &header.to_string(), &good_claims().to_string())
    };
    let mut table = Table::new();
    for (signer, signed, said, kid) in [
        (&rsa, "RS256", "ES256", "rsa"),
        (&rsa, "RS256", "EdDSA", "rsa"),
        (&p256, "ES256", "RS256", "p256"),
        (&p256, "ES256", "ES384", "p256"),
        (&p384, "ES384", "ES256", "p384"),
        (&ed, "EdDSA", "ES256", "ed"),
        (&bound, "PS256", "PS256", "bound"),
        (&bound, "RS512", "RS512", "bound"),
        (&p256, "ES256", "ES256", "rsa"),
    ] {
        let token = bad(signer, signed, json!({ "alg": said, "kid": kid }));
        table.push((format!("{signed} for {said} with {kid}"), token, UNFIT));
    }
    for (signer, signed, said, kid) in [
        (&rsa, "RS256", "PS256", "rsa"),
        (&rsa, "PS256", "RS256", "rsa"),
        (&rsa, "RS256", "RS384", "rsa"),
        (&rsa, "RS256", "RS256", "bound"),
        (&p384, "ES384", "ES256", "p256"),
        (&ed, "EdDSA", "ES256", "p256"),
        (&p256, "ES256", "EdDSA", "ed"),
    ] {
        let token = bad(signer, signed, json!({ "alg": said, "kid": kid }));
        table.push((format!("{signed} for {said} with {kid}"), token, SIGNATURE));
    }
    all_refused(&verifier, table).await;
    assert_eq!(subject(&verifier, &bound.token("RS256", &good_claims())).await.as_deref(), Ok("ada"));
    drop(folder);
}

#[tokio::test]
async fn a_token_brings_no_key_and_nothing_that_must_be_understood() {
    let (key, own) = (Key::p256("key"), Key::p256("key"));
    let (verifier, _) = knowing(&[&key]);
    let mut table = Table::new();
    for (name, value) in [
        ("jwk", own.jwk()),
        ("jwk", json!(null)),
        ("jku", json!("https://evil.example.org/keys")),
        ("x5u", json!("https://evil.example.org/chain")),
        ("x5c", json!(["MIIB"])),
        ("crit", json!(["exp"])),
        ("crit", json!([])),
        ("b64", json!(false)),
        ("enc", json!("A256GCM")),
        ("zip", json!("DEF")),
    ] {
        let mut header = json!({ "alg": "ES256", "kid": "key" });
        header[name] = value;
        for signer in [&key, &own] {
            table.push((format!("{header}"), signer.with_header(&header, &good_claims()), UNWANTED));
        }
    }
    table.push(("own key".to_owned(), own.token("ES256", &good_claims()), SIGNATURE));
    all_refused(&verifier, table).await;
}

#[tokio::test]
async fn a_header_is_read_in_one_way_only() {
    let key = Key::p256("key");
    let (verifier, _) = knowing(&[&key]);
    let text = |header: &str| key.of_text("ES256", header, &good_claims().to_string());
    let mut table = Table::new();
    for header in [
        r#"{"alg":"ES256","kid":"key","alg":"ES256"}"#,
        r#"{"alg":"none","alg":"ES256","kid":"key"}"#,
        r#"{"alg":"ES256","kid":"key","\u006bid":"key"}"#,
        r#"{"alg":"ES256","kid":"key","x":{"a":1,"a":1}}"#,
        r#"["ES256"]"#,
        r#""ES256""#,
        r#"{"alg":"ES256","kid":"key"}{}"#,
        r#"{"alg":"ES256","kid":"key""#,
        "",
        "\u{feff}{\"alg\":\"ES256\",\"kid\":\"key\"}",
    ] {
        table.push((header.to_owned(), text(header), MEMBERS));
    }
    for kid in ["null", "7", "[\"key\"]", "true"] {
        table.push((
            format!("kid {kid}"),
            text(&format!(r#"{{"alg":"ES256","kid":{kid}}}"#)),
            "its key as a text",
        ));
    }
    for kid in ["", "KEY", "key ", "key\\u0000", "../key", "' or 1=1"] {
        table.push((format!("kid {kid}"), text(&format!(r#"{{"alg":"ES256","kid":"{kid}"}}"#)), UNKNOWN));
    }
    for kind in
        ["\"JWE\"", "\"\"", "\"dpop+jwt\"", "\"application/\"", "null", "1", "[\"JWT\"]", "\"secevent+jwt\""]
    {
        let header = format!(r#"{{"alg":"ES256","kid":"key","typ":{kind}}}"#);
        table.push((format!("typ {kind}"), text(&header), "of the type"));
    }
    all_refused(&verifier, table).await;
    for kind in ["JWT", "jwt", "at+jwt", "AT+JWT", "application/at+jwt", "Application/JWT"] {
        let header = json!({ "alg": "ES256", "kid": "key", "typ": kind, "x5t": "hint" });
        let token = key.with_header(&header, &good_claims());
        assert_eq!(subject(&verifier, &token).await.as_deref(), Ok("ada"), "{kind}");
    }
}

#[tokio::test]
async fn a_token_has_one_form_only() {
    let (key, rsa) = (Key::p256("key"), Key::rsa("rsa"));
    let (verifier, _) = knowing(&[&key, &rsa]);
    let good = key.token("ES256", &good_claims());
    let (message, signature) = good.rsplit_once('.').expect("three parts");
    let (header, claims) = message.split_once('.').expect("two parts");
    let other = key.token("ES256", &claims_with(json!({ "sub": "eve" })));
    let other_signature = other.rsplit_once('.').expect("three parts").1;
    // The last of 86 characters has four bits that mean nothing; only one of sixteen spellings has them zero.
    let spelled = |last: char| format!("{message}.{}{last}", &signature[..signature.len() - 1]);
    let kept = good.chars().next_back().expect("a character");
    let mut table: Table = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        .chars()
        .filter(|last| *last != kept)
        .map(|last| (format!("last character {last}"), spelled(last), "must "))
        .collect();
    let mut add = |name: &str, token: String, reason| table.push((name.to_owned(), token, reason));
    add("nothing", String::new(), SHAPE);
    add("one part", header.to_owned(), SHAPE);
    add("two parts", message.to_owned(), SHAPE);
    add("no signature", format!("{message}."), SHAPE);
    add("no claims", format!("{header}..{signature}"), SHAPE);
    add("no header", format!(".{claims}.{signature}"), MEMBERS);
    add("two dots alone", "..".to_owned(), SHAPE);
    add("four parts", format!("{good}.AAAA"), SHAPE);
    add("a dot at the end", format!("{good}."), SHAPE);
    add("five parts", format!("{header}.AAAA.AAAA.{claims}.{signature}"), SHAPE);
    let jwe = encoded(r#"{"alg":"RSA-OAEP","enc":"A256GCM","kid":"rsa"}"#);
    add("JWE", format!("{jwe}.AAAA.AAAA.AAAA.AAAA"), SHAPE);
    add("JWE in three parts", format!("{jwe}.{claims}.{signature}"), UNWANTED);
    add(
        "JSON form",
        json!({ "protected": header, "payload": claims, "signature": signature }).to_string(),
        SHAPE,
    );
    add("padded signature", format!("{good}=="), "can be read");
    add("padded header", key.of_parts("ES256", &format!("{header}=="), claims), SHAPE);
    add("space before", format!(" {good}"), SHAPE);
    add("line end after", format!("{good}\n"), "can be read");
    add("standard alphabet", format!("{header}.{claims}.+/{}", &signature[2..]), "can be read");
    add("half a signature", format!("{message}.{}", &signature[..43]), "must ");
    add("signature of another token", format!("{message}.{other_signature}"), SIGNATURE);
    add(
        "claims of another token",
        format!("{header}.{}.{signature}", other.split('.').nth(1).expect("claims")),
        SIGNATURE,
    );
    add("zeros for a signature", format!("{message}.{}", encoded([0; 64])), SIGNATURE);
    add("DER for a signature", format!("{message}.{}", encoded([0x30, 6, 2, 1, 1, 2, 1, 1])), SIGNATURE);
    add("padded claims", key.of_parts("ES256", header, &format!("{claims}==")), "can be read");
    add("a megabyte", "a".repeat(1 << 20), "at most 8 KiB");
    let long = claims_with(json!({ "pad": "x".repeat(8 * 1024) }));
    add("a long one that is signed", key.token("ES256", &long), "at most 8 KiB");
    all_refused(&verifier, table).await;
    assert_eq!(subject(&verifier, &good).await.as_deref(), Ok("ada"));
}

#[tokio::test]
async fn as_long_a_token_as_may_be_is_believed() {
    let key = Key::p256("key");
    let (verifier, _) = knowing(&[&key]);
    // A sixth character of padding is the one that makes the difference between 8,192 and 8,193 bytes or more.
    let of = |pad: usize| key.token("ES256", &claims_with(json!({ "pad": "x".repeat(pad) })));
    let pad = (0..8192).rev().find(|pad| of(*pad).len() <= 8192).expect("it fits");
    assert_eq!(subject(&verifier, &of(pad)).await.as_deref(), Ok("ada"));
    assert_eq!(refused_for(&verifier, "longer", &of(pad + 1), "at most 8 KiB").await, None);
}

#[tokio::test]
async fn a_key_of_the_same_name_is_not_the_same_key() {
    for (key, other, algorithm) in [
        (Key::rsa("key"), Key::other_rsa("key"), "RS256"),
        (Key::rsa("key"), Key::other_rsa("key"), "PS256"),
        (Key::p256("key"), Key::p256("key"), "ES256"),
        (Key::p384("key"), Key::p384("key"), "ES384"),
        (Key::ed25519("key"), Key::ed25519("key"), "EdDSA"),
    ] {
        let (verifier, _) = knowing(&[&key]);
        assert_eq!(subject(&verifier, &key.token(algorithm, &good_claims())).await.as_deref(), Ok("ada"));
        let forged = other.token(algorithm, &good_claims());
        assert_eq!(refused_for(&verifier, algorithm, &forged, SIGNATURE).await, None);
    }
}
