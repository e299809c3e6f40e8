//! What goes wrong is classified, told without anybody's data, and recovered from.

use std::sync::Arc;
use std::time::Duration;

use roster_store::{Error, ErrorKind, Locked, Options, Place, Pooler, PostgresUrl, Store};
use sea_orm::{ConnectionTrait, TransactionTrait};

use crate::asks::Asks;
use crate::database::{Database, Kind, on_both, on_postgres, on_sqlite};
use crate::scene::{
    change, claim, club, context, fresh, joined, joined_as, lock, person, request, team, user, write,
};

/// Everything that an error could show in a log.
fn texts(error: &Error) -> String {
    let mut texts = format!("{error} {error:?} {error:#?}");
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        texts = format!("{texts} {error} {error:?}");
        source = error.source();
    }
    texts
}

/// Ends every connection of the store.
async fn cut(db: &Database) {
    let sessions = "SELECT pg_terminate_backend(pid)::text FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'roster'";
    db.texts(sessions).await;
}

#[tokio::test]
async fn an_error_holds_nobodys_data() {
    on_both(async |db| {
        let team = team(&db.store, &club(), "canary-founder").await;
        db.execute("CREATE UNIQUE INDEX one_address ON members (email_key)").await;
        let (one, two) = (person(&db.store, "canary-one").await, person(&db.store, "canary-two").await);
        let address = "canary@example.org";
        change(&db.store, team, one, &[joined_as(one, "guest", address)]).await;

        let Locked { mut tx, .. } = lock(&db.store, team).await;
        let error =
            write(&mut tx, &context(two), team, &[joined_as(two, "guest", address)]).await.unwrap_err();
        drop(tx);
        assert_eq!(error.kind(), ErrorKind::Internal);
        let texts = texts(&error);
        assert!(!texts.contains("canary") && !texts.contains("example.org"), "{texts}");
        let code = if db.kind == Kind::Postgres { "23505, constraint one_address" } else { "2067" };
        assert!(texts.contains(code), "{texts}");
    })
    .await;
}

#[tokio::test]
async fn a_row_that_cannot_be_is_named_and_not_shown() {
    on_both(async |db| {
        let team = team(&db.store, &club(), "ada").await;
        let ada = person(&db.store, "ada").await;
        db.execute("UPDATE members SET email = 'canary', role = 'owner'").await;
        let error = db.store.see(team, &user("ada"), |_| true).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Internal);
        let expected = format!("table members, row {}/{}: column email", team.uuid(), ada.0);
        assert!(error.to_string().starts_with(&expected), "{error}");
        assert!(!texts(&error).contains("canary"));

        db.execute("UPDATE teams SET policy = 'Canary!'").await;
        let error = db.store.see(team, &user("ada"), |_| true).await.unwrap_err();
        assert!(error.to_string().starts_with(&format!("table teams, row {}", team.uuid())), "{error}");
        assert!(!texts(&error).contains("Canary"));
    })
    .await;
}

