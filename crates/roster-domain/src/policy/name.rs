//! The names that a policy gives to things, each a type of its own so that a role is never taken for a tier.

use std::fmt;

macro_rules! name {
    ($(#[$doc:meta])* $type:ident, $shape:path) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $type(String);

        impl $type {
            /// Takes a text that has the shape of such a name.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                $shape(text).then(|| Self(text.to_owned()))
            }

            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }
    };
}

name!(
    /// The name of a policy: 1 to 40 lower-case letters, digits, hyphens and underscores, a letter first.
    PolicyName,
    is_name
);
name!(
    /// The name of a role, of a team or of a kind: shaped as [`PolicyName`].
    RoleName,
    is_name
);
name!(
    /// The name of a tier: shaped as [`PolicyName`].
    TierName,
    is_name
);
name!(
    /// The name of a kind of resource: shaped as [`PolicyName`].
    KindName,
    is_name
);
name!(
    /// The name of a meter: shaped as [`PolicyName`].
    MeterName,
    is_name
);
name!(
    /// A permission: names joined by dots, at least two, such as `works.edit`; at most 80 characters.
    Permission,
    is_permission
);

fn is_name(text: &str) -> bool {
    let mut bytes = text.bytes();
    text.len() <= 40
        && bytes.next().is_some_and(|first| first.is_ascii_lowercase())
        && bytes.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_')
}

fn is_permission(text: &str) -> bool {
    text.len() <= 80 && text.contains('.') && text.split('.').all(is_name)
}
