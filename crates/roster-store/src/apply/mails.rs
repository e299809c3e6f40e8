//! The outbox: a mail is queued in the same commit as the secret that it brings.

use roster_domain::text::Locale;
use roster_domain::{Delivery, InvitationId, SecretRecord};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Set};

use super::Stamp;
use super::links::generation;
use crate::convert::QUEUED;
use crate::db::Transaction;
use crate::entity::mail;
use crate::error::Result;

/// Queues the mail, where the secret is to be mailed.
pub(super) async fn queue(
    txn: &Transaction,
    stamp: Stamp,
    invitation: InvitationId,
    secret: &SecretRecord,
    delivery: &Delivery,
) -> Result<()> {
    let Delivery::Mail { locale } = delivery else { return Ok(()) };
    let row = mail::ActiveModel {
        invitation_id: Set(invitation.uuid()),
        generation: Set(generation(secret)?),
        locale: Set(locale.as_ref().map(Locale::as_str).unwrap_or_default().to_owned()),
        state: Set(QUEUED),
        failure: Set(0),
        attempts: Set(0),
        due_at: Set(stamp.at),
        created_at: Set(stamp.at),
        sent_at: Set(None),
    };
    mail::Entity::insert(row).exec_without_returning(txn).await?;
    Ok(())
}

/// Forgets the mails of an invitation, whose secrets are dead.
pub(super) async fn forget(txn: &Transaction, invitation: InvitationId) -> Result<()> {
    mail::Entity::delete_many().filter(mail::Column::InvitationId.eq(invitation.uuid())).exec(txn).await?;
    Ok(())
}
