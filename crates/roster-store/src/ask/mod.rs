//! Questions about a team: what is read of it in one statement, and so at one moment.
//!
//! A question only reads. It is asked without the team's lock by [`Store::ask`], and under it by
//! [`Store::lock_and_load`].

pub(crate) mod grants;
pub(crate) mod invites;
pub(crate) mod joining;
pub(crate) mod json;
pub(crate) mod listed;
pub(crate) mod membership;
mod rows;
pub(crate) mod seats;
pub(crate) mod shown;
mod sql;
pub(crate) mod team;

use std::sync::Arc;

use roster_domain::policy::PolicyName;
use roster_domain::{PersonKey, Policy, PolicySet, TeamId, Timestamp, UserId};
use sea_orm::{ConnectionTrait, DbBackend};

pub use joining::{CodeInvite, Invite, Joiner, JoinerAsMember, Joining, LinkInvite, MailInvite, Named};
pub use listed::InviteQuery;
pub use membership::{ActorIn, HolderOf, MembershipOf};
pub use rows::{Columns, Rows, Values};
pub use seats::SeatsTaken;
pub use shown::{InviteId, InviteOf, InvitesOf};
pub use sql::{Bound, Sql};
pub(crate) use sql::{Known, Policies};

use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::open::Store;
use crate::people;
use crate::read::team::Team;

/// What is to be known of a team beside the team itself.
///
/// The parts of a question are put together into one statement over the team's row, `t`, and the time of the reading,
/// `c.now`. The answer is one row: what may be many, such as a page of members, is one column of it, as JSON. Two questions beside each other are a question: `(MembershipOf(user), SeatsTaken)`.
pub trait Question: Send + Sync {
    /// The answer.
    type Facts: Send;

    /// The people whose keys a mutation writes, in the order of the answer's keys. Under the lock they are made known, and
    /// kept from being erased until the transaction ends. Without it they are not looked at.
    fn people(&self) -> &[UserId] {
        &[]
    }

    /// Adds columns to the statement, each after a comma.
    fn columns(&self, sql: &mut Sql<'_>);

    /// Adds what the columns are read from, where that is more than the team's own row.
    fn joins(&self, sql: &mut Sql<'_>) {
        let _ = sql;
    }

    /// Adds conditions, each after AND, under which there is an answer at all. Where there is none, nothing else is read.
    fn condition(&self, sql: &mut Sql<'_>) {
        let _ = sql;
    }

    /// Reads the answer, out of the columns in the order in which they were added.
    fn facts(&self, team: &Team, rows: &mut Rows<'_>) -> Result<Self::Facts>;
}

/// A team, and what was asked about it, all as of one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked<F> {
    /// The team.
    pub team: Team,
    /// The answer to the question.
    pub facts: F,
    /// The time of the reading.
    pub now: Timestamp,
}

/// Nothing: the team itself is enough.
impl Question for () {
    type Facts = ();

    fn columns(&self, _: &mut Sql<'_>) {}

    fn facts(&self, _: &Team, _: &mut Rows<'_>) -> Result<()> {
        Ok(())
    }
}

impl<Q: Question> Question for &Q {
    type Facts = Q::Facts;

    fn people(&self) -> &[UserId] {
        (**self).people()
    }

    fn columns(&self, sql: &mut Sql<'_>) {
        (**self).columns(sql);
    }

    fn joins(&self, sql: &mut Sql<'_>) {
        (**self).joins(sql);
    }

    fn condition(&self, sql: &mut Sql<'_>) {
        (**self).condition(sql);
    }

    fn facts(&self, team: &Team, rows: &mut Rows<'_>) -> Result<Self::Facts> {
        (**self).facts(team, rows)
    }
}

/// What is asked only sometimes.
impl<Q: Question> Question for Option<Q> {
    type Facts = Option<Q::Facts>;

    fn columns(&self, sql: &mut Sql<'_>) {
        if let Some(question) = self {
            question.columns(sql);
        }
    }

    fn joins(&self, sql: &mut Sql<'_>) {
        if let Some(question) = self {
            question.joins(sql);
        }
    }

    fn condition(&self, sql: &mut Sql<'_>) {
        if let Some(question) = self {
            question.condition(sql);
        }
    }

