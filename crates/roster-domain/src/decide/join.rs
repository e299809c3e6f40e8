//! A person joins: what all ways in have in common.

use super::seats::{Taker, require_seat};
use crate::facts::JoinFacts;
use crate::policy::{Policy, RoleName};
use crate::{Access, EmailAddress, JoinedBy, MemberState, NewMember, PersonKey, Refusal, Revision};

/// What comes of a redemption that is not refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redemption {
    /// The person is a member already: nothing changes and no use is counted.
    AlreadyMember,
    /// The person joins.
    Joins,
}

/// A link, code or invitation, as far as joining by it goes.
pub(super) struct WayIn<'a> {
    /// The revision that made it.
    pub(super) revision: Revision,
    /// Refuses where it admits nobody, whoever comes.
    pub(super) admits: Result<(), Refusal>,
    /// The role that it gives.
    pub(super) role: &'a RoleName,
    /// What it grants.
    pub(super) access: &'a Access,
    /// Whether a seat is held for whoever comes by it.
    pub(super) taker: Taker,
}

/// Decides whether a person may join. The order of the refusals is part of the contract: suspended; a member already;
/// removed or lowered since; the way in's own end, its maker's last; no seat.
pub(super) fn may_join(policy: &Policy, facts: &JoinFacts, way: &WayIn<'_>) -> Result<Redemption, Refusal> {
    match facts.membership.as_ref().map(|member| member.state) {
        Some(MemberState::Suspended) => return Err(Refusal::Suspended),
        Some(MemberState::Active) => return Ok(Redemption::AlreadyMember),
        None => {}
    }
    if facts.removed_at.is_some_and(|removed| way.revision < removed) {
        return Err(Refusal::Removed);
    }
    way.admits.clone()?;
    require_seat(policy, &facts.team, facts.occupancy, way.taker)?;
    Ok(Redemption::Joins)
}

/// Who joins by that way.
pub(super) fn newcomer(
    way: &WayIn<'_>,
    by: JoinedBy,
    person: PersonKey,
    email: Option<EmailAddress>,
) -> NewMember {
    NewMember { person, role: way.role.clone(), access: way.access.clone(), by, email, joined_at: None }
}
