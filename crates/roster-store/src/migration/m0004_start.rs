//! A start asks what stored teams need of keys and policies without walking them.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, schema: &SchemaManager) -> Result<(), DbErr> {
        let postgres = schema.get_database_backend() == sea_orm::DbBackend::Postgres;
        for index in indexes() {
            schema.create_index(index).await?;
        }
        schema.create_table(policy_roles(postgres)).await?;
        // What was assigned before starts told the database their roles.
        schema
            .get_connection()
            .execute_unprepared(
                "INSERT INTO policy_roles (policy, role)
                 SELECT DISTINCT teams.policy, member_counts.role FROM member_counts
                 JOIN teams ON teams.id = member_counts.team_id WHERE member_counts.count > 0",
            )
            .await?;
        Ok(())
    }
}

/// The roles that policies had when a service started with them: whatever members hold is among them.
fn policy_roles(postgres: bool) -> TableCreateStatement {
    let text = |name: &'static str| {
        let mut column = ColumnDef::new(name);
        column.text().not_null();
        if postgres {
            column.extra("COLLATE \"C\"");
        }
        column
    };
    Table::create()
        .table("policy_roles")
        .col(text("policy"))
        .col(text("role"))
        .primary_key(Index::create().col("policy").col("role"))
        .take()
}

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
        // That of teams first, as every change of a team begins with its row: in another order each might wait for the other.
        index("teams_tier", "teams", &["policy", "tier"])
            .cond_where(Expr::col("deleted_at").is_null())
            .take(),
        // From one key or tier to the next, however many rows have the same.
        index("invite_links_key", "invite_links", &["key_id", "expires_at"])
            .cond_where(Expr::col("revoked_at").is_null())
            .take(),
        index("invitations_key", "invitations", &["key_id", "expires_at"])
            // Nobody answered a pending one. It is said here so that this index serves those alone who say it too, and does
            // not lead through the pending ones of all teams who look for those of one.
            .cond_where(Expr::col("state").eq(1).and(Expr::col("answered_at").is_null()))
            .take(),
    ]
}
