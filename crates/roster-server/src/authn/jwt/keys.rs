//! The issuer's keys: a JSON Web Key Set (RFC 7517), and which key of it may check a token.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::{
    AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse, RSAKeyParameters,
};
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::Algorithm;
use super::header::Header;

/// The longest set, in bytes.
pub(super) const MAX_BYTES: usize = 1024 * 1024;

/// The most keys of a set, whether they are usable or not.
const MAX_KEYS: usize = 100;

/// The fewest and the most bits of an RSA key. The fewest are those of NIST SP 800-131A, the most are ring's.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// The usable keys of a set.
pub(super) struct KeySet {
    keys: Vec<Key>,
    /// Of the text that they were read from: whether another text is the same set.
    digest: [u8; 32],
}

/// A key, and what it may be used with.
pub(super) struct Key {
    id: Option<String>,
    algorithms: Vec<Algorithm>,
    pub(super) decoding: DecodingKey,
}

/// Why there is no key for a token.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Missing {
    /// No key has that name. A newer set may have it.
    Unknown,
    /// The key of that name is not one for that algorithm, or the token names none and there are several or none.
    Unfit,
}

/// Why a text is no set of keys.
#[derive(Debug, thiserror::Error)]
#[error("must be a JSON Web Key Set of at most 1 MiB and {MAX_KEYS} keys")]
pub(super) struct NotKeys;

#[derive(Deserialize)]
struct Set {
    keys: Vec<Value>,
}

impl KeySet {
    /// Reads a set. Keys that are not usable are left out, and the log says why; the others do not suffer from them.
    pub(super) fn parse(text: &[u8]) -> Result<Self, NotKeys> {
        if text.len() > MAX_BYTES {
            return Err(NotKeys);
        }
        let set: Set = serde_json::from_slice(text).map_err(|_| NotKeys)?;
        if set.keys.len() > MAX_KEYS {
            return Err(NotKeys);
        }
        let mut keys = vec![];
        for (index, key) in set.keys.into_iter().enumerate() {
            match usable(key) {
                Ok(key) => keys.push(key),
                Err(reason) => tracing::warn!(index, reason, "a key of the token issuer is not used"),
            }
        }
        Ok(Self { keys, digest: Sha256::digest(text).into() })
    }

    /// Whether no token can be checked with it.
    pub(super) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Whether both were read from the same text.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.digest == other.digest
    }

    /// The one key that a token with that header may be signed with.
    pub(super) fn find(&self, header: &Header) -> Result<&Key, Missing> {
        let named = |key: &&Key| header.key_id.is_none() || key.id == header.key_id;
        if !self.keys.iter().any(|key| named(&key)) {
            return Err(Missing::Unknown);
        }
        let mut fit = self.keys.iter().filter(named).filter(|key| key.algorithms.contains(&header.algorithm));
        match (fit.next(), fit.next()) {
            (Some(key), None) => Ok(key),
            _ => Err(Missing::Unfit),
        }
    }
}

/// Takes a key that can check signatures of ours. The error is a text for the log and has nothing of the key.
fn usable(key: Value) -> Result<Key, &'static str> {
    if key.get("d").is_some() || key.get("k").is_some() {
        return Err("it is secret, and must not stand there at all");
    }
    let key: Jwk =
        serde_json::from_value(key).map_err(|_| "it is of no kind that is supported, or broken")?;
    if key.common.public_key_use.as_ref().is_some_and(|purpose| *purpose != PublicKeyUse::Signature) {
        return Err("it is not for signatures");
    }
    if key.common.key_operations.as_ref().is_some_and(|all| !all.contains(&KeyOperations::Verify)) {
        return Err("it is not for verifying");
    }
    let (decoding, mut algorithms) = decoding(&key.algorithm)?;
    if let Some(only) = key.common.key_algorithm {
        algorithms.retain(|algorithm| KeyAlgorithm::from(algorithm.in_library()) == only);
    }
    if algorithms.is_empty() {
        return Err("its algorithm is not one of its kind");
    }
    Ok(Key { id: key.common.key_id, algorithms, decoding })
}

/// The key itself and the algorithms of its kind.
fn decoding(parameters: &AlgorithmParameters) -> Result<(DecodingKey, Vec<Algorithm>), &'static str> {
    let broken = "its numbers are broken";
    let number = |text: &str| URL_SAFE_NO_PAD.decode(text).map_err(|_| broken);
    match parameters {
        AlgorithmParameters::RSA(RSAKeyParameters { n, e, .. }) => {
            let (n, e) = (number(n)?, number(e)?);
            // Some issuers write a zero before a number whose first bit is set. ring takes none.
            let (n, e) = (without_zeros(&n), without_zeros(&e));
            if !RSA_BITS.contains(&bits(n)) {
                return Err("it is an RSA key of fewer than 2048 or more than 8192 bits");
            }
            let key = DecodingKey::from_rsa_raw_components(n, e);
            let algorithms = Algorithm::of_family(key.family()).collect();
            Ok((key, algorithms))
        }
        AlgorithmParameters::EllipticCurve(point) => {
            let (algorithm, bytes) = match point.curve {
                EllipticCurve::P256 => (Algorithm::Es256, 32),
                EllipticCurve::P384 => (Algorithm::Es384, 48),
                _ => return Err("it is on a curve that is not supported"),
            };
            if number(&point.x)?.len() != bytes || number(&point.y)?.len() != bytes {
                return Err(broken);
            }
            let key = DecodingKey::from_ec_components(&point.x, &point.y).map_err(|_| broken)?;
            Ok((key, vec![algorithm]))
        }
        AlgorithmParameters::OctetKeyPair(point) => {
            if point.curve != EllipticCurve::Ed25519 {
                return Err("it is on a curve that is not supported");
            }
            if number(&point.x)?.len() != 32 {
                return Err(broken);
            }
            let key = DecodingKey::from_ed_components(&point.x).map_err(|_| broken)?;
            Ok((key, vec![Algorithm::EdDsa]))
        }
        _ => Err("it is of no kind that is supported"),
    }
}

fn without_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    &number[zeros..]
}

/// How many bits a number has that begins with no zero.
fn bits(number: &[u8]) -> usize {
    let first = number.first().map_or(8, |byte| byte.leading_zeros() as usize);
    (number.len() * 8).saturating_sub(first)
}
