//! Mails of invitations, codes that are found however they are typed, and the invitations that ran out.

use sea_orm::DbBackend;
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, schema: &SchemaManager) -> Result<(), DbErr> {
        let collation = match schema.get_database_backend() {
            DbBackend::Postgres => " COLLATE \"C\"",
            _ => "",
        };
        schema.create_table(mails(collation)).await?;
        let key = format!("ALTER TABLE team_codes ADD COLUMN code_key TEXT{collation} NOT NULL DEFAULT ''");
        schema.get_connection().execute_unprepared(&key).await?;
        // As the domain reads codes: no separators, capitals, and no letter that looks like a digit.
        schema
            .get_connection()
            .execute_unprepared(
                "UPDATE team_codes SET code_key = \
                 replace(replace(replace(replace(upper(code), '-', ''), 'I', '1'), 'L', '1'), 'O', '0')",
            )
            .await?;
        for index in indexes() {
            schema.create_index(index).await?;
        }
        Ok(())
    }
}

/// The outbox: one row for each secret of an invitation that is mailed. It holds neither the address nor the secret.
fn mails(collation: &'static str) -> TableCreateStatement {
    let bigint = |name: &'static str| ColumnDef::new(name).big_integer().take();
    Table::create()
        .table("mails")
        .col(ColumnDef::new("invitation_id").uuid().not_null())
        .col(ColumnDef::new("generation").integer().not_null())
        .col(ColumnDef::new("locale").text().not_null().extra(collation.trim_start()))
        .col(ColumnDef::new("state").small_integer().not_null())
        .col(ColumnDef::new("failure").small_integer().not_null())
        .col(ColumnDef::new("attempts").integer().not_null())
        .col(bigint("due_at").not_null())
        .col(bigint("created_at").not_null())
        .col(bigint("sent_at"))
        .primary_key(Index::create().col("invitation_id").col("generation"))
        .foreign_key(ForeignKey::create().from("mails", "invitation_id").to("invitations", "id"))
        .check(Expr::col("state").is_in([1, 2, 3, 4]))
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
        // One code over all teams: whoever types it names no team.
        index("team_codes_key", "team_codes", &["code_key"]).unique().take(),
        // A team's codes that were not revoked, page by page: the few live ones are among them.
        index("team_codes_open", "team_codes", &["team_id", "revision"])
            .cond_where(Expr::col("revoked_at").is_null())
            .take(),
        // What the mail worker takes next.
        index("mails_due", "mails", &["due_at"]).cond_where(Expr::col("state").eq(1)).take(),
        // What the sweep marks as expired. That nobody answered a pending one goes without saying and is said by the sweep
        // alone: this index would else lead whoever asks for a team's pending ones through those of all teams.
        index("invitations_overdue", "invitations", &["expires_at"])
            .cond_where(Expr::col("state").eq(1).and(Expr::col("answered_at").is_null()))
            .take(),
        // A team's invitations, page by page: all of them, those of one state, those of one address. Without the second the
        // first would lead whoever asks for the few pending ones past all that were ever answered.
        index("invitations_team", "invitations", &["team_id", "created_at", "id"]),
        index("invitations_state", "invitations", &["team_id", "state", "created_at", "id"]),
        index("invitations_address", "invitations", &["team_id", "email_key", "created_at", "id"]),
    ]
}
