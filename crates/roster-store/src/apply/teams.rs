//! Teams.

use roster_domain::policy::TierName;
use roster_domain::{DisplayName, ExternalId, NewTeam};
use sea_orm::sea_query::Value;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Set};

use super::{Context, Stamp, codes, exactly_one, invitations, links};
use crate::db::Transaction;
use crate::entity::team;
use crate::error::Result;

pub(super) async fn create(txn: &Transaction, by: &Context, stamp: Stamp, new: &NewTeam) -> Result<()> {
    let row = team::ActiveModel {
        id: Set(stamp.team),
        policy: Set(new.policy.as_str().to_owned()),
        display_name: Set(new.display_name.as_str().to_owned()),
        tier: Set(new.tier.as_ref().map(|tier| tier.as_str().to_owned())),
        external_id: Set(new.external_id.as_ref().map(ExternalId::as_str).map(str::to_owned)),
        personal_person: Set(new.personal.then_some(new.creator.0)),
        caller: Set(by.caller_text()),
        creator: Set(new.creator.0),
        revision: Set(stamp.revision),
        version: Set(stamp.revision),
        created_at: Set(stamp.at),
        deleted_at: Set(None),
    };
    team::Entity::insert(row).exec_without_returning(txn).await?;
    Ok(())
}

pub(super) async fn rename(txn: &Transaction, stamp: Stamp, name: &DisplayName) -> Result<()> {
    set(txn, stamp, team::Column::DisplayName, name.as_str().into()).await
}

pub(super) async fn set_tier(txn: &Transaction, stamp: Stamp, tier: &TierName) -> Result<()> {
    set(txn, stamp, team::Column::Tier, tier.as_str().into()).await
}

/// Every way in ends with the team. The rest stays: whoever asks for a deleted team finds none, and the log needs the
/// members' keys.
pub(super) async fn delete(txn: &Transaction, stamp: Stamp) -> Result<()> {
    invitations::cancel_all(txn, stamp).await?;
    links::revoke_all(txn, stamp).await?;
    codes::revoke_all(txn, stamp).await?;
    set(txn, stamp, team::Column::DeletedAt, stamp.at.into()).await
}

async fn set(txn: &Transaction, stamp: Stamp, column: team::Column, value: Value) -> Result<()> {
    let changed = team::Entity::update_many()
        .col_expr(column, value.into())
        .col_expr(team::Column::Version, stamp.revision.into())
        .filter(team::Column::Id.eq(stamp.team))
        .exec(txn)
        .await?;
    exactly_one(changed.rows_affected, "a change of a team")
}
