//! The policies that ship inside the binary.

use super::{Policy, parse};

const FILES: [(&str, &str); 1] =
    [("presets/organization.toml", include_str!("../../presets/organization.toml"))];

/// The policies that every deployment has, in the order in which they are listed.
///
/// # Panics
/// Never: a test parses each of these files.
#[must_use]
pub fn presets() -> Vec<Policy> {
    let read = |(file, text)| parse(file, text).unwrap_or_else(|error| panic!("{error}"));
    FILES.into_iter().map(read).collect()
}
