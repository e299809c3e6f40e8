//! What adding many members at once needs.

use roster_domain::facts::AdditionFacts;
use roster_domain::{PersonKey, UserId};

use crate::ask::{Question, Rows, SeatsTaken, Sql, json, membership};
use crate::error::{Error, Result};
use crate::read::member::{self, Member};
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
    /// Those of them who are members already, as they are shown.
    pub shown: Vec<Member>,
}

impl Question for Addition<'_> {
    type Facts = Adding;

    fn people(&self) -> &[UserId] {
        self.users
    }

    fn columns(&self, sql: &mut Sql<'_>) {
        let team = Sql::TEAM;
        // One look into the index for each: a team beside a list would let a plan that is made for all teams walk all
        // members of a large one.
        sql.add(", (SELECT ").group().either("(x)::text", "(json(x))").add(" FROM (SELECT (SELECT ");
        sql.array_of(|sql| member::columns(sql, "m"));
        sql.add(" FROM members m WHERE m.team_id = ").name(team);
        sql.add(" AND m.person = CAST(k.value AS BIGINT)) AS x FROM ");
        json::elements_of(sql, |sql| {
            sql.people();
        });
        sql.add(") y WHERE x IS NOT NULL)");
        SeatsTaken.columns(sql);
    }

    fn facts(&self, team: &Team, rows: &mut Rows<'_>) -> Result<Adding> {
        let members = json::read_rows(rows.one(), "members", |mut values| {
            let membership = membership::of(team.id.uuid(), &mut values)?;
            let membership = membership.ok_or_else(|| Error::internal("a member's row is empty"))?;
            let access = membership::read_access(&mut values, Some(membership.person))?;
            let shown = member::shown(&membership, access.clone(), &mut values)?;
            Ok(((membership, access), shown))
        })?;
        let (members, shown) = members.into_iter().unzip();
        let occupancy = SeatsTaken.facts(team, rows)?;
        let facts = AdditionFacts { team: team.facts.clone(), members, occupancy };
        Ok(Adding { people: rows.people().to_vec(), facts, shown })
    }
}
