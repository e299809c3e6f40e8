//! Whether an act makes a member less than it was.
//!
//! What is less closes the ways in that are older, or whoever was lowered would undo it by leaving and coming back. So
//! what cannot be compared counts as less: one's own act must not be the way around another's.

use super::access::reaches_less;
use crate::Access;
use crate::policy::{Policy, RoleName, may_more};

/// Whether somebody with the second role and access lacks anything that it had with the first: a permission, a role to
/// give or to manage, or reach on some resource, those that no grant names included.
pub(super) fn lowers(policy: &Policy, before: (&RoleName, &Access), after: (&RoleName, &Access)) -> bool {
    let (Some(old), Some(new)) = (policy.role(before.0), policy.role(after.0)) else {
        return before.0 != after.0 || reaches_less(policy, before, after);
    };
    may_more(old, new) || reaches_less(policy, before, after)
}
