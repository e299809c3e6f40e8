//! What a member was granted on the product's resources.

use crate::policy::{KindName, RoleName};
use crate::text::ResourceId;

/// A role on one resource of a kind, or on all of them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Grant {
    /// The kind.
    pub kind: KindName,
    /// Which of its resources.
    pub target: GrantTarget,
    /// The role: one of the kind's.
    pub role: RoleName,
}

/// Which resources of a kind a grant is for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum GrantTarget {
    /// All of them, present and future.
    All,
    /// This one.
    One(ResourceId),
}

/// Everything that was granted to a member, or that an invitation or code brings with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Access {
    /// The grants, at most one for each kind and target.
    pub grants: Vec<Grant>,
    /// The kinds in which the member is restricted: where its role is scoped it reaches only what was granted, and
    /// nothing if nothing was.
    pub restricted: Vec<KindName>,
}

impl Access {
    /// Whether the member is restricted in that kind.
    #[must_use]
    pub fn is_restricted(&self, kind: &KindName) -> bool {
        self.restricted.contains(kind)
    }
}

/// What a caller asks a member's access to become.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccessRequest {
    /// The grants that take the place of all that there were.
    pub grants: Vec<Grant>,
    /// The kinds in which the member shall no longer be restricted. Nothing else lifts a restriction.
    pub unrestrict: Vec<KindName>,
}
