//! What adding many members at once needs.

use roster_domain::facts::AdditionFacts;
use roster_domain::{PersonKey, Policy, Timestamp, UserId};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ConnectionTrait, EntityTrait, QueryFilter};

use super::Question;
use super::member::seats_taken;
use crate::convert::membership;
use crate::entity::member;
use crate::error::Result;
use crate::people;
use crate::read::access::{access, grants_of};
use crate::read::team::Team;

/// Asks about people who are to be added.
pub struct Addition<'a> {
    /// The people, some perhaps more than once.
    pub users: &'a [UserId],
}

/// People who are about to be added.
pub struct Adding {
    /// Their keys in the order of the question, made known now if they were not.
    pub people: Vec<PersonKey>,
    /// What the decision needs.
    pub facts: AdditionFacts,
}

impl Question for Addition<'_> {
    type Facts = Adding;

    async fn load<C: ConnectionTrait>(
        &self,
        conn: &C,
        team: &Team,
        policy: Option<&Policy>,
        now: Timestamp,
    ) -> Result<Adding> {
        let people = people::ensure_all(conn, self.users, now).await?;
        let key = Expr::tuple([
            Expr::col((member::Entity, member::Column::TeamId)),
            Expr::col((member::Entity, member::Column::Person)),
        ]);
        let rows = member::Entity::find()
            .filter(key.in_tuples(people.iter().map(|person| (team.id.uuid(), person.0))))
            .all(conn)
            .await?;
        let mut grants = grants_of(conn, team.id, rows.iter().map(|row| PersonKey(row.person))).await?;
        let members = rows
            .iter()
            .map(|row| {
                let grants = grants.remove(&PersonKey(row.person)).unwrap_or_default();
                Ok((membership(row)?, access(row, grants)?))
            })
            .collect::<Result<_>>()?;
        let occupancy = seats_taken(conn, policy, team, now).await?;
        Ok(Adding { people, facts: AdditionFacts { team: team.facts.clone(), members, occupancy } })
    }
}
