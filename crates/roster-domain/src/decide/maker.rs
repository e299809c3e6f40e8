//! Whether a way in still has somebody who could make it.

use super::access::refuse_beyond_own;
use super::standing::standing;
use crate::Access;
use crate::facts::Holder;
use crate::policy::{Policy, Role, RoleName};

/// Whether that member could make a way in to that role and access now. `makes` says which roles make such a way in to
/// which. Somebody whose own reach has become narrower than what the way in gives could not make it either.
pub(super) fn could_give(
    policy: &Policy,
    holder: Option<&Holder>,
    (role, access): (&RoleName, &Access),
    makes: fn(&Role, &RoleName) -> bool,
) -> bool {
    let Some(holder) = holder else { return false };
    let own = (&holder.membership.role, &holder.access);
    standing(policy, Some(&holder.membership)).is_ok_and(|maker| makes(maker.role, role))
        && refuse_beyond_own(policy, None, (role, access), own).is_ok()
}
