//! The only write path: rows change here, from changes that were decided, and every change leaves an event.

mod access;
mod codes;
mod erasure;
mod events;
mod invitations;
mod links;
mod mails;
mod members;
mod teams;

pub(crate) use erasure::scrub;
use roster_domain::facts::InvitationState;
use roster_domain::{CallerName, Change, MemberState, PersonKey, Revision, TeamId};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use tracing::Instrument;
use uuid::Uuid;

use crate::db::Transaction;
use crate::entity::team;
use crate::error::{Error, Result};
use crate::tx::Tx;

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
        self.changed.add(team, stamp.revision);
        Ok(stamp.revision)
    }

    async fn write(&self, by: &Context, stamp: Stamp, changes: &[Change]) -> Result<()> {
        let txn = &self.txn;
        txn.doing("write changes");
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

async fn carry_out(txn: &Transaction, by: &Context, stamp: Stamp, change: &Change) -> Result<()> {
    match change {
        Change::TeamCreated(team) => teams::create(txn, by, stamp, team).await,
        Change::TeamRenamed { new, .. } => teams::rename(txn, stamp, new).await,
        Change::TeamTierChanged { new, .. } => teams::set_tier(txn, stamp, new).await,
        Change::TeamDeleted => teams::delete(txn, stamp).await,
        Change::MemberJoined(member) => members::join(txn, stamp, member).await,
        Change::MemberRoleChanged { person, state, old_role, new_role, lowered } => {
            members::change_role(txn, stamp, *person, *state, (old_role, new_role)).await?;
            members::close_older_ways_if(txn, stamp, *person, *lowered).await
        }
        Change::MemberAccessChanged { person, after, lowered, .. } => {
            access::replace(txn, stamp, *person, after).await?;
            members::close_older_ways_if(txn, stamp, *person, *lowered).await
        }
        Change::MemberSuspended { person, role } => {
            members::change_state(txn, stamp, *person, role, MemberState::Suspended).await
        }
        Change::MemberRestored { person, role } => {
            members::change_state(txn, stamp, *person, role, MemberState::Active).await
        }
        Change::MemberRemoved { person, state, role, .. } => {
            members::end(txn, stamp, *person, *state, role).await?;
            members::close_older_ways_if(txn, stamp, *person, true).await
        }
        Change::MemberLeft { person, role, access } => {
            members::end(txn, stamp, *person, MemberState::Active, role).await?;
            // Who was restricted, be it by the way in that it took, cannot shed that by an older one.
            members::close_older_ways_if(txn, stamp, *person, !access.restricted.is_empty()).await
        }
        Change::MemberEmailChanged { person, email } => {
            members::change_email(txn, stamp, *person, email).await
        }
        Change::OwnershipTransferred {
            role,
            from,
            from_state,
            from_becomes,
            from_lowered,
            to,
            to_was,
            to_lowered,
        } => {
            members::change_role(txn, stamp, *from, *from_state, (role, from_becomes)).await?;
            members::change_role(txn, stamp, *to, MemberState::Active, (to_was, role)).await?;
            members::close_older_ways_if(txn, stamp, *from, *from_lowered).await?;
            members::close_older_ways_if(txn, stamp, *to, *to_lowered).await
        }
        Change::ResourcePurged { kind, resource, .. } => access::purge(txn, stamp, kind, resource).await,
        Change::InvitationCreated(invitation) => invitations::create(txn, stamp, invitation).await,
        Change::InvitationResent { invitation, maker, expires_at, secret, delivery } => {
            let renewed = invitations::Renewed { maker: *maker, expires_at: *expires_at, secret };
            invitations::resend(txn, stamp, *invitation, renewed, delivery).await
        }
        Change::InvitationCancelled { invitation } => {
            invitations::end(txn, stamp, *invitation, InvitationState::Cancelled, None).await
        }
        Change::InvitationAccepted { invitation, person } => {
            invitations::end(txn, stamp, *invitation, InvitationState::Accepted, Some(*person)).await
        }
        Change::InvitationDeclined { invitation, person } => {
            invitations::end(txn, stamp, *invitation, InvitationState::Declined, Some(*person)).await
        }
        Change::InvitationExpired { invitation } => {
            invitations::end(txn, stamp, *invitation, InvitationState::Expired, None).await
        }
        Change::InviteLinkCreated(link) => links::create(txn, stamp, link).await,
        Change::InviteLinkRevoked { link } => links::revoke(txn, stamp, *link).await,
        Change::InviteLinkAdopted { link, maker } => links::adopt(txn, stamp, *link, *maker).await,
        Change::TeamCodeCreated(code) => codes::create(txn, stamp, code).await,
        Change::TeamCodeRevoked { code } => codes::revoke(txn, stamp, *code).await,
        Change::TeamCodeDeleted { code } => codes::delete(txn, stamp, *code).await,
        Change::TeamCodeAdopted { code, maker } => codes::adopt(txn, stamp, *code, *maker).await,
    }
}

/// A statement that must have met exactly one row.
fn exactly_one(rows: u64, what: &str) -> Result<()> {
    if rows == 1 { Ok(()) } else { Err(Error::internal(format!("{what}: {rows} rows instead of one"))) }
}
