//! A team's seats, looked up only where its policy counts them.

use roster_domain::decide::{Seats, seats};
use roster_domain::{Policy, Timestamp};
use roster_store::{Team, Tx};

use super::error::Error;
use crate::app::App;

/// The seats of a team at that time.
pub(super) async fn of(app: &App, team: &Team, now: Timestamp) -> Result<Option<Seats>, Error> {
    Ok(of_all(app, std::slice::from_ref(team), now).await?.pop().flatten())
}

/// The seats of each of these teams at that time, in their order.
pub(super) async fn of_all(app: &App, teams: &[Team], now: Timestamp) -> Result<Vec<Option<Seats>>, Error> {
    let policies = teams.iter().map(|team| app.policy_of_team(&team.policy));
    let policies = policies.collect::<Result<Vec<_>, _>>()?;
    let counted = teams.iter().zip(&policies).filter(|(_, policy)| policy.seats.is_some());
    let counted: Vec<_> = counted.map(|(team, _)| team.id).collect();
    let found = app.store.occupancies(&counted, now).await?;
    let occupancy = |team: &Team| found.get(&team.id).copied().unwrap_or_default();
    Ok(teams
        .iter()
        .zip(policies)
        .map(|(team, policy)| seats(policy, team.facts.tier.as_ref(), occupancy(team)))
        .collect())
}

/// The seats of a team under that policy as a mutation has left them.
pub(super) async fn after(policy: &Policy, tx: &Tx, team: &Team) -> Result<Option<Seats>, Error> {
    if policy.seats.is_none() {
        return Ok(None);
    }
    Ok(seats(policy, team.facts.tier.as_ref(), tx.occupancy(team.id).await?))
}
