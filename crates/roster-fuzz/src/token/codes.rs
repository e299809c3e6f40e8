//! Team codes, as they are made and as people type them.

use roster_domain::policy::TeamCodeRules;
use roster_domain::{CodeKey, CodeText};

/// What people put between the signs of a code.
const SEPARATORS: [char; 4] = [' ', '-', '_', '.'];

/// Reads what somebody typed. However it is spelled, it is found by one key.
pub(super) fn typed(text: &str) {
    let signs: String = text.chars().filter(|c| !SEPARATORS.contains(c)).collect();
    let shaped = (4..=64).contains(&signs.len()) && signs.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let key = CodeKey::read(text);
    assert_eq!(key.is_some(), shaped, "{text:?}");
    let Some(key) = key else { return };
    let found = key.reveal();
    assert_eq!(found.len(), signs.len());
    assert!(found.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()), "{text:?}");
    assert!(!found.contains(['I', 'L', 'O']), "{text:?}");
    let spread: String = signs.chars().flat_map(|sign| [sign, '-']).collect();
    for spelling in [found, &signs, &spread, &text.to_ascii_lowercase(), &text.to_ascii_uppercase()] {
        assert!(CodeKey::read(spelling).as_ref() == Some(&key), "{text:?} as {spelling:?}");
    }
}

/// Makes a code after a prefix, of so many random bytes as there are, and finds it again.
pub(super) fn made(bytes: &[u8]) {
    let Some((&[length, prefix], random)) = bytes.split_first_chunk::<2>() else { return };
    let prefix = ["", "SK-", "T-1-", "TEAM-CODES-ARE-1"][usize::from(prefix % 4)].to_owned();
    let rules = TeamCodeRules { prefix, length: 6 + length % 27, lifetimes: vec![] };
    let code = CodeText::make(&rules, random);
    assert_eq!(
        code.is_some(),
        random.len() >= usize::from(rules.length),
        "no code is shorter than its rules say"
    );
    let Some(code) = code else { return };
    let text = code.reveal();
    let signs = text.strip_prefix(&rules.prefix).expect("the prefix stands before it");
    assert_eq!(signs.len(), usize::from(rules.length));
    assert!(!signs.contains(['I', 'L', 'O', 'U']));
    assert!(CodeKey::read(text) == Some(CodeKey::of(&code)), "a code is not found by its own text");
    assert_eq!(format!("{code:?}"), "CodeText(…)");
    typed(text);
}
