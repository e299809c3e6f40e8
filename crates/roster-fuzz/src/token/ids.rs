//! Ids: what is taken for one is written as the service writes it.

use std::fmt::Display;
use std::str::FromStr;

use roster_domain::text::Locale;
use roster_domain::{CodeId, DisplayName, EventId, InvitationId, LinkId, Pseudonym, TeamId, UserId};
use roster_server::request_id::RequestId;

/// Reads any text as each kind of id, and as the texts beside them.
pub(super) fn read(text: &str) {
    let kinds = [
        written::<TeamId>(text),
        written::<LinkId>(text),
        written::<InvitationId>(text),
        written::<CodeId>(text),
        written::<EventId>(text),
        written::<Pseudonym>(text),
    ];
    assert!(kinds.into_iter().filter(|is_one| *is_one).count() <= 1, "{text:?} is an id of two kinds");
    if let Ok(user) = UserId::parse(text) {
        assert_eq!(user.as_str(), text);
        assert!((1..=128).contains(&text.chars().count()) && !text.chars().any(char::is_control));
        assert!(!written::<Pseudonym>(text), "somebody acts as a person who was erased");
    }
    if let Some(id) = RequestId::parse(text) {
        assert_eq!(id.as_str(), text);
        assert!((1..=128).contains(&text.len()) && text.bytes().all(|byte| (0x21..=0x7e).contains(&byte)));
    }
    if let Ok(locale) = Locale::parse(text) {
        assert_eq!(locale.as_str(), text.to_ascii_lowercase());
        assert!(!text.contains(['/', '.', '\\', '\0']), "a locale becomes the name of a template");
        assert_eq!(Locale::parse(locale.as_str()), Ok(locale));
    }
    if let Ok(name) = DisplayName::parse(text) {
        let shown = name.as_str();
        assert!((1..=100).contains(&shown.chars().count()) && shown.trim() == shown);
        assert!(!shown.chars().any(char::is_control) && !shown.contains("://"));
        assert_eq!(DisplayName::parse(shown), Ok(name.clone()), "read again it is another name");
    }
}

/// Whether it is such an id, which is then written in no other way.
fn written<T: FromStr + Display>(text: &str) -> bool {
    text.parse::<T>().is_ok_and(|id| {
        assert_eq!(id.to_string(), text);
        true
    })
}
