//! What adding many members at once needs.

use std::collections::BTreeSet;

use roster_domain::facts::AdditionFacts;
use roster_domain::{PersonKey, Policy, TeamId, Timestamp, UserId};
use sea_orm::{ConnectionTrait, DbBackend, EntityTrait, Statement};
use serde_json::Value as Json;

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
    /// The rules that say whether seats count. Those of the locked team's own policy.
    pub policies: &'a [Policy],
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

    async fn load<C: ConnectionTrait>(&self, conn: &C, team: &Team, now: Timestamp) -> Result<Adding> {
        let people = people::ensure_all(conn, self.users, now).await?;
        let rows = members(conn, team.id, &people).await?;
        let mut grants = grants_of(conn, team.id, rows.iter().map(|row| PersonKey(row.person))).await?;
        let members = rows
            .iter()
            .map(|row| {
                let grants = grants.remove(&PersonKey(row.person)).unwrap_or_default();
                Ok((membership(row)?, access(row, grants)?))
            })
            .collect::<Result<_>>()?;
        let occupancy = seats_taken(conn, self.policies, team, now).await?;
        Ok(Adding { people, facts: AdditionFacts { team: team.facts.clone(), members, occupancy } })
    }
}

/// The memberships of some people: one text however many there are. Each is looked for by itself, in a subquery that the
/// planner leaves whole: with the team as a condition beside a list Postgres, once it plans for any team, walks all members.
const MEMBERS: &str = "SELECT m.* FROM jsonb_array_elements_text($2) AS p
    CROSS JOIN LATERAL (SELECT * FROM members WHERE team_id = $1 AND person = p::bigint LIMIT 1) AS m";

const MEMBERS_SQLITE: &str = "SELECT m.* FROM json_each($2) AS p
    CROSS JOIN members AS m ON m.team_id = $1 AND m.person = p.value";

async fn members(
    conn: &impl ConnectionTrait,
    team: TeamId,
    people: &[PersonKey],
) -> Result<Vec<member::Model>> {
    let backend = conn.get_database_backend();
    let sql = if backend == DbBackend::Sqlite { MEMBERS_SQLITE } else { MEMBERS };
    let keys: BTreeSet<i64> = people.iter().map(|person| person.0).collect();
    let values = [team.uuid().into(), Json::from_iter(keys).into()];
    let statement = Statement::from_sql_and_values(backend, sql, values);
    Ok(member::Entity::find().from_raw_sql(statement).all(conn).await?)
}
