//! Grants: of members, and those that invitations and codes bring.

use roster_domain::policy::KindName;
use roster_domain::{Access, Grant, PersonKey, ResourceId};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, Set};
use uuid::Uuid;

use super::{Stamp, exactly_one};
use crate::convert::is_of_team;
use crate::convert::{resource_text, restricted_text};
use crate::db::Transaction;
use crate::entity::{grant, invitation, member, offered_grant};
use crate::error::Result;

/// Gives a new member what it is granted.
pub(super) async fn give(txn: &Transaction, stamp: Stamp, person: PersonKey, grants: &[Grant]) -> Result<()> {
    if grants.is_empty() {
        return Ok(());
    }
    let rows = grants.iter().map(|grant| grant::ActiveModel {
        team_id: Set(stamp.team),
        person: Set(person.0),
        kind: Set(grant.kind.as_str().to_owned()),
        resource: Set(resource_text(&grant.target)),
        role: Set(grant.role.as_str().to_owned()),
    });
    grant::Entity::insert_many(rows).exec_without_returning(txn).await?;
    Ok(())
}

/// Replaces what a member is granted.
pub(super) async fn replace(
    txn: &Transaction,
    stamp: Stamp,
    person: PersonKey,
    after: &Access,
) -> Result<()> {
    take(txn, stamp, person).await?;
    give(txn, stamp, person, &after.grants).await?;
    let changed = member::Entity::update_many()
        .col_expr(member::Column::Restricted, restricted_text(after).into())
        .col_expr(member::Column::Version, stamp.revision.into())
        .filter(member::Column::TeamId.eq(stamp.team))
        .filter(member::Column::Person.eq(person.0))
        .exec(txn)
        .await?;
    exactly_one(changed.rows_affected, "a change of access")
}

/// Ends every grant of a member.
pub(super) async fn take(txn: &Transaction, stamp: Stamp, person: PersonKey) -> Result<()> {
    grant::Entity::delete_many()
        .filter(grant::Column::TeamId.eq(stamp.team))
        .filter(grant::Column::Person.eq(person.0))
        .exec(txn)
        .await?;
    Ok(())
}

/// Lets an invitation or code bring grants.
pub(super) async fn offer(txn: &Transaction, stamp: Stamp, offer: Uuid, grants: &[Grant]) -> Result<()> {
    if grants.is_empty() {
        return Ok(());
    }
    let rows = grants.iter().map(|grant| offered_grant::ActiveModel {
        offer_id: Set(offer),
        team_id: Set(stamp.team),
        kind: Set(grant.kind.as_str().to_owned()),
        resource: Set(resource_text(&grant.target)),
        role: Set(grant.role.as_str().to_owned()),
    });
    offered_grant::Entity::insert_many(rows).exec_without_returning(txn).await?;
    Ok(())
}

/// Ends every grant of a resource. Those whom it changes get a new version.
pub(super) async fn purge(
    txn: &Transaction,
    stamp: Stamp,
    kind: &KindName,
    resource: &ResourceId,
) -> Result<()> {
    let granted = Condition::all()
        .add(grant::Column::TeamId.eq(stamp.team))
        .add(grant::Column::Kind.eq(kind.as_str()))
        .add(grant::Column::Resource.eq(resource.as_str()));
    // The limit, which is none, keeps Postgres from looking for the members by their team alone, of whom it expects few
    // in a plan that is made for all teams.
    let holders = Query::select()
        .columns([grant::Column::TeamId, grant::Column::Person])
        .from(grant::Entity)
        .cond_where(granted.clone())
        .limit(i64::MAX.unsigned_abs())
        .take();
    let members = Expr::tuple([Expr::col(member::Column::TeamId), Expr::col(member::Column::Person)]);
    member::Entity::update_many()
        .col_expr(member::Column::Version, stamp.revision.into())
        .filter(members.in_subquery(holders))
        .exec(txn)
        .await?;
    grant::Entity::delete_many().filter(granted).exec(txn).await?;
    let offered = Condition::all()
        .add(offered_grant::Column::TeamId.eq(stamp.team))
        .add(offered_grant::Column::Kind.eq(kind.as_str()))
        .add(offered_grant::Column::Resource.eq(resource.as_str()));
    let offers = Query::select()
        .column(offered_grant::Column::OfferId)
        .from(offered_grant::Entity)
        .cond_where(offered.clone())
        .take();
    invitation::Entity::update_many()
        .col_expr(invitation::Column::Version, stamp.revision.into())
        .filter(is_of_team(invitation::Column::TeamId, stamp.team))
        .filter(Expr::col(invitation::Column::Id).in_subquery(offers))
        .exec(txn)
        .await?;
    offered_grant::Entity::delete_many().filter(offered).exec(txn).await?;
    Ok(())
}
