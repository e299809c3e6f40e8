//! Team codes, with the text that people type.

use sea_orm::entity::prelude::*;

#[derive(Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "team_codes")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) team_id: Uuid,
    /// As it is shown.
    pub(crate) code: String,
    /// As it is found: without separators, and without letters that look like digits.
    pub(crate) code_key: String,
    pub(crate) role: String,
    /// The kinds in which whoever redeems is restricted, joined by commas.
    pub(crate) restricted: String,
    pub(crate) maker: i64,
    pub(crate) revision: i64,
    pub(crate) created_at: i64,
    pub(crate) expires_at: Option<i64>,
    pub(crate) revoked_at: Option<i64>,
    pub(crate) uses: i64,
    pub(crate) max_uses: Option<i64>,
}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Its text must not be printed by accident.
        f.debug_struct("team_code").field("id", &self.id).finish_non_exhaustive()
    }
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
