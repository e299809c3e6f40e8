//! E-mail addresses: what is taken for one is one, can be written to, and has one key however it is spelled.

use lettre::Address;
use roster_domain::EmailAddress;

/// The longest address, in bytes.
const MAX_BYTES: usize = 254;

/// Takes any text as an address.
///
/// # Panics
/// Where a property of addresses does not hold.
pub fn address(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match EmailAddress::parse(text) {
        Ok(address) => {
            is_kept_as_typed(text, &address);
            has_one_key(text, &address);
            can_be_written_to(&address);
        }
        Err(error) => {
            // The same whatever the text was, so that nothing of it is told.
            assert_eq!(error.to_string(), "must be an e-mail address such as ada@example.org");
        }
    }
}

fn is_kept_as_typed(text: &str, address: &EmailAddress) {
    assert_eq!(address.as_typed(), text);
    assert!(text.len() <= MAX_BYTES);
    assert!(!text.contains(|c: char| c.is_control() || c.is_whitespace()));
    assert!(!address.is_erased());
    assert_eq!(format!("{address:?}"), "EmailAddress(…)");
}

/// The key is an address itself, and its own key. All spellings of an address lead to it.
fn has_one_key(text: &str, address: &EmailAddress) {
    let key = address.key();
    assert!(key.is_ascii() && key.len() <= MAX_BYTES, "{key:?}");
    assert_eq!(key, key.to_ascii_lowercase());
    assert_eq!(key.matches('@').count(), 1, "{key:?}");
    let (local, domain) = key.split_once('@').expect("an @");
    assert!((1..=64).contains(&local.len()) && !domain.is_empty());
    for label in domain.split('.') {
        assert!((1..=63).contains(&label.len()), "{domain:?}");
        assert!(label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'), "{domain:?}");
    }
    for spelling in [key, &address.to_ascii(), &text.to_ascii_uppercase(), &text.to_ascii_lowercase()] {
        let other = EmailAddress::parse(spelling).ok();
        assert_eq!(other.as_ref().map(EmailAddress::key), Some(key), "{text:?} as {spelling:?}");
    }
}

/// A mail to it can be put together, and no other header of the mail can be smuggled in.
fn can_be_written_to(address: &EmailAddress) {
    let to = address.to_ascii();
    assert!(
        to.is_ascii() && !to.contains(|c: char| c.is_ascii_control() || " <>,;:\"\\()[]".contains(c)),
        "{to:?}"
    );
    let parsed = to.parse::<Address>().map(|parsed| parsed.to_string());
    assert_eq!(parsed.as_deref().ok(), Some(to.as_str()), "{to:?} is no address to write to");
}
