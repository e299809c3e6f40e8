//! A transaction of one mutation.

use roster_domain::{PersonKey, Revision, TeamId, Timestamp, UserId};
use sea_orm::DbBackend;
use tracing::{Instrument, Span};

use crate::apply::{Kept, WRITE, write};
use crate::db::{Transaction, system};
use crate::error::{Error, Result};
use crate::failpoint::Failpoint;
use crate::idempotency::{self, Claim};
use crate::people;
use crate::queue::Turn;

/// The teams that a commit changed, each with the revision that it has since: none where a mutation changed nothing,
/// many where a person was erased. Who watches a team is told by this alone.
#[must_use = "publish it: otherwise nobody who watches these teams is told"]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Committed(Vec<(TeamId, Revision)>);

impl Committed {
    /// Adds a team that was changed, perhaps once more.
    pub(crate) fn add(&mut self, team: TeamId, revision: Revision) {
        match self.0.iter_mut().find(|(changed, _)| *changed == team) {
            Some(changed) => changed.1 = revision,
            None => self.0.push((team, revision)),
        }
    }
}

impl IntoIterator for Committed {
    type Item = (TeamId, Revision);
    type IntoIter = std::vec::IntoIter<(TeamId, Revision)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// A transaction that holds a lock and has its facts. It is undone unless [`Tx::finish`] commits it.
pub struct Tx {
    pub(crate) txn: Transaction,
    pub(crate) span: Span,
    pub(crate) now: Timestamp,
    pub(crate) claim: Option<Claim>,
    pub(crate) failpoint: Failpoint,
    /// What was applied and is not written yet.
    pub(crate) kept: Kept,
    /// Kept until the transaction is over.
    pub(crate) _turn: Option<Turn>,
    /// The team that is locked and its revision; none while a team is being created.
    pub(crate) team: Option<(TeamId, Revision)>,
    /// What it has changed so far.
    pub(crate) changed: Committed,
}

impl Tx {
    /// The time of this mutation: one reading, taken after the lock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The key of a person who acts without being a member, made known now if it was not.
    pub async fn person(&self, user: &UserId) -> Result<PersonKey> {
        people::ensure(&self.txn, user, self.now).await
    }

    /// Writes what was applied, keeps the answer for a retry where the request made a claim, commits, and returns what was
    /// committed. A no-op has an answer too. It is stored as it is given: the caller seals it, since it must hold nothing in
    /// the clear. Where the connection breaks at the commit, the outcome is unknown.
    pub async fn finish(self, answer: &[u8]) -> Result<Committed> {
        let Self { txn, span, now, claim, failpoint, kept, changed, .. } = self;
        async {
            let mut parts = kept.take();
            txn.doing(if parts.is_empty() { "keep answer" } else { WRITE });
            parts.extend(claim.map(|claim| idempotency::answer(&claim, answer, now)));
            write(&txn, parts, failpoint).await?;
            txn.commit().await.map_err(|error| Error::of_commit(&error))?;
            failpoint.after_commit();
            Ok(changed)
        }
        .instrument(span)
        .await
    }

    /// Undoes everything. What was applied and not written is never sent.
    pub async fn undo(self) -> Result<()> {
        let Self { txn, span, .. } = self;
        Ok(txn.rollback().instrument(span).await?)
    }
}

/// A span for one transaction, under the span of the call.
pub(crate) fn span(backend: DbBackend) -> Span {
    tracing::info_span!(
        "transaction",
        otel.kind = "client",
        db.system.name = system(backend),
        db.operation.name = "transaction"
    )
}
