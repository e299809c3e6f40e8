//! What making and revoking an invite link needs.

use roster_domain::facts::{LinkCreationFacts, LinkFacts};
use roster_domain::{LinkId, Policy, Timestamp, UserId};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter};

use super::member::{grants_count, place};
use super::{Question, by_user};
use crate::convert::{invite_link, is_of_team};
use crate::entity::invite_link;
use crate::error::Result;
use crate::read::maker::maker_present;
use crate::read::team::Team;

/// Asks about somebody who wants to make a link.
pub struct LinkCreation<'a> {
    /// Who acts.
    pub actor: &'a UserId,
}

impl Question for LinkCreation<'_> {
    type Facts = LinkCreationFacts;

    async fn load<C: ConnectionTrait>(
        &self,
        conn: &C,
        team: &Team,
        policy: Option<&Policy>,
        now: Timestamp,
    ) -> Result<LinkCreationFacts> {
        let grants = grants_count(policy);
        let (actor, actor_access) = place(conn, team.id, self.actor, grants).await?;
        let live_links = match policy {
            Some(policy) => {
                invite_link::Entity::find()
                    .filter(invite_link::Column::TeamId.eq(team.id.uuid()))
                    .filter(invite_link::Column::RevokedAt.is_null())
                    .filter(invite_link::Column::ExpiresAt.gt(now.micros()))
                    .filter(maker_present::<invite_link::Entity>(policy, team.id))
                    .count(conn)
                    .await?
            }
            None => 0,
        };
        Ok(LinkCreationFacts { actor, actor_access, live_links })
    }
}

/// Asks about somebody who wants to revoke a link.
pub struct LinkChange<'a> {
    /// Who acts.
    pub actor: &'a UserId,
    /// The link.
    pub link: LinkId,
}

impl Question for LinkChange<'_> {
    type Facts = LinkFacts;

    async fn load<C: ConnectionTrait>(
        &self,
        conn: &C,
        team: &Team,
        _policy: Option<&Policy>,
        _now: Timestamp,
    ) -> Result<LinkFacts> {
        let actor = by_user(conn, team.id, self.actor).await?;
        let row = invite_link::Entity::find_by_id(self.link.uuid())
            .filter(is_of_team(invite_link::Column::TeamId, team.id.uuid()))
            .one(conn)
            .await?;
        Ok(LinkFacts { actor, link: row.as_ref().map(invite_link).transpose()? })
    }
}
