//! The beginning of a mutation of the team that has an invite: what people present names the invite, and not the team.

use roster_domain::{PolicyName, PolicySet, TeamId};
use sea_orm::{ConnectionTrait, DbBackend};
use tracing::Instrument;
use uuid::Uuid;

use super::Loaded;
use super::team::{FoundTeam, Locked};
use crate::ask::joining::named;
use crate::ask::{Known, Named, Policies, Question, Sql};
use crate::begin::begin_writing;
use crate::db::Transaction;
use crate::deadline;
use crate::error::{Error, Result};
use crate::idempotency::Claim;
use crate::open::Store;
use crate::tx::span;

impl Store {
    /// Begins a mutation of the team that has the invite, as [`Store::lock_and_load`] does. The question looks for the invite
    /// again, under the lock: it may have changed or gone since it was found. Absent where there is no such invite, unless
    /// this very request was answered when there was: that answer was this caller's then, whatever it is bound to now.
    pub async fn lock_by_invite<N: Named, Q: Question>(
        &self,
        invite: N,
        claim: Option<Claim>,
        policies: &PolicySet,
        visible: impl Fn(&PolicyName) -> bool + Send,
        question: Q,
    ) -> Result<Loaded<Locked<Q::Facts>>> {
        // A race test whose facts were loaded too early needs the team before its lock.
        if self.backend() == DbBackend::Postgres && !self.failpoint.loads_before_lock() {
            let span = span(self.backend());
            let begun = async {
                let Some((txn, team, found)) = self.lock_if_free(&invite, claim.as_ref()).await? else {
                    return Ok(None);
                };
                let held = (txn, span.clone(), None);
                self.load(held, (team, Some(found)), claim, (policies, &visible), (&question, None))
                    .await
                    .map(Some)
            };
            if let Some(loaded) = begun.instrument(span.clone()).await? {
                return Ok(loaded);
            }
        }
        if let Some(team) = self.team_of(&invite).await? {
            return self.lock_and_load(team, claim, policies, visible, question).await;
        }
        let answer = match &claim {
            Some(claim) => self.answered(claim).await?,
            None => None,
        };
        Ok(answer.map_or(Loaded::Absent, Loaded::Replay))
    }

    /// Claims the request and locks the team, in one statement. None, with nothing done, where the request was claimed
    /// before, where no invite has that name, and where another call holds the lock. Only those wait for a team's lock who
    /// have the team's turn, and whose turn it is cannot be asked before the team is known.
    async fn lock_if_free(
        &self,
        invite: &impl Named,
        claim: Option<&Claim>,
    ) -> Result<Option<(Transaction, TeamId, FoundTeam)>> {
        // The database lets a twin of a request wait for that one's claim: for one of them at a time that takes a connection.
        let _turn = match claim {
            Some(claim) => Some(self.twins.turn(claim.key).await?),
            None => None,
        };
        let txn = begin_writing(self.db()).await?;
        txn.doing("claim request and lock team");
        let mut sql = Sql::new(txn.get_database_backend(), Policies::Own(None), Known::Nobody);
        if let Some(claim) = claim {
            // The lock reads the claim, so that the claim comes first.
            sql.add("WITH claim AS (INSERT INTO idempotency (key, request) SELECT ").bind(claim.key.to_vec());
            sql.add(", ").bind(claim.request.to_vec()).add(" WHERE (").add("SELECT count(*) FROM ");
            named(&mut sql, invite);
            sql.add(") = 1 ON CONFLICT (key) DO NOTHING RETURNING 1) ");
        }
        sql.add("SELECT id, policy, revision, deleted_at FROM teams WHERE id = (SELECT team_id FROM ");
        named(&mut sql, invite);
        sql.add(if claim.is_some() { ") AND EXISTS (SELECT FROM claim)" } else { ")" });
        sql.add(" FOR NO KEY UPDATE SKIP LOCKED");
        let row = txn.query_one_raw(sql.statement()).await.map_err(|error| Error::of_locks(&error))?;
        let Some(row) = row else {
            txn.rollback().await?;
            return Ok(None);
        };
        deadline::still_wanted()?;
        let team = TeamId::from_uuid(row.try_get("", "id")?);
        let found = FoundTeam::read(&row, team)?;
        Ok(Some((txn, team, found)))
    }

    /// The team that has the invite.
    pub async fn team_of(&self, invite: &impl Named) -> Result<Option<TeamId>> {
        let mut sql = Sql::new(self.backend(), Policies::Own(None), Known::Nobody);
        sql.add("SELECT team_id FROM ");
        named(&mut sql, invite);
        let row = self.statements("find team of invite").query_one_raw(sql.statement()).await?;
        Ok(row.map(|row| row.try_get_by_index::<Uuid>(0)).transpose()?.map(TeamId::from_uuid))
    }
}
