//! E-mail invitations that are shown.

use std::collections::HashMap;

use roster_domain::facts::Invitation;
use roster_domain::{TeamId, Timestamp};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::convert::{self, PENDING};
use crate::entity::{invitation, person};
use crate::error::Result;
use crate::open::Store;
use crate::read::access::offers_of;

/// An invitation as it is shown.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredInvitation {
    /// The invitation.
    pub invitation: Invitation,
    /// When it was made.
    pub created_at: Timestamp,
    /// The user id of its maker; none if that person's data was erased.
    pub maker_user_id: Option<String>,
}

impl Store {
    /// The team's pending invitations that have not expired by then, the newest first, so many at most.
    pub async fn pending_invitations(
        &self,
        team: TeamId,
        now: Timestamp,
        limit: u64,
    ) -> Result<Vec<StoredInvitation>> {
        let db = self.connection();
        let rows = invitation::Entity::find()
            .filter(invitation::Column::TeamId.eq(team.uuid()))
            .filter(invitation::Column::State.eq(PENDING))
            .filter(invitation::Column::ExpiresAt.gt(now.micros()))
            .order_by_desc(invitation::Column::CreatedAt)
            .order_by_desc(invitation::Column::Id)
            .limit(limit)
            .all(db)
            .await?;
        let mut offers = offers_of(db, rows.iter().map(|row| row.id)).await?;
        let makers: HashMap<i64, String> = person::Entity::find()
            .filter(person::Column::Id.is_in(rows.iter().map(|row| row.maker)))
            .all(db)
            .await?
            .into_iter()
            .map(|person| (person.id, person.user_id))
            .collect();
        rows.iter()
            .map(|row| {
                Ok(StoredInvitation {
                    invitation: convert::invitation(row, offers.remove(&row.id).unwrap_or_default())?,
                    created_at: Timestamp::from_micros(row.created_at),
                    maker_user_id: makers.get(&row.maker).cloned(),
                })
            })
            .collect()
    }
}
