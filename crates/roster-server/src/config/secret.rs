//! URLs that hold passwords.

use serde::Deserialize;

/// A URL with credentials in it. It has neither `Debug` nor `Display`: whoever needs it asks for it by name.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct SecretUrl(String);

impl SecretUrl {
    /// Takes a text as it stands.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The URL, password and all. Only for opening a connection.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether it begins with one of these schemes, `://` included, and goes on.
    pub(super) fn has_scheme(&self, schemes: &[&str]) -> bool {
        schemes.iter().any(|scheme| self.0.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty()))
    }
}
