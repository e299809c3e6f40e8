//! Invite links.

use roster_domain::{LinkId, NewInviteLink, PersonKey, SecretRecord};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, QueryFilter, Set};

use super::{Stamp, exactly_one};
use crate::convert::is_of_team;
use crate::db::Transaction;
use crate::entity::invite_link;
use crate::error::{Error, Result};

pub(super) async fn create(txn: &Transaction, stamp: Stamp, link: &NewInviteLink) -> Result<()> {
    let row = invite_link::ActiveModel {
        id: Set(link.id.uuid()),
        team_id: Set(stamp.team),
        role: Set(link.role.as_str().to_owned()),
        maker: Set(link.maker.0),
        revision: Set(stamp.revision),
        digest: Set(link.secret.digest.to_vec()),
        salt: Set(link.secret.salt.to_vec()),
        generation: Set(generation(&link.secret)?),
        key_id: Set(link.secret.key_id.clone()),
        created_at: Set(stamp.at),
        expires_at: Set(link.expires_at.micros()),
        revoked_at: Set(None),
        uses: Set(0),
    };
    invite_link::Entity::insert(row).exec_without_returning(txn).await?;
    Ok(())
}

pub(super) async fn revoke(txn: &Transaction, stamp: Stamp, link: LinkId) -> Result<()> {
    set(txn, stamp, link, invite_link::Column::RevokedAt, stamp.at.into()).await
}

/// Ends every link of a team that has not ended.
pub(super) async fn revoke_all(txn: &Transaction, stamp: Stamp) -> Result<()> {
    invite_link::Entity::update_many()
        .col_expr(invite_link::Column::RevokedAt, stamp.at.into())
        .filter(invite_link::Column::TeamId.eq(stamp.team))
        .filter(invite_link::Column::RevokedAt.is_null())
        .exec(txn)
        .await?;
    Ok(())
}

pub(super) async fn adopt(txn: &Transaction, stamp: Stamp, link: LinkId, maker: PersonKey) -> Result<()> {
    set(txn, stamp, link, invite_link::Column::Maker, maker.0.into()).await
}

pub(super) async fn count_use(txn: &Transaction, stamp: Stamp, link: LinkId) -> Result<()> {
    let one_more = Expr::col(invite_link::Column::Uses).add(1);
    set(txn, stamp, link, invite_link::Column::Uses, one_more).await
}

/// How the count of tokens that were derived for a record is stored.
pub(super) fn generation(secret: &SecretRecord) -> Result<i32> {
    i32::try_from(secret.generation).map_err(|_| Error::internal("a secret's generation is out of range"))
}

async fn set(
    txn: &Transaction,
    stamp: Stamp,
    link: LinkId,
    column: invite_link::Column,
    value: Expr,
) -> Result<()> {
    let changed = invite_link::Entity::update_many()
        .col_expr(column, value)
        .filter(invite_link::Column::Id.eq(link.uuid()))
        .filter(is_of_team(invite_link::Column::TeamId, stamp.team))
        .exec(txn)
        .await?;
    exactly_one(changed.rows_affected, "a change of a link")
}
