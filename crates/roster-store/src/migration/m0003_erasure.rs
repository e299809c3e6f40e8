//! What is held about a person is found by the person: to show it, and to erase it.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, schema: &SchemaManager) -> Result<(), DbErr> {
        for index in indexes() {
            schema.create_index(index).await?;
        }
        Ok(())
    }
}

/// Each leads to one person's rows in the order in which an export shows them.
fn indexes() -> Vec<IndexCreateStatement> {
    let index = |name: &'static str, table: &'static str, columns: &[&'static str]| {
        let mut index = Index::create();
        index.name(name).table(table);
        for column in columns {
            index.col(*column);
        }
        index
    };
    vec![
        index("removals_person", "removals", &["person", "team_id"]),
        index("invitations_maker", "invitations", &["maker", "id"]),
        index("invitations_answerer", "invitations", &["answered_by", "id"])
            .cond_where(Expr::col("answered_by").is_not_null())
            .take(),
        index("invite_links_maker", "invite_links", &["maker", "id"]),
        index("team_codes_person", "team_codes", &["maker", "id"]),
        index("events_actor", "events", &["actor", "seq"])
            .cond_where(Expr::col("actor").is_not_null())
            .take(),
        index("events_target", "events", &["target", "seq"])
            .cond_where(Expr::col("target").is_not_null())
            .take(),
    ]
}
