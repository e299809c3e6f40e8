//! Memberships.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "members")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) team_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) person: i64,
    pub(crate) role: String,
    pub(crate) state: i16,
    pub(crate) email: Option<String>,
    pub(crate) email_key: Option<String>,
    /// The kinds in which the member is restricted, joined by commas.
    pub(crate) restricted: String,
    pub(crate) joined_at: i64,
    pub(crate) join_method: i16,
    /// The invitation, link or code by which the person came.
    pub(crate) joined_through: Option<Uuid>,
    pub(crate) invited_by: Option<i64>,
    pub(crate) version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {
    /// Who the member is.
    #[sea_orm(
        belongs_to = "super::person::Entity",
        from = "Column::Person",
        to = "super::person::Column::Id"
    )]
    Person,
    /// Who let it in.
    #[sea_orm(
        belongs_to = "super::person::Entity",
        from = "Column::InvitedBy",
        to = "super::person::Column::Id"
    )]
    Inviter,
    /// The team that it is a member of.
    #[sea_orm(belongs_to = "super::team::Entity", from = "Column::TeamId", to = "super::team::Column::Id")]
    Team,
}

impl ActiveModelBehavior for ActiveModel {}
