//! A team's seats, looked up only where its policy counts them.

use roster_domain::Policy;
use roster_domain::decide::{Seats, seats};
use roster_store::{Team, Tx};

use super::error::Error;

/// The seats of a team under that policy as a mutation has left them.
pub(super) async fn after(policy: &Policy, tx: &Tx, team: &Team) -> Result<Option<Seats>, Error> {
    if policy.seats.is_none() {
        return Ok(None);
    }
    Ok(seats(policy, team.facts.tier.as_ref(), tx.occupancy(team.id).await?))
}
