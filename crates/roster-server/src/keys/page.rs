//! Page tokens: where a list goes on, sealed, so that only what the service gave out comes back, and nobody reads it.
//!
//! URL-safe base64 without padding of a version byte and the sealed cursor, which holds what only the service knows,
//! such as the number of a person's record. It is sealed in its context (method, caller, actor, team, filter and order),
//! so that a token is of no use in any other list.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use super::{Keys, join, seal};

/// The longest cursor that comes back: 1,024 bytes. Keyset cursors are far shorter.
pub const MAX_CURSOR_BYTES: usize = 1_024;

const VERSION: u8 = 1;
/// The text of the longest token: nothing longer is looked at.
const MAX_TOKEN_CHARS: usize = (1 + seal::OVERHEAD + MAX_CURSOR_BYTES).div_ceil(3) * 4;

impl Keys {
    /// A page token for `cursor` (at most [`MAX_CURSOR_BYTES`]; a longer one is never opened again) in `context`. None
    /// where the system gives no random bytes.
    #[must_use]
    pub fn seal_page(&self, context: &[&[u8]], cursor: &[u8]) -> Option<String> {
        debug_assert!(cursor.len() <= MAX_CURSOR_BYTES, "a cursor of {} bytes", cursor.len());
        let sealed = self.signing().pages.seal(&bound(context), cursor)?;
        Some(URL_SAFE_NO_PAD.encode([&[VERSION], sealed.as_slice()].concat()))
    }

    /// The cursor of a token that any of the keys sealed for exactly this context. None for all else, whatever it is.
    #[must_use]
    pub fn open_page(&self, context: &[&[u8]], token: &str) -> Option<Vec<u8>> {
        if token.len() > MAX_TOKEN_CHARS {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let sealed = bytes.strip_prefix(&[VERSION])?;
        let context = bound(context);
        self.all().find_map(|key| key.pages.open(&context, sealed))
    }
}

/// What a token is bound to: its list, and the version that it says it is of.
fn bound(context: &[&[u8]]) -> Vec<u8> {
    [&[VERSION], join(context).as_slice()].concat()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tests::keys;
    use super::*;

    const CONTEXT: &[&[u8]] = &[b"ListMembers", b"dev", b"team_1"];

    #[test]
    fn a_token_opens_in_its_own_context_and_in_no_other() {
        let keys = keys(&[("k1", 1)]);
        let token = keys.seal_page(CONTEXT, b"cursor").unwrap();
        let check = |context: &[&[u8]], expected: Option<&[u8]>| {
            assert_eq!(keys.open_page(context, &token).as_deref(), expected, "{context:?}");
        };
        check(CONTEXT, Some(b"cursor"));
        check(&[b"ListMembers", b"dev", b"team_2"], None);
        check(&[b"ListMembers", b"devt", b"eam_1"], None);
        check(&[b"ListMembers", b"dev"], None);
        check(&[b"ListMembers", b"dev", b"team_1", b""], None);
        check(&[], None);
    }

    #[test]
    fn a_token_outlives_a_rotation_until_its_key_retires() {
        let token = keys(&[("old", 2)]).seal_page(CONTEXT, b"cursor").unwrap();
        assert!(keys(&[("new", 1), ("old", 2)]).open_page(CONTEXT, &token).is_some());
        assert!(keys(&[("new", 1)]).open_page(CONTEXT, &token).is_none());
    }

    #[test]
    fn the_longest_cursor_comes_back_and_what_is_longer_is_not_looked_at() {
        let keys = keys(&[("k1", 1)]);
        let cursor = vec![7; MAX_CURSOR_BYTES];
        let token = keys.seal_page(CONTEXT, &cursor).unwrap();
        assert_eq!(keys.open_page(CONTEXT, &token), Some(cursor));
        assert_eq!(keys.open_page(CONTEXT, &"A".repeat(MAX_TOKEN_CHARS + 1)), None);
    }

    #[test]
    fn any_change_of_one_character_is_refused() {
        let keys = keys(&[("k1", 1)]);
        // Three lengths, since the last character of base64 carries two, four or six bits.
        for cursor in [&b"c"[..], b"cu", b"cur"] {
            let token = keys.seal_page(CONTEXT, cursor).unwrap();
            for at in 0..token.len() {
                for other in 0..=127_u8 {
                    let mut changed = token.clone().into_bytes();
                    changed[at] = other;
                    let changed = String::from_utf8(changed).unwrap();
                    if changed != token {
                        assert_eq!(keys.open_page(CONTEXT, &changed), None, "{token} as {changed}");
                    }
                }
            }
        }
    }

    proptest! {
        #[test]
        fn nothing_panics_and_nothing_forged_opens(token in ".{0,80}", bytes: Vec<u8>) {
            let keys = keys(&[("k1", 1)]);
            prop_assert_eq!(keys.open_page(CONTEXT, &token), None);
            prop_assert_eq!(keys.open_page(CONTEXT, &URL_SAFE_NO_PAD.encode(bytes)), None);
        }

        #[test]
        fn what_is_sealed_opens_in_its_own_context_only(
            cursor in prop::collection::vec(any::<u8>(), 0..64),
            part: Vec<u8>,
            other: Vec<u8>,
        ) {
            let keys = keys(&[("k1", 1)]);
            let token = keys.seal_page(&[&part], &cursor).unwrap();
            prop_assert_eq!(keys.open_page(&[&part], &token), Some(cursor));
            prop_assert_eq!(keys.open_page(&[&part, &other], &token), None);
            if part != other {
                prop_assert_eq!(keys.open_page(&[&other], &token), None);
            }
        }

        // By chance, no more than one in 2^58 of the cursors is found in its own token.
        #[test]
        fn a_token_shows_nothing_of_its_cursor(cursor in prop::collection::vec(any::<u8>(), 8..64)) {
            let token = keys(&[("k1", 1)]).seal_page(CONTEXT, &cursor).unwrap();
            let bytes = URL_SAFE_NO_PAD.decode(token).unwrap();
            prop_assert!(!bytes.windows(cursor.len()).any(|part| part == cursor));
        }

        #[test]
        fn a_token_that_was_cut_does_not_open(cursor in prop::collection::vec(any::<u8>(), 0..64)) {
            let keys = keys(&[("k1", 1)]);
            let token = keys.seal_page(CONTEXT, &cursor).unwrap();
            for length in 0..token.len() {
                prop_assert_eq!(keys.open_page(CONTEXT, &token[..length]), None);
            }
        }
    }
}
