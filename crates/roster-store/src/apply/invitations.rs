//! E-mail invitations.

use roster_domain::facts::InvitationState;
use roster_domain::{Delivery, InvitationId, NewInvitation, PersonKey, SecretRecord, Timestamp};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Set};

use super::links::generation;
use super::{Stamp, access, exactly_one, mails};
use crate::convert::{PENDING, invitation_state_number, is_of_team, restricted_text};
use crate::db::Transaction;
use crate::entity::invitation;
use crate::error::{Error, Result};

pub(super) async fn create(txn: &Transaction, stamp: Stamp, new: &NewInvitation) -> Result<()> {
    let row = invitation::ActiveModel {
        id: Set(new.id.uuid()),
        team_id: Set(stamp.team),
        email: Set(new.email.as_typed().to_owned()),
        email_key: Set(new.email.key().to_owned()),
        role: Set(new.role.as_str().to_owned()),
        restricted: Set(restricted_text(&new.access)),
        state: Set(PENDING),
        maker: Set(new.maker.0),
        revision: Set(stamp.revision),
        version: Set(stamp.revision),
        digest: Set(new.secret.digest.to_vec()),
        salt: Set(new.secret.salt.to_vec()),
        generation: Set(generation(&new.secret)?),
        key_id: Set(new.secret.key_id.clone()),
        created_at: Set(stamp.at),
        expires_at: Set(new.expires_at.micros()),
        answered_by: Set(None),
        answered_at: Set(None),
    };
    invitation::Entity::insert(row).exec_without_returning(txn).await?;
    access::offer(txn, stamp, new.id.uuid(), &new.access.grants).await?;
    mails::queue(txn, stamp, new.id, &new.secret, &new.delivery).await
}

/// What an invitation gets when it is sent again.
pub(super) struct Renewed<'a> {
    pub(super) maker: PersonKey,
    pub(super) expires_at: Timestamp,
    pub(super) secret: &'a SecretRecord,
}

/// Gives an invitation a new secret and its full life again. It is pending from now on, if it was not. Whether the mail
/// of the secret before was sent matters no more.
pub(super) async fn resend(
    txn: &Transaction,
    stamp: Stamp,
    id: InvitationId,
    Renewed { maker, expires_at, secret }: Renewed<'_>,
    delivery: &Delivery,
) -> Result<()> {
    let changed = invitation::Entity::update_many()
        .col_expr(invitation::Column::State, PENDING.into())
        .col_expr(invitation::Column::Maker, maker.0.into())
        .col_expr(invitation::Column::Revision, stamp.revision.into())
        .col_expr(invitation::Column::Version, stamp.revision.into())
        .col_expr(invitation::Column::Digest, secret.digest.to_vec().into())
        .col_expr(invitation::Column::Salt, secret.salt.to_vec().into())
        .col_expr(invitation::Column::Generation, generation(secret)?.into())
        .col_expr(invitation::Column::KeyId, secret.key_id.as_str().into())
        .col_expr(invitation::Column::ExpiresAt, expires_at.micros().into())
        .filter(invitation::Column::Id.eq(id.uuid()))
        .filter(is_of_team(invitation::Column::TeamId, stamp.team))
        .filter(invitation::Column::EmailKey.ne(""))
        .exec(txn)
        .await?;
    // An erasure takes addresses from those that have ended without their teams' locks.
    if changed.rows_affected == 0 {
        return Err(Error::lock_timeout("an invitation lost its address while it was to be sent again"));
    }
    exactly_one(changed.rows_affected, "an invitation that is sent again")?;
    mails::forget(txn, id).await?;
    mails::queue(txn, stamp, id, secret, delivery).await
}

/// Ends every pending invitation of a team.
pub(super) async fn cancel_all(txn: &Transaction, stamp: Stamp) -> Result<()> {
    let cancelled = invitation_state_number(InvitationState::Cancelled);
    invitation::Entity::update_many()
        .col_expr(invitation::Column::State, cancelled.into())
        .col_expr(invitation::Column::Version, stamp.revision.into())
        .filter(invitation::Column::TeamId.eq(stamp.team))
        .filter(invitation::Column::State.eq(PENDING))
        .exec(txn)
        .await?;
    Ok(())
}

/// Ends a pending invitation.
pub(super) async fn end(
    txn: &Transaction,
    stamp: Stamp,
    id: InvitationId,
    state: InvitationState,
    answered_by: Option<PersonKey>,
) -> Result<()> {
    let changed = invitation::Entity::update_many()
        .col_expr(invitation::Column::State, invitation_state_number(state).into())
        .col_expr(invitation::Column::Version, stamp.revision.into())
        .col_expr(invitation::Column::AnsweredBy, answered_by.map(|person| person.0).into())
        .col_expr(invitation::Column::AnsweredAt, answered_by.map(|_| stamp.at).into())
        .filter(invitation::Column::Id.eq(id.uuid()))
        .filter(is_of_team(invitation::Column::TeamId, stamp.team))
        .filter(invitation::Column::State.eq(PENDING))
        .exec(txn)
        .await?;
    exactly_one(changed.rows_affected, "the end of an invitation")
}
