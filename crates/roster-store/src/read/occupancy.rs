//! What holds the seats of teams: counted, never loaded.

use std::collections::HashMap;

use roster_domain::facts::Occupancy;
use roster_domain::{TeamId, Timestamp};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

use crate::convert::{ACTIVE, PENDING};
use crate::entity::{invitation, member_count};
use crate::error::{Error, Result};
use crate::tx::Tx;

impl Tx {
    /// What holds the team's seats, as this transaction has left it.
    pub async fn occupancy(&self, team: TeamId) -> Result<Occupancy> {
        occupancy(self.changed().await?, team, self.now).await
    }
}

/// What holds the seats of one team.
pub(crate) async fn occupancy(
    conn: &impl ConnectionTrait,
    team: TeamId,
    now: Timestamp,
) -> Result<Occupancy> {
    Ok(occupancies(conn, &[team], now).await?.remove(&team).unwrap_or_default())
}

/// Two statements for any number of teams: the counts that stand in a table of their own, and the pending invitations
/// that have not expired, by their index.
async fn occupancies(
    conn: &impl ConnectionTrait,
    teams: &[TeamId],
    now: Timestamp,
) -> Result<HashMap<TeamId, Occupancy>> {
    let mut found: HashMap<TeamId, Occupancy> = HashMap::new();
    if teams.is_empty() {
        return Ok(found);
    }
    let ids: Vec<Uuid> = teams.iter().map(TeamId::uuid).collect();
    let counts = member_count::Entity::find()
        .filter(member_count::Column::TeamId.is_in(ids.iter().copied()))
        .all(conn)
        .await?;
    for row in counts {
        let occupancy = found.entry(TeamId::from_uuid(row.team_id)).or_default();
        let place = if row.state == ACTIVE { &mut occupancy.active } else { &mut occupancy.suspended };
        *place += number(row.count, row.team_id)?;
    }
    let pending: Vec<(Uuid, i64)> = invitation::Entity::find()
        .select_only()
        .column(invitation::Column::TeamId)
        .column_as(invitation::Column::Id.count(), "count")
        .filter(invitation::Column::TeamId.is_in(ids))
        .filter(invitation::Column::State.eq(PENDING))
        .filter(invitation::Column::ExpiresAt.gt(now.micros()))
        .group_by(invitation::Column::TeamId)
        .into_tuple()
        .all(conn)
        .await?;
    for (team, count) in pending {
        found.entry(TeamId::from_uuid(team)).or_default().pending = number(count, team)?;
    }
    Ok(found)
}

fn number(count: i64, team: Uuid) -> Result<u64> {
    u64::try_from(count).map_err(|_| Error::corrupt("member_counts", "count", team))
}