    fn facts(&self, team: &Team, rows: &mut Rows<'_>) -> Result<Self::Facts> {
        self.as_ref().map(|question| question.facts(team, rows)).transpose()
    }
}

/// If both name people, they name the same.
impl<A: Question, B: Question> Question for (A, B) {
    type Facts = (A::Facts, B::Facts);

    fn people(&self) -> &[UserId] {
        if self.0.people().is_empty() { self.1.people() } else { self.0.people() }
    }

    fn columns(&self, sql: &mut Sql<'_>) {
        self.0.columns(sql);
        self.1.columns(sql);
    }

    fn joins(&self, sql: &mut Sql<'_>) {
        self.0.joins(sql);
        self.1.joins(sql);
    }

    fn condition(&self, sql: &mut Sql<'_>) {
        self.0.condition(sql);
        self.1.condition(sql);
    }

    fn facts(&self, team: &Team, rows: &mut Rows<'_>) -> Result<Self::Facts> {
        Ok((self.0.facts(team, rows)?, self.1.facts(team, rows)?))
    }
}

impl Store {
    /// Asks about a team. `policies` are those that are served. None where there is no such team, it was deleted, or
    /// `visible` says that its policy is not one of the calling service's.
    pub async fn ask<Q: Question>(
        &self,
        team: TeamId,
        policies: &PolicySet,
        visible: impl Fn(&PolicyName) -> bool,
        question: &Q,
    ) -> Result<Option<Asked<Q::Facts>>> {
        let asked = self.ask_even_deleted(team, policies, visible, question).await?;
        Ok(asked.filter(|asked| !asked.team.deleted))
    }

    /// Asks about a team that may have been deleted.
    pub async fn ask_even_deleted<Q: Question>(
        &self,
        team: TeamId,
        policies: &PolicySet,
        visible: impl Fn(&PolicyName) -> bool,
        question: &Q,
    ) -> Result<Option<Asked<Q::Facts>>> {
        self.ask_of(Whose::Id(team), policies, visible, question).await
    }

    /// Asks about a person who may join the team that has the invite. None where no team has it as well.
    pub async fn ask_by_invite<I: Invite + Named>(
        &self,
        policies: &PolicySet,
        visible: impl Fn(&PolicyName) -> bool,
        joining: &Joining<'_, I>,
    ) -> Result<Option<Asked<Joiner<I::Facts>>>> {
        let asked = self.ask_of(Whose::Invite(&joining.invite), policies, visible, joining).await?;
        let asked = asked.filter(|asked| !asked.team.deleted);
        Ok(asked.and_then(|Asked { team, facts, now }| Some(Asked { team, facts: facts?, now })))
    }

    async fn ask_of<Q: Question>(
        &self,
        team: Whose<'_>,
        policies: &PolicySet,
        visible: impl Fn(&PolicyName) -> bool,
        question: &Q,
    ) -> Result<Option<Asked<Q::Facts>>> {
        let statements = &self.statements("ask about team");
        let reading = Reading { clock: self.clock, team, policies: Policies::Served(policies) };
        let asked = reading.ask(statements, Known::Nobody, question).await?;
        Ok(asked.filter(|asked| visible(&asked.team.policy)))
    }
}

/// How often somebody is looked for who is made known by another call at the same moment.
const TRIES: usize = 3;

/// A team that is read, deleted or not, of whatever policy.
#[derive(Clone, Copy)]
pub(crate) struct Reading<'a> {
    pub(crate) clock: Clock,
    pub(crate) team: Whose<'a>,
    pub(crate) policies: Policies<'a>,
}

/// Which team is read.
#[derive(Clone, Copy)]
pub(crate) enum Whose<'a> {
    /// That of this id, which is bound as [`Sql::TEAM`].
    Id(TeamId),
    /// That which has this invite. [`Sql::TEAM`] is not bound: only what reads `t` can be asked.
    Invite(&'a dyn Named),
}

impl Reading<'_> {
    /// Asks in a transaction that holds the team's lock: the people whom the question names are known from here on.
    pub(crate) async fn ask_locked<Q: Question>(
        self,
        conn: &impl ConnectionTrait,
        question: &Q,
    ) -> Result<Option<Asked<Q::Facts>>> {
        let users = question.people();
        match users {
            [] => self.ask(conn, Known::Nobody, question).await,
            [user] if conn.get_database_backend() == DbBackend::Postgres => {
                for _ in 0..TRIES {
                    // Otherwise somebody else has made the person known since the statement began.
                    if let Some(asked) = self.try_ask(conn, Known::Here(user), question).await? {
                        return Ok(asked);
                    }
                }
                Err(Error::internal("a person vanished while it was added"))
            }
            _ => {
                let keys = people::ensure_all(conn, users, self.clock).await?;
                self.ask(conn, Known::All(users, &keys), question).await
            }
        }
    }

