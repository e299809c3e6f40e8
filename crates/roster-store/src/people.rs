//! People: the internal key that stands for a user id.

use std::collections::{BTreeSet, HashMap};

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

/// The keys of many people in the order in which they are named, given now to those that have none. They are added in
/// the order of their ids, so that two calls that name the same people never wait for each other crosswise.
pub(crate) async fn ensure_all(
    conn: &impl ConnectionTrait,
    users: &[UserId],
    now: Timestamp,
) -> Result<Vec<PersonKey>> {
    let sorted: BTreeSet<&str> = users.iter().map(UserId::as_str).collect();
    if sorted.is_empty() {
        return Ok(Vec::new());
    }
    let rows = sorted.iter().map(|user| person::ActiveModel {
        user_id: Set((*user).to_owned()),
        created_at: Set(now.micros()),
        ..Default::default()
    });
    person::Entity::insert_many(rows)
        .on_conflict(OnConflict::column(person::Column::UserId).do_nothing().to_owned())
        .exec_without_returning(conn)
        .await?;
    let found = person::Entity::find().filter(person::Column::UserId.is_in(sorted)).all(conn).await?;
    let keys: HashMap<&str, i64> = found.iter().map(|row| (row.user_id.as_str(), row.id)).collect();
    let key = |user: &UserId| keys.get(user.as_str()).map(|key| PersonKey(*key));
    let keys: Option<Vec<PersonKey>> = users.iter().map(key).collect();
    keys.ok_or_else(|| Error::internal("a person vanished while it was added"))
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
