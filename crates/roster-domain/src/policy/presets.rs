//! The policies that ship inside the binary.

use super::{Policy, parse};

const FILES: [(&str, &str); 5] = [
    ("presets/studio.toml", include_str!("../../presets/studio.toml")),
    ("presets/organization.toml", include_str!("../../presets/organization.toml")),
    ("presets/account.toml", include_str!("../../presets/account.toml")),
    ("presets/brand.toml", include_str!("../../presets/brand.toml")),
    ("presets/workspace.toml", include_str!("../../presets/workspace.toml")),
];

/// The policies that every deployment has, in the order in which they are listed.
///
/// # Panics
/// Never: a test parses each of these files.
#[must_use]
pub fn presets() -> Vec<Policy> {
    let read = |(file, text)| parse(file, text).unwrap_or_else(|error| panic!("{error}"));
    FILES.into_iter().map(read).collect()
}
