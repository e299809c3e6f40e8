//! Answers that are kept for retries, sealed: they may hold an address, and none is at rest but with its member.
//!
//! AES-256-GCM under a key of each record's own, derived from a server key and the record's key, so that a sealed answer
//! opens in its own record only. What is kept is a random nonce, the ciphertext and the tag.

use hmac::Mac as _;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

use super::{Key, Keys};

impl Keys {
    /// Seals an answer for the record with that key. None where the system gives no random bytes.
    #[must_use]
    pub fn seal_answer(&self, record: &[u8; 32], answer: &[u8]) -> Option<Vec<u8>> {
        let mut nonce = [0; NONCE_LEN];
        getrandom::fill(&mut nonce).ok()?;
        let mut body = answer.to_vec();
        self.signing()
            .answer_key(record)?
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut body)
            .ok()?;
        Some([&nonce, body.as_slice()].concat())
    }

    /// Opens what any of the keys sealed for that record. None for all else.
    #[must_use]
    pub fn open_answer(&self, record: &[u8; 32], sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, body) = sealed.split_first_chunk::<NONCE_LEN>()?;
        self.all().find_map(|key| {
            let mut body = body.to_vec();
            let nonce = Nonce::assume_unique_for_key(*nonce);
            let opened = key.answer_key(record)?.open_in_place(nonce, Aad::empty(), &mut body).ok()?;
            Some(opened.to_vec())
        })
    }
}

impl Key {
    fn answer_key(&self, record: &[u8; 32]) -> Option<LessSafeKey> {
        let key = self.answers.clone().chain_update(record).finalize().into_bytes();
        Some(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &key).ok()?))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::keys;

    #[test]
    fn an_answer_opens_in_its_own_record_and_outlives_a_rotation() {
        let before = keys(&[("old", 2)]);
        let sealed = before.seal_answer(&[1; 32], b"ada@example.org").unwrap();
        assert!(!sealed.windows(3).any(|part| part == b"ada"));
        assert_eq!(before.open_answer(&[1; 32], &sealed).as_deref(), Some(&b"ada@example.org"[..]));
        assert_eq!(before.open_answer(&[2; 32], &sealed), None);

        let after = keys(&[("new", 1), ("old", 2)]);
        assert_eq!(after.open_answer(&[1; 32], &sealed).as_deref(), Some(&b"ada@example.org"[..]));
        assert_eq!(keys(&[("new", 1)]).open_answer(&[1; 32], &sealed), None);
    }

    #[test]
    fn what_was_altered_or_cut_does_not_open() {
        let keys = keys(&[("k1", 1)]);
        let sealed = keys.seal_answer(&[1; 32], b"answer").unwrap();
        for place in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[place] ^= 1;
            assert_eq!(keys.open_answer(&[1; 32], &altered), None, "byte {place}");
            assert_eq!(keys.open_answer(&[1; 32], &sealed[..place]), None, "cut at {place}");
        }
        assert_ne!(keys.seal_answer(&[1; 32], b"answer"), Some(sealed));
    }
}
