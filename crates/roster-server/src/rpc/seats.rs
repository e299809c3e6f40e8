//! A team's seats, looked up only where its policy counts them.

use roster_domain::decide::{Seats, seats};
use roster_store::{Team, Tx};

use super::error::Error;
use crate::app::App;

/// The seats of a team as a mutation has left them.
pub(super) async fn after(app: &App, tx: &Tx, team: &Team) -> Result<Option<Seats>, Error> {
    let policy = app.policy_of_team(&team.policy)?;
    if policy.seats.is_none() {
        return Ok(None);
    }
    Ok(seats(policy, team.facts.tier.as_ref(), tx.occupancy(team.id).await?))
}
