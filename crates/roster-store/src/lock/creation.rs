//! The beginning of a creation, under a lock on the person who creates: there is no team yet that could be locked.

use roster_domain::{CallerName, ExternalId, PersonKey, PolicyName, TeamId, Timestamp, UserId};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter};
use tracing::Instrument;

use super::{Begun, Loaded, Lock};
use crate::clock::Clock;
use crate::db::Transaction;
use crate::entity::team;
use crate::error::Result;
use crate::idempotency::Claim;
use crate::open::Store;
use crate::people;
use crate::read::team::{find_external, find_personal};
use crate::tx::{Committed, Tx, span};

/// A team is created by whoever has created fewer than so many within this time, in microseconds: 24 hours.
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
}

impl Store {
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
        let now = self.clock.now(db).await?;
        let facts = creation_facts(db, creator, question, now).await?;
        tokio::time::sleep(self.failpoint.early_load_lasts()).await;
        Ok(Some(facts))
    }
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
