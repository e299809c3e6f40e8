//! An identity provider with three keys, of which only one is anybody's, and a service that believes it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use roster_server::authn::jwt::{Algorithm, Clock, JwtConfig, KeySource, Rejected, Verified, Verifier};
use serde_json::json;
use tokio::runtime::{Builder, Runtime};

use super::claims;

pub(super) const ISSUER: &str = "https://login.example.org/";
pub(super) const AUDIENCE: &str = "roster";
/// The time that it always is, in seconds since 1970.
pub(super) const NOW: u64 = 1_800_000_000;
pub(super) const MAX_LIFETIME: u64 = 86_400;

struct Issuer {
    key: Ed25519KeyPair,
    verifier: Verifier,
    runtime: Runtime,
}

thread_local! {
    static ISSUING: Issuer = Issuer::new();
}

/// Judges a token as it comes. It is believed only if the issuer's own key signed it.
pub(super) fn raw(token: &str) {
    ISSUING.with(|issuer| {
        if let Ok(verified) = issuer.verify(token) {
            let public = issuer.key.public_key().as_ref();
            claims::are_what_was_signed(token, public, &verified);
        }
    });
}

/// Judges a token of two texts, the header until the first line break and the claims, with the issuer's signature.
pub(super) fn signed(texts: &[u8]) {
    ISSUING.with(|issuer| {
        let token = issuer.sign(texts);
        if let Ok(verified) = issuer.verify(&token) {
            let public = issuer.key.public_key().as_ref();
            claims::are_what_was_signed(&token, public, &verified);
        }
    });
}

/// Changes one character of a token that was signed: two bytes say which, and one what it becomes.
pub(super) fn changed(bytes: &[u8]) {
    let Some((&[high, low, other], texts)) = bytes.split_first_chunk::<3>() else { return };
    ISSUING.with(|issuer| {
        let token = issuer.sign(texts);
        let mut changed = token.clone().into_bytes();
        let at = usize::from(u16::from_be_bytes([high, low])) % changed.len();
        changed[at] = other & 0x7f;
        let changed = String::from_utf8(changed).expect("ASCII");
        if changed != token {
            assert!(issuer.verify(&changed).is_err(), "{changed} was changed at {at} and is believed");
        }
    });
}

impl Issuer {
    fn new() -> Self {
        let key = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).expect("a key");
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("jwks.json");
        write_keys(&file, key.public_key().as_ref());
        let config = JwtConfig {
            issuer: ISSUER.to_owned(),
            audience: AUDIENCE.to_owned(),
            keys: KeySource::File(file),
            algorithms: Algorithm::ALL.to_vec(),
            max_lifetime: Duration::from_secs(MAX_LIFETIME),
            max_stale: Duration::from_secs(MAX_LIFETIME),
        };
        let (clock, _) = Clock::standing_at(Duration::from_secs(NOW));
        // The keys were read now; that the file goes away with its folder changes nothing for them.
        let verifier = Verifier::open_at(config, clock).expect("the verifier opens");
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        Self { key, verifier, runtime }
    }

    /// What the service says of a token, which is the same when it is asked again.
    fn verify(&self, token: &str) -> Result<Arc<Verified>, Rejected> {
        self.runtime.block_on(async {
            let judged = self.verifier.verify(token).await;
            assert_eq!(judged, self.verifier.verify(token).await, "asked twice");
            if let Err(rejected) = judged {
                let Rejected::Invalid(text) = rejected else { panic!("the keys are to be had") };
                assert!(text.starts_with("must "), "{text:?}");
            }
            judged
        })
    }

    fn sign(&self, texts: &[u8]) -> String {
        let end = texts.iter().position(|byte| *byte == b'\n').unwrap_or(texts.len());
        let (header, claims) = texts.split_at(end);
        let claims = claims.get(1..).unwrap_or_default();
        let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let signature = URL_SAFE_NO_PAD.encode(self.key.sign(message.as_bytes()));
        format!("{message}.{signature}")
    }
}

/// The issuer's key, and two of other kinds whose secrets nobody knows.
fn write_keys(file: &Path, public: &[u8]) {
    let number = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let keys = json!({ "keys": [
        { "kty": "OKP", "crv": "Ed25519", "x": number(public), "kid": "one", "use": "sig" },
        { "kty": "EC", "crv": "P-256", "x": number(&[5; 32]), "y": number(&[6; 32]), "kid": "two" },
        { "kty": "RSA", "n": number(&[0xc5; 256]), "e": "AQAB", "kid": "three" },
    ] });
    std::fs::write(file, keys.to_string()).expect("the file can be written");
}
