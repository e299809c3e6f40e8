//! E-mail invitations: everything but the secret, of which the digest is kept.

use sea_orm::entity::prelude::*;

#[derive(Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "invitations")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) team_id: Uuid,
    pub(crate) email: String,
    pub(crate) email_key: String,
    pub(crate) role: String,
    /// The kinds in which whoever accepts is restricted, joined by commas.
    pub(crate) restricted: String,
    pub(crate) state: i16,
    pub(crate) maker: i64,
    /// The team's revision that made it or last sent it again.
    pub(crate) revision: i64,
    /// The team's revision at its last change.
    pub(crate) version: i64,
    pub(crate) digest: Vec<u8>,
    pub(crate) salt: Vec<u8>,
    pub(crate) generation: i32,
    pub(crate) key_id: String,
    pub(crate) created_at: i64,
    pub(crate) expires_at: i64,
    pub(crate) answered_by: Option<i64>,
    pub(crate) answered_at: Option<i64>,
}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Its address must not be printed by accident.
        f.debug_struct("invitation").field("id", &self.id).finish_non_exhaustive()
    }
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
