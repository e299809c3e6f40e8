//! The texts of team codes: made, and read back as people type them. What a code admits to is not known here.

use std::fmt;

use crate::policy::TeamCodeRules;

/// Crockford's base 32: what is easily taken for another (I, L, O) is left out, and U with it. Its length divides 256,
/// so that the lowest bits of a random byte choose each sign alike.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The text of a team code as it is shown, such as `SK-7Q4MXR`.
///
/// It has no `Display`, and its `Debug` shows nothing: whoever reads a code can join.
#[derive(Clone, PartialEq, Eq)]
pub struct CodeText(String);

impl CodeText {
    /// Makes a code of those rules: their prefix, then `length` signs, each of the lowest five bits of one random byte.
    /// There must be at least `length` bytes, and those beyond are not used; none where there are fewer, so that no code
    /// is ever shorter than its rules say.
    #[must_use]
    pub fn make(rules: &TeamCodeRules, random: &[u8]) -> Option<Self> {
        let random = random.get(..usize::from(rules.length))?;
        let signs = random.iter().map(|byte| char::from(ALPHABET[usize::from(byte & 31)]));
        Some(Self(rules.prefix.chars().chain(signs).collect()))
    }

    /// Takes a code that was made before.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The code itself, to be stored, and shown to those who manage codes.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for CodeText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CodeText(…)")
    }
}

/// What codes are found by: all the ways in which people type a code have one key, and no two codes of the same rules
/// do.
///
/// It has no `Display`, and its `Debug` shows nothing: whoever reads it can join.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CodeKey(String);

impl CodeKey {
    /// The key of a code that was made.
    #[must_use]
    pub fn of(code: &CodeText) -> Self {
        Self(folded(&code.0))
    }

    /// Reads what somebody typed, in either case, with spaces, hyphens, underscores and dots anywhere, with I or L for 1
    /// and O for 0. None where anything but ASCII letters and digits remains, or not 4 to 64 of them: no code is like
    /// that. Letters of other scripts that look alike are never taken for these.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let key = folded(text);
        let shaped = (4..=64).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_alphanumeric());
        shaped.then_some(Self(key))
    }

    /// The key itself, to be stored and compared.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for CodeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CodeKey(…)")
    }
}

/// One rule for prefix and signs alike, since nobody who types a code knows where its prefix ends.
fn folded(text: &str) -> String {
    let kept = text.chars().filter(|c| !matches!(c, ' ' | '-' | '_' | '.'));
    let alike = kept.map(|c| match c.to_ascii_uppercase() {
        'I' | 'L' => '1',
        'O' => '0',
        other => other,
    });
    alike.collect()
}
