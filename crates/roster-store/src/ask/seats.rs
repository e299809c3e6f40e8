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
        counts(sql, &[SUSPENDED, PENDING]);
    }

    fn facts(&self, team: &Team, rows: &mut Rows<'_>) -> Result<Occupancy> {
        read(team, rows.one())
    }
}

/// Adds those counts, each after a comma; without a value where the team's policy counts no seats.
fn counts(sql: &mut Sql<'_>, counts: &[&str]) {
    match sql.policies() {
        Policies::Own(policy) if policy.is_some_and(|policy| policy.seats.is_none()) => {
            for _ in counts {
                sql.add(", NULL");
            }
        }
        Policies::Own(_) => {
            for count in counts {
                sql.add(", ").add(count);
            }
        }
        Policies::Served(policies) => {
            let counting = policies.iter().filter(|policy| policy.seats.is_some());
            let names = sql.list(counting.map(|policy| policy.name.to_string()));
            for count in counts {
                sql.add(", CASE WHEN ").among(names, "t.policy").add(" THEN ").add(count).add(" END");
            }
        }
    }
}

/// Reads the answer out of one row.
pub(crate) fn read(team: &Team, columns: &mut Columns<'_>) -> Result<Occupancy> {
    let suspended: Option<i64> = columns.next()?;
    let pending: Option<i64> = columns.next()?;
    occupancy(team, suspended, pending.map(|pending| number(team, pending)).transpose()?)
}

/// Adds what holds seats but for the pending invitations, which the question counts for itself.
pub(crate) fn columns_but_pending(sql: &mut Sql<'_>) {
    counts(sql, &[SUSPENDED]);
}

/// Reads that, with how many invitations are pending.
pub(crate) fn read_with_pending(team: &Team, columns: &mut Columns<'_>, pending: u64) -> Result<Occupancy> {
    occupancy(team, columns.next()?, Some(pending))
}

fn occupancy(team: &Team, suspended: Option<i64>, pending: Option<u64>) -> Result<Occupancy> {
    let (Some(suspended), Some(pending)) = (suspended, pending) else { return Ok(Occupancy::default()) };
    Ok(Occupancy { active: number(team, team.member_count)?, suspended: number(team, suspended)?, pending })
}

fn number(team: &Team, count: i64) -> Result<u64> {
    u64::try_from(count).map_err(|_| Error::corrupt("member_counts", "count", team.id.uuid()))
}
