//! What a transaction leaves: everything or nothing.

use roster_domain::{LinkId, TeamId, Timestamp};
use roster_store::{Loaded, Locked, Question, Redemption, Result, Team, TeamAlone};
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use uuid::Uuid;

use crate::database::{Kind, on_both};
use crate::listen::Listening;
use crate::scene::{begin, change, claim, club, context, fresh, joined, lock, person, request, team, user};

#[tokio::test]
async fn undo_leaves_nothing() {
    on_both(async |db| {
        let team = team(&db.store, &club(), "ada").await;
        let bob = person(&db.store, "bob").await;
        let before = db.row_counts().await;

        let Locked { mut tx, .. } = fresh(claim(&db.store, team, request(1, 1)).await.unwrap());
        assert_eq!(tx.apply(&context(bob), team, &[joined(bob, "guest")]).await.unwrap(), 2);
        assert!(tx.member(team, bob).await.unwrap().is_some());
        tx.undo().await.unwrap();

        assert_eq!(db.row_counts().await, before);
        assert_eq!(db.store.member(team, &user("bob")).await.unwrap(), None);
        assert_eq!(db.number("SELECT revision FROM teams").await, 1);
    })
    .await;
}

/// On Postgres it is one statement, before the commit.
#[tokio::test]
async fn what_is_applied_is_written_with_the_answer_or_not_at_all() {
    on_both(async |db| {
        let team = team(&db.store, &club(), "ada").await;
        let bob = person(&db.store, "bob").await;
        // The team, the member, the count, the event, the answer.
        let writes = if db.kind == Kind::Sqlite { 5 } else { 1 };
        for (keep, sent) in [(false, 0), (true, writes)] {
            let Locked { mut tx, .. } = fresh(claim(&db.store, team, request(1, 1)).await.unwrap());
            let listening = Listening::begin();
            tx.apply(&context(bob), team, &[joined(bob, "guest")]).await.unwrap();
            if keep {
                tx.finish(b"answer").await.unwrap();
            } else {
                tx.undo().await.unwrap();
            }
            assert_eq!(listening.take().statements, sent);
        }
        assert_eq!(db.number("SELECT count(*) FROM members").await, 2);
        assert_eq!(db.number("SELECT count(*) FROM idempotency WHERE answer IS NOT NULL").await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_dropped_transaction_leaves_nothing_and_lets_go_of_the_lock() {
    on_both(async |db| {
        let team = team(&db.store, &club(), "ada").await;
        let bob = person(&db.store, "bob").await;
        let before = db.row_counts().await;
        for _ in 0..20 {
            let Locked { mut tx, .. } = fresh(claim(&db.store, team, request(1, 1)).await.unwrap());
            tx.apply(&context(bob), team, &[joined(bob, "guest")]).await.unwrap();
            drop(tx);
        }
        lock(&db.store, team).await.tx.undo().await.unwrap();
        assert_eq!(db.row_counts().await, before);
        assert_eq!(change(&db.store, team, bob, &[joined(bob, "guest")]).await, 2);
    })
    .await;
}

#[tokio::test]
async fn a_creation_that_is_undone_leaves_nobody() {
    on_both(async |db| {
        let begun = fresh(begin(&db.store, "ada", Some(request(1, 1))).await.unwrap());
        begun.tx.undo().await.unwrap();
        drop(fresh(begin(&db.store, "bob", Some(request(1, 1))).await.unwrap()));
        drop(fresh(begin(&db.store, "cleo", None).await.unwrap()));
        assert_eq!(db.number("SELECT count(*) FROM people").await, 0);
        assert_eq!(db.number("SELECT count(*) FROM idempotency").await, 0);
    })
    .await;
}

#[tokio::test]
async fn no_changes_change_nothing() {
    on_both(async |db| {
        let team = team(&db.store, &club(), "ada").await;
        let ada = person(&db.store, "ada").await;
        let before = db.row_counts().await;
        let Locked { mut tx, .. } = lock(&db.store, team).await;
        assert_eq!(tx.apply(&context(ada), team, &[]).await.unwrap(), 1);
        tx.finish(b"").await.unwrap();
        assert_eq!(db.row_counts().await, before);
        assert_eq!(db.number("SELECT revision FROM teams").await, 1);
    })
    .await;
}

#[tokio::test]
async fn only_the_locked_team_can_be_changed() {
    on_both(async |db| {
        let one = team(&db.store, &club(), "ada").await;
        let two = team(&db.store, &club(), "ada").await;
        let bob = person(&db.store, "bob").await;
        let Locked { mut tx, .. } = lock(&db.store, one).await;
        tx.apply(&context(bob), two, &[joined(bob, "guest")]).await.unwrap_err();
        tx.undo().await.unwrap();
        assert_eq!(db.store.member(two, &user("bob")).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn a_team_is_absent_where_it_must_not_be_seen() {
    on_both(async |db| {
        let team = team(&db.store, &club(), "ada").await;
        let unknown = TeamId::from_uuid(Uuid::now_v7());
        let absent = async |team, visible: bool| {
            let loaded =
                db.store.lock_and_load(team, Some(request(1, 1)), |_| visible, TeamAlone).await.unwrap();
            matches!(loaded, Loaded::Absent)
        };
        let seen = async |team, visible: bool| {
            db.store.see(team, &user("ada"), |_| visible).await.unwrap().is_some()
        };
        assert!(absent(unknown, true).await && !seen(unknown, true).await);
        assert!(absent(team, false).await && !seen(team, false).await);
        assert!(!absent(team, true).await && seen(team, true).await);
        let visible = |policy: &roster_domain::PolicyName| policy.as_str() == "club";
        assert!(db.store.see(team, &user("ada"), visible).await.unwrap().is_some());

        db.execute("UPDATE teams SET deleted_at = 1").await;
        assert!(absent(team, true).await && !seen(team, true).await);
        assert_eq!(
            db.number("SELECT count(*) FROM idempotency").await,
            0,
            "an absent team's request was kept"
        );
    })
    .await;
}

#[tokio::test]
async fn a_question_of_another_team_finds_nothing() {
    on_both(async |db| {
        let team = team(&db.store, &club(), "ada").await;
        let link = LinkId::from_uuid(Uuid::now_v7());
        let question = Redemption { user: &user("bob"), link, digest: [1; 32], policies: &[club()] };
        let Locked { tx, facts, .. } =
            fresh(db.store.lock_and_load(team, None, |_| true, question).await.unwrap());
        assert!(facts.is_none());
        tx.finish(b"").await.unwrap();
        assert_eq!(db.number("SELECT count(*) FROM people").await, 1, "a wrong token made a person known");
    })
    .await;
}

/// How the session is set up that a mutation runs in.
struct Settings;

impl Question for Settings {
    type Facts = Vec<String>;

    async fn load<C: ConnectionTrait>(&self, conn: &C, _: &Team, _: Timestamp) -> Result<Vec<String>> {
        let queries: &[&str] = match conn.get_database_backend() {
            DbBackend::Postgres => &[
                "SELECT current_setting('transaction_isolation')",
                "SELECT current_setting('lock_timeout')",
                "SELECT current_setting('statement_timeout')",
                "SELECT current_setting('idle_in_transaction_session_timeout')",
            ],
            _ => &[
                "SELECT journal_mode FROM pragma_journal_mode",
                "SELECT CAST(foreign_keys AS TEXT) FROM pragma_foreign_keys",
                "SELECT CAST(synchronous AS TEXT) FROM pragma_synchronous",
            ],
        };
        let mut settings = Vec::new();
        for query in queries {
            let statement = Statement::from_string(conn.get_database_backend(), *query);
            settings.push(conn.query_one_raw(statement).await?.unwrap().try_get_by_index(0)?);
        }
        Ok(settings)
    }
}

#[tokio::test]
async fn sessions_are_set_up() {
    on_both(async |db| {
        let team = team(&db.store, &club(), "ada").await;
        let locked = fresh(db.store.lock_and_load(team, None, |_| true, Settings).await.unwrap());
        let expected: &[&str] = match db.kind {
            crate::database::Kind::Postgres => &["read committed", "5s", "10s", "30s"],
            crate::database::Kind::Sqlite => &["wal", "1", "2"],
        };
        assert_eq!(locked.facts, expected);
    })
    .await;
}
