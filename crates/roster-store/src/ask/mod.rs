//! Questions about a team: what is read of it in one statement, and so at one moment.
//!
//! A question only reads. It is asked without the team's lock by [`Store::ask`].

pub(crate) mod grants;
mod joining;
pub(crate) mod membership;
mod rows;
pub(crate) mod seats;
mod sql;
pub(crate) mod team;

use roster_domain::policy::PolicyName;
use roster_domain::{TeamId, Timestamp};
use sea_orm::{ConnectionTrait, DbBackend};

pub use joining::{CodeInvite, Invite, Joiner, Joining, LinkInvite, MailInvite};
pub use membership::{HolderOf, MembershipOf};
pub use rows::{Columns, Rows};
pub use seats::{CountsSeats, SeatsTaken};
pub use sql::{Bound, Sql};

use crate::clock::Clock;
use crate::error::Result;
use crate::open::Store;
use crate::read::team::Team;

/// What is to be known of a team beside the team itself.
///
/// The parts of a question are put together into one statement over the team's row, `t`, and the time of the reading,
/// `c.now`. Two questions beside each other are a question: `(Membership, Seats)`.
pub trait Question: Send + Sync {
    /// What is known then.
    type Answer: Send;

    /// Adds columns to the statement, each after a comma.
    fn columns(&self, sql: &mut Sql);

    /// Adds what the columns are read from, where that is more than the team's own row.
    fn joins(&self, sql: &mut Sql) {
        let _ = sql;
    }

    /// Adds the order of the rows, where there may be many. What joins many rows stands last among several questions.
    fn order(&self, sql: &mut Sql) {
        let _ = sql;
    }

    /// Reads the answer, out of the columns in the order in which they were added.
    fn answer(&self, team: &Team, rows: &mut Rows<'_>) -> Result<Self::Answer>;
}

/// A team, and what was asked about it, all as of one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked<A> {
    /// The team.
    pub team: Team,
    /// The answer to the question.
    pub answer: A,
    /// The time of the reading.
    pub now: Timestamp,
}

/// Nothing: the team itself is enough.
impl Question for () {
    type Answer = ();

    fn columns(&self, _: &mut Sql) {}

    fn answer(&self, _: &Team, _: &mut Rows<'_>) -> Result<()> {
        Ok(())
    }
}

impl<Q: Question> Question for &Q {
    type Answer = Q::Answer;

    fn columns(&self, sql: &mut Sql) {
        (**self).columns(sql);
    }

    fn joins(&self, sql: &mut Sql) {
        (**self).joins(sql);
    }

    fn order(&self, sql: &mut Sql) {
        (**self).order(sql);
    }

    fn answer(&self, team: &Team, rows: &mut Rows<'_>) -> Result<Self::Answer> {
        (**self).answer(team, rows)
    }
}

/// What is asked only sometimes.
impl<Q: Question> Question for Option<Q> {
    type Answer = Option<Q::Answer>;

    fn columns(&self, sql: &mut Sql) {
        self.iter().for_each(|question| question.columns(sql));
    }

    fn joins(&self, sql: &mut Sql) {
        self.iter().for_each(|question| question.joins(sql));
    }

    fn order(&self, sql: &mut Sql) {
        self.iter().for_each(|question| question.order(sql));
    }

    fn answer(&self, team: &Team, rows: &mut Rows<'_>) -> Result<Self::Answer> {
        self.as_ref().map(|question| question.answer(team, rows)).transpose()
    }
}

impl<A: Question, B: Question> Question for (A, B) {
    type Answer = (A::Answer, B::Answer);

    fn columns(&self, sql: &mut Sql) {
        self.0.columns(sql);
        self.1.columns(sql);
    }

    fn joins(&self, sql: &mut Sql) {
        self.0.joins(sql);
        self.1.joins(sql);
    }

    fn order(&self, sql: &mut Sql) {
        self.0.order(sql);
        self.1.order(sql);
    }

    fn answer(&self, team: &Team, rows: &mut Rows<'_>) -> Result<Self::Answer> {
        Ok((self.0.answer(team, rows)?, self.1.answer(team, rows)?))
    }
}

impl Store {
    /// Asks about a team. None where there is no such team, it was deleted, or `visible` says that its policy is not one of
    /// the calling service's.
    pub async fn ask<Q: Question>(
        &self,
        team: TeamId,
        visible: impl Fn(&PolicyName) -> bool,
        question: &Q,
    ) -> Result<Option<Asked<Q::Answer>>> {
        let asked = self.ask_even_deleted(team, visible, question).await?;
        Ok(asked.filter(|asked| !asked.team.deleted))
    }

    /// Asks about a team that may have been deleted.
    pub async fn ask_even_deleted<Q: Question>(
        &self,
        team: TeamId,
        visible: impl Fn(&PolicyName) -> bool,
        question: &Q,
    ) -> Result<Option<Asked<Q::Answer>>> {
        let asked = ask(&self.statements("ask about team"), self.clock, team, question).await?;
        Ok(asked.filter(|asked| visible(&asked.team.policy)))
    }
}

/// Asks about a team, deleted or not, of whatever policy.
pub(crate) async fn ask<Q: Question>(
    conn: &impl ConnectionTrait,
    clock: Clock,
    team: TeamId,
    question: &Q,
) -> Result<Option<Asked<Q::Answer>>> {
    let mut sql = Sql::new(conn.get_database_backend());
    sql.hold(team.uuid());
    let id = sql.team();
    sql.add("SELECT c.now");
    team::columns(&mut sql);
    question.columns(&mut sql);
    from(&mut sql, clock);
    sql.add(" CROSS JOIN teams t");
    question.joins(&mut sql);
    sql.add(" WHERE t.id = ").name(id);
    question.order(&mut sql);
    let rows = conn.query_all_raw(sql.statement()).await?;
    let Some(mut rows) = Rows::of(&rows) else { return Ok(None) };
    let now = Timestamp::from_micros(rows.one().next()?);
    let team = team::read(rows.one())?;
    let answer = question.answer(&team, &mut rows)?;
    Ok(Some(Asked { team, answer, now }))
}

/// Adds where every question reads from: the time of the reading in microseconds, as `c.now`.
pub(crate) fn from(sql: &mut Sql, clock: Clock) {
    sql.add(" FROM (SELECT ");
    if sql.backend() == DbBackend::Postgres {
        sql.add("(extract(epoch FROM clock_timestamp()) * 1000000)::bigint + ").bind(clock.ahead());
    } else {
        sql.bind(Clock::host().saturating_add(clock.ahead()));
    }
    sql.add(" AS now) c");
}
