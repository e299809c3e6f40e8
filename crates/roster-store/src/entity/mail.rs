//! The outbox: the mails of invitations, without addresses and secrets.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "mails")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) invitation_id: Uuid,
    /// The generation of the secret that it brings.
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) generation: i32,
    /// The language that was asked for; empty for the deployment's default.
    pub(crate) locale: String,
    pub(crate) state: i16,
    /// Why the last try failed; 0 where none did.
    pub(crate) failure: i16,
    pub(crate) attempts: i32,
    /// When it may be taken: while somebody tries to send it, when that try counts as lost.
    pub(crate) due_at: i64,
    pub(crate) created_at: i64,
    pub(crate) sent_at: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
