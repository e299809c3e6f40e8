//! What holds a team's seats: counted, never loaded.

use roster_domain::facts::Occupancy;
use roster_domain::policy::{Policy, PolicyName};

use super::{Columns, Question, Rows, Sql};
use crate::error::{Error, Result};
use crate::read::team::Team;

/// The policies that count seats. Under any other nothing is counted.
#[derive(Clone, Debug)]
pub struct CountsSeats {
    /// Their names, as [`Sql::among`] takes them.
    names: String,
}

/// Asks what holds the team's seats, if its policy counts them; nothing does otherwise.
pub struct SeatsTaken<'a>(pub &'a CountsSeats);

impl CountsSeats {
    /// Those of these policies that count seats.
    pub fn among<'p>(policies: impl IntoIterator<Item = &'p Policy>) -> Self {
        let counting = policies.into_iter().filter(|policy| policy.seats.is_some());
        Self { names: Sql::list(counting.map(|policy| policy.name.as_str())) }
    }

    fn include(&self, policy: &PolicyName) -> bool {
        self.names.contains(&format!(",{policy},"))
    }
}

impl Question for SeatsTaken<'_> {
    type Answer = Occupancy;

    fn columns(&self, sql: &mut Sql) {
        let names = sql.hold(self.0.names.as_str());
        let mut counted = |count: &str| {
            sql.add(", CASE WHEN ").among(names, "t.policy").add(" THEN ").add(count).add(" END");
        };
        counted(
            "(SELECT CAST(COALESCE(SUM(count), 0) AS BIGINT) FROM member_counts WHERE team_id = t.id AND state = 2)",
        );
        counted(
            "(SELECT count(*) FROM invitations WHERE team_id = t.id AND state = 1 AND expires_at > c.now)",
        );
    }

    fn answer(&self, team: &Team, rows: &mut Rows<'_>) -> Result<Occupancy> {
        self.read(team, rows.one())
    }
}

impl SeatsTaken<'_> {
    /// Reads the answer out of one row.
    pub(crate) fn read(&self, team: &Team, columns: &mut Columns<'_>) -> Result<Occupancy> {
        let suspended: Option<i64> = columns.next()?;
        let pending: Option<i64> = columns.next()?;
        if !self.0.include(&team.policy) {
            return Ok(Occupancy::default());
        }
        let number = |count: i64| {
            u64::try_from(count).map_err(|_| Error::corrupt("member_counts", "count", team.id.uuid()))
        };
        Ok(Occupancy {
            active: number(team.member_count)?,
            suspended: number(suspended.unwrap_or_default())?,
            pending: number(pending.unwrap_or_default())?,
        })
    }
}
