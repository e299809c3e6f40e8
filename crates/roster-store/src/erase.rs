//! The beginning of an erasure: every team that has to change for the person is locked, then the person.
//!
//! Which teams these are is known for sure only once nobody else can write the person's key any more. So it is looked
//! up, locked, and looked up again; whoever has joined another team in between makes the whole begin anew.

use std::sync::Arc;

use roster_domain::facts::ErasureFacts;
use roster_domain::{Change, PersonKey, Policy, PolicySet, Pseudonym, Revision};
use sea_orm::sea_query::LockType;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use tracing::Instrument;
use uuid::Uuid;

use crate::apply::{Context, Kept, scrub};
use crate::db::Transaction;
use crate::deadline;
use crate::entity::team;
use crate::error::{Error, Result};
use crate::facts::{ErasureQuestion, Traces};
use crate::idempotency::Claim;
use crate::lock::{Begun, Loaded, Lock};
use crate::open::Store;
use crate::people;
use crate::read::team::{Team, find_teams};
use crate::tx::{Committed, Tx, span};

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
    pub teams: Vec<TouchedTeam>,
    traces: Traces,
}

/// A team that an erasure may change.
#[derive(Clone)]
pub struct TouchedTeam {
    /// The team.
    pub team: Team,
    /// The policy that it follows; none where that is not served.
    pub policy: Option<Arc<Policy>>,
    /// What the decision needs.
    pub facts: ErasureFacts,
}

/// What an erasure has locked.
pub(crate) enum Held {
    /// Everything that the person has left traces in, and the person.
    All(Traces),
    /// Nothing: there are more teams than the question allows.
    TooMany,
    /// Not all: the person has left traces in other teams meanwhile.
    TooFew,
}

impl Lock for ErasureQuestion<'_> {
    type Held = Held;

    async fn take(&self, txn: &Transaction) -> Result<Held> {
        txn.doing("find teams");
        let traces = self.traces(txn, people::find(txn, self.user).await?).await?;
        if traces.teams.len() > self.most_teams {
            return Ok(Held::TooMany);
        }
        txn.doing("lock teams");
        lock_teams(txn, &traces).await?;
        deadline::still_wanted()?;
        Ok(settled(txn, self, traces).await?.map_or(Held::TooFew, Held::All))
    }
}

impl Store {
    /// Begins the erasure of a person, under the locks of all teams that it is in or has a pending invitation of. None
    /// where these are more than the question allows.
    pub async fn lock_erasure(
        &self,
        claim: Option<Claim>,
        policies: &PolicySet,
        question: ErasureQuestion<'_>,
    ) -> Result<Loaded<Option<Erasure>>> {
        let span = span(self.backend());
        let begun = async {
            // Only race tests, which must fail then, load before the locks.
            let stale = if self.failpoint.loads_before_lock() {
                Some(self.load_erasure_without_locks(policies, &question).await?)
            } else {
                None
            };
            let mut turn = self.turn(question.user, stale.is_some()).await?;
            for _ in 0..TRIES {
                let (txn, held) = match self.claim_and_lock(claim.as_ref(), &question).await? {
                    Begun::Locked(txn, held) => (txn, held),
                    Begun::Answered(txn, answer) => {
                        txn.rollback().await?;
                        return Ok(Loaded::Replay(answer));
                    }
                };
                let traces = match held {
                    Held::All(traces) => traces,
                    Held::TooMany => {
                        txn.rollback().await?;
                        return Ok(Loaded::Fresh(None));
                    }
                    Held::TooFew => {
                        txn.rollback().await?;
                        continue;
                    }
                };
                txn.doing("load facts");
                let now = self.clock.now(&txn).await?;
                let ids: Vec<Uuid> = traces.teams.iter().copied().collect();
                let teams = with_policies(find_teams(&txn, &ids).await?, policies);
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
                    changed: Committed::default(),
                };
                let teams = touched(teams, facts);
                return Ok(Loaded::Fresh(Some(Erasure { tx, person: traces.person, teams, traces })));
            }
            Err(Error::lock_timeout("a person joined teams again and again while it was to be erased"))
        };
        begun.instrument(span.clone()).await
    }

    async fn load_erasure_without_locks(
        &self,
        policies: &PolicySet,
        question: &ErasureQuestion<'_>,
    ) -> Result<Vec<TouchedTeam>> {
        let db = &self.statements("load facts");
        let traces = question.traces(db, people::find(db, question.user).await?).await?;
        let ids: Vec<Uuid> = traces.teams.iter().copied().collect();
        let teams = with_policies(find_teams(db, &ids).await?, policies);
        let facts = question.facts(db, &traces, &teams).await?;
        tokio::time::sleep(self.failpoint.early_load_lasts()).await;
        Ok(touched(teams, facts))
    }
}

impl Erasure {
    /// Carries out what was decided for one of the locked teams, all of it at once.
    pub async fn apply(&mut self, by: &Context, team: &Team, changes: &[Change]) -> Result<Revision> {
        if !self.teams.iter().any(|locked| locked.team.id == team.id) {
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

fn with_policies(teams: Vec<Team>, policies: &PolicySet) -> Vec<(Team, Option<Arc<Policy>>)> {
    teams
        .into_iter()
        .map(|team| {
            let policy = policies.get(&team.policy).cloned();
            (team, policy)
        })
        .collect()
}

fn touched(teams: Vec<(Team, Option<Arc<Policy>>)>, facts: Vec<ErasureFacts>) -> Vec<TouchedTeam> {
    teams.into_iter().zip(facts).map(|((team, policy), facts)| TouchedTeam { team, policy, facts }).collect()
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
fn stale_facts(stale: &[TouchedTeam], teams: &[(Team, Option<Arc<Policy>>)]) -> Vec<ErasureFacts> {
    let early =
        |team: &Team| stale.iter().find(|loaded| loaded.team.id == team.id).map(|loaded| &loaded.facts);
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
    teams.iter().map(|(team, _)| facts(team)).collect()
}
