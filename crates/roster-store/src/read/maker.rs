//! The inviters of many invites at once.

use std::collections::{BTreeSet, HashMap};

use roster_domain::Holder;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

use crate::convert::membership;
use crate::entity::{member, person};
use crate::error::Result;
use crate::read::access::{access, grants_at};

/// Some people who made ways in.
#[derive(Default)]
pub(crate) struct Makers {
    holders: HashMap<(Uuid, i64), Holder>,
    user_ids: HashMap<i64, String>,
}

impl Makers {
    /// A maker's place in the team, if it still has one, and its user id, if that was not erased.
    pub(crate) fn get(&self, team: Uuid, maker: i64) -> (Option<Holder>, Option<String>) {
        (self.holders.get(&(team, maker)).cloned(), self.user_ids.get(&maker).cloned())
    }
}

/// What is known of these makers, each with the team of what it made: two statements for a whole page, three where
/// grants count.
pub(crate) async fn makers_of(
    conn: &impl ConnectionTrait,
    grants_count: bool,
    places: BTreeSet<(Uuid, i64)>,
) -> Result<Makers> {
    if places.is_empty() {
        return Ok(Makers::default());
    }
    // As pairs: with the team as a condition by itself Postgres, once it plans for any team, walks all its members.
    let place = Expr::tuple([
        Expr::col((member::Entity, member::Column::TeamId)),
        Expr::col((member::Entity, member::Column::Person)),
    ]);
    let rows = member::Entity::find().filter(place.in_tuples(places.iter().copied())).all(conn).await?;
    let mut grants = if grants_count {
        grants_at(conn, rows.iter().map(|row| (row.team_id, row.person)).collect()).await?
    } else {
        HashMap::new()
    };
    let mut holder = |row: &member::Model| -> Result<((Uuid, i64), Holder)> {
        let place = (row.team_id, row.person);
        let granted = grants.remove(&place).unwrap_or_default();
        Ok((place, Holder { membership: membership(row)?, access: access(row, granted)? }))
    };
    let holders = rows.iter().map(&mut holder).collect::<Result<_>>()?;
    let people: BTreeSet<i64> = places.into_iter().map(|(_, person)| person).collect();
    let people = person::Entity::find().filter(person::Column::Id.is_in(people)).all(conn).await?;
    Ok(Makers { holders, user_ids: people.into_iter().map(|row| (row.id, row.user_id)).collect() })
}
