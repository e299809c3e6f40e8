//! The beginning of a creation, under a lock on the person who creates: there is no team yet that could be locked.

use roster_domain::facts::Occupancy;
use roster_domain::{CallerName, ExternalId, PersonKey, Policy, TeamId, Timestamp, UserId};
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use tracing::Instrument;
use uuid::Uuid;

use super::{Begun, Loaded, Lock, one_after_the_other};
use crate::apply::Kept;
use crate::ask::{self, Columns, Known, Policies, Question, SeatsTaken, Sql, Values};
use crate::clock::Clock;
use crate::db::Transaction;
use crate::error::{Error, Result};
use crate::idempotency::Claim;
use crate::open::Store;
use crate::people;
use crate::read::member::{self, Member};
use crate::read::team::Team;
use crate::tx::{Committed, Tx, span};

/// The time within which the teams that a person created count against their cap, in microseconds: 24 hours.
const CREATION_WINDOW: i64 = 24 * 3600 * 1_000_000;

/// A person who is about to create a team, and the transaction that may do so.
pub struct Creation {
    /// The transaction.
    pub tx: Tx,
    /// What the decision needs.
    pub facts: CreationFacts,
}

/// What is asked about a team that is to be created.
#[derive(Clone, Copy, Debug, Default)]
pub struct CreationQuestion<'a> {
    /// The key that the calling service will keep the team under.
    pub external_id: Option<(&'a CallerName, &'a ExternalId)>,
    /// The policy under which the person is to have its personal team.
    pub personal: Option<&'a Policy>,
}

/// A personal team, as its person sees it.
#[derive(Clone, Debug)]
pub struct PersonalTeam {
    /// The team.
    pub team: Team,
    /// What holds its seats.
    pub occupancy: Occupancy,
    /// The person as a member, if they still are one.
    pub member: Option<Member>,
}

/// What creating a team needs.
#[derive(Clone, Debug)]
pub struct CreationFacts {
    /// Who creates.
    pub creator: PersonKey,
    /// How many teams, its personal ones aside, the person created within the last 24 hours.
    pub created_today: u64,
    /// The team that the calling service keeps under that key already.
    pub external: Option<TeamId>,
    /// The personal team that the person has already.
    pub personal: Option<PersonalTeam>,
}

/// Locks a person, who is made known if they were not, once the request is claimed. No row of the person where somebody else
/// has made them known since the statement began.
const CLAIM_AND_LOCK: &str = "
    WITH claim AS (
        INSERT INTO idempotency (key, request) VALUES ($3, $4) ON CONFLICT (key) DO NOTHING RETURNING 1
    ), held AS (
        SELECT id FROM people WHERE user_id = $1 AND EXISTS (SELECT FROM claim) FOR NO KEY UPDATE
    ), made AS (
        INSERT INTO people (user_id, created_at)
        SELECT $1, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint + $2
        WHERE EXISTS (SELECT FROM claim) AND NOT EXISTS (SELECT FROM held)
        ON CONFLICT DO NOTHING RETURNING id
    )
    SELECT (SELECT count(*) FROM claim), (SELECT id FROM held UNION ALL SELECT id FROM made)";

/// The lock on a person, who is made known if they were not.
struct Creator<'a> {
    user: &'a UserId,
    clock: Clock,
}

impl Lock for Creator<'_> {
    type Held = PersonKey;

    async fn take(&self, txn: &Transaction) -> Result<PersonKey> {
        txn.doing("lock person");
        let before = self.clock.now(txn).await?;
        let creator = people::ensure(txn, self.user, before).await?;
        people::lock(txn, creator).await?;
        Ok(creator)
    }

    async fn claim_and_take(&self, txn: &Transaction, claim: &Claim) -> Result<Option<PersonKey>> {
        let backend = txn.get_database_backend();
        if backend != DbBackend::Postgres {
            return one_after_the_other(self, txn, claim).await;
        }
        txn.doing("claim request and lock person");
        let (key, request) = (claim.key.to_vec(), claim.request.to_vec());
        let values = [self.user.as_str().into(), self.clock.ahead().into(), key.into(), request.into()];
        let statement = Statement::from_sql_and_values(backend, CLAIM_AND_LOCK, values);
        let row = txn.query_one_raw(statement).await.map_err(|error| Error::of_locks(&error))?;
        let row = row.ok_or_else(|| Error::internal("a claim gave no row"))?;
        if row.try_get_by_index::<i64>(0)? == 0 {
            return Ok(None);
        }
        match row.try_get_by_index::<Option<i64>>(1)? {
            Some(person) => Ok(Some(PersonKey(person))),
            None => self.take(txn).await.map(Some),
        }
    }
}

