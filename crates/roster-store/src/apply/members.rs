//! Memberships and their counts.

use roster_domain::{EmailAddress, JoinedBy, MemberState, NewMember, PersonKey, RoleName, Timestamp};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, QueryFilter, Set};
use uuid::Uuid;

use super::{Stamp, access, codes, exactly_one, links};
use crate::convert::{ACTIVE, SUSPENDED, restricted_text, state_number};
use crate::db::Transaction;
use crate::entity::{member, member_count, removal};
use crate::error::Result;
use crate::read::member::JoinMethod;

pub(super) async fn join(txn: &Transaction, stamp: Stamp, new: &NewMember) -> Result<()> {
    let NewMember { person, role, access, by, email, joined_at } = new;
    let (method, through, invited_by) = origin(*by);
    let row = member::ActiveModel {
        team_id: Set(stamp.team),
        person: Set(person.0),
        role: Set(role.as_str().to_owned()),
        state: Set(ACTIVE),
        email: Set(email.as_ref().map(|email| email.as_typed().to_owned())),
        email_key: Set(email.as_ref().map(|email| email.key().to_owned())),
        restricted: Set(restricted_text(access)),
        joined_at: Set(joined_at.map_or(stamp.at, Timestamp::micros)),
        join_method: Set(method.number()),
        joined_through: Set(through),
        invited_by: Set(invited_by.map(|person| person.0)),
        version: Set(stamp.revision),
    };
    member::Entity::insert(row).exec_without_returning(txn).await?;
    count_one_more(txn, stamp, role, ACTIVE).await?;
    access::give(txn, stamp, *person, &access.grants).await?;
    match by {
        JoinedBy::InviteLink { link, .. } => links::count_use(txn, stamp, *link).await,
        JoinedBy::TeamCode { code, .. } => codes::count_use(txn, stamp, *code).await,
        JoinedBy::Founding | JoinedBy::Import | JoinedBy::Invitation { .. } => Ok(()),
    }
}

/// How a person came, through what, and who let it in.
pub(super) fn origin(by: JoinedBy) -> (JoinMethod, Option<Uuid>, Option<PersonKey>) {
    match by {
        JoinedBy::Founding => (JoinMethod::Founder, None, None),
        JoinedBy::Import => (JoinMethod::Import, None, None),
        JoinedBy::Invitation { invitation, maker } => {
            (JoinMethod::Invitation, Some(invitation.uuid()), Some(maker))
        }
        JoinedBy::InviteLink { link, maker } => (JoinMethod::InviteLink, Some(link.uuid()), Some(maker)),
        JoinedBy::TeamCode { code, maker } => (JoinMethod::TeamCode, Some(code.uuid()), Some(maker)),
    }
}

pub(super) async fn change_role(
    txn: &Transaction,
    stamp: Stamp,
    person: PersonKey,
    state: MemberState,
    (old, new): (&RoleName, &RoleName),
) -> Result<()> {
    let changed = member::Entity::update_many()
        .col_expr(member::Column::Role, new.as_str().into())
        .col_expr(member::Column::Version, stamp.revision.into())
        .filter(is_member(stamp, person))
        .exec(txn)
        .await?;
    exactly_one(changed.rows_affected, "a change of role")?;
    count_one_less(txn, stamp, old, state_number(state)).await?;
    count_one_more(txn, stamp, new, state_number(state)).await
}

/// Withholds a member's access, or puts it in force again.
pub(super) async fn change_state(
    txn: &Transaction,
    stamp: Stamp,
    person: PersonKey,
    role: &RoleName,
    to: MemberState,
) -> Result<()> {
    let (from, to) = match to {
        MemberState::Active => (SUSPENDED, ACTIVE),
        MemberState::Suspended => (ACTIVE, SUSPENDED),
    };
    let changed = member::Entity::update_many()
        .col_expr(member::Column::State, to.into())
        .col_expr(member::Column::Version, stamp.revision.into())
        .filter(is_member(stamp, person))
        .filter(member::Column::State.eq(from))
        .exec(txn)
        .await?;
    exactly_one(changed.rows_affected, "a change of state")?;
    count_one_less(txn, stamp, role, from).await?;
    count_one_more(txn, stamp, role, to).await
}

/// Ends a membership and its grants.
pub(super) async fn end(
    txn: &Transaction,
    stamp: Stamp,
    person: PersonKey,
    state: MemberState,
    role: &RoleName,
) -> Result<()> {
    access::take(txn, stamp, person).await?;
    let ended = member::Entity::delete_many().filter(is_member(stamp, person)).exec(txn).await?;
    exactly_one(ended.rows_affected, "the end of a membership")?;
    count_one_less(txn, stamp, role, state_number(state)).await
}

/// Leaves the tombstone by which older ways in do not admit the person: once it is gone or is less than it was. Who is
/// still a member is told so before anybody looks at it.
pub(super) async fn close_older_ways_if(
    txn: &Transaction,
    stamp: Stamp,
    person: PersonKey,
    less: bool,
) -> Result<()> {
    if !less {
        return Ok(());
    }
    let tombstone = removal::ActiveModel {
        team_id: Set(stamp.team),
        person: Set(person.0),
        revision: Set(stamp.revision),
    };
    removal::Entity::insert(tombstone)
        .on_conflict(
            OnConflict::columns([removal::Column::TeamId, removal::Column::Person])
                .update_column(removal::Column::Revision)
                .to_owned(),
        )
        .exec_without_returning(txn)
        .await?;
    Ok(())
}

pub(super) async fn change_email(
    txn: &Transaction,
    stamp: Stamp,
    person: PersonKey,
    email: &EmailAddress,
) -> Result<()> {
    let changed = member::Entity::update_many()
        .col_expr(member::Column::Email, email.as_typed().into())
        .col_expr(member::Column::EmailKey, email.key().into())
        .col_expr(member::Column::Version, stamp.revision.into())
        .filter(is_member(stamp, person))
        .exec(txn)
        .await?;
    exactly_one(changed.rows_affected, "a change of address")
}

fn is_member(stamp: Stamp, person: PersonKey) -> sea_orm::Condition {
    sea_orm::Condition::all()
        .add(member::Column::TeamId.eq(stamp.team))
        .add(member::Column::Person.eq(person.0))
}

async fn count_one_more(txn: &Transaction, stamp: Stamp, role: &RoleName, state: i16) -> Result<()> {
    let row = member_count::ActiveModel {
        team_id: Set(stamp.team),
        role: Set(role.as_str().to_owned()),
        state: Set(state),
        count: Set(1),
    };
    member_count::Entity::insert(row)
        .on_conflict(
            OnConflict::columns([
                member_count::Column::TeamId,
                member_count::Column::Role,
                member_count::Column::State,
            ])
            .value(
                member_count::Column::Count,
                Expr::col((member_count::Entity, member_count::Column::Count)).add(1),
            )
            .to_owned(),
        )
        .exec_without_returning(txn)
        .await?;
    Ok(())
}

async fn count_one_less(txn: &Transaction, stamp: Stamp, role: &RoleName, state: i16) -> Result<()> {
    let changed = member_count::Entity::update_many()
        .col_expr(member_count::Column::Count, Expr::col(member_count::Column::Count).sub(1))
        .filter(member_count::Column::TeamId.eq(stamp.team))
        .filter(member_count::Column::Role.eq(role.as_str()))
        .filter(member_count::Column::State.eq(state))
        .exec(txn)
        .await?;
    exactly_one(changed.rows_affected, "a count of members")
}
