//! Situations in words, for rows of tables.

use roster_domain::policy::{Policy, parse};
use roster_domain::{Change, MemberState, Membership, PersonKey, Refusal, RoleName};

/// Who acts.
pub(crate) const ACTOR: i64 = 1;
/// The version of every membership.
pub(crate) const VERSION: i64 = 7;

/// A role that is kept, and roles that lack one thing each.
pub(crate) fn kept() -> Policy {
    parse("kept.toml", include_str!("../../policies/kept.toml")).unwrap_or_else(|error| panic!("{error}"))
}

/// A role that has one holder.
pub(crate) fn brand() -> Policy {
    parse("brand.toml", include_str!("../../../presets/brand.toml")).expect("a good file")
}

/// A membership in words: `-` for none, `owner`, `suspended owner`.
pub(crate) fn member(person: i64, words: &str) -> Option<Membership> {
    let (state, role) = match words.strip_prefix("suspended ") {
        Some(role) => (MemberState::Suspended, role),
        None => (MemberState::Active, words),
    };
    let role = RoleName::parse(role)?;
    Some(Membership { person: PersonKey(person), role, state, email: None, version: VERSION })
}

/// What came of it, in one word or two.
pub(crate) fn words(outcome: &Result<Vec<Change>, Refusal>) -> String {
    let debug = match outcome.as_deref() {
        Ok([]) => return "no change".to_owned(),
        Ok([change]) => format!("{change:?}"),
        Ok(_) => return "several changes".to_owned(),
        Err(refusal) => format!("{refusal:?}"),
    };
    debug.split([' ', '(']).next().unwrap_or_default().to_owned()
}
