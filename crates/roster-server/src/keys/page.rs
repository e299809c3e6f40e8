//! Page tokens: where a list goes on, signed, so that only what the service gave out comes back.
//!
//! URL-safe base64 without padding of a version byte, a tag and the cursor. The cursor is signed and not encrypted:
//! it may say no more than the page it follows said. The tag also covers the context (method, caller, actor, team,
//! filter and order), so that a token is of no use in any other list.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::Mac as _;

use super::{HmacSha256, Key, Keys, absorb};

/// The longest cursor that comes back: 1,024 bytes. Keyset cursors are far shorter.
pub const MAX_CURSOR_BYTES: usize = 1_024;

const VERSION: u8 = 1;
const TAG_BYTES: usize = 16;
/// The text of the longest token: nothing longer is looked at.
const MAX_TOKEN_CHARS: usize = (1 + TAG_BYTES + MAX_CURSOR_BYTES).div_ceil(3) * 4;

impl Keys {
    /// A page token for `cursor` (at most [`MAX_CURSOR_BYTES`]; a longer one is never opened again) in `context`.
    #[must_use]
    pub fn seal_page(&self, context: &[&[u8]], cursor: &[u8]) -> String {
        debug_assert!(cursor.len() <= MAX_CURSOR_BYTES, "a cursor of {} bytes", cursor.len());
        let tag = self.signing().page_mac(context, cursor).finalize().into_bytes();
        URL_SAFE_NO_PAD.encode([&[VERSION], &tag[..TAG_BYTES], cursor].concat())
    }

    /// The cursor of a token that any of the keys sealed for exactly this context. None for all else, whatever it is.
    #[must_use]
    pub fn open_page(&self, context: &[&[u8]], token: &str) -> Option<Vec<u8>> {
        if token.len() > MAX_TOKEN_CHARS {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (&version, rest) = bytes.split_first()?;
        let (tag, cursor) = rest.split_at_checked(TAG_BYTES)?;
        let sealed = version == VERSION
            && self.all().any(|key| key.page_mac(context, cursor).verify_truncated_left(tag).is_ok());
        sealed.then(|| cursor.to_vec())
    }
}

impl Key {
    /// The cursor comes last, so that the parts of the context cannot be taken for it.
    fn page_mac(&self, context: &[&[u8]], cursor: &[u8]) -> HmacSha256 {
        let mut mac = self.pages.clone();
        absorb(&mut mac, &[VERSION]);
        for part in context {
            absorb(&mut mac, part);
        }
        absorb(&mut mac, cursor);
        mac
    }
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
        let token = keys.seal_page(CONTEXT, b"cursor");
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
    fn a_part_of_the_context_is_not_taken_for_the_cursor() {
        let keys = keys(&[("k1", 1)]);
        let (longer, shorter) = (keys.seal_page(&[b"a", b"b"], b"c"), keys.seal_page(&[b"a"], b"b"));
        assert_eq!(keys.open_page(&[b"a", b"b", b"c"], &shorter), None);
        assert_eq!(keys.open_page(&[b"a"], &longer), None);
    }

    #[test]
    fn a_token_outlives_a_rotation_until_its_key_retires() {
        let token = keys(&[("old", 2)]).seal_page(CONTEXT, b"cursor");
        assert!(keys(&[("new", 1), ("old", 2)]).open_page(CONTEXT, &token).is_some());
        assert!(keys(&[("new", 1)]).open_page(CONTEXT, &token).is_none());
    }

    #[test]
    fn the_longest_cursor_comes_back_and_what_is_longer_is_not_looked_at() {
        let keys = keys(&[("k1", 1)]);
        let cursor = vec![7; MAX_CURSOR_BYTES];
        let token = keys.seal_page(CONTEXT, &cursor);
        assert_eq!(keys.open_page(CONTEXT, &token), Some(cursor));
        assert_eq!(keys.open_page(CONTEXT, &"A".repeat(MAX_TOKEN_CHARS + 1)), None);
    }

    #[test]
    fn any_change_of_one_character_is_refused() {
        let keys = keys(&[("k1", 1)]);
        // Three lengths, since the last character of base64 carries two, four or six bits.
        for cursor in [&b"c"[..], b"cu", b"cur"] {
            let token = keys.seal_page(CONTEXT, cursor);
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
        fn what_is_sealed_opens(cursor in prop::collection::vec(any::<u8>(), 0..64), part: Vec<u8>) {
            let keys = keys(&[("k1", 1)]);
            let token = keys.seal_page(&[&part], &cursor);
            prop_assert_eq!(keys.open_page(&[&part], &token), Some(cursor));
        }
    }
}
