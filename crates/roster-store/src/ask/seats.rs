//! What holds a team's seats: counted, never loaded.

use roster_domain::facts::Occupancy;

use super::sql::Policies;
use super::{Columns, Question, Rows, Sql, Values};
use crate::error::{Error, Result};
use crate::read::team::Team;

const SUSPENDED: &str =
    "(SELECT CAST(COALESCE(SUM(count), 0) AS BIGINT) FROM member_counts WHERE team_id = t.id AND state = 2)";
const PENDING: &str =
    "(SELECT count(*) FROM invitations WHERE team_id = t.id AND state = 1 AND expires_at > c.now)";

/// Asks what holds the team's seats, if its policy counts them; nothing does otherwise.
#[derive(Clone, Copy)]
pub struct SeatsTaken;

impl Question for SeatsTaken {
    type Facts = Occupancy;

    fn columns(&self, sql: &mut Sql<'_>) {
        match sql.policies() {
            Policies::Own(policy) if policy.is_some_and(|policy| policy.seats.is_none()) => {
                sql.add(", NULL, NULL");
            }
            Policies::Own(_) => {
                sql.add(", ").add(SUSPENDED).add(", ").add(PENDING);
            }
            Policies::Served(policies) => {
                let counting = policies.iter().filter(|policy| policy.seats.is_some());
                let names = sql.list(counting.map(|policy| policy.name.to_string()));
                for count in [SUSPENDED, PENDING] {
                    sql.add(", CASE WHEN ").among(names, "t.policy").add(" THEN ").add(count).add(" END");
                }
            }
        }
    }

    fn facts(&self, team: &Team, rows: &mut Rows<'_>) -> Result<Occupancy> {
        read(team, rows.one())
    }
}

/// Reads the answer out of one row.
pub(crate) fn read(team: &Team, columns: &mut Columns<'_>) -> Result<Occupancy> {
    let suspended: Option<i64> = columns.next()?;
    let pending: Option<i64> = columns.next()?;
    let (Some(suspended), Some(pending)) = (suspended, pending) else { return Ok(Occupancy::default()) };
    let number = |count: i64| {
        u64::try_from(count).map_err(|_| Error::corrupt("member_counts", "count", team.id.uuid()))
    };
    Ok(Occupancy {
        active: number(team.member_count)?,
        suspended: number(suspended)?,
        pending: number(pending)?,
    })
}
