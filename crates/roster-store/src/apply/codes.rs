//! Team codes.

use roster_domain::{CodeId, CodeKey, NewTeamCode, PersonKey, Timestamp};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, Set};

use super::{Stamp, access, exactly_one};
use crate::convert::{is_of_team, restricted_text};
use crate::db::Transaction;
use crate::entity::{offered_grant, team_code};
use crate::error::Result;

pub(super) async fn create(txn: &Transaction, stamp: Stamp, new: &NewTeamCode) -> Result<()> {
    let row = team_code::ActiveModel {
        id: Set(new.id.uuid()),
        team_id: Set(stamp.team),
        code: Set(new.text.reveal().to_owned()),
        code_key: Set(CodeKey::of(&new.text).reveal().to_owned()),
        role: Set(new.role.as_str().to_owned()),
        restricted: Set(restricted_text(&new.access)),
        maker: Set(new.maker.0),
        revision: Set(stamp.revision),
        created_at: Set(stamp.at),
        expires_at: Set(new.expires_at.map(Timestamp::micros)),
        revoked_at: Set(None),
        uses: Set(0),
        max_uses: Set(new.max_uses),
    };
    team_code::Entity::insert(row).exec_without_returning(txn).await?;
    access::offer(txn, stamp, new.id.uuid(), &new.access.grants).await
}

pub(super) async fn revoke(txn: &Transaction, stamp: Stamp, code: CodeId) -> Result<()> {
    set(txn, stamp, code, team_code::Column::RevokedAt, stamp.at.into()).await
}

/// Ends every code of a team that has not ended.
pub(super) async fn revoke_all(txn: &Transaction, stamp: Stamp) -> Result<()> {
    team_code::Entity::update_many()
        .col_expr(team_code::Column::RevokedAt, stamp.at.into())
        .filter(team_code::Column::TeamId.eq(stamp.team))
        .filter(team_code::Column::RevokedAt.is_null())
        .exec(txn)
        .await?;
    Ok(())
}

pub(super) async fn adopt(txn: &Transaction, stamp: Stamp, code: CodeId, maker: PersonKey) -> Result<()> {
    set(txn, stamp, code, team_code::Column::Maker, maker.0.into()).await
}

pub(super) async fn count_use(txn: &Transaction, stamp: Stamp, code: CodeId) -> Result<()> {
    let one_more = Expr::col(team_code::Column::Uses).add(1);
    set(txn, stamp, code, team_code::Column::Uses, one_more).await
}

pub(super) async fn delete(txn: &Transaction, stamp: Stamp, code: CodeId) -> Result<()> {
    offered_grant::Entity::delete_many()
        .filter(offered_grant::Column::OfferId.eq(code.uuid()))
        .exec(txn)
        .await?;
    let deleted = team_code::Entity::delete_many().filter(is_code(stamp, code)).exec(txn).await?;
    exactly_one(deleted.rows_affected, "a deletion of a code")
}

async fn set(
    txn: &Transaction,
    stamp: Stamp,
    code: CodeId,
    column: team_code::Column,
    value: Expr,
) -> Result<()> {
    let changed = team_code::Entity::update_many()
        .col_expr(column, value)
        .filter(is_code(stamp, code))
        .exec(txn)
        .await?;
    exactly_one(changed.rows_affected, "a change of a code")
}

fn is_code(stamp: Stamp, code: CodeId) -> Condition {
    Condition::all()
        .add(team_code::Column::Id.eq(code.uuid()))
        .add(is_of_team(team_code::Column::TeamId, stamp.team))
}
