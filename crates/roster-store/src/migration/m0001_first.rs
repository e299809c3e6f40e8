//! The first schema.
//!
//! Times are microseconds since the Unix epoch in BIGINT on both databases, since SQLite's texts sort wrongly. Texts
//! that are compared or sorted have the "C" collation on Postgres, which is what SQLite does by itself. People appear
//! by an internal key everywhere but in `people`. A resource of '' in a grant stands for all of its kind; no product's
//! resource has that id. Columns that nothing reads yet (the feed's `epoch` and `tx`) are here because rows written
//! without them could not be given them later.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, schema: &SchemaManager) -> Result<(), DbErr> {
        let postgres = schema.get_database_backend() == sea_orm::DbBackend::Postgres;
        for table in [
            people(postgres),
            teams(postgres),
            members(postgres),
            member_counts(postgres),
            removals(),
            grants(postgres),
            invitations(postgres),
            invite_links(postgres),
            team_codes(postgres),
            offered_grants(postgres),
            events(postgres),
            idempotency(),
            signing_keys(postgres),
        ] {
            schema.create_table(table).await?;
        }
        for index in indexes() {
            schema.create_index(index).await?;
        }
        if postgres {
            // The order of the all-teams feed: a transaction's id is visible to readers only once everything before
            // it is settled. `epoch` begins anew, by a change of the default, where the ids do: in a restored copy.
            schema
                .get_connection()
                .execute_unprepared(
                    "ALTER TABLE events \
                     ADD COLUMN epoch INTEGER NOT NULL DEFAULT 1, \
                     ADD COLUMN tx XID8 NOT NULL DEFAULT pg_current_xact_id()",
                )
                .await?;
            schema
                .get_connection()
                .execute_unprepared("CREATE INDEX events_feed ON events (epoch, tx, seq)")
                .await?;
        }
        Ok(())
    }
}

fn text(name: &'static str, postgres: bool) -> ColumnDef {
    let mut column = ColumnDef::new(name);
    column.text();
    if postgres {
        column.extra("COLLATE \"C\"");
    }
    column
}

fn bigint(name: &'static str) -> ColumnDef {
    let mut column = ColumnDef::new(name);
    column.big_integer();
    column
}

fn people(postgres: bool) -> TableCreateStatement {
    Table::create()
        .table("people")
        .col(bigint("id").not_null().auto_increment().primary_key())
        .col(text("user_id", postgres).not_null().unique_key())
        .col(bigint("created_at").not_null())
        .take()
}

fn teams(postgres: bool) -> TableCreateStatement {
    Table::create()
        .table("teams")
        .col(ColumnDef::new("id").uuid().not_null().primary_key())
        .col(text("policy", postgres).not_null())
        .col(text("display_name", postgres).not_null())
        .col(text("tier", postgres))
        .col(text("external_id", postgres))
        .col(bigint("personal_person"))
        .col(text("caller", postgres).not_null())
        .col(bigint("creator").not_null())
        .col(bigint("revision").not_null())
        .col(bigint("version").not_null())
        .col(bigint("created_at").not_null())
        .col(bigint("deleted_at"))
        .check(Expr::col("revision").gte(1))
        .take()
}

fn members(postgres: bool) -> TableCreateStatement {
    Table::create()
        .table("members")
        .col(ColumnDef::new("team_id").uuid().not_null())
        .col(bigint("person").not_null())
        .col(text("role", postgres).not_null())
        .col(ColumnDef::new("state").small_integer().not_null())
        .col(text("email", postgres))
        .col(text("email_key", postgres))
        .col(text("restricted", postgres).not_null())
        .col(bigint("joined_at").not_null())
        .col(ColumnDef::new("join_method").small_integer().not_null())
        .col(ColumnDef::new("joined_through").uuid())
        .col(bigint("invited_by"))
        .col(bigint("version").not_null())
        .primary_key(Index::create().col("team_id").col("person"))
        .foreign_key(ForeignKey::create().from("members", "team_id").to("teams", "id"))
        .foreign_key(ForeignKey::create().from("members", "person").to("people", "id"))
        .check(Expr::col("state").is_in([1, 2]))
        .take()
}

fn member_counts(postgres: bool) -> TableCreateStatement {
    Table::create()
        .table("member_counts")
        .col(ColumnDef::new("team_id").uuid().not_null())
        .col(text("role", postgres).not_null())
        .col(ColumnDef::new("state").small_integer().not_null())
        .col(bigint("count").not_null())
        .primary_key(Index::create().col("team_id").col("role").col("state"))
        .foreign_key(ForeignKey::create().from("member_counts", "team_id").to("teams", "id"))
        .check(Expr::col("count").gte(0))
        .take()
}

