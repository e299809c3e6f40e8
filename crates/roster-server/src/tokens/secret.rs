//! The text of a secret, `rst_<kind>_<base62>_<checksum>`, and its digest.
//!
//! The prefix lets scanners find a secret that leaked. The body is 256 bits in base62, always 43 characters. The
//! checksum is the CRC-32 of all before it in base62, always 6 characters: a secret that was mistyped or cut short is
//! refused without asking anybody. It proves nothing else; only a digest that the database knows does.

use std::fmt;

use sha2::{Digest as _, Sha256};

use crate::keys::hex;

/// No text longer than this is looked at, in bytes.
const MAX_TEXT_BYTES: usize = 256;
const PREFIX: &str = "rst_";
/// 62^43 is the first power of 62 above 2^256.
const BODY_CHARS: usize = 43;
/// 62^6 is the first power of 62 above 2^32.
const CHECKSUM_CHARS: usize = 6;
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// What a secret is the secret of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretKind {
    /// An invite link.
    Link,
    /// An e-mail invitation.
    Invitation,
}

impl SecretKind {
    /// Every kind.
    pub const ALL: [Self; 2] = [Self::Link, Self::Invitation];

    /// What the text of such a secret says after `rst_`.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Link => "link",
            Self::Invitation => "inv",
        }
    }
}

/// A secret in the clear, on its way to whoever may see it. It has no `Debug`, `Display` or `Serialize`, so that it
/// cannot reach a log or an error by mistake.
pub struct Secret(String);

impl Secret {
    /// The secret's text, for the answer or the mail that it is meant for and for nothing else.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What is stored of it.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(&self.0)
    }

    /// Writes 256 secret bits as text.
    pub(crate) fn compose(kind: SecretKind, bits: [u8; 32]) -> Self {
        let mut text = format!("{PREFIX}{}_", kind.label());
        push_base62(&mut text, bits, BODY_CHARS);
        let checksum = checksum(&text);
        text.push('_');
        text.push_str(&checksum);
        Self(text)
    }
}

/// The SHA-256 of a secret's text: what the database and the token store keep in place of the secret.
///
/// A secret has 256 random bits, so that its digest neither leads back to it nor needs to be compared in constant time.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest that these stored bytes are.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes to store.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    fn of(text: &str) -> Self {
        Self(Sha256::digest(text).into())
    }

    /// 64 lower-case hexadecimal digits.
    pub(super) fn hex(self) -> String {
        hex(&self.0)
    }
}

/// Shows the first four of 64 digits: enough to tell two apart in a failed test, too little to look one up.
impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({:02x}{:02x}…)", self.0[0], self.0[1])
    }
}

/// The kind and the digest of a text that has the exact shape and the checksum of a secret; None for all else, whoever
/// sent it and however long it is. Nothing is trimmed, and upper and lower case differ.
#[must_use]
pub fn parse(text: &str) -> Option<(SecretKind, Digest)> {
    if text.len() > MAX_TEXT_BYTES {
        return None;
    }
    let (before, check) = text.rsplit_once('_')?;
    let (kind, body) = before.strip_prefix(PREFIX)?.split_once('_')?;
    let kind = SecretKind::ALL.into_iter().find(|known| known.label() == kind)?;
    let shaped = body.len() == BODY_CHARS
        && body.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && check == checksum(before);
    shaped.then(|| (kind, Digest::of(text)))
}

fn checksum(text: &str) -> String {
    let mut number = [0; 32];
    number[28..].copy_from_slice(&crc32fast::hash(text.as_bytes()).to_be_bytes());
    let mut checksum = String::with_capacity(CHECKSUM_CHARS);
    push_base62(&mut checksum, number, CHECKSUM_CHARS);
    checksum
}

/// Writes a big-endian number that is below 62^width in exactly that many characters, zeros first.
fn push_base62(text: &mut String, mut number: [u8; 32], width: usize) {
    let mut digits = vec![0; width];
    for digit in digits.iter_mut().rev() {
        let mut remainder = 0;
        for byte in &mut number {
            let part = remainder << 8 | u16::from(*byte);
            // The remainder is below 62, so that the quotient is below 256.
            *byte = u8::try_from(part / 62).unwrap_or(u8::MAX);
            remainder = part % 62;
        }
        *digit = ALPHABET[usize::from(remainder)];
    }
    debug_assert_eq!(number, [0; 32], "the number has more than {width} digits");
    text.extend(digits.into_iter().map(char::from));
}

#[cfg(test)]
mod tests;
