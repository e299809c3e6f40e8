//! Tokens of an identity provider: which are believed, with which keys, and what that costs.
//!
//! Time stands still unless a test moves it, and keys come from files and servers of the test's own.

mod cache;
mod claims;
mod deceiving;
mod dev_token;
mod files;
mod key_server;
mod key_sets;
mod mint;
mod mutation;
mod servers;
mod tls;

use std::cell::Cell;
use std::path::Path;
use std::time::Duration;

use jsonwebtoken::crypto::{CryptoProvider, KeyUtils};
use roster_server::authn::jwt::provider::PROVIDER;
use roster_server::authn::jwt::{Algorithm, Clock, Hand, JwtConfig, KeySource, Rejected, Verified, Verifier};
use serde_json::{Value, json};
use tempfile::TempDir;

use self::mint::Key;

const ISSUER: &str = "https://login.example.org/";
const AUDIENCE: &str = "roster";

/// The time that it is at the beginning of each test, in seconds since 1970.
const NOW: u64 = 1_800_000_000;

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

fn config(keys: KeySource) -> JwtConfig {
    JwtConfig {
        issuer: ISSUER.to_owned(),
        audience: AUDIENCE.to_owned(),
        keys,
        algorithms: Algorithm::ALL.to_vec(),
        max_lifetime: DAY,
        max_stale: DAY,
    }
}

/// A verifier that stands in time, and the hand that moves it.
fn standing(config: JwtConfig) -> (Verifier, Hand) {
    // Whichever test is the first installs it for all.
    let _ = COUNTING.install_default();
    let (clock, hand) = Clock::standing_at(Duration::from_secs(NOW));
    (Verifier::open_at(config, clock).expect("the verifier opens"), hand)
}

/// A verifier of tokens of these keys.
fn knowing(keys: &[&Key]) -> (Verifier, Hand) {
    let (folder, source) = file_of(&set_of(keys));
    let (verifier, hand) = standing(config(source));
    drop(folder);
    (verifier, hand)
}

/// A file with that text, as a source of keys. It goes with its folder.
fn file_of(text: &str) -> (TempDir, KeySource) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("jwks.json");
    write(&path, text);
    (folder, KeySource::File(path))
}

fn write(path: &Path, text: &str) {
    std::fs::write(path, text).expect("the file can be written");
}

fn set_of(keys: &[&Key]) -> String {
    json!({ "keys": keys.iter().map(|key| key.jwk()).collect::<Vec<_>>() }).to_string()
}

/// The claims of a token that is good for an hour.
fn good_claims() -> Value {
    json!({ "iss": ISSUER, "aud": AUDIENCE, "sub": "ada", "iat": NOW, "exp": NOW + 3600 })
}

/// The good claims with others in addition or in their place; `null` stands for none.
fn claims_with(others: Value) -> Value {
    let mut claims = good_claims();
    let Value::Object(others) = others else { panic!("claims are an object") };
    for (name, value) in others {
        claims[name] = value;
    }
    claims
}

async fn subject(verifier: &Verifier, token: &str) -> Result<String, Rejected> {
    verified(verifier, token).await.map(|verified| verified.subject)
}

async fn verified(verifier: &Verifier, token: &str) -> Result<Verified, Rejected> {
    verifier.verify(token).await.map(|verified| Verified::clone(&verified))
}

/// Whether a token is refused for that reason, of which this is a part. Says what is wrong if it is not.
async fn refused_for(verifier: &Verifier, name: &str, token: &str, reason: &str) -> Option<String> {
    match verifier.verify(token).await {
        Err(Rejected::Invalid(text)) if text.starts_with("must ") && text.contains(reason) => None,
        other => Some(format!("{name}: {other:?} instead of a refusal with {reason:?}")),
    }
}

/// The service's provider, with a count of the signatures that this thread checked.
static COUNTING: CryptoProvider = CryptoProvider {
    signer_factory: |algorithm, key| (PROVIDER.signer_factory)(algorithm, key),
    verifier_factory: |algorithm, key| {
        CHECKS.set(CHECKS.get() + 1);
        (PROVIDER.verifier_factory)(algorithm, key)
    },
    key_utils: KeyUtils::new_unimplemented(),
};

thread_local! {
    static CHECKS: Cell<usize> = const { Cell::new(0) };
}
