//! Invite links.

use roster_domain::{LinkId, NewInviteLink};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, ExprTrait, QueryFilter, Set};

use super::{Stamp, exactly_one};
use crate::entity::invite_link;
use crate::error::{Error, Result};

pub(super) async fn create(txn: &DatabaseTransaction, stamp: Stamp, link: &NewInviteLink) -> Result<()> {
    let generation = i32::try_from(link.secret.generation)
        .map_err(|_| Error::internal("a link's generation is out of range"))?;
    let row = invite_link::ActiveModel {
        id: Set(link.id.uuid()),
        team_id: Set(stamp.team),
        role: Set(link.role.as_str().to_owned()),
        maker: Set(link.maker.0),
        revision: Set(stamp.revision),
        digest: Set(link.secret.digest.to_vec()),
        salt: Set(link.secret.salt.to_vec()),
        generation: Set(generation),
        key_id: Set(link.secret.key_id.clone()),
        created_at: Set(stamp.at),
        expires_at: Set(link.expires_at.micros()),
        revoked_at: Set(None),
        uses: Set(0),
    };
    invite_link::Entity::insert(row).exec_without_returning(txn).await?;
    Ok(())
}

pub(super) async fn revoke(txn: &DatabaseTransaction, stamp: Stamp, link: LinkId) -> Result<()> {
    let changed = invite_link::Entity::update_many()
        .col_expr(invite_link::Column::RevokedAt, stamp.at.into())
        .filter(invite_link::Column::Id.eq(link.uuid()))
        .filter(invite_link::Column::TeamId.eq(stamp.team))
        .exec(txn)
        .await?;
    exactly_one(changed.rows_affected, "a revocation")
}

pub(super) async fn count_use(txn: &DatabaseTransaction, stamp: Stamp, link: LinkId) -> Result<()> {
    let changed = invite_link::Entity::update_many()
        .col_expr(invite_link::Column::Uses, Expr::col(invite_link::Column::Uses).add(1))
        .filter(invite_link::Column::Id.eq(link.uuid()))
        .filter(invite_link::Column::TeamId.eq(stamp.team))
        .exec(txn)
        .await?;
    exactly_one(changed.rows_affected, "a use of a link")
}
