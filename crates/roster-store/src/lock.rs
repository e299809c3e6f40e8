//! The beginning of every mutation: claim the request, take the lock, load the facts.
//!
//! The order is what keeps the promises. The idempotency record comes first, so that a twin in flight is waited for and
//! then found. The lock is a statement of its own and the facts come in the next, since one that locks and loads reads
//! other tables as they were before it waited.

use std::future::Future;

use roster_domain::policy::PolicyName;
use roster_domain::{CallerName, ExternalId, PersonKey, TeamId, Timestamp, UserId};
use sea_orm::sea_query::LockType;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect};
use tracing::Instrument;

use crate::apply::Kept;
use crate::begin::begin_writing;
use crate::db::Transaction;
use crate::deadline;
use crate::entity::team;
use crate::error::{Error, Result};
use crate::facts::Question;
use crate::idempotency::{self, Answered, Claim, Claimed};
use crate::open::Store;
use crate::people;
use crate::read::team::{Team, find_external, find_personal, find_team};
use crate::tx::{Tx, span};

/// A team is created by whoever has created fewer than so many within this time, in microseconds: 24 hours.
const CREATION_WINDOW: i64 = 24 * 3600 * 1_000_000;

/// What comes of a begun mutation.
pub enum Loaded<T> {
    /// It is the first of its kind: decide, apply, finish.
    Fresh(T),
    /// It was done before and answered so.
    Replay(Answered),
    /// There is no such team for this caller.
    Absent,
}

/// A locked team, what was asked about it, and the transaction that may change it.
pub struct Locked<F> {
    /// The transaction.
    pub tx: Tx,
    /// The team, read under the lock.
    pub team: Team,
    /// The answer to the question, read under the lock.
    pub facts: F,
}

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
    pub personal: Option<&'a PolicyName>,
}

/// What creating a team needs.
#[derive(Clone, Copy, Debug)]
pub struct CreationFacts {
    /// Who creates.
    pub creator: PersonKey,
    /// How many teams, its personal ones aside, the person created within the last 24 hours.
    pub created_today: u64,
    /// The team that the calling service keeps under that key already.
    pub external: Option<TeamId>,
    /// The personal team that the person has already.
    pub personal: Option<TeamId>,
}

impl Store {
    /// Begins a mutation of a team and answers the question about it under the team's lock. `visible` says which
    /// policies the calling service is bound to: a team under another is absent to it, replays included.
    pub async fn lock_and_load<Q: Question>(
        &self,
        team: TeamId,
        claim: Option<Claim>,
        visible: impl Fn(&PolicyName) -> bool + Send,
        question: Q,
    ) -> Result<Loaded<Locked<Q::Facts>>> {
        let span = span(self.backend());
        let begun = async {
            // Only race tests, which must fail then, load before the lock.
            let stale = if self.failpoint.loads_before_lock() {
                self.load_without_lock(team, &question).await?
            } else {
                None
            };
            let turn = match stale {
                Some(_) => None,
                None => Some(self.queues.turn(team.uuid()).await?),
            };
            let txn = begin_writing(self.db()).await?;
            if let Some(claim) = &claim {
                txn.doing("claim request");
                match idempotency::claim(&txn, self.clock, claim).await? {
                    Claimed::Fresh => {}
                    Claimed::Answered(answer) => {
                        let seen = find_team(&txn, self.clock, team).await?;
                        txn.rollback().await?;
                        // A deleted team is told of as it was answered; one of another product is not.
                        return Ok(match seen {
                            Some((team, _)) if visible(&team.policy) => Loaded::Replay(answer),
                            _ => Loaded::Absent,
                        });
                    }
                }
            }
            txn.doing("lock team");
            lock_team(&txn, team).await?;
            deadline::still_wanted()?;
            txn.doing("load facts");
            let found = find_team(&txn, self.clock, team).await?;
            let Some((team, now)) = found.filter(|(team, _)| !team.deleted && visible(&team.policy)) else {
                txn.rollback().await?;
                return Ok(Loaded::Absent);
            };
            let facts = match stale {
                Some(facts) => facts,
                None => question.load(&txn, &team, now).await?,
            };
            let locked = Some((team.id, team.revision));
            let tx = Tx {
                txn,
                span: span.clone(),
                now,
                claim,
                failpoint: self.failpoint,
                kept: Kept::default(),
                _turn: turn,
                team: locked,
            };
            Ok(Loaded::Fresh(Locked { tx, team, facts }))
        };
        begun.instrument(span.clone()).await
    }