    pub(crate) async fn ask<Q: Question>(
        self,
        conn: &impl ConnectionTrait,
        known: Known<'_>,
        question: &Q,
    ) -> Result<Option<Asked<Q::Facts>>> {
        Ok(self.try_ask(conn, known, question).await?.flatten())
    }

    /// Asks once. The outer none where the person who was to be made known is not; the inner where there is no such team.
    async fn try_ask<Q: Question>(
        self,
        conn: &impl ConnectionTrait,
        known: Known<'_>,
        question: &Q,
    ) -> Result<Option<Option<Asked<Q::Facts>>>> {
        let mut sql = Sql::new(conn.get_database_backend(), self.policies, known);
        if let Whose::Id(team) = self.team {
            sql.hold(team.uuid());
        }
        if let Known::Here(user) = known {
            self.make_known(&mut sql, user);
        }
        sql.add("SELECT c.now");
        if let Known::Here(_) = known {
            sql.add(", (SELECT id FROM known)");
        }
        team::columns(&mut sql);
        question.columns(&mut sql);
        from(&mut sql, self.clock);
        sql.add(" CROSS JOIN teams t");
        question.joins(&mut sql);
        sql.add(" WHERE t.id = ");
        match self.team {
            Whose::Id(_) => {
                sql.name(Sql::TEAM);
            }
            Whose::Invite(invite) => {
                sql.add("(SELECT team_id FROM ");
                joining::named(&mut sql, invite);
                sql.add(")");
            }
        }
        question.condition(&mut sql);
        let Some(row) = conn.query_one_raw(sql.statement()).await? else { return Ok(Some(None)) };
        let mut columns = Columns::of(&row);
        let now = Timestamp::from_micros(columns.next()?);
        let here = match known {
            Known::Here(_) => match columns.next()? {
                Some(key) => Some(PersonKey(key)),
                None => return Ok(None),
            },
            _ => None,
        };
        let people = match known {
            Known::All(_, keys) => keys,
            _ => here.as_slice(),
        };
        let team = team::read(&mut columns)?;
        let policy: Option<&Policy> = match self.policies {
            Policies::Own(policy) => policy,
            Policies::Served(policies) => policies.get(&team.policy).map(Arc::as_ref),
        };
        let facts = question.facts(&team, &mut Rows::new(columns, policy, people))?;
        Ok(Some(Some(Asked { team, facts, now })))
    }

    /// Adds the person as a table `known`, whose row cannot be erased before the transaction ends. Empty where another call
    /// has made the person known since the statement began.
    fn make_known(self, sql: &mut Sql<'_>, user: &UserId) {
        let user = sql.hold(user.as_str());
        sql.add("WITH held AS (SELECT id FROM people WHERE user_id = ").name(user).add(" FOR KEY SHARE), ");
        sql.add("made AS (INSERT INTO people (user_id, created_at) SELECT ").name(user).add(", ");
        moment(sql, self.clock);
        sql.add(" WHERE NOT EXISTS (SELECT FROM held) ON CONFLICT DO NOTHING RETURNING id), ");
        sql.add("known AS (SELECT id FROM held UNION ALL SELECT id FROM made) ");
    }
}

/// Adds where every question reads from: the time of the reading in microseconds, as `c.now`.
pub(crate) fn from(sql: &mut Sql<'_>, clock: Clock) {
    sql.add(" FROM (SELECT ");
    moment(sql, clock);
    // Otherwise Postgres may write the clock wherever `c.now` is named: it would be read for each row, and no index would
    // serve a comparison with it.
    sql.add(" AS now").either(" OFFSET 0) c", ") c");
}

fn moment(sql: &mut Sql<'_>, clock: Clock) {
    if let Some(time) = clock.standing() {
        sql.bind(time);
    } else if sql.backend() == DbBackend::Postgres {
        sql.add("(extract(epoch FROM clock_timestamp()) * 1000000)::bigint + ").bind(clock.ahead());
    } else {
        sql.bind(Clock::host().saturating_add(clock.ahead()));
    }
}
