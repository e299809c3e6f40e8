//! Which teams have invitations that ran out and are not marked yet.

use roster_domain::TeamId;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use crate::convert::PENDING;
use crate::entity::invitation;
use crate::error::Result;
use crate::open::Store;

impl Store {
    /// The teams of the invitations that ran out first, of so many invitations at most. Each team once.
    pub async fn teams_with_overdue_invitations(&self, limit: u64) -> Result<Vec<TeamId>> {
        let now = self.now().await?;
        let mut teams: Vec<Uuid> = invitation::Entity::find()
            .select_only()
            .column(invitation::Column::TeamId)
            .filter(invitation::Column::State.eq(PENDING))
            // As the index says it.
            .filter(invitation::Column::AnsweredAt.is_null())
            .filter(invitation::Column::ExpiresAt.lte(now.micros()))
            .order_by_asc(invitation::Column::ExpiresAt)
            .limit(limit)
            .into_tuple()
            .all(self.connection())
            .await?;
        teams.sort_unstable();
        teams.dedup();
        Ok(teams.into_iter().map(TeamId::from_uuid).collect())
    }
}
