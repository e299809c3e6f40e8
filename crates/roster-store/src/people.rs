//! People: the internal key that stands for a user id.

use std::collections::{BTreeSet, HashMap};

use roster_domain::{PersonKey, Timestamp, UserId};
use sea_orm::sea_query::{Expr, ExprTrait, LockType, OnConflict, Query};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, QueryFilter, QuerySelect, Set, Statement,
};
use serde_json::Value as Json;

use crate::clock::Clock;
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

/// How often somebody is added who is erased at the same moment.
const TRIES: usize = 3;

/// The key of a person, given now if it has none. Two calls at once get the same: the later one waits for the other
/// and then sees its row. Within a transaction nobody erases the person from now on.
pub(crate) async fn ensure(conn: &impl ConnectionTrait, user: &UserId, now: Timestamp) -> Result<PersonKey> {
    if let Some(key) = hold(conn, user).await? {
        return Ok(key);
    }
    for _ in 0..TRIES {
        let row = person::ActiveModel {
            user_id: Set(user.as_str().to_owned()),
            created_at: Set(now.micros()),
            ..Default::default()
        };
        person::Entity::insert(row)
            .on_conflict(OnConflict::column(person::Column::UserId).do_nothing().to_owned())
            .exec_without_returning(conn)
            .await?;
        if let Some(key) = hold(conn, user).await? {
            return Ok(key);
        }
    }
    Err(Error::internal("a person vanished while it was added"))
}

/// The key of a person, kept from being erased: whoever writes the key into a row must not find later that it has come
/// to stand for nobody. An erasure that is under way is waited for, and then there is no such person.
async fn hold(conn: &impl ConnectionTrait, user: &UserId) -> Result<Option<PersonKey>> {
    let row = person::Entity::find()
        .filter(person::Column::UserId.eq(user.as_str()))
        .lock(LockType::KeyShare)
        .one(conn)
        .await?;
    Ok(row.map(|row| PersonKey(row.id)))
}

/// Keeps everybody else from writing the person's key anywhere, and waits for those who are about to. False if the
/// person was erased meanwhile.
pub(crate) async fn lock_out(conn: &impl ConnectionTrait, person: PersonKey, user: &UserId) -> Result<bool> {
    let row = person::Entity::find_by_id(person.0)
        .filter(person::Column::UserId.eq(user.as_str()))
        .lock(LockType::Update)
        .one(conn)
        .await?;
    Ok(row.is_some())
}

/// Keeps those who are known of many from being erased, and adds the others, in the order of their ids: one text however many
/// there are, who come as one JSON array. Those whom another call adds at this moment are left out.
const KNOW_ALL: &str = "
    WITH named AS (
        SELECT u FROM jsonb_array_elements_text($1) AS u
    ), held AS (
        SELECT id, user_id FROM people WHERE user_id = ANY (ARRAY(SELECT u FROM named)) ORDER BY user_id FOR KEY SHARE
    ), made AS (
        INSERT INTO people (user_id, created_at)
        SELECT u, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint + $2 FROM named
        WHERE NOT EXISTS (SELECT FROM held WHERE user_id = u) ORDER BY u
        ON CONFLICT DO NOTHING RETURNING id, user_id
    )
    SELECT id, user_id FROM held UNION ALL SELECT id, user_id FROM made";

const ADD_ALL_SQLITE: &str =
    "INSERT INTO people (user_id, created_at) SELECT value, $2 FROM json_each($1) WHERE true
    ON CONFLICT (user_id) DO NOTHING";

const ALL_SQLITE: &str = "SELECT id, user_id FROM people WHERE user_id IN (SELECT value FROM json_each($1))";

/// The keys of many people in the order in which they are named, given now to those that have none. They are held and added
/// in the order of their ids, so that two calls that name the same people never wait for each other crosswise. Within a
/// transaction nobody erases them from now on.
pub(crate) async fn ensure_all(
    conn: &impl ConnectionTrait,
    users: &[UserId],
    clock: Clock,
) -> Result<Vec<PersonKey>> {
    let sorted: BTreeSet<&str> = users.iter().map(UserId::as_str).collect();
    if sorted.is_empty() {
        return Ok(Vec::new());
    }
    let backend = conn.get_database_backend();
    let named = Json::from_iter(sorted);
    for _ in 0..TRIES {
        let know = if backend == DbBackend::Sqlite {
            let values = [named.clone().into(), Clock::host().saturating_add(clock.ahead()).into()];
            conn.execute_raw(Statement::from_sql_and_values(backend, ADD_ALL_SQLITE, values)).await?;
            Statement::from_sql_and_values(backend, ALL_SQLITE, [named.clone().into()])
        } else {
            Statement::from_sql_and_values(backend, KNOW_ALL, [named.clone().into(), clock.ahead().into()])
        };
        let rows = conn.query_all_raw(know).await?;
        let known = rows.iter().map(|row| Ok((row.try_get_by_index::<String>(1)?, row.try_get_by_index(0)?)));
        let known: HashMap<String, i64> = known.collect::<Result<_>>()?;
        let key = |user: &UserId| known.get(user.as_str()).map(|key| PersonKey(*key));
        let keys: Option<Vec<PersonKey>> = users.iter().map(key).collect();
        if let Some(keys) = keys {
            return Ok(keys);
        }
    }
    Err(Error::internal("a person vanished while it was added"))
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