impl Store {
    /// Begins the creation of a team, under a lock on its creator.
    pub async fn lock_creator(
        &self,
        creator: &UserId,
        claim: Option<Claim>,
        question: CreationQuestion<'_>,
    ) -> Result<Loaded<Creation>> {
        let span = span(self.backend());
        let begun = async {
            // Only race tests, which must fail then, load before the lock.
            let stale = if self.failpoint.loads_before_lock() {
                self.load_creation_without_lock(creator, question).await?
            } else {
                None
            };
            let turn = self.turn(creator, stale.is_some()).await?;
            let lock = Creator { user: creator, clock: self.clock };
            let (txn, creator) = match self.claim_and_lock(claim.as_ref(), &lock).await? {
                Begun::Locked(txn, creator) => (txn, creator),
                Begun::Answered(txn, answer) => {
                    txn.rollback().await?;
                    return Ok(Loaded::Replay(answer));
                }
            };
            txn.doing("load facts");
            let (loaded, now) = creation_facts(&txn, self.clock, creator, question).await?;
            let facts = stale.unwrap_or(loaded);
            let tx = Tx {
                txn,
                span: span.clone(),
                now,
                claim,
                failpoint: self.failpoint,
                kept: Kept::default(),
                _turn: turn,
                team: None,
                changed: Committed::default(),
            };
            Ok(Loaded::Fresh(Creation { tx, facts }))
        };
        begun.instrument(span.clone()).await
    }

    /// Nothing for somebody who is not known yet.
    async fn load_creation_without_lock(
        &self,
        creator: &UserId,
        question: CreationQuestion<'_>,
    ) -> Result<Option<CreationFacts>> {
        let db = &self.statements("load facts");
        let Some(creator) = people::find(db, creator).await? else { return Ok(None) };
        let (facts, _) = creation_facts(db, self.clock, creator, question).await?;
        tokio::time::sleep(self.failpoint.early_load_lasts()).await;
        Ok(Some(facts))
    }
}

/// The facts and the time of the reading, in one statement.
async fn creation_facts(
    conn: &impl ConnectionTrait,
    clock: Clock,
    creator: PersonKey,
    question: CreationQuestion<'_>,
) -> Result<(CreationFacts, Timestamp)> {
    let policies = Policies::Own(question.personal);
    let mut sql = Sql::new(conn.get_database_backend(), policies, Known::Nobody);
    let person = sql.hold(creator.0);
    sql.add("SELECT c.now, (SELECT count(*) FROM teams WHERE creator = ").name(person);
    sql.add(" AND created_at > c.now - ").bind(CREATION_WINDOW).add(" AND personal_person IS NULL)");
    match question.external_id {
        Some((caller, id)) => {
            sql.add(", (SELECT id FROM teams WHERE caller = ").bind(caller.as_str());
            sql.add(" AND external_id = ").bind(id.as_str()).add(" AND deleted_at IS NULL)");
        }
        None => {
            sql.add(", NULL");
        }
    }
    if question.personal.is_some() {
        ask::team::columns(&mut sql);
        SeatsTaken.columns(&mut sql);
        member::columns(&mut sql, "m");
    }
    ask::from(&mut sql, clock);
    if let Some(policy) = question.personal {
        sql.add(" LEFT JOIN teams t ON t.policy = ").bind(policy.name.as_str());
        sql.add(" AND t.personal_person = ").name(person);
        sql.add(" LEFT JOIN members m ON m.team_id = t.id AND m.person = ").name(person);
    }
    let row = conn.query_one_raw(sql.statement()).await?;
    let row = row.ok_or_else(|| Error::internal("the facts of a creation gave no row"))?;
    let mut columns = Columns::of(&row);
    let now = Timestamp::from_micros(columns.next()?);
    let count: i64 = columns.next()?;
    let external = if question.external_id.is_some() {
        columns.next::<Option<Uuid>>()?.map(TeamId::from_uuid)
    } else {
        columns.skip(1);
        None
    };
    let personal = if question.personal.is_some() { personal_team(columns)? } else { None };
    let created_today = u64::try_from(count).map_err(|_| Error::internal("a count of teams is negative"))?;
    Ok((CreationFacts { creator, created_today, external, personal }, now))
}

/// Reads the personal team; none where its columns are empty.
fn personal_team(mut columns: Columns<'_>) -> Result<Option<PersonalTeam>> {
    let mut first = columns;
    if first.next::<Option<Uuid>>()?.is_none() {
        return Ok(None);
    }
    let team = ask::team::read(&mut columns)?;
    let occupancy = ask::seats::read(&team, &mut columns)?;
    let member = member::read_one(&team, &mut columns)?.map(|(_, member)| member);
    Ok(Some(PersonalTeam { team, occupancy, member }))
}
