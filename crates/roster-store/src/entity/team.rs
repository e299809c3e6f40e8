//! Teams.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "teams")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) policy: String,
    pub(crate) display_name: String,
    pub(crate) tier: Option<String>,
    pub(crate) external_id: Option<String>,
    pub(crate) personal_person: Option<i64>,
    /// The calling service that created the team.
    pub(crate) caller: String,
    pub(crate) creator: i64,
    pub(crate) revision: i64,
    /// The revision at which the row itself, not what hangs on it, last changed.
    pub(crate) version: i64,
    pub(crate) created_at: i64,
    pub(crate) deleted_at: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
