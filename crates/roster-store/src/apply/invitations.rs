//! E-mail invitations.

use roster_domain::facts::InvitationState;
use roster_domain::{InvitationId, NewInvitation, PersonKey, SecretRecord, Timestamp};
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, Set};

use super::links::generation;
use super::{Stamp, access, exactly_one};
use crate::convert::{PENDING, invitation_state_number, restricted_text};
use crate::entity::invitation;
use crate::error::Result;

pub(super) async fn create(txn: &DatabaseTransaction, stamp: Stamp, new: &NewInvitation) -> Result<()> {
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
    access::offer(txn, stamp, new.id.uuid(), &new.access.grants).await
}

/// Gives an invitation a new secret and its full life again. It is pending from now on, if it was not.
pub(super) async fn resend(
    txn: &DatabaseTransaction,
    stamp: Stamp,
    id: InvitationId,
    maker: PersonKey,
    expires_at: Timestamp,
    secret: &SecretRecord,
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
        .filter(invitation::Column::TeamId.eq(stamp.team))
        .exec(txn)
        .await?;
    exactly_one(changed.rows_affected, "an invitation that is sent again")
}

/// Ends a pending invitation.
pub(super) async fn end(
    txn: &DatabaseTransaction,
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
        .filter(invitation::Column::TeamId.eq(stamp.team))
        .filter(invitation::Column::State.eq(PENDING))
        .exec(txn)
        .await?;
    exactly_one(changed.rows_affected, "the end of an invitation")
}
