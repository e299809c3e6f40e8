//! The event log. Postgres adds two columns of the all-teams feed that no entity names.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "events")]
pub(crate) struct Model {
    #[sea_orm(primary_key)]
    pub(crate) seq: i64,
    pub(crate) id: Uuid,
    pub(crate) team_id: Uuid,
    pub(crate) revision: i64,
    /// The place among the events of one commit, from 0.
    pub(crate) position: i16,
    pub(crate) r#type: String,
    pub(crate) at: i64,
    /// None where a calling service acted by itself.
    pub(crate) actor: Option<i64>,
    pub(crate) target: Option<i64>,
    pub(crate) caller: String,
    pub(crate) request_id: Option<Uuid>,
    #[sea_orm(column_type = "JsonBinary")]
    pub(crate) payload: Json,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
