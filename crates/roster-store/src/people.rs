//! People: the internal key that stands for a user id.

use roster_domain::{PersonKey, Timestamp, UserId};
use sea_orm::sea_query::{Expr, ExprTrait, LockType, OnConflict, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, Set};

use crate::entity::person;
use crate::error::{Error, Result};

/// The key of a person that is known already.
pub(crate) async fn find(conn: &impl ConnectionTrait, user: &UserId) -> Result<Option<PersonKey>> {
    let row = person::Entity::find().filter(person::Column::UserId.eq(user.as_str())).one(conn).await?;
    Ok(row.map(|row| PersonKey(row.id)))
}

/// The key of a person as a subquery, for conditions on tables that name people by their keys. Joining `people` instead
/// lets Postgres, once it plans for any team rather than for this one, walk all members to find the one.
pub(crate) fn key_of(user: &UserId) -> Expr {
    let key = Query::select()
        .column(person::Column::Id)
        .from(person::Entity)
        .and_where(Expr::col(person::Column::UserId).eq(user.as_str()))
        .to_owned();
    Expr::SubQuery(None, Box::new(key.into()))
}

/// The key of a person, given now if it has none. Two calls at once get the same: the later one waits for the other
/// and then sees its row.
pub(crate) async fn ensure(conn: &impl ConnectionTrait, user: &UserId, now: Timestamp) -> Result<PersonKey> {
    if let Some(key) = find(conn, user).await? {
        return Ok(key);
    }
    let row = person::ActiveModel {
        user_id: Set(user.as_str().to_owned()),
        created_at: Set(now.micros()),
        ..Default::default()
    };
    person::Entity::insert(row)
        .on_conflict(OnConflict::column(person::Column::UserId).do_nothing().to_owned())
        .exec_without_returning(conn)
        .await?;
    find(conn, user).await?.ok_or_else(|| Error::internal("a person vanished while it was added"))
}

/// Makes what one person does outside of any team happen one after the other.
pub(crate) async fn lock(conn: &impl ConnectionTrait, person: PersonKey) -> Result<()> {
    person::Entity::find_by_id(person.0)
        .select_only()
        .column(person::Column::Id)
        .lock(LockType::NoKeyUpdate)
        .into_tuple::<i64>()
        .one(conn)
        .await?;
    Ok(())
}
