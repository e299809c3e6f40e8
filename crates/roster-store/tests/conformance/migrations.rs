//! How a database comes to its schema.

use roster_domain::{CodeKey, CodeText};
use roster_store::CodeInvite;

use crate::database::{Database, Kind, TABLES, on_both_empty};

const ALL: [&str; 5] = ["m0001_first", "m0002_ways_in", "m0003_erasure", "m0004_start", "m0005_links_key"];

#[tokio::test]
async fn up_twice() {
    on_both_empty(async |db| {
        let before = db.store.migration_status().await.unwrap();
        assert_eq!((before.applied.len(), before.pending.as_slice()), (0, &ALL.map(str::to_owned)[..]));
        assert!(
            db.try_execute("SELECT count(*) FROM seaql_migrations").await.is_err(),
            "asking made a table"
        );

        assert_eq!(db.store.migrate_up().await.unwrap(), ALL);
        let after = db.store.migration_status().await.unwrap();
        assert_eq!((after.applied.as_slice(), after.pending.len()), (&ALL.map(str::to_owned)[..], 0));

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
        assert_eq!([one.unwrap(), two.unwrap()].concat(), ALL);
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
        assert_eq!(db.store.migrate_up().await.unwrap(), ALL);
    })
    .await;
}

#[tokio::test]
async fn a_schema_of_a_later_release_is_taken_as_it_is() {
    on_both_empty(async |db| {
        db.store.migrate_up().await.unwrap();
        db.execute("INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9999_later', 0)").await;
        let status = db.store.migration_status().await.unwrap();
        let applied: Vec<&str> = ALL.into_iter().chain(["m9999_later"]).collect();
        assert_eq!(
            (status.applied, status.pending.len()),
            (applied.into_iter().map(str::to_owned).collect(), 0)
        );
        assert_eq!(db.store.migrate_up().await.unwrap(), [""; 0]);
    })
    .await;
}

/// Takes all but the first migration back, so that the database is as the first release left it.
async fn undo_all_but_the_first(db: &Database) {
    for sql in [
        "DROP TABLE policy_roles",
        "DROP INDEX invite_links_signed",
        "DELETE FROM seaql_migrations WHERE version = 'm0005_links_key'",
        "DROP INDEX invitations_key",
        "DROP INDEX teams_tier",
        "DELETE FROM seaql_migrations WHERE version = 'm0004_start'",
        "DROP INDEX removals_person",
        "DROP INDEX invitations_maker",
        "DROP INDEX invitations_answerer",
        "DROP INDEX invite_links_maker",
        "DROP INDEX team_codes_person",
        "DROP INDEX events_actor",
        "DROP INDEX events_target",
        "DELETE FROM seaql_migrations WHERE version = 'm0003_erasure'",
        "DROP TABLE mails",
        "DROP INDEX team_codes_key",
        "DROP INDEX team_codes_open",
        "ALTER TABLE team_codes DROP COLUMN code_key",
        "DROP INDEX invitations_overdue",
        "DROP INDEX invitations_team",
        "DROP INDEX invitations_state",
        "DROP INDEX invitations_address",
        "DELETE FROM seaql_migrations WHERE version = 'm0002_ways_in'",
    ] {
        db.execute(sql).await;
    }
}

#[tokio::test]
async fn from_the_first_release_with_rows() {
    on_both_empty(async |db| {
        let store = &db.store;
        store.migrate_up().await.unwrap();
        let schema = match db.kind {
            Kind::Sqlite => "SELECT name FROM sqlite_master WHERE type IN ('table', 'index') ORDER BY 1",
            Kind::Postgres => "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1",
        };
        let fresh = db.texts(schema).await;
        undo_all_but_the_first(db).await;
        assert!(db.texts(schema).await.len() < fresh.len());
        assert_eq!(store.migration_status().await.unwrap().pending, ALL[1..]);

        let id = db.uuid(uuid::Uuid::now_v7());
        db.execute("INSERT INTO people (user_id, created_at) VALUES ('ada', 0)").await;
        db.execute(&format!(
            "INSERT INTO teams (id, policy, display_name, caller, creator, revision, version, created_at)
             VALUES ({id}, 'guild', 'Chess', 'front-end', 1, 1, 1, 0)"
        ))
        .await;
        let made = ["GD-0A1B2C3D", "TO-IL-LOOK", "SK-ZZZZZZZZ", "CLUB7Q4MXR"];
        for text in made {
            let code = db.uuid(uuid::Uuid::now_v7());
            db.execute(&format!(
                "INSERT INTO team_codes (id, team_id, code, role, restricted, maker, revision, created_at, uses)
                 VALUES ({code}, {id}, '{text}', 'guest', '', 1, 1, 0, 0)"
            ))
            .await;
        }
        let before = db.texts("SELECT code || role || maker FROM team_codes ORDER BY code").await;

        assert_eq!(store.migrate_up().await.unwrap(), ALL[1..]);
        assert_eq!(db.texts(schema).await, fresh, "it is as a new one");
        let after = db.texts("SELECT code || role || maker FROM team_codes ORDER BY code").await;
        assert_eq!(after, before);
        for text in made {
            let key = CodeKey::of(&CodeText::new(text.to_owned()));
            let stored = db.texts(&format!("SELECT code_key FROM team_codes WHERE code = '{text}'")).await;
            assert_eq!(stored, [key.reveal()], "{text}");
            let typed = CodeKey::read(&text.to_lowercase()).unwrap();
            assert!(store.team_of(&CodeInvite(&typed)).await.unwrap().is_some());
        }
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
