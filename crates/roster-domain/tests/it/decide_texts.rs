//! What holds for every text that is taken as an e-mail address, a display name, a service's name or an id.

use std::fmt::Write as _;

use proptest::prelude::*;
use roster_domain::{CallerName, DisplayName, EmailAddress, ExternalId, ResourceId, UserId};

/// Turns the direction of what follows, or marks one.
const BIDI: &str =
    "\u{61c}\u{200e}\u{200f}\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\u{2066}\u{2067}\u{2068}\u{2069}";

fn deceives(c: char) -> bool {
    c.is_control() || BIDI.contains(c)
}

/// Any text, and text that is nearly good.
fn any_text() -> impl Strategy<Value = String> {
    let nearly = prop_oneof![
        Just(' '),
        Just('\u{301}'),
        Just('\u{2028}'),
        Just('\u{200d}'),
        Just('\u{feff}'),
        prop::sample::select(BIDI.chars().collect::<Vec<_>>()),
        proptest::char::range('\0', '\u{9f}'),
        proptest::char::range('a', 'z'),
        any::<char>(),
    ];
    prop_oneof![
        "\\PC{0,110}",
        any::<String>(),
        prop::collection::vec(nearly, 0..12).prop_map(|chars| chars.into_iter().collect()),
    ]
}

fn any_address() -> impl Strategy<Value = String> {
    let domain = prop_oneof![
        "[a-zA-Z0-9-]{1,10}(\\.[a-zA-Z]{1,5}){0,3}\\.?",
        "(xn--)?[a-z0-9-]{1,12}\\.[a-z]{2,5}",
        "[a-zßéüςаβ一中ｅ\u{200d}\u{ad}\u{130}İK]{1,8}\\.(de|рф|org|ａ)",
        "\\PC{1,12}",
        "[0-9]{1,3}(\\.[0-9]{1,3}){0,4}",
    ];
    ("[a-zA-Z0-9.+_'-]{0,12}|\\PC{0,8}", domain).prop_map(|(local, domain)| format!("{local}@{domain}"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn an_address_and_its_key(text in prop_oneof![3 => any_address(), 1 => any_text()]) {
        if let Ok(address) = EmailAddress::parse(&text) {
            let key = address.key();
            prop_assert_eq!(address.as_typed(), &text);
            prop_assert!(key.is_ascii() && key.len() <= 254, "{:?}", key);
            prop_assert!(!key.bytes().any(|byte| byte.is_ascii_uppercase() || byte.is_ascii_whitespace()));
            prop_assert!(!text.chars().any(|c| deceives(c) || c.is_whitespace()), "{:?}", text);
            let again = EmailAddress::parse(key);
            prop_assert!(again.is_ok(), "{:?} is the key of {:?} and no address", key, text);
            let again = again.unwrap();
            prop_assert_eq!(again.key(), key);
            let louder = EmailAddress::parse(&text.to_ascii_uppercase());
            prop_assert_eq!(louder.as_ref().map(EmailAddress::key), Ok(key), "{:?}", text);
            let shown = format!("{address:?}");
            prop_assert!(!shown.contains(key));
        }
    }

    #[test]
    fn a_name_is_what_it_is_taken_for(text in any_text()) {
        if let Ok(name) = DisplayName::parse(&text) {
            let text = name.as_str();
            let again = DisplayName::parse(text);
            prop_assert_eq!(again.as_ref(), Ok(&name));
            prop_assert!((1..=100).contains(&text.chars().count()));
            prop_assert!(!text.chars().any(|c| deceives(c) || matches!(c, '\u{2028}' | '\u{2029}')), "{:?}", text);
            prop_assert_eq!(text.trim(), text);
            prop_assert!(!text.contains("://"));
        }
    }

    #[test]
    fn ids_are_kept_to_the_letter(text in any_text()) {
        let good = UserId::parse(&text);
        prop_assert_eq!(CallerName::parse(&text).is_ok(), good.is_ok());
        let resource = ResourceId::parse(&text);
        prop_assert_eq!(resource.as_ref().map(ResourceId::as_str).ok(), good.as_ref().map(UserId::as_str).ok());
        let key = ExternalId::parse(&text);
        prop_assert_eq!(key.as_ref().map(ExternalId::as_str).ok(), good.as_ref().map(UserId::as_str).ok());
        if let Ok(id) = good {
            prop_assert_eq!(id.as_str(), &text);
            prop_assert_eq!(id.to_string(), &text[..]);
            prop_assert!((1..=128).contains(&text.chars().count()));
            prop_assert!(!text.chars().any(|c| deceives(c) || matches!(c, '\u{2028}' | '\u{2029}')), "{:?}", text);
            prop_assert_eq!(text.trim(), &text);
        }
    }
}

#[test]
fn each_deceiving_character_is_refused_everywhere() {
    let every = (0..=u32::from(char::MAX)).filter_map(char::from_u32).filter(|c| deceives(*c));
    for c in every.chain(['\u{2028}', '\u{2029}']) {
        let within = format!("a{c}b");
        assert!(DisplayName::parse(&within).is_err(), "{c:?} in a name");
        assert!(UserId::parse(&within).is_err(), "{c:?} in an id");
        assert!(CallerName::parse(&within).is_err(), "{c:?} in a service's name");
        assert!(ResourceId::parse(&within).is_err(), "{c:?} in a resource's id");
        assert!(ExternalId::parse(&within).is_err(), "{c:?} in a key");
        assert!(EmailAddress::parse(&format!("{within}@example.org")).is_err(), "{c:?} in an address");
        assert!(EmailAddress::parse(&format!("ada@{within}.org")).is_err(), "{c:?} in a domain");
    }
}

#[test]
fn what_nobody_can_see_is_no_name() {
    let invisible = "\u{ad}\u{34f}\u{115f}\u{17b4}\u{180b}\u{180f}\u{200b}\u{2060}\u{2065}\u{206a}\u{206f}\u{2800}\
                     \u{3164}\u{fe0f}\u{feff}\u{ffa0}\u{fff0}\u{1bca0}\u{1d173}\u{e0001}\u{e0061}\u{e01ef}\u{e0fff}";
    for c in invisible.chars() {
        assert!(DisplayName::parse(&c.to_string()).is_err(), "{c:?}");
        assert!(DisplayName::parse(&format!("{c} {c}")).is_err(), "{c:?} twice");
        let mut seen = String::from("a");
        let _ = write!(seen, "{c}b");
        assert!(DisplayName::parse(&seen).is_ok(), "{c:?} among letters");
    }
}
