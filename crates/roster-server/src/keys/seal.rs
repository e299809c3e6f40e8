//! Sealing: what leaves the service's hands so that it comes back as it was, and is read by nobody on the way.
//!
//! AES-256-GCM. What is sealed is a random nonce, the ciphertext and the tag. Nonces of 12 random bytes are good for
//! billions of sealings under one key, so that nothing has to be counted or agreed on between replicas.

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, MAX_TAG_LEN, NONCE_LEN, Nonce, UnboundKey};

/// A key that seals and opens.
pub(super) struct SealingKey(LessSafeKey);

/// By how many bytes what is sealed is longer than what went in.
pub(super) const OVERHEAD: usize = NONCE_LEN + MAX_TAG_LEN;

impl SealingKey {
    pub(super) fn new(key: &[u8; 32]) -> Self {
        Self(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).expect("AES-256 takes a key of 32 bytes")))
    }

    /// Seals; opens with the same `context` only, which is not part of the result. None where the system gives no
    /// random bytes.
    pub(super) fn seal(&self, context: &[u8], plain: &[u8]) -> Option<Vec<u8>> {
        let mut nonce = [0; NONCE_LEN];
        getrandom::fill(&mut nonce).ok()?;
        let mut body = plain.to_vec();
        let unique = Nonce::assume_unique_for_key(nonce);
        self.0.seal_in_place_append_tag(unique, Aad::from(context), &mut body).ok()?;
        Some([&nonce, body.as_slice()].concat())
    }

    /// Opens what this key sealed in this context. None for all else.
    pub(super) fn open(&self, context: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, body) = sealed.split_first_chunk::<NONCE_LEN>()?;
        let mut body = body.to_vec();
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let length = self.0.open_in_place(nonce, Aad::from(context), &mut body).ok()?.len();
        body.truncate(length);
        Some(body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_twice_differs_and_is_longer_by_the_overhead() {
        let key = SealingKey::new(&[1; 32]);
        let (one, two) = (key.seal(b"", b"plain").unwrap(), key.seal(b"", b"plain").unwrap());
        assert_ne!(one, two);
        assert_eq!(one.len(), b"plain".len() + OVERHEAD);
    }

    #[test]
    fn what_was_altered_or_cut_does_not_open() {
        let key = SealingKey::new(&[1; 32]);
        let sealed = key.seal(b"context", b"plain").unwrap();
        assert_eq!(key.open(b"context", &sealed).as_deref(), Some(&b"plain"[..]));
        assert_eq!(key.open(b"contexts", &sealed), None);
        assert_eq!(SealingKey::new(&[2; 32]).open(b"context", &sealed), None);
        for place in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[place] ^= 1;
            assert_eq!(key.open(b"context", &altered), None, "byte {place}");
            assert_eq!(key.open(b"context", &sealed[..place]), None, "cut at {place}");
        }
    }
}
