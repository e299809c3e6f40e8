//! A team's seats, looked up only where its policy counts them.

use roster_domain::Policy;
use roster_domain::decide::{Seats, seats};
use roster_store::{Team, Tx};

use super::error::Error;

/// The seats of a team under that policy, within a mutation that has changed nothing.
pub(super) async fn now(policy: &Policy, tx: &Tx, team: &Team) -> Result<Option<Seats>, Error> {
    if policy.seats.is_none() {
        return Ok(None);
    }
    Ok(seats(policy, team.facts.tier.as_ref(), tx.occupancy(team.id).await?))
}
