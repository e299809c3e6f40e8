//! Answers that are kept for retries, sealed: they may hold an address, and none is at rest but with its member.
//!
//! Each record has a key of its own, derived from a server key and the record's key, so that a sealed answer opens in
//! its own record only.

use hmac::Mac as _;

use super::seal::SealingKey;
use super::{Key, Keys};

impl Keys {
    /// Seals an answer for the record with that key. None where the system gives no random bytes.
    #[must_use]
    pub fn seal_answer(&self, record: &[u8; 32], answer: &[u8]) -> Option<Vec<u8>> {
        self.signing().answer_key(record).seal(&[], answer)
    }

    /// Opens what any of the keys sealed for that record. None for all else.
    #[must_use]
    pub fn open_answer(&self, record: &[u8; 32], sealed: &[u8]) -> Option<Vec<u8>> {
        self.all().find_map(|key| key.answer_key(record).open(&[], sealed))
    }
}

impl Key {
    fn answer_key(&self, record: &[u8; 32]) -> SealingKey {
        SealingKey::new(&self.answers.clone().chain_update(record).finalize().into_bytes().into())
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
}
