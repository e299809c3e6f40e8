//! The beginning of an erasure: every team that has to change for the person is locked, then the person.
//!
//! Which teams these are is known for sure only once nobody else can write the person's key any more. So it is looked
//! up, locked, and looked up again; whoever has joined another team in between makes the whole begin anew.

use roster_domain::facts::ErasureFacts;
use roster_domain::{Change, PersonKey, Pseudonym, Revision};
use sea_orm::sea_query::LockType;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use tracing::Instrument;
use uuid::Uuid;

use crate::apply::{Context, Kept, scrub};
use crate::begin::begin_writing;
use crate::db::Transaction;
use crate::deadline;
use crate::entity::team;
use crate::error::{Error, Result};
use crate::facts::{ErasureQuestion, Traces};
use crate::idempotency::{self, Claim, Claimed};
use crate::lock::Loaded;
use crate::open::Store;
use crate::people;
use crate::read::team::{Team, find_teams};
use crate::tx::{Tx, span};

/// How often an erasure begins anew. A person joins teams one by one, and each time it must be within the moment
/// between the two looks.
const TRIES: usize = 5;

/// A person whose data is about to be erased, and the transaction that may do so.
pub struct Erasure {
    /// The transaction.
    pub tx: Tx,
    /// The person, if it is known.
    pub person: Option<PersonKey>,
    /// The locked teams that it is in or invited to, in the order of their ids, each with what the decision needs.
    pub teams: Vec<(Team, ErasureFacts)>,
    traces: Traces,
}

impl Store {
    /// Begins the erasure of a person, under the locks of all teams that it is in or has a pending invitation of. None
    /// where these are more than the question allows.
    pub async fn lock_erasure(
        &self,
        claim: Option<Claim>,
        question: ErasureQuestion<'_>,
    ) -> Result<Loaded<Option<Erasure>>> {
        let span = span(self.backend());
        let begun = async {
            // Only race tests, which must fail then, load before the locks.
            let stale = if self.failpoint.loads_before_lock() {
                Some(self.load_erasure_without_locks(&question).await?)
            } else {
                None
            };
            let mut turn = match stale {
                Some(_) => None,
                None => Some(self.queues.turn(question.user).await?),
            };
            for _ in 0..TRIES {
                let txn = begin_writing(self.db()).await?;
                txn.doing("claim request");
                if let Some(claim) = &claim
                    && let Claimed::Answered(answer) = idempotency::claim(&txn, self.clock, claim).await?
                {
                    txn.rollback().await?;
                    return Ok(Loaded::Replay(answer));
                }
                txn.doing("find teams");
                let traces = question.traces(&txn, people::find(&txn, question.user).await?).await?;
                if traces.teams.len() > question.most_teams {
                    txn.rollback().await?;
                    return Ok(Loaded::Fresh(None));
                }
                txn.doing("lock teams");
                lock_teams(&txn, &traces).await?;
                deadline::still_wanted()?;
                let Some(traces) = settled(&txn, &question, traces).await? else {
                    txn.rollback().await?;
                    continue;
                };
                txn.doing("load facts");
                let now = self.clock.now(&txn).await?;
                let ids: Vec<Uuid> = traces.teams.iter().copied().collect();
                let teams = find_teams(&txn, &ids).await?;
                let facts = match &stale {
                    Some(stale) => stale_facts(stale, &teams),
                    None => question.facts(&txn, &traces, &teams).await?,
                };
                let tx = Tx {
                    txn,
                    span: span.clone(),
                    now,
                    claim,
                    failpoint: self.failpoint,
                    kept: Kept::default(),
                    _turn: turn.take(),
                    team: None,
                };
                let teams = teams.into_iter().zip(facts).collect();
                return Ok(Loaded::Fresh(Some(Erasure { tx, person: traces.person, teams, traces })));
            }
            Err(Error::lock_timeout("a person joined teams again and again while it was to be erased"))
        };
        begun.instrument(span.clone()).await
    }

    async fn load_erasure_without_locks(
        &self,
        question: &ErasureQuestion<'_>,
    ) -> Result<Vec<(Team, ErasureFacts)>> {
        let db = &self.statements("load facts");
        let traces = question.traces(db, people::find(db, question.user).await?).await?;
        let ids: Vec<Uuid> = traces.teams.iter().copied().collect();
        let teams = find_teams(db, &ids).await?;
        let facts = question.facts(db, &traces, &teams).await?;
        tokio::time::sleep(self.failpoint.early_load_lasts()).await;
        Ok(teams.into_iter().zip(facts).collect())
    }
}

impl Erasure {
    /// Carries out what was decided for one of the locked teams, all of it at once.
    pub async fn apply(&mut self, by: &Context, team: &Team, changes: &[Change]) -> Result<Revision> {
        if !self.teams.iter().any(|(locked, _)| locked.id == team.id) {
            return Err(Error::internal("a change of another team than those that are locked"));
        }
        self.tx.team = Some((team.id, team.revision));
        self.tx.apply(by, team.id, changes).await
    }

    /// Forgets who the person is and what its addresses are, once nothing of it is pending, and returns how many
    /// invitations lost their address. The person is known by the pseudonym from now on.
    pub async fn scrub(&mut self, pseudonym: Pseudonym) -> Result<u64> {
        let Self { tx, traces, .. } = self;
        tx.flush().await?;
        tx.txn.doing("erase person");
        scrub(&tx.txn, traces, pseudonym).instrument(tx.span.clone()).await
    }
}

/// Locks the teams in the order of their ids, as whoever locks more than one does.
async fn lock_teams(txn: &Transaction, traces: &Traces) -> Result<()> {
    if traces.teams.is_empty() {
        return Ok(());
    }
    team::Entity::find()
        .select_only()
        .column(team::Column::Id)
        .filter(team::Column::Id.is_in(traces.teams.iter().copied()))
        .order_by_asc(team::Column::Id)
        .lock(LockType::NoKeyUpdate)
        .into_tuple::<Uuid>()
        .all(txn)
        .await?;
    Ok(())
}

/// Locks the person, and looks again: none where there are more traces than are locked. Teams that were deleted in
/// between are none any more.
async fn settled(
    txn: &impl ConnectionTrait,
    question: &ErasureQuestion<'_>,
    traces: Traces,
) -> Result<Option<Traces>> {
    if let Some(person) = traces.person
        && !people::lock_out(txn, person, question.user).await?
    {
        return Ok(None);
    }
    let again = question.traces(txn, traces.person).await?;
    Ok(again.teams.is_subset(&traces.teams).then_some(again))
}

/// What was loaded too early; nothing of a team that was not there then.
fn stale_facts(stale: &[(Team, ErasureFacts)], teams: &[Team]) -> Vec<ErasureFacts> {
    let early = |team: &Team| stale.iter().find(|(loaded, _)| loaded.id == team.id).map(|(_, facts)| facts);
    let facts = |team: &Team| {
        early(team).cloned().unwrap_or_else(|| ErasureFacts {
            team: team.facts.clone(),
            member: None,
            holders_of_role: 0,
            members: 0,
            invitations: Vec::new(),
            successor: None,
        })
    };
    teams.iter().map(facts).collect()
}
