//! What holds for the texts of team codes: whatever was made is found again however somebody types it, and nothing else
//! is taken for it.

use std::collections::BTreeSet;

use proptest::prelude::*;
use roster_domain::policy::TeamCodeRules;
use roster_domain::{CodeKey, CodeText};

const ALPHABET: &str = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

fn rules(prefix: &str, length: u8) -> TeamCodeRules {
    TeamCodeRules { prefix: prefix.to_owned(), length, lifetimes: vec![None] }
}

/// Every shape that a policy can ask for.
fn any_rules() -> impl Strategy<Value = TeamCodeRules> {
    ("[A-Z0-9-]{0,16}", 6..=32_u8).prop_map(|(prefix, length)| rules(&prefix, length))
}

fn random(length: usize) -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), length)
}

/// The code as somebody might type it; each of its characters and what stands before it is drawn by a byte.
fn typed(code: &str, drawn: &[u8]) -> String {
    let mut typed = String::new();
    for (c, drawn) in code.chars().zip(drawn.iter().cycle()) {
        typed.push_str([" ", "-", "_", ".", " - "].get(usize::from(drawn % 16)).unwrap_or(&""));
        let like = match (c, drawn / 16 % 3) {
            ('1' | 'I' | 'L', 1) => 'I',
            ('1' | 'I' | 'L', 2) => 'l',
            ('0' | 'O', 1) => 'o',
            ('0' | 'O', 2) => 'O',
            ('I' | 'L', _) => '1',
            ('O', _) => '0',
            ('-', 1) => '.',
            (other, _) => other,
        };
        typed.push(if drawn / 64 % 2 == 0 { like } else { like.to_ascii_lowercase() });
    }
    typed
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn a_code_is_read_however_it_is_typed(rules in any_rules(), random in random(32), drawn in random(64)) {
        let code = CodeText::make(&rules, &random).unwrap();
        let signs = code.reveal().strip_prefix(&rules.prefix);
        prop_assert_eq!(signs.map(str::len), Some(usize::from(rules.length)));
        prop_assert!(signs.unwrap_or_default().chars().all(|sign| ALPHABET.contains(sign)));
        let key = CodeKey::of(&code);
        prop_assert_eq!(CodeKey::read(code.reveal()), Some(key.clone()));
        let typed = typed(code.reveal(), &drawn);
        prop_assert_eq!(CodeKey::read(&typed), Some(key.clone()), "{} for {}", typed, code.reveal());
        prop_assert_eq!(CodeKey::read(key.reveal()), Some(key), "a key is a way to type its code");
    }

    #[test]
    fn two_codes_of_the_same_rules_have_two_keys(rules in any_rules(), [one, mut other] in [random(32), random(32)], place in 0..32_usize) {
        // Half of the pairs differ in one character at most.
        if place % 2 == 0 {
            other = one.clone();
            other[place] = other[place].wrapping_add(1);
        }
        let [one, other] = [one, other].map(|random| CodeText::make(&rules, &random).unwrap());
        prop_assert_eq!(CodeKey::of(&one) == CodeKey::of(&other), one == other);
    }

    #[test]
    fn whatever_is_read_is_a_key(text in "\\PC{0,80}|[a-zA-Z0-9 ._-]{0,140}") {
        if let Some(key) = CodeKey::read(&text) {
            let shaped = |byte: u8| byte.is_ascii_digit() || byte.is_ascii_uppercase() && !b"ILO".contains(&byte);
            prop_assert!((4..=64).contains(&key.reveal().len()) && key.reveal().bytes().all(shaped), "{:?}", text);
            prop_assert!(text.is_ascii(), "{:?}", text);
        }
    }
}

#[test]
fn what_a_code_is_read_as() {
    let check = |text: &str, key: Option<&str>| {
        assert_eq!(CodeKey::read(text).as_ref().map(CodeKey::reveal), key, "{text:?}");
    };
    check("SK-7Q4MXR", Some("SK7Q4MXR"));
    check("sk7q4mxr", Some("SK7Q4MXR"));
    check(" sk - 7q4.mxr_", Some("SK7Q4MXR"));
    check("LINK-OIL1", Some("11NK0111"));
    check("SKU-ABC", Some("SKUABC"));
    check("A-B-C", None);
    check("A-B-C-D", Some("ABCD"));
    check(&"A".repeat(64), Some(&"A".repeat(64)));
    check(&"A".repeat(65), None);
    check("", None);
    check("----------", None);
    check("SK-7Q4MXR\n", None);
    check("SK-7Q4M\u{0}XR", None);
    check("SK+7Q4MXR", None);
    check("SK/7Q4MXR", None);
    check("%", None);
    // Full-width, Cyrillic, Greek, a dotless i, a Kelvin sign, other hyphens and spaces: unknown, not taken for ASCII.
    for text in ["ＳＫ-7Q4MXR", "SK-7Q4MX\u{420}", "SK-7\u{39f}4MXR", "SK-7Q4MXı", "S\u{212a}-7Q4MXR"] {
        check(text, None);
    }
    for separator in ['\u{2010}', '\u{2011}', '\u{2013}', '\u{a0}', '\u{2009}', '\u{200b}', '．', '\t'] {
        check(&format!("SK{separator}7Q4MXR"), None);
    }
}

#[test]
fn a_code_is_never_shorter_than_its_rules_say() {
    let rules = rules("SK-", 6);
    for length in 0..6 {
        assert_eq!(CodeText::make(&rules, &vec![7; length]), None, "{length} bytes");
    }
    let made = |random: &[u8]| CodeText::make(&rules, random).map(|code| code.reveal().to_owned());
    assert_eq!(made(&[0, 1, 31, 32, 63, 255]).as_deref(), Some("SK-01Z0ZZ"));
    assert_eq!(made(&[0, 1, 31, 32, 63, 255, 9, 9]).as_deref(), Some("SK-01Z0ZZ"), "more are not used");
}

/// Of all the bytes that there are, as many make one sign as any other.
#[test]
fn no_sign_is_likelier_than_another() {
    let rules = rules("", 6);
    let mut seen = [0; 128];
    for byte in 0..=255_u8 {
        let code = CodeText::make(&rules, &[byte; 6]).unwrap();
        let signs: BTreeSet<u8> = code.reveal().bytes().collect();
        assert_eq!(signs.len(), 1, "one byte makes one sign wherever it stands");
        seen[usize::from(code.reveal().as_bytes()[0])] += 1;
    }
    for (sign, count) in (0_u8..).map(char::from).zip(seen) {
        assert_eq!(count, if ALPHABET.contains(sign) { 8 } else { 0 }, "{sign:?}");
    }
}

#[test]
fn nothing_shows_a_code() {
    let code = CodeText::make(&rules("SK-", 6), &[1, 2, 3, 4, 5, 6]).unwrap();
    assert_eq!(format!("{code:?} {:?}", CodeKey::of(&code)), "CodeText(…) CodeKey(…)");
}
