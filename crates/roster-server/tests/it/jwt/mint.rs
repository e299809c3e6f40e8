//! Makes tokens, good ones and others, without the library that verifies them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;
use ring::rand::SystemRandom;
use ring::rsa::PublicKeyComponents;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair,
    KeyPair as _, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384,
    RSA_PSS_SHA512, RsaEncoding, RsaKeyPair,
};
use serde_json::{Value, json};

/// A key of an issuer.
pub(crate) struct Key {
    pub(crate) id: &'static str,
    kind: Kind,
}

enum Kind {
    Rsa(RsaKeyPair),
    P256(EcdsaKeyPair),
    P384(EcdsaKeyPair),
    Ed(Ed25519KeyPair),
}

impl Key {
    /// One of two RSA keys, which take too long to make anew.
    pub(crate) fn rsa(id: &'static str) -> Self {
        Self::of_rsa(id, include_bytes!("keys/rsa_one.pk8"))
    }

    pub(crate) fn other_rsa(id: &'static str) -> Self {
        Self::of_rsa(id, include_bytes!("keys/rsa_two.pk8"))
    }

    fn of_rsa(id: &'static str, text: &[u8]) -> Self {
        Self { id, kind: Kind::Rsa(RsaKeyPair::from_pkcs8(text).expect("an RSA key")) }
    }

    /// A new key.
    pub(crate) fn p256(id: &'static str) -> Self {
        let (algorithm, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
        let text = EcdsaKeyPair::generate_pkcs8(algorithm, &random).expect("a key");
        let key = EcdsaKeyPair::from_pkcs8(algorithm, text.as_ref(), &random).expect("the same key");
        Self { id, kind: Kind::P256(key) }
    }

    pub(crate) fn p384(id: &'static str) -> Self {
        let (algorithm, random) = (&ECDSA_P384_SHA384_FIXED_SIGNING, SystemRandom::new());
        let text = EcdsaKeyPair::generate_pkcs8(algorithm, &random).expect("a key");
        let key = EcdsaKeyPair::from_pkcs8(algorithm, text.as_ref(), &random).expect("the same key");
        Self { id, kind: Kind::P384(key) }
    }

    pub(crate) fn ed25519(id: &'static str) -> Self {
        let text = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).expect("a key");
        Self { id, kind: Kind::Ed(Ed25519KeyPair::from_pkcs8(text.as_ref()).expect("the same key")) }
    }

    /// Its public half, as it stands in a set.
    pub(crate) fn jwk(&self) -> Value {
        let point = |crv: &str, point: &[u8]| {
            let (x, y) = point[1..].split_at(point.len() / 2);
            json!({ "kty": "EC", "crv": crv, "x": encoded(x), "y": encoded(y), "kid": self.id, "use": "sig" })
        };
        match &self.kind {
            Kind::Rsa(key) => {
                let PublicKeyComponents::<Vec<u8>> { n, e } = key.public().into();
                json!({ "kty": "RSA", "n": encoded(&n), "e": encoded(&e), "kid": self.id, "use": "sig" })
            }
            Kind::P256(key) => point("P-256", key.public_key().as_ref()),
            Kind::P384(key) => point("P-384", key.public_key().as_ref()),
            Kind::Ed(key) => {
                let x = encoded(key.public_key().as_ref());
                json!({ "kty": "OKP", "crv": "Ed25519", "x": x, "kid": self.id, "use": "sig" })
            }
        }
    }

    /// Its public half as bytes: the DER of an RSA key, the point of another.
    pub(crate) fn public_bytes(&self) -> Vec<u8> {
        match &self.kind {
            Kind::Rsa(key) => key.public().as_ref().to_vec(),
            Kind::P256(key) | Kind::P384(key) => key.public_key().as_ref().to_vec(),
            Kind::Ed(key) => key.public_key().as_ref().to_vec(),
        }
    }

    /// A token with the usual header.
    pub(crate) fn token(&self, algorithm: &str, claims: &Value) -> String {
        self.with_header(&json!({ "alg": algorithm, "typ": "JWT", "kid": self.id }), claims)
    }

    /// A token with that header, signed as its `alg` says.
    pub(crate) fn with_header(&self, header: &Value, claims: &Value) -> String {
        let algorithm = header["alg"].as_str().expect("an algorithm");
        self.of_text(algorithm, &header.to_string(), &claims.to_string())
    }

    /// A token with these texts, signed with that algorithm.
    pub(crate) fn of_text(&self, algorithm: &str, header: &str, claims: &str) -> String {
        self.of_parts(algorithm, &encoded(header), &encoded(claims))
    }

    /// A token with these parts as they are, signed with that algorithm.
    pub(crate) fn of_parts(&self, algorithm: &str, header: &str, claims: &str) -> String {
        let message = format!("{header}.{claims}");
        let signature = self.sign(algorithm, message.as_bytes());
        format!("{message}.{}", encoded(signature))
    }

    fn sign(&self, algorithm: &str, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match &self.kind {
            Kind::Rsa(key) => {
                let padding: &dyn RsaEncoding = match algorithm {
                    "RS256" => &RSA_PKCS1_SHA256,
                    "RS384" => &RSA_PKCS1_SHA384,
                    "RS512" => &RSA_PKCS1_SHA512,
                    "PS256" => &RSA_PSS_SHA256,
                    "PS384" => &RSA_PSS_SHA384,
                    "PS512" => &RSA_PSS_SHA512,
                    other => panic!("{other} is not for RSA"),
                };
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(padding, &random, message, &mut signature).expect("a signature");
                signature
            }
            Kind::P256(key) | Kind::P384(key) => {
                key.sign(&random, message).expect("a signature").as_ref().to_vec()
            }
            Kind::Ed(key) => key.sign(message).as_ref().to_vec(),
        }
    }
}

/// A token that is signed with a shared secret.
pub(crate) fn with_secret(secret: &[u8], header: &Value, claims: &Value) -> String {
    let message = format!("{}.{}", encoded(header.to_string()), encoded(claims.to_string()));
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message.as_bytes());
    format!("{message}.{}", encoded(tag))
}

pub(crate) fn encoded(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
