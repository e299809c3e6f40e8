//! Which teams have invitations that ran out and are not marked yet.

use roster_domain::{TeamId, Timestamp};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use crate::convert::{PENDING, is_literally};
use crate::entity::{invitation, team};
use crate::error::Result;
use crate::open::Store;

/// Some of the overdue invitations: their teams, each once, and where the next ones begin, if there may be more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OverdueTeams {
    /// The teams.
    pub teams: Vec<TeamId>,
    /// What to ask for next.
    pub next: Option<(Timestamp, Uuid)>,
}

impl Store {
    /// The teams of the invitations that ran out first, after that one, of so many invitations at most. Deleted teams are
    /// not among them: their invitations are over whatever their rows say.
    pub async fn teams_with_overdue_invitations(
        &self,
        after: Option<(Timestamp, Uuid)>,
        limit: u64,
    ) -> Result<OverdueTeams> {
        let now = self.now().await?;
        let alive = Query::select()
            .expr(Expr::val(1))
            .from(team::Entity)
            .and_where(
                Expr::col((team::Entity, team::Column::Id))
                    .equals((invitation::Entity, invitation::Column::TeamId)),
            )
            .and_where(Expr::col((team::Entity, team::Column::DeletedAt)).is_null())
            .to_owned();
        let mut select = invitation::Entity::find()
            .select_only()
            .column(invitation::Column::TeamId)
            .column(invitation::Column::ExpiresAt)
            .column(invitation::Column::Id)
            .filter(is_literally(invitation::Column::State, PENDING))
            // Nobody answered a pending one; to say so names the index that is for this alone.
            .filter(invitation::Column::AnsweredAt.is_null())
            .filter(invitation::Column::ExpiresAt.lte(now.micros()))
            .filter(Expr::exists(alive))
            .order_by_asc(invitation::Column::ExpiresAt)
            .order_by_asc(invitation::Column::Id)
            .limit(limit);
        if let Some((expires_at, id)) = after {
            let place = Expr::tuple([
                Expr::col((invitation::Entity, invitation::Column::ExpiresAt)),
                Expr::col((invitation::Entity, invitation::Column::Id)),
            ]);
            let after = Expr::tuple([Expr::val(expires_at.micros()), Expr::val(id)]);
            select = select.filter(place.gt(after));
        }
        let rows: Vec<(Uuid, i64, Uuid)> =
            select.into_tuple().all(&self.statements("list overdue invitations")).await?;
        let last = rows.last().filter(|_| rows.len() as u64 >= limit);
        let next = last.map(|(_, expires_at, id)| (Timestamp::from_micros(*expires_at), *id));
        let mut teams: Vec<Uuid> = rows.iter().map(|(team, ..)| *team).collect();
        teams.sort_unstable();
        teams.dedup();
        Ok(OverdueTeams { teams: teams.into_iter().map(TeamId::from_uuid).collect(), next })
    }
}
