//! What a signed token must say, and what is made of it.

use std::collections::BTreeSet;
use std::time::Duration;

use roster_domain::{EmailAddress, Timestamp};
use roster_server::authn::jwt::Verified;
use serde_json::{Value, json};

use super::{
    AUDIENCE, ISSUER, Key, NOW, claims_with, config, file_of, good_claims, knowing, refused_for, set_of,
    standing, verified,
};

const DAY: u64 = 24 * 3600;

#[tokio::test]
async fn required_claims_are_there_and_of_the_right_type() {
    let key = Key::p256("key");
    let (verifier, _) = knowing(&[&key]);
    let mut wrong = vec![];
    for (name, reason) in [("exp", "(exp)"), ("iss", "(iss)"), ("aud", "(aud)"), ("sub", "(sub)")] {
        let mut values = vec![json!(null), json!(true), json!({}), json!([]), json!([[ISSUER]]), json!("")];
        match name {
            "exp" => {
                values.extend([json!("1800003600"), json!([NOW + 60]), json!(-1), json!(1e20), json!(1e300)]);
            }
            "aud" => values.extend([
                json!(7),
                json!([AUDIENCE, 7]),
                json!([AUDIENCE, null]),
                json!({ AUDIENCE: 1 }),
            ]),
            "iss" => values.extend([json!(7), json!([ISSUER]), json!([ISSUER, "other"])]),
            _ => values.extend([
                json!(7),
                json!(["ada"]),
                json!(" ada"),
                json!("a\nb"),
                json!("x".repeat(129)),
            ]),
        }
        for value in values {
            // The library does not tell which claim has the wrong type.
            let untold = matches!(name, "exp" | "sub") && (value.is_array() || value.is_object());
            let reason = if untold { "must " } else { reason };
            let token = key.token("ES256", &claims_with(json!({ name: value })));
            wrong.extend(refused_for(&verifier, &format!("{name}: {value}"), &token, reason).await);
        }
        let mut claims = good_claims();
        claims.as_object_mut().expect("an object").remove(name);
        wrong.extend(
            refused_for(&verifier, &format!("no {name}"), &key.token("ES256", &claims), reason).await,
        );
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn issuer_and_audience_are_compared_to_the_letter() {
    let key = Key::p256("key");
    let (verifier, _) = knowing(&[&key]);
    let mut wrong = vec![];
    for issuer in
        ["https://login.example.org", "https://LOGIN.example.org/", "https://login.example.org/x", "x"]
    {
        let token = key.token("ES256", &claims_with(json!({ "iss": issuer })));
        wrong.extend(refused_for(&verifier, issuer, &token, "(iss)").await);
    }
    for audience in [json!("Roster"), json!("roster "), json!(["other", "roster/"]), json!("roster other")] {
        let token = key.token("ES256", &claims_with(json!({ "aud": audience })));
        wrong.extend(refused_for(&verifier, &audience.to_string(), &token, "(aud)").await);
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let token = key.token("ES256", &claims_with(json!({ "aud": ["other", AUDIENCE] })));
    verified(&verifier, &token).await.expect("it is for us too");
}

#[tokio::test]
async fn no_member_stands_there_twice() {
    let key = Key::p256("key");
    let (verifier, _) = knowing(&[&key]);
    let good = good_claims().to_string();
    let mut wrong = vec![];
    for added in [
        r#""sub":"ada""#,
        r#""sub":"eve""#,
        r#""exp":1800003600"#,
        r#""\u0073ub":"ada""#,
        r#""x":1,"x":1"#,
        r#""x":[{"y":1,"y":2}]"#,
    ] {
        let claims = format!("{},{added}}}", good.strip_suffix('}').expect("an object"));
        let token = key.of_text("ES256", r#"{"alg":"ES256","kid":"key"}"#, &claims);
        wrong.extend(refused_for(&verifier, added, &token, "in one JSON object").await);
    }
    for claims in ["[]", "null", "\"ada\"", "7", "not JSON", &format!("{good} x"), &format!("[{good}]")] {
        let token = key.of_text("ES256", r#"{"alg":"ES256","kid":"key"}"#, claims);
        wrong.extend(refused_for(&verifier, claims, &token, "in one JSON object").await);
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Each edge is looked at from both sides.
#[tokio::test]
async fn times_are_judged_with_thirty_seconds_of_leeway() {
    let key = Key::p256("key");
    let (verifier, _) = knowing(&[&key]);
    let mut wrong = vec![];
    for (claims, reason) in [
        (json!({ "iat": NOW - 60, "exp": NOW - 30 }), "(exp)"),
        (json!({ "iat": NOW - 60, "exp": NOW - 31 }), "(exp)"),
        (json!({ "iat": 0, "exp": 0 }), "(exp)"),
        (json!({ "nbf": NOW + 31 }), "(nbf)"),
        (json!({ "nbf": 1_800_000_030.001 }), "(nbf)"),
        (json!({ "nbf": "1" }), "(nbf)"),
        (json!({ "nbf": null }), "(nbf)"),
        (json!({ "nbf": -1 }), "(nbf)"),
        (json!({ "iat": NOW + 31 }), "in the future (iat)"),
        (json!({ "iat": (NOW + 5) * 1000 }), "(iat)"),
        (json!({ "iat": "1800000000" }), "(iat)"),
        (json!({ "iat": null }), "(iat)"),
        (json!({ "iat": [NOW] }), "(iat)"),
        (json!({ "iat": -5 }), "(iat)"),
        (json!({ "iat": NOW - 3600, "exp": NOW - 3600 + DAY + 1 }), "live no longer"),
        (json!({ "iat": 0 }), "live no longer"),
        (json!({ "exp": 253_402_300_799_u64 }), "live no longer"),
        (json!({ "exp": 253_402_300_800_u64 }), "in seconds since 1970 (exp)"),
        (json!({ "exp": (NOW + 3600) * 1000 }), "in seconds since 1970 (exp)"),
    ] {
        let token = key.token("ES256", &claims_with(claims.clone()));
        wrong.extend(refused_for(&verifier, &claims.to_string(), &token, reason).await);
    }
    for claims in [
        json!({ "iat": NOW - 60, "exp": NOW - 29 }),
        json!({ "iat": NOW - 60, "exp": 1_799_999_970.5 }),
        json!({ "nbf": NOW + 30 }),
        json!({ "nbf": 0 }),
        json!({ "iat": NOW + 30 }),
        json!({ "iat": 1_799_999_999.75, "exp": 1_800_000_100.25 }),
        json!({ "iat": NOW - 3600, "exp": NOW - 3600 + DAY }),
    ] {
        let token = key.token("ES256", &claims_with(claims.clone()));
        let refused = verified(&verifier, &token).await.err();
        wrong.extend(refused.map(|refused| format!("{claims}: {refused:?}")));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn a_token_that_does_not_say_when_it_was_issued_lives_no_longer_from_now_on() {
    let key = Key::p256("key");
    let (verifier, _) = knowing(&[&key]);
    let token = |exp: u64| {
        let mut claims = claims_with(json!({ "exp": exp }));
        claims.as_object_mut().expect("an object").remove("iat");
        key.token("ES256", &claims)
    };
    verified(&verifier, &token(NOW + DAY + 30)).await.expect("it lives a day");
    assert_eq!(refused_for(&verifier, "a day", &token(NOW + DAY + 31), "live no longer").await, None);
}

#[tokio::test]
async fn a_token_is_good_until_its_end_and_no_longer() {
    let key = Key::p256("key");
    let (verifier, hand) = knowing(&[&key]);
    let token = key.token("ES256", &good_claims());
    let expected = Verified {
        subject: "ada".to_owned(),
        client_id: None,
        scopes: BTreeSet::new(),
        email: None,
        expires_at: Timestamp::from_micros(1_800_003_600_000_000),
    };
    assert_eq!(verified(&verifier, &token).await, Ok(expected.clone()));
    hand.forward(Duration::from_millis(3_629_999));
    assert_eq!(verified(&verifier, &token).await, Ok(expected));
    hand.forward(Duration::from_millis(1));
    assert_eq!(refused_for(&verifier, "at its end", &token, "not have expired").await, None);
}

#[tokio::test]
async fn lifetimes_that_are_configured_without_a_bound_bound_nothing() {
    let key = Key::p256("key");
    let (folder, source) = file_of(&set_of(&[&key]));
    let mut config = config(source);
    config.max_lifetime = Duration::MAX;
    let (verifier, _) = standing(config);
    for iat in [json!(NOW), json!(0)] {
        let claims = claims_with(json!({ "iat": iat, "exp": 253_402_300_799_u64 }));
        verified(&verifier, &key.token("ES256", &claims)).await.expect("it lives long");
    }
    drop(folder);
}

#[tokio::test]
async fn optional_claims_are_taken_as_they_are_or_refused() {
    let key = Key::p256("key");
    let (verifier, _) = knowing(&[&key]);
    let mut wrong = vec![];
    for (name, reason) in [
        ("email", "(email)"),
        ("email_verified", "(email_verified)"),
        ("azp", "(azp, client_id)"),
        ("client_id", "(azp, client_id)"),
        ("scope", "(scope, scp)"),
        ("scp", "(scope, scp)"),
    ] {
        let mut values = vec![json!(null), json!(7), json!({}), json!([1]), json!([["act-as"]])];
        match name {
            "email_verified" => values.extend([json!("true"), json!(1), json!([true])]),
            "scp" => values.extend([json!(true), json!(["act-as", null])]),
            "azp" | "client_id" => values.extend([json!(true), json!([]), json!("")]),
            _ => values.extend([json!(true), json!([]), json!(["act-as"])]),
        }
        for value in values {
            let token = key.token("ES256", &claims_with(json!({ name: value })));
            wrong.extend(refused_for(&verifier, &format!("{name}: {value}"), &token, reason).await);
        }
    }
    for (claims, reason) in [
        (json!({ "azp": "web", "client_id": "app" }), "(azp, client_id)"),
        (json!({ "scope": "act-as", "scp": ["tiers.set"] }), "(scope, scp)"),
        (json!({ "scope": "", "scp": ["act-as"] }), "(scope, scp)"),
    ] {
        let token = key.token("ES256", &claims_with(claims.clone()));
        wrong.extend(refused_for(&verifier, &claims.to_string(), &token, reason).await);
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn clients_and_scopes_are_read_from_either_claim() {
    let key = Key::p256("key");
    let (verifier, _) = knowing(&[&key]);
    let scopes = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<String>>();
    let check = async |claims: Value, client_id: Option<&str>, expected: &[&str]| {
        let token = key.token("ES256", &claims_with(claims.clone()));
        let good = verified(&verifier, &token).await.expect("a good token");
        assert_eq!((good.client_id.as_deref(), good.scopes), (client_id, scopes(expected)), "{claims}");
    };
    check(json!({}), None, &[]).await;
    check(json!({ "azp": "web" }), Some("web"), &[]).await;
    check(json!({ "client_id": "web" }), Some("web"), &[]).await;
    check(json!({ "azp": "web", "client_id": "web" }), Some("web"), &[]).await;
    check(json!({ "scope": "" }), None, &[]).await;
    check(json!({ "scope": "act-as  tiers.set " }), None, &["act-as", "tiers.set"]).await;
    check(json!({ "scope": "act-as,tiers.set" }), None, &["act-as,tiers.set"]).await;
    check(json!({ "scp": "act-as tiers.set" }), None, &["act-as", "tiers.set"]).await;
    check(json!({ "scp": ["act-as", "tiers.set"] }), None, &["act-as", "tiers.set"]).await;
    check(json!({ "scp": [] }), None, &[]).await;
    check(json!({ "scp": ["act-as tiers.set"] }), None, &["act-as tiers.set"]).await;
    check(
        json!({ "scope": "tiers.set act-as", "scp": ["act-as", "tiers.set"] }),
        None,
        &["act-as", "tiers.set"],
    )
    .await;
}

#[tokio::test]
async fn an_address_counts_only_if_the_issuer_vouches_for_it() {
    let key = Key::p256("key");
    let (verifier, _) = knowing(&[&key]);
    let ada = EmailAddress::parse("ada@example.org").expect("an address");
    for (claims, expected) in [
        (json!({ "email": "ada@example.org", "email_verified": true }), Some(&ada)),
        (json!({ "email": "ada@example.org", "email_verified": false }), None),
        (json!({ "email": "ada@example.org" }), None),
        (json!({ "email_verified": true }), None),
        (json!({ "email": "no address", "email_verified": true }), None),
    ] {
        let token = key.token("ES256", &claims_with(claims.clone()));
        let good = verified(&verifier, &token).await.expect("a good token");
        assert_eq!(good.email.as_ref(), expected, "{claims}");
    }
}
