//! What the schema promises beyond tables and columns.

use roster_domain::{NewTeamCode, Timestamp};

use crate::database::{TABLES, on_both, on_postgres};
use crate::scene::{club, code, invite, new_code, person, team};

#[tokio::test]
async fn texts_compare_by_their_bytes() {
    on_postgres(async |db| {
        let other = db
            .texts(
                "SELECT table_name || '.' || column_name FROM information_schema.columns
                 WHERE table_schema = 'public' AND table_name <> 'seaql_migrations'
                   AND data_type IN ('text', 'character varying', 'character')
                   AND (data_type <> 'text' OR collation_name IS DISTINCT FROM 'C')",
            )
            .await;
        assert_eq!(other, [""; 0]);
    })
    .await;
}

#[tokio::test]
async fn tables_are_those_that_are_known() {
    on_postgres(async |db| {
        let tables = "SELECT table_name::text FROM information_schema.tables
            WHERE table_schema = 'public' AND table_name <> 'seaql_migrations' ORDER BY 1";
        assert_eq!(db.texts(tables).await, TABLES);
    })
    .await;
}

#[tokio::test]
async fn times_are_whole_microseconds() {
    on_postgres(async |db| {
        let other = "SELECT table_name || '.' || column_name FROM information_schema.columns
            WHERE table_schema = 'public' AND table_name <> 'seaql_migrations'
              AND (data_type LIKE 'time%' OR (column_name LIKE '%_at' AND data_type <> 'bigint'))";
        assert_eq!(db.texts(other).await, [""; 0]);
    })
    .await;
}

#[tokio::test]
async fn events_carry_what_a_feed_of_all_teams_needs() {
    on_postgres(async |db| {
        team(&db.store, &club(), "ada").await;
        let columns =
            "SELECT data_type || ' ' || is_nullable || ' ' || column_default FROM information_schema.columns
            WHERE table_name = 'events' AND column_name IN ('epoch', 'tx') ORDER BY column_name";
        assert_eq!(db.texts(columns).await, ["integer NO 1", "xid8 NO pg_current_xact_id()"]);
        assert_eq!(db.number("SELECT count(DISTINCT tx::text) FROM events").await, 1, "one commit, one tx");
        assert_eq!(db.number("SELECT count(*) FROM events WHERE epoch = 1").await, 2);
        let index = "SELECT indexdef FROM pg_indexes WHERE indexname = 'events_feed'";
        assert!(db.texts(index).await[0].ends_with("(epoch, tx, seq)"));
    })
    .await;
}

#[tokio::test]
async fn events_are_numbered_in_the_order_of_a_commit() {
    on_both(async |db| {
        team(&db.store, &club(), "ada").await;
        team(&db.store, &club(), "ada").await;
        let seq = "SELECT CAST(seq AS TEXT) FROM events ORDER BY team_id, revision, position";
        assert_eq!(db.texts(seq).await, ["1", "2", "3", "4"]);
    })
    .await;
}

#[tokio::test]
async fn constraints_are_the_last_line_of_defence() {
    on_both(async |db| {
        let team = team(&db.store, &club(), "ada").await;
        let id = db.uuid(team.uuid());
        let other = db.uuid(uuid::Uuid::now_v7());
        let ada = person(&db.store, "ada").await;
        invite(&db.store, team, ada, ("eve@example.org", Timestamp::from_micros(0))).await;
        code(&db.store, team, NewTeamCode { max_uses: Some(1), ..new_code(ada, "GD-ONCE") }).await;
        db.execute("UPDATE teams SET external_id = 'x', personal_person = 1").await;
        let copy = |columns: &str| {
            format!(
                "INSERT INTO teams (id, policy, display_name, external_id, personal_person, caller, creator, revision,
                   version, created_at) SELECT {columns}, creator, 1, 1, 0 FROM teams WHERE id = {id}"
            )
        };
        let third = db.uuid(uuid::Uuid::now_v7());
        for (sql, allowed) in [
            ("UPDATE members SET state = 3".to_owned(), false),
            ("UPDATE member_counts SET count = -1".to_owned(), false),
            ("UPDATE teams SET revision = 0".to_owned(), false),
            (format!("DELETE FROM teams WHERE id = {id}"), false),
            ("UPDATE members SET person = 999".to_owned(), false),
            ("INSERT INTO people (user_id, created_at) VALUES ('ada', 0)".to_owned(), false),
            ("INSERT INTO people (user_id, created_at) VALUES ('Ada', 0)".to_owned(), true),
            ("UPDATE events SET position = 0".to_owned(), false),
            (copy(&format!("{other}, policy, 'b', external_id, NULL, caller")), false),
            (copy(&format!("{other}, policy, 'b', NULL, personal_person, caller")), false),
            (copy(&format!("{other}, policy, 'b', NULL, NULL, caller")), true),
            (copy(&format!("{third}, 'choir', 'b', external_id, personal_person, 'another'")), true),
            // A deleted team has its external id no more, and another may have it.
            (format!("UPDATE teams SET deleted_at = 1 WHERE id = {id}"), true),
            (format!("UPDATE teams SET external_id = 'x' WHERE id = {other}"), true),
            (format!("UPDATE teams SET deleted_at = NULL WHERE id = {id}"), false),
            ("UPDATE invitations SET state = 0".to_owned(), false),
            ("UPDATE team_codes SET uses = -1".to_owned(), false),
            ("UPDATE team_codes SET uses = 2".to_owned(), false),
            ("UPDATE team_codes SET uses = 1".to_owned(), true),
            ("UPDATE team_codes SET max_uses = 0".to_owned(), false),
            ("UPDATE team_codes SET max_uses = NULL, uses = 99".to_owned(), true),
        ] {
            let done = db.try_execute(&sql).await;
            assert_eq!(done.is_ok(), allowed, "{sql}: {done:?}");
        }
    })
    .await;
}
