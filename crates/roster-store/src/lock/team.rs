//! The beginning of a mutation of one team.

use std::sync::Arc;

use roster_domain::{Policy, PolicyName, PolicySet, Revision, TeamId};
use sea_orm::sea_query::LockType;
use sea_orm::{ConnectionTrait, DbBackend, EntityTrait, QueryResult, QuerySelect, QueryTrait, Statement};
use tracing::{Instrument, Span};

use super::{Begun, Loaded, Lock, one_after_the_other};
use crate::apply::Kept;
use crate::ask::{Asked, Policies, Question, Reading, Whose};
use crate::convert::policy_name;
use crate::db::Transaction;
use crate::entity::team;
use crate::error::{Error, Result};
use crate::idempotency::Claim;
use crate::open::Store;
use crate::queue::Turn;
use crate::read::team::{Team, find_team};
use crate::tx::{Committed, Tx, span};

/// Claims a request and locks a team, in one round trip. The lock reads the claim, so that the claim comes first, and one
/// that is lost locks nothing: a team that was locked before the claim would deadlock with a call that keeps the order.
/// Whether the claim was made is told even where there is no such team. Only the columns of `teams` are what the former
/// holder of the lock left: all else in this statement is as it was before the wait.
const CLAIM_AND_LOCK: &str = "
    WITH claim AS (
        INSERT INTO idempotency (key, request) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING RETURNING 1
    )
    SELECT (SELECT count(*) FROM claim) AS claimed, team.*
    FROM (VALUES (1)) AS one
    LEFT JOIN LATERAL (
        SELECT policy, revision, deleted_at FROM teams
        WHERE id = $3 AND EXISTS (SELECT FROM claim)
        FOR NO KEY UPDATE
    ) AS team ON true";

/// A locked team, what was asked about it, and the transaction that may change it.
pub struct Locked<F> {
    /// The transaction.
    pub tx: Tx,
    /// The team, read under the lock.
    pub team: Team,
    /// The policy that it follows; none where that is not served.
    pub policy: Option<Arc<Policy>>,
    /// The answer to the question, read under the lock.
    pub facts: F,
}

/// The lock on a team.
struct OneTeam(TeamId);

/// What the row of a locked team says.
pub(super) struct FoundTeam {
    policy: PolicyName,
    revision: Revision,
    deleted: bool,
}

impl FoundTeam {
    pub(super) fn read(row: &QueryResult, team: TeamId) -> Result<Self> {
        Ok(Self {
            policy: policy_name(&row.try_get::<String>("", "policy")?, team)?,
            revision: row.try_get("", "revision")?,
            deleted: row.try_get::<Option<i64>>("", "deleted_at")?.is_some(),
        })
    }
}

impl Lock for OneTeam {
    /// None where there is no such team.
    type Held = Option<FoundTeam>;

    /// SQLite has no row locks; there the transaction itself is the lock.
    async fn take(&self, txn: &Transaction) -> Result<Option<FoundTeam>> {
        txn.doing("lock team");
        let select = team::Entity::find_by_id(self.0.uuid())
            .select_only()
            .columns([team::Column::Policy, team::Column::Revision, team::Column::DeletedAt])
            .lock(LockType::NoKeyUpdate);
        let row = txn.query_one(&select.into_query()).await?;
        row.map(|row| FoundTeam::read(&row, self.0)).transpose()
    }

    async fn claim_and_take(&self, txn: &Transaction, claim: &Claim) -> Result<Option<Option<FoundTeam>>> {
        let backend = txn.get_database_backend();
        if backend != DbBackend::Postgres {
            return one_after_the_other(self, txn, claim).await;
        }
        txn.doing("claim request and lock team");
        let values = [claim.key.to_vec().into(), claim.request.to_vec().into(), self.0.uuid().into()];
        let statement = Statement::from_sql_and_values(backend, CLAIM_AND_LOCK, values);
        let row = txn.query_one_raw(statement).await.map_err(|error| Error::of_locks(&error))?;
        let row = row.ok_or_else(|| Error::internal("a claim gave no row"))?;
        if row.try_get::<i64>("", "claimed")? == 0 {
            return Ok(None);
        }
        let is_there = row.try_get::<Option<String>>("", "policy")?.is_some();
        Ok(Some(is_there.then(|| FoundTeam::read(&row, self.0)).transpose()?))
    }
}

