//! Seats: how many people a team has room for.

use crate::Refusal;
use crate::facts::{Occupancy, TeamFacts};
use crate::policy::{Policy, TierName};

/// A team's seats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seats {
    /// How many the team has.
    pub limit: u64,
    /// How many its members hold; more than the limit after the tier became a smaller one.
    pub used: u64,
    /// How many pending invitations there are that have not expired, whether or not they hold seats.
    pub pending: u64,
    /// How many a newcomer or a new invitation can have.
    pub available: u64,
}

/// Who wants a seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taker {
    /// Somebody without any, or an invitation to be.
    Newcomer,
    /// Somebody with an invitation that is counted among those pending.
    Invited,
    /// A suspended member that is to be restored.
    Suspended,
}

/// The seats of a team with that tier; none where the policy does not count seats.
#[must_use]
pub fn seats(policy: &Policy, tier: Option<&TierName>, occupancy: Occupancy) -> Option<Seats> {
    let rules = policy.seats.as_ref()?;
    let tier = tier.or(policy.tiers.as_ref().map(|tiers| &tiers.default));
    // A tier that the policy lacks has no seats: the narrow guess.
    let limit = rules.by_tier.iter().find(|(name, _)| Some(name) == tier).map_or(0, |(_, seats)| *seats);
    let limit = u64::from(limit);
    let used = occupancy.active + if rules.suspended_members_hold { occupancy.suspended } else { 0 };
    let held = used + if rules.pending_invitations_hold { occupancy.pending } else { 0 };
    Some(Seats { limit, used, pending: occupancy.pending, available: limit.saturating_sub(held) })
}

/// Refuses where there is no seat left.
pub(super) fn require_seat(
    policy: &Policy,
    team: &TeamFacts,
    occupancy: Occupancy,
    taker: Taker,
) -> Result<(), Refusal> {
    let Some(rules) = &policy.seats else { return Ok(()) };
    let Some(seats) = seats(policy, team.tier.as_ref(), occupancy) else { return Ok(()) };
    let free = match taker {
        // Whoever holds a seat already competes with the members only.
        Taker::Invited if rules.pending_invitations_hold => seats.used < seats.limit,
        Taker::Suspended if rules.suspended_members_hold => true,
        Taker::Newcomer | Taker::Invited | Taker::Suspended => seats.available > 0,
    };
    if free { Ok(()) } else { Err(Refusal::NoSeat { limit: seats.limit }) }
}
