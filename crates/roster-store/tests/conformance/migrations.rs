//! How a database comes to its schema.

use crate::database::{Kind, TABLES, on_both_empty};

const FIRST: &str = "m0001_first";

#[tokio::test]
async fn up_twice() {
    on_both_empty(async |db| {
        let before = db.store.migration_status().await.unwrap();
        assert_eq!((before.applied.len(), before.pending), (0, vec![FIRST.to_owned()]));
        assert!(
            db.try_execute("SELECT count(*) FROM seaql_migrations").await.is_err(),
            "asking made a table"
        );

        assert_eq!(db.store.migrate_up().await.unwrap(), [FIRST]);
        let after = db.store.migration_status().await.unwrap();
        assert_eq!((after.applied, after.pending.len()), (vec![FIRST.to_owned()], 0));

        assert_eq!(db.store.migrate_up().await.unwrap(), [""; 0]);
        assert_eq!(db.row_counts().await.len(), TABLES.len());
    })
    .await;
}

#[tokio::test]
async fn two_at_once() {
    on_both_empty(async |db| {
        let other = db.another_store().await;
        let (one, two) = tokio::join!(db.store.migrate_up(), other.migrate_up());
        assert_eq!([one.unwrap(), two.unwrap()].concat(), [FIRST]);
        assert_eq!(db.store.migration_status().await.unwrap().pending.len(), 0);
    })
    .await;
}

#[tokio::test]
async fn a_migration_that_fails_leaves_nothing() {
    on_both_empty(async |db| {
        db.execute("CREATE TABLE signing_keys (id INTEGER)").await;
        db.store.migrate_up().await.unwrap_err();
        assert!(db.try_execute("SELECT count(*) FROM teams").await.is_err(), "half a schema");
        assert_eq!(db.store.migration_status().await.unwrap().applied.len(), 0);
        db.execute("DROP TABLE signing_keys").await;
        assert_eq!(db.store.migrate_up().await.unwrap(), [FIRST]);
    })
    .await;
}

#[tokio::test]
async fn no_time_out_cuts_a_migration_off() {
    on_both_empty(async |db| {
        if db.kind == Kind::Sqlite {
            return;
        }
        // Notes what holds while the schema changes. Calls of the service have time-outs, and use the same connections.
        for statement in [
            "CREATE TABLE seen (setting TEXT)",
            "CREATE FUNCTION look() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
               INSERT INTO seen VALUES (current_setting('lock_timeout')), (current_setting('statement_timeout'));
             END $$",
            "CREATE EVENT TRIGGER look ON ddl_command_end EXECUTE FUNCTION look()",
        ] {
            db.execute(statement).await;
        }
        db.store.migrate_up().await.unwrap();
        assert_eq!(db.texts("SELECT DISTINCT setting FROM seen").await, ["0"]);
    })
    .await;
}