fn removals() -> TableCreateStatement {
    Table::create()
        .table("removals")
        .col(ColumnDef::new("team_id").uuid().not_null())
        .col(bigint("person").not_null())
        .col(bigint("revision").not_null())
        .primary_key(Index::create().col("team_id").col("person"))
        .foreign_key(ForeignKey::create().from("removals", "team_id").to("teams", "id"))
        .take()
}

fn grants(postgres: bool) -> TableCreateStatement {
    Table::create()
        .table("grants")
        .col(ColumnDef::new("team_id").uuid().not_null())
        .col(bigint("person").not_null())
        .col(text("kind", postgres).not_null())
        .col(text("resource", postgres).not_null())
        .col(text("role", postgres).not_null())
        .primary_key(Index::create().col("team_id").col("person").col("kind").col("resource"))
        // A grant that outlived its membership would come back with the person.
        .foreign_key(
            ForeignKey::create().from("grants", ("team_id", "person")).to("members", ("team_id", "person")),
        )
        .take()
}

fn invitations(postgres: bool) -> TableCreateStatement {
    Table::create()
        .table("invitations")
        .col(ColumnDef::new("id").uuid().not_null().primary_key())
        .col(ColumnDef::new("team_id").uuid().not_null())
        .col(text("email", postgres).not_null())
        .col(text("email_key", postgres).not_null())
        .col(text("role", postgres).not_null())
        .col(text("restricted", postgres).not_null())
        .col(ColumnDef::new("state").small_integer().not_null())
        .col(bigint("maker").not_null())
        .col(bigint("revision").not_null())
        .col(bigint("version").not_null())
        .col(ColumnDef::new("digest").binary_len(32).not_null().unique_key())
        .col(ColumnDef::new("salt").binary_len(16).not_null())
        .col(ColumnDef::new("generation").integer().not_null())
        .col(text("key_id", postgres).not_null())
        .col(bigint("created_at").not_null())
        .col(bigint("expires_at").not_null())
        .col(bigint("answered_by"))
        .col(bigint("answered_at"))
        .foreign_key(ForeignKey::create().from("invitations", "team_id").to("teams", "id"))
        .check(Expr::col("state").is_in([1, 2, 3, 4, 5]))
        .take()
}

fn team_codes(postgres: bool) -> TableCreateStatement {
    Table::create()
        .table("team_codes")
        .col(ColumnDef::new("id").uuid().not_null().primary_key())
        .col(ColumnDef::new("team_id").uuid().not_null())
        .col(text("code", postgres).not_null().unique_key())
        .col(text("role", postgres).not_null())
        .col(text("restricted", postgres).not_null())
        .col(bigint("maker").not_null())
        .col(bigint("revision").not_null())
        .col(bigint("created_at").not_null())
        .col(bigint("expires_at"))
        .col(bigint("revoked_at"))
        .col(bigint("uses").not_null())
        .col(bigint("max_uses"))
        .foreign_key(ForeignKey::create().from("team_codes", "team_id").to("teams", "id"))
        .check(Expr::col("uses").gte(0))
        .check(Expr::col("max_uses").is_null().or(Expr::col("uses").lte(Expr::col("max_uses"))))
        .take()
}

/// What invitations and codes bring with them.
fn offered_grants(postgres: bool) -> TableCreateStatement {
    Table::create()
        .table("offered_grants")
        .col(ColumnDef::new("offer_id").uuid().not_null())
        .col(ColumnDef::new("team_id").uuid().not_null())
        .col(text("kind", postgres).not_null())
        .col(text("resource", postgres).not_null())
        .col(text("role", postgres).not_null())
        .primary_key(Index::create().col("offer_id").col("kind").col("resource"))
        .foreign_key(ForeignKey::create().from("offered_grants", "team_id").to("teams", "id"))
        .take()
}

