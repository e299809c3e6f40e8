//! The outbox of mails: taken by one worker at a time, and settled by what came of sending.
//!
//! Beside `apply`, only this file changes rows of `mails`: how a mail fares is not a change of the team. A mail that is
//! taken is due again after the lease, so that one whose worker died is sent by another. Any number of replicas may
//! take mails at once.

use std::time::Duration;

use roster_domain::facts::{Holder, Invitation, InvitationState};
use roster_domain::policy::PolicyName;
use roster_domain::{DisplayName, InvitationId, Locale, PersonKey, SecretRecord, TeamId, Timestamp};
use sea_orm::sea_query::{Expr, LockBehavior, LockType};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
};

use crate::begin::begin_writing;
use crate::convert::{self, PENDING, QUEUED, is_literally, policy_name};
use crate::entity::{invitation, mail, team};
use crate::error::{Error, Result};
use crate::facts::holder;
use crate::open::Store;
use crate::read::access::offers_of;
use crate::read::delivery::{DeliveryState, MailFailure, failure_number, state_number};

/// A mail that could not be read is given up when it was taken so often before.
const UNREADABLE: i32 = 20;

/// A mail that was taken to be sent.
#[derive(Clone, Debug)]
pub struct ClaimedMail {
    /// Its invitation.
    pub invitation: InvitationId,
    /// The generation of the secret that it brings.
    pub generation: u32,
    /// Which try this is, from 1.
    pub attempt: u32,
    /// The language that was asked for.
    pub locale: Option<Locale>,
    /// What it says; none where the invitation has ended or was sent again meanwhile.
    pub letter: Option<Letter>,
}

/// What a mail says, and to whom.
#[derive(Clone, Debug)]
pub struct Letter {
    /// The team.
    pub team: TeamId,
    /// Its name.
    pub team_name: DisplayName,
    /// Its policy.
    pub policy: PolicyName,
    /// The invitation: whom it is for, what it gives, when it ends.
    pub invitation: Invitation,
    /// What the secret is derived from.
    pub secret: SecretRecord,
    /// Its maker's place in the team, if it still has one.
    pub maker: Option<Holder>,
    /// The time of the reading.
    pub now: Timestamp,
}

/// What came of sending a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailOutcome {
    /// The mail relay took it.
    Sent,
    /// It is not to be sent any more.
    Skipped,
    /// It is to be tried again.
    Retry {
        /// After this time.
        after: Duration,
        /// Why it failed this time.
        failure: MailFailure,
    },
    /// It is given up.
    Failed(MailFailure),
}

impl Store {
    /// Takes mails that are due, those first that are due longest, so many at most. Each counts as tried once more; one
    /// that is not settled within the lease is due again.
    pub async fn claim_mails(&self, limit: u64, lease: Duration) -> Result<Vec<ClaimedMail>> {
        // A look first: where nothing is due, which is most of the time, nobody becomes a writer.
        let now = self.now().await?;
        if self.next_mail().await?.is_none_or(|due| due > now) {
            return Ok(Vec::new());
        }
        let txn = begin_writing(self.db()).await?;
        txn.doing("claim mails");
        let rows = mail::Entity::find()
            .filter(is_literally(mail::Column::State, QUEUED))
            .filter(mail::Column::DueAt.lte(now.micros()))
            .order_by_asc(mail::Column::DueAt)
            .limit(limit)
            .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
            .all(&txn)
            .await?;
        if rows.is_empty() {
            txn.commit().await?;
            return Ok(Vec::new());
        }
        let keys = rows.iter().map(|row| (row.invitation_id, row.generation));
        mail::Entity::update_many()
            .col_expr(mail::Column::Attempts, Expr::col(mail::Column::Attempts).add(1))
            .col_expr(mail::Column::DueAt, after(now, lease).into())
            .filter(key().in_tuples(keys))
            .exec(&txn)
            .await?;
        txn.commit().await?;
        let mut claimed = Vec::with_capacity(rows.len());
        for row in &rows {
            // One that cannot be read must not hold up the others: it is due again, and given up at last.
            match self.claimed(row, now).await {
                Ok(mail) => claimed.push(mail),
                Err(error) if row.attempts >= UNREADABLE => self.give_up(row, &error).await?,
                Err(error) => tracing::error!(%error, "a mail that is due could not be read"),
            }
        }
        Ok(claimed)
    }

    async fn give_up(&self, row: &mail::Model, error: &Error) -> Result<()> {
        tracing::error!(%error, "a mail that could not be read is given up");
        mail::Entity::update_many()
            .col_expr(mail::Column::State, state_number(DeliveryState::Failed).into())
            .col_expr(mail::Column::Failure, failure_number(Some(MailFailure::Misconfigured)).into())
            .filter(mail::Column::InvitationId.eq(row.invitation_id))
            .filter(mail::Column::Generation.eq(row.generation))
            .exec(&self.statements("give up mail"))
            .await?;
        Ok(())
    }

