//! What told who a person is, and where to write to it.
//!
//! No event tells of this: the log names people by keys, and what a key stands for is all that changes here.

use roster_domain::Pseudonym;
use sea_orm::sea_query::{Expr, LockType, Value};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::exactly_one;
use crate::convert::PENDING;
use crate::db::Transaction;
use crate::entity::{invitation, mail, member, person};
use crate::error::Result;
use crate::facts::{Traces, concerning};

/// How many invitations are changed in one statement: few enough for its parameters.
const AT_ONCE: usize = 1_000;

/// Takes the address from every invitation of the person, with the mails of those, from the places that it had in
/// deleted teams, and the user id from the person. Returns how many invitations these were. The person must be locked.
pub(crate) async fn scrub(txn: &Transaction, traces: &Traces, pseudonym: Pseudonym) -> Result<u64> {
    let invitations = invitations_of(txn, traces).await?;
    for some in invitations.chunks(AT_ONCE) {
        let ids = || some.iter().copied();
        invitation::Entity::update_many()
            .col_expr(invitation::Column::Email, Expr::val(""))
            .col_expr(invitation::Column::EmailKey, Expr::val(""))
            .filter(invitation::Column::Id.is_in(ids()))
            .exec(txn)
            .await?;
        mail::Entity::delete_many().filter(mail::Column::InvitationId.is_in(ids())).exec(txn).await?;
    }
    if let Some(key) = traces.person {
        member::Entity::update_many()
            .col_expr(member::Column::Email, Expr::value(Value::String(None)))
            .col_expr(member::Column::EmailKey, Expr::value(Value::String(None)))
            .filter(member::Column::Person.eq(key.0))
            .exec(txn)
            .await?;
        let renamed = person::Entity::update_many()
            .col_expr(person::Column::UserId, pseudonym.to_string().into())
            .filter(person::Column::Id.eq(key.0))
            .exec(txn)
            .await?;
        exactly_one(renamed.rows_affected, "an erasure")?;
    }
    Ok(invitations.len() as u64)
}

/// The person's invitations that have ended and still have an address. Their teams need not be locked, so these rows are:
/// one that is being sent again at this moment is waited for, and left out if it has come to be pending. They are locked
/// in the order of their ids, so that two erasures do not wait for each other crosswise.
async fn invitations_of(txn: &Transaction, traces: &Traces) -> Result<Vec<Uuid>> {
    let Some(of_person) = concerning(traces.person, &traces.addresses) else { return Ok(Vec::new()) };
    Ok(invitation::Entity::find()
        .select_only()
        .column(invitation::Column::Id)
        .filter(of_person)
        .filter(invitation::Column::EmailKey.ne(""))
        // Those of the locked teams have ended by now. One that was made since in another stays whole: it is its team's
        // to end.
        .filter(invitation::Column::State.ne(PENDING))
        .order_by_asc(invitation::Column::Id)
        .lock(LockType::NoKeyUpdate)
        .into_tuple()
        .all(txn)
        .await?)
}
