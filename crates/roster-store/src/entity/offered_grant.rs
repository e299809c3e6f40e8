//! What invitations and codes bring with them.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "offered_grants")]
pub(crate) struct Model {
    /// The invitation or the code.
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) offer_id: Uuid,
    pub(crate) team_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) kind: String,
    /// The resource; empty for all of the kind.
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) resource: String,
    pub(crate) role: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