/// The one case that takes its time: the five seconds that a lock is waited for.
#[tokio::test]
async fn a_lock_that_is_held_too_long() {
    on_postgres(async |db| {
        let team = team(&db.store, &club(), "ada").await;
        let holder = db.raw.begin().await.unwrap();
        holder.execute_unprepared("SELECT 1 FROM teams FOR UPDATE").await.unwrap();
        let began = db.store.now().await.unwrap();
        let error = claim(&db.store, team, request(1, 1)).await.err().unwrap();
        let waited =
            Duration::from_micros((db.store.now().await.unwrap().micros() - began.micros()).unsigned_abs());
        assert_eq!(error.kind(), ErrorKind::LockTimeout);
        assert!((5..8).contains(&waited.as_secs()), "{waited:?}");
        assert!(error.to_string().contains("55P03"), "{error}");
        holder.commit().await.unwrap();
        fresh(claim(&db.store, team, request(1, 1)).await.unwrap()).tx.undo().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_writer_that_is_in_the_way_too_long() {
    on_sqlite(async |db| {
        let team = team(&db.store, &club(), "ada").await;
        db.store.now().await.unwrap();
        let (error, ()) = {
            let holder = db.raw.begin().await.unwrap();
            holder.execute_unprepared("UPDATE teams SET tier = 'x'").await.unwrap();
            let error = claim(&db.store, team, request(1, 1)).await.err().unwrap();
            (error, holder.rollback().await.unwrap())
        };
        assert_eq!(error.kind(), ErrorKind::LockTimeout, "{error}");
        fresh(claim(&db.store, team, request(1, 1)).await.unwrap()).tx.undo().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn calls_recover_when_the_server_is_back() {
    on_postgres(async |db| {
        let team = team(&db.store, &club(), "ada").await;
        // Several connections, all idle.
        let (one, two) = tokio::join!(db.store.now(), db.store.now());
        one.and(two).unwrap();
        cut(db).await;
        let mut failures = 0;
        while let Err(error) = db.store.see(team, &user("ada"), |_| true).await {
            assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
            failures += 1;
            assert!(failures <= 8, "more failures than the pool has connections: {error}");
        }
        fresh(claim(&db.store, team, request(1, 1)).await.unwrap()).tx.undo().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_connection_that_breaks_before_the_commit() {
    on_postgres(async |db| {
        let team = team(&db.store, &club(), "ada").await;
        let bob = person(&db.store, "bob").await;
        let Locked { mut tx, .. } = lock(&db.store, team).await;
        cut(db).await;
        let error = write(&mut tx, &context(bob), team, &[joined(bob, "guest")]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
        drop(tx);

        // With an answer to keep, the statement before the commit meets the break: nothing was changed for sure.
        let Locked { mut tx, .. } = lock_again(db, team).await;
        tx.apply(&context(bob), team, &[joined(bob, "guest")]).await.unwrap();
        cut(db).await;
        assert_eq!(tx.finish(b"").await.unwrap_err().kind(), ErrorKind::Unavailable);
        assert_eq!(db.number("SELECT count(*) FROM members").await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_connection_that_breaks_at_the_commit() {
    on_postgres(async |db| {
        let team = team(&db.store, &club(), "ada").await;
        let bob = person(&db.store, "bob").await;
        let Locked { mut tx, .. } = lock(&db.store, team).await;
        write(&mut tx, &context(bob), team, &[joined(bob, "guest")]).await.unwrap();
        cut(db).await;
        assert_eq!(tx.finish(b"").await.unwrap_err().kind(), ErrorKind::OutcomeUnknown);
    })
    .await;
}

/// A request with an id, once the store has found its broken connections.
async fn lock_again(db: &Database, team: roster_domain::TeamId) -> Locked<()> {
    loop {
        match claim(&db.store, team, request(1, 1)).await {
            Ok(loaded) => return fresh(loaded),
            Err(error) => assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}"),
        }
    }
}

/// A commit that the database itself refuses is known not to have happened.
#[tokio::test]
async fn a_commit_that_is_refused() {
    on_postgres(async |db| {
        let team = team(&db.store, &club(), "ada").await;
        let bob = person(&db.store, "bob").await;
        db.execute(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
               RAISE EXCEPTION 'canary' USING ERRCODE = '40001'; END $$;
             CREATE CONSTRAINT TRIGGER late AFTER INSERT ON events DEFERRABLE INITIALLY DEFERRED
               FOR EACH ROW EXECUTE FUNCTION refuse()",
        )
        .await;
        let Locked { mut tx, .. } = lock(&db.store, team).await;
        tx.apply(&context(bob), team, &[joined(bob, "guest")]).await.unwrap();
        let error = tx.finish(b"").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::LockTimeout, "{error}");
        assert!(!texts(&error).contains("canary"));
        assert_eq!(db.number("SELECT count(*) FROM members").await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_pool_without_a_free_connection() {
    on_both(async |db| {
        let busy = one_connection(db).await;
        let team = team(&busy, &club(), "ada").await;
        let held = lock(&busy, team).await;
        // SQLite has others to read from.
        assert_eq!(busy.now().await.is_ok(), db.kind == Kind::Sqlite);
        let error = busy.sweep_answers(|| true).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
        held.tx.undo().await.unwrap();
        busy.sweep_answers(|| true).await.unwrap();
    })
    .await;
}

async fn one_connection(db: &Database) -> Arc<Store> {
    match db.kind {
        Kind::Sqlite => Arc::clone(&db.store),
        Kind::Postgres => db.store_with(1).await,
    }
}

#[tokio::test]
async fn a_server_that_is_not_there() {
    // Free a moment ago; nobody listens there.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("postgres://canary:canary@127.0.0.1:{port}/canary");
    let url = PostgresUrl::parse(&url).unwrap();
    let place = Place::Postgres { url, max_connections: 2, pooler: Pooler::None };
    let error = Store::open(Options { place, clock_offset: Duration::ZERO }).await.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    assert!(!texts(&error).contains("canary"));
}

#[tokio::test]
async fn a_server_that_is_set_to_read_only_is_read_from_and_written_to_again() {
    on_postgres(async |db| {
        let team = team(&db.store, &club(), "ada").await;
        let database = db.texts("SELECT current_database()::text").await.remove(0);
        db.execute(&format!("ALTER DATABASE {database} SET default_transaction_read_only = on")).await;
        // Its sessions are read-only for as long as they live.
        let store = db.store_with(1).await;
        let refused = claim(&store, team, request(1, 1)).await.err().expect("nothing can be written");
        assert_eq!(refused.kind(), ErrorKind::Unavailable, "{refused}");
        assert!(store.see(team, &user("ada"), |_| true).await.unwrap().is_some(), "reads go on");
        db.execute(&format!("ALTER DATABASE {database} RESET default_transaction_read_only")).await;
        let write = async {
            loop {
                match claim(&store, team, request(1, 1)).await {
                    Ok(loaded) => return fresh(loaded),
                    Err(error) => assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}"),
                }
            }
        };
        let written = tokio::time::timeout(Duration::from_secs(10), write).await;
        written.expect("writes go on").tx.undo().await.unwrap();
    })
    .await;
}
