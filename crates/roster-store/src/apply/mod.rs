//! The only write path: rows change here, from changes that were decided, and every change leaves an event.

mod events;
mod links;
mod members;

use roster_domain::{CallerName, Change, PersonKey, Revision, TeamId};
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, Set};
use tracing::Instrument;
use uuid::Uuid;

use crate::entity::team;
use crate::error::{Error, Result};
use crate::tx::Tx;

/// Who makes the changes, as the event log tells it.
#[derive(Clone, Debug)]
pub struct Context {
    /// Who acts.
    pub actor: PersonKey,
    /// Through which calling service.
    pub caller: CallerName,
    /// The request id of the call, if it has one.
    pub request_id: Option<Uuid>,
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
        self.write(by, stamp, changes).instrument(self.span.clone()).await?;
        self.team = Some((team, stamp.revision));
        Ok(stamp.revision)
    }

    async fn write(&self, by: &Context, stamp: Stamp, changes: &[Change]) -> Result<()> {
        let txn = &self.txn;
        if stamp.revision > 1 {
            let raised = team::Entity::update_many()
                .col_expr(team::Column::Revision, stamp.revision.into())
                .filter(team::Column::Id.eq(stamp.team))
                .filter(team::Column::Revision.eq(stamp.revision - 1))
                .exec(txn)
                .await?;
            exactly_one(raised.rows_affected, "a team's revision")?;
        }
        for change in changes {
            carry_out(txn, by, stamp, change).await?;
        }
        events::write(txn, by, stamp, changes).await
    }
}

async fn carry_out(txn: &DatabaseTransaction, by: &Context, stamp: Stamp, change: &Change) -> Result<()> {
    match change {
        Change::TeamCreated { policy, display_name, creator } => {
            let row = team::ActiveModel {
                id: Set(stamp.team),
                policy: Set(policy.as_str().to_owned()),
                display_name: Set(display_name.as_str().to_owned()),
                tier: Set(None),
                external_id: Set(None),
                personal_person: Set(None),
                caller: Set(by.caller.as_str().to_owned()),
                creator: Set(creator.0),
                revision: Set(stamp.revision),
                version: Set(stamp.revision),
                created_at: Set(stamp.at),
                deleted_at: Set(None),
            };
            team::Entity::insert(row).exec_without_returning(txn).await?;
            Ok(())
        }
        Change::MemberJoined { person, role, by, email } => {
            members::join(txn, stamp, *person, role, *by, email.as_ref()).await
        }
        Change::MemberRoleChanged { person, state, old_role, new_role } => {
            members::change_role(txn, stamp, *person, *state, (old_role, new_role)).await
        }
        Change::MemberRemoved { person, state, role } => {
            members::remove(txn, stamp, *person, *state, role).await
        }
        Change::MemberEmailChanged { person, email } => {
            members::change_email(txn, stamp, *person, email).await
        }
        Change::InviteLinkCreated(link) => links::create(txn, stamp, link).await,
        Change::InviteLinkRevoked { link } => links::revoke(txn, stamp, *link).await,
    }
}

/// A statement that must have met exactly one row.
fn exactly_one(rows: u64, what: &str) -> Result<()> {
    if rows == 1 { Ok(()) } else { Err(Error::internal(format!("{what}: {rows} rows instead of one"))) }
}