    /// Notes what came of sending a mail that was taken. Nothing happens if it was taken again since, or its
    /// invitation was sent again.
    pub async fn settle_mail(&self, mail: &ClaimedMail, outcome: MailOutcome) -> Result<()> {
        let now = self.now().await?;
        let (state, failure) = match outcome {
            MailOutcome::Sent => (DeliveryState::Sent, None),
            MailOutcome::Skipped => (DeliveryState::Skipped, None),
            MailOutcome::Retry { failure, .. } => (DeliveryState::Queued, Some(failure)),
            MailOutcome::Failed(failure) => (DeliveryState::Failed, Some(failure)),
        };
        let mut update = mail::Entity::update_many()
            .col_expr(mail::Column::State, state_number(state).into())
            .col_expr(mail::Column::Failure, failure_number(failure).into());
        if let MailOutcome::Retry { after: pause, .. } = outcome {
            update = update.col_expr(mail::Column::DueAt, after(now, pause).into());
        }
        if outcome == MailOutcome::Sent {
            update = update.col_expr(mail::Column::SentAt, now.micros().into());
        }
        update.filter(is_claimed(mail)?).exec(&self.statements("settle mail")).await?;
        Ok(())
    }

    /// When the next mail is due; none where none is queued.
    pub async fn next_mail(&self) -> Result<Option<Timestamp>> {
        let due: Option<i64> = mail::Entity::find()
            .select_only()
            .column(mail::Column::DueAt)
            .filter(is_literally(mail::Column::State, QUEUED))
            .order_by_asc(mail::Column::DueAt)
            .into_tuple()
            .one(&self.statements("find due mail"))
            .await?;
        Ok(due.map(Timestamp::from_micros))
    }

    async fn claimed(&self, row: &mail::Model, now: Timestamp) -> Result<ClaimedMail> {
        let corrupt = |column| Error::corrupt("mails", column, row.invitation_id);
        let locale = match row.locale.as_str() {
            "" => None,
            locale => Some(Locale::parse(locale).map_err(|_| corrupt("locale"))?),
        };
        Ok(ClaimedMail {
            invitation: InvitationId::from_uuid(row.invitation_id),
            generation: u32::try_from(row.generation).map_err(|_| corrupt("generation"))?,
            attempt: u32::try_from(row.attempts).map_err(|_| corrupt("attempts"))?.saturating_add(1),
            locale,
            letter: letter(&self.statements("load mail"), row, now).await?,
        })
    }
}

/// What the mail says now; none where it is not to be sent any more.
async fn letter(conn: &impl ConnectionTrait, row: &mail::Model, now: Timestamp) -> Result<Option<Letter>> {
    let found = invitation::Entity::find_by_id(row.invitation_id)
        .filter(invitation::Column::Generation.eq(row.generation))
        .filter(invitation::Column::State.eq(PENDING))
        .filter(invitation::Column::ExpiresAt.gt(now.micros()))
        .one(conn)
        .await?;
    let Some(row) = found else { return Ok(None) };
    let team = team::Entity::find_by_id(row.team_id).one(conn).await?;
    // The invitations of a deleted team are cancelled: this one was until a moment ago.
    let Some(team) = team.filter(|team| team.deleted_at.is_none()) else { return Ok(None) };
    let id = TeamId::from_uuid(team.id);
    let grants = offers_of(conn, [row.id]).await?.remove(&row.id).unwrap_or_default();
    let invitation = convert::invitation(&row, grants)?;
    debug_assert_eq!(invitation.state, InvitationState::Pending);
    Ok(Some(Letter {
        team: id,
        team_name: DisplayName::stored(team.display_name.clone()),
        policy: policy_name(&team.policy, team.id)?,
        invitation,
        secret: convert::invitation_secret(&row)?,
        maker: holder(conn, id, PersonKey(row.maker)).await?,
        now,
    }))
}

/// The row of a mail as it was taken: neither taken again nor settled since.
fn is_claimed(mail: &ClaimedMail) -> Result<Condition> {
    let number = |number: u32| i32::try_from(number).map_err(|_| Error::internal("a mail's number"));
    Ok(Condition::all()
        .add(mail::Column::InvitationId.eq(mail.invitation.uuid()))
        .add(mail::Column::Generation.eq(number(mail.generation)?))
        .add(mail::Column::Attempts.eq(number(mail.attempt)?))
        .add(is_literally(mail::Column::State, QUEUED)))
}

fn key() -> Expr {
    Expr::tuple([Expr::col(mail::Column::InvitationId), Expr::col(mail::Column::Generation)])
}

fn after(now: Timestamp, pause: Duration) -> i64 {
    now.micros().saturating_add(i64::try_from(pause.as_micros()).unwrap_or(i64::MAX))
}
