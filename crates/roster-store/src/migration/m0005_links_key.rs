//! The index that leads from one key of links to the next serves nothing else.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, schema: &SchemaManager) -> Result<(), DbErr> {
        schema
            .create_index(
                Index::create()
                    .name("invite_links_signed")
                    .table("invite_links")
                    .col("key_id")
                    .col("expires_at")
                    // What holds always is said here so that this index serves those alone who say it too. Postgres took the
                    // one before for the live links of one team where it knew of few links yet, and read those of all.
                    .cond_where(Expr::col("revoked_at").is_null().and(Expr::col("uses").gte(0)))
                    .take(),
            )
            .await?;
        schema.drop_index(Index::drop().name("invite_links_key").table("invite_links").to_owned()).await
    }
}