    /// Begins the creation of a team, under a lock on whoever creates it.
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
            let turn = match stale {
                Some(_) => None,
                None => Some(self.queues.turn(creator).await?),
            };
            let txn = begin_writing(self.db()).await?;
            if let Some(claim) = &claim {
                txn.doing("claim request");
                if let Claimed::Answered(answer) = idempotency::claim(&txn, self.clock, claim).await? {
                    txn.rollback().await?;
                    return Ok(Loaded::Replay(answer));
                }
            }
            txn.doing("lock person");
            let before = self.clock.now(&txn).await?;
            let creator = people::ensure(&txn, creator, before).await?;
            people::lock(&txn, creator).await?;
            deadline::still_wanted()?;
            txn.doing("load facts");
            let now = self.clock.now(&txn).await?;
            let facts = match stale {
                Some(facts) => facts,
                None => creation_facts(&txn, creator, question, now).await?,
            };
            let tx = Tx {
                txn,
                span: span.clone(),
                now,
                claim,
                failpoint: self.failpoint,
                kept: Kept::default(),
                _turn: turn,
                team: None,
            };
            Ok(Loaded::Fresh(Creation { tx, facts }))
        };
        begun.instrument(span.clone()).await
    }

    async fn load_without_lock<Q: Question>(&self, team: TeamId, question: &Q) -> Result<Option<Q::Facts>> {
        let db = &self.statements("load facts");
        let Some((team, now)) = find_team(db, self.clock, team).await? else { return Ok(None) };
        let facts = question.load(db, &team, now).await?;
        tokio::time::sleep(self.failpoint.early_load_lasts()).await;
        Ok(Some(facts))
    }

    /// Nothing for somebody who is not known yet.
    async fn load_creation_without_lock(
        &self,
        creator: &UserId,
        question: CreationQuestion<'_>,
    ) -> Result<Option<CreationFacts>> {
        let db = &self.statements("load facts");
        let Some(creator) = people::find(db, creator).await? else { return Ok(None) };
        let now = self.clock.now(db).await?;
        let facts = creation_facts(db, creator, question, now).await?;
        tokio::time::sleep(self.failpoint.early_load_lasts()).await;
        Ok(Some(facts))
    }
}

/// Takes the team's lock and reads nothing else. SQLite has no row locks; there the transaction itself is the lock.
fn lock_team(txn: &Transaction, team: TeamId) -> impl Future<Output = Result<()>> + Send {
    let select = team::Entity::find_by_id(team.uuid())
        .select_only()
        .column(team::Column::Id)
        .lock(LockType::NoKeyUpdate)
        .into_tuple::<uuid::Uuid>();
    async move { select.one(txn).await.map(drop).map_err(Error::from) }
}

async fn creation_facts(
    conn: &impl ConnectionTrait,
    creator: PersonKey,
    question: CreationQuestion<'_>,
    now: Timestamp,
) -> Result<CreationFacts> {
    let external = match question.external_id {
        Some((caller, id)) => find_external(conn, caller, id).await?,
        None => None,
    };
    let personal = match question.personal {
        Some(policy) => find_personal(conn, policy, creator).await?,
        None => None,
    };
    Ok(CreationFacts { creator, created_today: count_created(conn, creator, now).await?, external, personal })
}

async fn count_created(conn: &impl ConnectionTrait, creator: PersonKey, now: Timestamp) -> Result<u64> {
    Ok(team::Entity::find()
        .filter(team::Column::Creator.eq(creator.0))
        .filter(team::Column::CreatedAt.gt(now.micros().saturating_sub(CREATION_WINDOW)))
        .filter(team::Column::PersonalPerson.is_null())
        .count(conn)
        .await?)
}