impl Store {
    /// Begins a mutation of a team and answers the question about it under the team's lock. `policies` are those that
    /// are served, and `visible` says which of them the calling service is bound to: a team under another is absent to
    /// it, replays included.
    pub async fn lock_and_load<Q: Question>(
        &self,
        team: TeamId,
        claim: Option<Claim>,
        policies: &PolicySet,
        visible: impl Fn(&PolicyName) -> bool + Send,
        question: Q,
    ) -> Result<Loaded<Locked<Q::Facts>>> {
        let span = span(self.backend());
        let begun = async {
            // Only race tests, which must fail then, load before the lock.
            let stale = if self.failpoint.loads_before_lock() {
                self.load_without_lock(team, policies, &question).await?
            } else {
                None
            };
            let turn = self.turn(team.uuid(), stale.is_some()).await?;
            let (txn, found) = match self.claim_and_lock(claim.as_ref(), &OneTeam(team)).await? {
                Begun::Locked(txn, found) => (txn, found),
                Begun::Answered(txn, answer) => {
                    let seen = find_team(&txn, self.clock, team).await?;
                    txn.rollback().await?;
                    // A deleted team is told of as it was answered; one of another product is not.
                    return Ok(match seen {
                        Some((team, _)) if visible(&team.policy) => Loaded::Replay(answer),
                        _ => Loaded::Absent,
                    });
                }
            };
            let held = (txn, span.clone(), turn);
            self.load(held, (team, found), claim, (policies, &visible), (&question, stale)).await
        };
        begun.instrument(span.clone()).await
    }

    /// Answers the question in a transaction that holds the team's lock, or tells it with what was loaded too early.
    pub(super) async fn load<Q: Question>(
        &self,
        (txn, span, turn): (Transaction, Span, Option<Turn>),
        (team, found): (TeamId, Option<FoundTeam>),
        claim: Option<Claim>,
        (policies, visible): (&PolicySet, &(impl Fn(&PolicyName) -> bool + Send)),
        (question, stale): (&Q, Option<Q::Facts>),
    ) -> Result<Loaded<Locked<Q::Facts>>> {
        let found = found.filter(|found| !found.deleted && visible(&found.policy));
        let Some(FoundTeam { policy, revision, .. }) = found else {
            txn.rollback().await?;
            return Ok(Loaded::Absent);
        };
        let policy = policies.get(&policy).cloned();
        txn.doing("load facts");
        let reading =
            Reading { clock: self.clock, team: Whose::Id(team), policies: Policies::Own(policy.as_deref()) };
        let gone = || Error::internal("a team vanished while it was locked");
        let (team, facts, now) = if let Some(facts) = stale {
            let asked = reading.ask_locked(&txn, &()).await?.ok_or_else(gone)?;
            (asked.team, facts, asked.now)
        } else {
            let asked = reading.ask_locked(&txn, question).await?.ok_or_else(gone)?;
            (asked.team, asked.facts, asked.now)
        };
        let tx = Tx {
            txn,
            span,
            now,
            claim,
            failpoint: self.failpoint,
            kept: Kept::default(),
            _turn: turn,
            team: Some((team.id, revision)),
            changed: Committed::default(),
        };
        Ok(Loaded::Fresh(Locked { tx, team, policy, facts }))
    }

    async fn load_without_lock<Q: Question>(
        &self,
        team: TeamId,
        policies: &PolicySet,
        question: &Q,
    ) -> Result<Option<Q::Facts>> {
        let db = &self.statements("load facts");
        let Some((found, _)) = find_team(db, self.clock, team).await? else { return Ok(None) };
        let policy = policies.get(&found.policy).map(Arc::as_ref);
        let reading = Reading { clock: self.clock, team: Whose::Id(team), policies: Policies::Own(policy) };
        let Some(Asked { facts, .. }) = reading.ask_locked(db, question).await? else { return Ok(None) };
        tokio::time::sleep(self.failpoint.early_load_lasts()).await;
        Ok(Some(facts))
    }
}