fn invite_links(postgres: bool) -> TableCreateStatement {
    Table::create()
        .table("invite_links")
        .col(ColumnDef::new("id").uuid().not_null().primary_key())
        .col(ColumnDef::new("team_id").uuid().not_null())
        .col(text("role", postgres).not_null())
        .col(bigint("maker").not_null())
        .col(bigint("revision").not_null())
        .col(ColumnDef::new("digest").binary_len(32).not_null().unique_key())
        .col(ColumnDef::new("salt").binary_len(16).not_null())
        .col(ColumnDef::new("generation").integer().not_null())
        .col(text("key_id", postgres).not_null())
        .col(bigint("created_at").not_null())
        .col(bigint("expires_at").not_null())
        .col(bigint("revoked_at"))
        .col(bigint("uses").not_null())
        .foreign_key(ForeignKey::create().from("invite_links", "team_id").to("teams", "id"))
        .check(Expr::col("uses").gte(0))
        .take()
}

fn events(postgres: bool) -> TableCreateStatement {
    Table::create()
        .table("events")
        .col(bigint("seq").not_null().auto_increment().primary_key())
        .col(ColumnDef::new("id").uuid().not_null())
        .col(ColumnDef::new("team_id").uuid().not_null())
        .col(bigint("revision").not_null())
        .col(ColumnDef::new("position").small_integer().not_null())
        .col(text("type", postgres).not_null())
        .col(bigint("at").not_null())
        .col(bigint("actor"))
        .col(bigint("target"))
        .col(text("caller", postgres).not_null())
        .col(ColumnDef::new("request_id").uuid())
        .col(ColumnDef::new("payload").json_binary().not_null())
        .take()
}

fn idempotency() -> TableCreateStatement {
    Table::create()
        .table("idempotency")
        .col(ColumnDef::new("key").binary_len(32).not_null().primary_key())
        .col(ColumnDef::new("request").binary_len(32).not_null())
        .col(ColumnDef::new("answer").blob())
        .col(bigint("answered_at"))
        .take()
}

fn signing_keys(postgres: bool) -> TableCreateStatement {
    Table::create()
        .table("signing_keys")
        .col(text("id", postgres).not_null().primary_key())
        .col(text("fingerprint", postgres).not_null())
        .col(bigint("first_seen_at").not_null())
        .take()
}

fn indexes() -> Vec<IndexCreateStatement> {
    let unique = |name: &'static str, table: &'static str, columns: &[&'static str]| {
        let mut index = index(name, table, columns);
        index.unique();
        index
    };
    vec![
        // A deleted team has its key no more.
        unique("teams_external_id", "teams", &["caller", "external_id"])
            .cond_where(Expr::col("deleted_at").is_null())
            .take(),
        unique("teams_personal_person", "teams", &["policy", "personal_person"]),
        // The cap on teams created by a person within a day.
        index("teams_creator", "teams", &["creator", "created_at"]),
        // A person's teams, page by page, from the index alone.
        index("members_person", "members", &["person", "state", "team_id", "role"]),
        // A team's members, page by page, all of them or one role's.
        index("members_joined", "members", &["team_id", "state", "joined_at", "person"]),
        index("members_role", "members", &["team_id", "state", "role", "joined_at", "person"]),
        index("members_email", "members", &["team_id", "email_key"]),
        unique("invite_links_team", "invite_links", &["team_id", "revision"]),
        // Who was granted a resource.
        index("grants_resource", "grants", &["team_id", "kind", "resource", "person"]),
        index("offered_grants_resource", "offered_grants", &["team_id", "kind", "resource"]),
        // An address has one pending invitation a team.
        unique("invitations_pending", "invitations", &["team_id", "email_key"])
            .cond_where(Expr::col("state").eq(1))
            .take(),
        // The pending ones that have not expired, which are few: counted, and listed. An index in the order of the list
        // would lead past all that were ever accepted.
        index("invitations_expiry", "invitations", &["team_id", "state", "expires_at"]),
        // A person's own, over all teams.
        index("invitations_email", "invitations", &["email_key", "state"]),
        index("team_codes_team", "team_codes", &["team_id", "revision"]),
        // What somebody who is removed leaves behind.
        index("team_codes_maker", "team_codes", &["team_id", "maker"]),
        // The few live ones among all that ever were.
        index("invite_links_expiry", "invite_links", &["team_id", "expires_at"])
            .cond_where(Expr::col("revoked_at").is_null())
            .take(),
        // The log of a team, and the last line of defence for its order.
        unique("events_team", "events", &["team_id", "revision", "position"]),
        index("idempotency_answered", "idempotency", &["answered_at"]),
    ]
}

fn index(name: &'static str, table: &'static str, columns: &[&'static str]) -> IndexCreateStatement {
    let mut index = Index::create();
    index.name(name).table(table);
    for column in columns {
        index.col(*column);
    }
    index
}
