//! The only write path: rows change here, from changes that were decided, and every change leaves an event.

mod access;
mod codes;
mod erasure;
mod events;
mod fold;
mod invitations;
mod links;
mod members;
mod part;
mod parts;
mod teams;
mod write;

pub(crate) use erasure::scrub;
pub(crate) use members::origin;
pub(crate) use part::{Part, Text};
use parts::parts;
use roster_domain::{CallerName, Change, PersonKey, Revision, TeamId};
use tracing::Instrument;
use uuid::Uuid;
pub(crate) use write::{Kept, write};

use crate::error::{Error, Result};
use crate::tx::Tx;

/// What the statements do that write.
pub(crate) const WRITE: &str = "write changes";

/// Who makes the changes, as the event log tells it.
#[derive(Clone, Debug)]
pub struct Context {
    /// Who acts; none where a calling service acts by itself.
    pub actor: Option<PersonKey>,
    /// Through which calling service; none for what the service does by itself.
    pub caller: Option<CallerName>,
    /// The request id of the call, if it has one.
    pub request_id: Option<Uuid>,
}

impl Context {
    /// What the service does by itself.
    #[must_use]
    pub fn own() -> Self {
        Self { actor: None, caller: None, request_id: None }
    }

    /// How the calling service is stored. No service's name is empty.
    fn caller_text(&self) -> String {
        self.caller.as_ref().map(CallerName::as_str).unwrap_or_default().to_owned()
    }
}

/// What one commit stamps on everything that it writes.
#[derive(Clone, Copy)]
struct Stamp {
    team: Uuid,
    revision: Revision,
    at: i64,
}

impl Tx {
    /// Carries out the changes and writes their events, all at the team's next revision, and returns that. Without
    /// changes nothing happens and the revision stays. `team` is the locked team, or the id of the one to be created.
    ///
    /// Nothing is sent yet: it is written when this transaction is finished, or before, and fails then.
    pub async fn apply(&mut self, by: &Context, team: TeamId, changes: &[Change]) -> Result<Revision> {
        let revision = match self.team {
            Some((locked, revision)) if locked == team => revision,
            Some(_) => {
                return Err(Error::internal("a change of another team than the one that is locked"));
            }
            None => 0,
        };
        if changes.is_empty() {
            return Ok(revision);
        }
        let stamp = Stamp { team: team.uuid(), revision: revision + 1, at: self.now.micros() };
        let parts = parts(by, stamp, changes)?;
        // Of two commits' changes of one row one would be lost.
        self.flush().await?;
        self.kept.keep(parts);
        self.team = Some((team, stamp.revision));
        self.changed.add(team, stamp.revision);
        Ok(stamp.revision)
    }

    /// Writes now what was applied, instead of when this is finished.
    pub async fn flush(&self) -> Result<()> {
        let parts = self.kept.take();
        if parts.is_empty() {
            return Ok(());
        }
        self.txn.doing(WRITE);
        write(&self.txn, parts, self.failpoint).instrument(self.span.clone()).await
    }
}

/// A statement that must have met exactly one row.
fn exactly_one(rows: u64, what: &str) -> Result<()> {
    if rows == 1 { Ok(()) } else { Err(Error::internal(format!("{what}: {rows} rows instead of one"))) }
}
