//! An identity provider of the bench's own: a key, the set of keys that the service reads, and signed tokens.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, anyhow};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use serde_json::{Value, json};
use tonic::metadata::{Ascii, MetadataValue};

/// What the tokens say of their issuer, their audience and their client, and the subject of the calling service.
const ISSUER: &str = "https://bench.roster.test";
const AUDIENCE: &str = "roster-bench";
const CLIENT: &str = "bench-app";
const SUBJECT: &str = "bench-backend";

/// What the calling service may do beyond acting for persons: `BatchAddMembers` needs it.
const SCOPE: &str = "members.import";

/// In seconds: longer than any run.
const LIFETIME: u64 = 6 * 60 * 60;

/// A metadata value of the header `authorization`.
pub(crate) type Authorization = MetadataValue<Ascii>;

/// Signs tokens.
pub(crate) struct Issuer(Ed25519KeyPair);

impl Issuer {
    /// A new key.
    pub(crate) fn new() -> Result<Self> {
        let random = SystemRandom::new();
        let key = Ed25519KeyPair::generate_pkcs8(&random).map_err(|_| anyhow!("no key can be generated"))?;
        let key = Ed25519KeyPair::from_pkcs8(key.as_ref()).map_err(|_| anyhow!("the key cannot be read"))?;
        Ok(Self(key))
    }

    /// The set of keys, as JSON.
    pub(crate) fn key_set(&self) -> String {
        let x = URL_SAFE_NO_PAD.encode(self.0.public_key());
        json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "x": x, "kid": "bench", "alg": "EdDSA" }] })
            .to_string()
    }

    /// The lines of a service's configuration that make it trust these tokens.
    pub(crate) fn configuration(key_set: &std::path::Path) -> String {
        format!(
            "[authn]\nmode = \"jwt\"\n\n[jwt]\nissuer = \"{ISSUER}\"\naudience = \"{AUDIENCE}\"\njwks_file = '{}'\n\n\
             [callers.bench]\nsubject = \"{SUBJECT}\"\nclients = [\"{CLIENT}\"]\nscopes = [\"{SCOPE}\"]\npolicies = [\"*\"]\n",
            key_set.display()
        )
    }

    /// A person's own token, as an application shows it.
    pub(crate) fn person(&self, user_id: &str) -> Result<Authorization> {
        let email = format!("{user_id}@example.org");
        self.sign(&json!({
            "sub": user_id, "client_id": CLIENT, "email": email, "email_verified": true,
        }))
    }

    /// The calling service's own token.
    pub(crate) fn service(&self) -> Result<Authorization> {
        self.sign(&json!({ "sub": SUBJECT, "scope": SCOPE }))
    }

    fn sign(&self, claims: &Value) -> Result<Authorization> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).context("the clock is before 1970")?.as_secs();
        let mut claims = claims.clone();
        claims["iss"] = json!(ISSUER);
        claims["aud"] = json!(AUDIENCE);
        claims["iat"] = json!(now);
        claims["exp"] = json!(now + LIFETIME);
        let header = json!({ "alg": "EdDSA", "typ": "JWT", "kid": "bench" });
        let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let signed = format!("{}.{}", encode(&header), encode(&claims));
        let signature = URL_SAFE_NO_PAD.encode(self.0.sign(signed.as_bytes()));
        Ok(format!("Bearer {signed}.{signature}").parse()?)
    }
}
