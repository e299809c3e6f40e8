//! What members were granted.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "grants")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) team_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) person: i64,
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
