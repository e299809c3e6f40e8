//! What becomes of connections whose users end a transaction without a commit, or go away in the middle of a statement.

use std::sync::Arc;
use std::time::Duration;

use roster_domain::TeamId;
use roster_store::ask::{Rows, Sql};
use roster_store::deadline;
use roster_store::{Loaded, Question, Result, Store, Team};
use tokio::time::{Instant, timeout};

use crate::asks::Asks;
use crate::database::{Database, on_both, on_postgres};
use crate::scene::{claim, club, finish, fresh, lock, member, request, set, team, user};

/// The longest that a connection takes to become ready, and a server to notice that one has ended.
const SOON: Duration = Duration::from_secs(5);

/// Looks again and again until it is so.
async fn soon(what: &str, look: impl AsyncFn() -> bool) {
    let until = Instant::now() + SOON;
    while !look().await {
        assert!(Instant::now() < until, "{what}");
        tokio::task::yield_now().await;
    }
}

async fn is_free(db: &Database) -> bool {
    db.try_execute("SELECT id FROM teams FOR UPDATE NOWAIT").await.is_ok()
}

/// The sessions of the store.
async fn sessions(db: &Database) -> Vec<String> {
    db.texts(
        "SELECT pid::text FROM pg_stat_activity
         WHERE datname = current_database() AND application_name = 'roster' ORDER BY 1",
    )
    .await
}

/// Something that takes longer than anybody waits.
struct Forever;

impl Question for Forever {
    type Facts = ();

    fn columns(&self, sql: &mut Sql<'_>) {
        sql.either(
            ", pg_sleep(9)::text",
            ", (WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n)",
        );
    }

    fn facts(&self, _: &Team, _: &mut Rows<'_>) -> Result<()> {
        Ok(())
    }
}

/// Locks the team, asks that, and goes away while the database is at work on it.
async fn give_up(db: &Database, store: &Store, team: TeamId) {
    let policies = set(&[]);
    let asking = store.lock_and_load(team, None, &policies, |_| true, Forever);
    let gone = timeout(Duration::from_millis(300), asking).await.is_err();
    assert!(gone, "it ended on {}", db.kind);
}

#[tokio::test]
async fn what_is_undone_lets_go_of_its_team_before_it_returns() {
    on_postgres(async |db| {
        let team = team(&db.store, &club(), "ada").await;
        for _ in 0..20 {
            let locked = lock(&db.store, team).await;
            assert!(!is_free(db).await);
            locked.tx.undo().await.unwrap();
            assert!(is_free(db).await, "the team is still locked");
        }
        // A replay and an absent team end a transaction too.
        finish(fresh(claim(&db.store, team, request(1, 1)).await.unwrap()).tx, b"").await;
        assert!(matches!(claim(&db.store, team, request(1, 1)).await.unwrap(), Loaded::Replay(_)));
        assert!(is_free(db).await);
    })
    .await;
}

#[tokio::test]
async fn what_is_dropped_lets_go_of_its_team_soon() {
    on_postgres(async |db| {
        let team = team(&db.store, &club(), "ada").await;
        let before = sessions(db).await;
        for _ in 0..20 {
            drop(lock(&db.store, team).await);
            soon("the team is still locked", async || is_free(db).await).await;
        }
        let after = sessions(db).await;
        assert!(before.iter().all(|session| after.contains(session)), "a connection was thrown away");
    })
    .await;
}

#[tokio::test]
async fn a_statement_that_is_given_up_leaves_a_good_connection() {
    on_postgres(async |db| {
        let team = team(&db.store, &club(), "ada").await;
        let store = db.store_with(1).await;
        store.now().await.unwrap();
        let (before, ada) = (sessions(db).await, user("ada"));
        for polls in 0..300 {
            let mut read = Box::pin(store.see(team, &ada, |_| true));
            for _ in 0..polls % 20 {
                let polled = std::future::poll_fn(|context| {
                    std::task::Poll::Ready(read.as_mut().poll(context).is_ready())
                });
                if polled.await {
                    break;
                }
                tokio::task::yield_now().await;
            }
            drop(read);
            let seen = store.see(team, &ada, |_| true).await.unwrap().expect("the team is there");
            assert_eq!(seen.team.id, team, "the answer to another question");
        }
        assert_eq!(sessions(db).await, before, "a connection was thrown away");
        assert_eq!((store.pool_state().open, store.pool_state().limit), (1, 1));
    })
    .await;
}

#[tokio::test]
async fn work_that_nobody_waits_for_is_stopped() {
    on_both(async |db| {
        let team = team(&db.store, &club(), "ada").await;
        give_up(db, &db.store, team).await;
        if db.kind == crate::database::Kind::Postgres {
            soon("the team is still locked", async || is_free(db).await).await;
        }
        timeout(SOON, member(&db.store, team, "bob", "guest")).await.expect("a change of the team");
    })
    .await;
}

#[tokio::test]
async fn a_call_that_is_given_up_keeps_its_place_until_its_work_has_stopped() {
    on_both(async |db| {
        let team = team(&db.store, &club(), "ada").await;
        let held: Arc<()> = Arc::default();
        let place = Arc::downgrade(&held);
        deadline::scope(None, Some(held), give_up(db, &db.store, team)).await;
        assert_eq!(place.strong_count(), 1, "the database is still at work on {}", db.kind);
        soon("the place is never free again", async || place.strong_count() == 0).await;
    })
    .await;
}
