//! `roster dev-token`: tokens of one's own, to try the service without an identity provider.
//!
//! Whoever has the key of the folder can be anybody. It is for a laptop, and no configuration knows of it by itself.

use std::fs::{DirBuilder, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use clap::Args;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use roster_domain::{EmailAddress, UserId};
use roster_server::authn::jwt::provider;
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::json;
use sha2::{Digest as _, Sha256};

/// What the token says, and where its key lies.
#[derive(Args)]
pub(super) struct DevToken {
    /// The folder of the key and of `jwks.json`; both are made the first time.
    #[arg(long, value_name = "FOLDER")]
    dir: PathBuf,
    /// Whose token it is (sub): a person's id, or the subject of a calling service.
    #[arg(long)]
    sub: String,
    /// The person's address, as one that was verified.
    #[arg(long)]
    email: Option<String>,
    /// A calling service's scopes, with spaces between.
    #[arg(long)]
    scope: Option<String>,
    /// The client that the token is made for.
    #[arg(long)]
    client_id: Option<String>,
    /// How long it counts, such as 15m, 1h or 7d.
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = humantime::parse_duration)]
    lifetime: Duration,
    /// Who made it (iss); jwt.issuer must say the same.
    #[arg(long, default_value = "https://dev.roster.test")]
    issuer: String,
    /// For whom it is made (aud); jwt.audience must say the same.
    #[arg(long, default_value = "roster")]
    audience: String,
}

/// Prints the token, and nothing else, on standard output.
pub(super) fn run(command: &DevToken) -> anyhow::Result<ExitCode> {
    let claims = claims(command, SystemTime::now())?;
    let key = load_or_create(&command.dir)?;
    let jwk = jwk(&key)?;
    let set = command.dir.join("jwks.json");
    let text = format!("{:#}\n", json!({ "keys": [jwk] }));
    // One that is right already is left alone, or a running service would read it again for each token.
    if std::fs::read_to_string(&set).ok().as_ref() != Some(&text) {
        std::fs::write(&set, text).with_context(|| set.display().to_string())?;
    }
    provider::install();
    let mut header = Header::new(Algorithm::ES256);
    header.kid = jwk["kid"].as_str().map(str::to_owned);
    let token = encode(&header, &claims, &EncodingKey::from_ec_der(&key)).context("signing the token")?;
    let shown = std::path::absolute(&set).unwrap_or(set);
    eprintln!("signed with the key of jwt.jwks_file = {:?}", shown.display().to_string());
    println!("{token}");
    Ok(ExitCode::SUCCESS)
}

fn claims(command: &DevToken, now: SystemTime) -> anyhow::Result<serde_json::Value> {
    let now = now.duration_since(SystemTime::UNIX_EPOCH).context("the clock is before 1970")?.as_secs();
    UserId::parse(&command.sub).map_err(|error| anyhow::anyhow!("--sub {}", error.0))?;
    ensure!(command.lifetime.as_secs() > 0, "--lifetime must be at least a second");
    let mut claims = json!({
        "iss": command.issuer,
        "aud": command.audience,
        "sub": command.sub,
        "iat": now,
        "exp": now.saturating_add(command.lifetime.as_secs()),
    });
    if let Some(email) = &command.email {
        EmailAddress::parse(email).map_err(|error| anyhow::anyhow!("--email {}", error.0))?;
        claims["email"] = json!(email);
        claims["email_verified"] = json!(true);
    }
    if let Some(scope) = &command.scope {
        claims["scope"] = json!(scope);
    }
    if let Some(client_id) = &command.client_id {
        claims["client_id"] = json!(client_id);
    }
    Ok(claims)
}

/// The folder's private key, in PKCS#8. It is made if there is none; if two make it at once, one of them fails and the
/// key of the other stays.
fn load_or_create(folder: &Path) -> anyhow::Result<Vec<u8>> {
    let path = folder.join("private-key.pem");
    let context = || path.display().to_string();
    if !path.exists() {
        DirBuilder::new().recursive(true).mode(0o700).create(folder).with_context(context)?;
        let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new());
        let made = made.map_err(|_| anyhow::anyhow!("no key can be made")).with_context(context)?;
        let mut file =
            OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).with_context(context)?;
        file.write_all(pem(made.as_ref()).as_bytes()).with_context(context)?;
    }
    let text = std::fs::read(&path).with_context(context)?;
    // The parser's own message might quote the file.
    let key = PrivatePkcs8KeyDer::from_pem_slice(&text).ok();
    let key = key.context("must be a private key in PKCS#8, in PEM form").with_context(context)?;
    Ok(key.secret_pkcs8_der().to_vec())
}

fn pem(key: &[u8]) -> String {
    let text = STANDARD.encode(key);
    let lines: Vec<&str> = text.as_bytes().chunks(64).filter_map(|line| str::from_utf8(line).ok()).collect();
    format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n"))
}

/// The public half, as it stands in a set of keys. Its name is its thumbprint (RFC 7638), so that it has the same one
/// always and another key another.
fn jwk(key: &[u8]) -> anyhow::Result<serde_json::Value> {
    let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, key, &SystemRandom::new());
    let key = key.map_err(|_| anyhow::anyhow!("the private key must be one on the curve P-256"))?;
    // A byte that says that the point is not compressed, and then two numbers of 32 bytes.
    let (x, y) = key.public_key().as_ref()[1..].split_at(32);
    let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
    let thumbprint = Sha256::digest(format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#));
    let kid = URL_SAFE_NO_PAD.encode(thumbprint);
    Ok(json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y, "kid": kid, "alg": "ES256", "use": "sig" }))
}
