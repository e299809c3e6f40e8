//! What a transaction leaves: everything or nothing.

use roster_domain::{LinkId, TeamId};
use roster_store::ask::{Rows, Sql, Values};
use roster_store::{
    Creation, ErasureQuestion, Joining, LinkInvite, Loaded, Locked, Question, Result, Team, Tx,
};
use uuid::Uuid;

use crate::asks::Asks;
use crate::database::on_both;
use crate::listen::Listening;
use crate::scene::{
    begin, change, claim, club, context, creation, finish, fresh, joined, lock, person, removed, request,
    service, set, team, user,
};

#[tokio::test]
async fn undo_leaves_nothing() {
    on_both(async |db| {
        let team = team(&db.store, &club(), "ada").await;
        let bob = person(&db.store, "bob").await;
        let before = db.row_counts().await;

        let Locked { mut tx, .. } = fresh(claim(&db.store, team, request(1, 1)).await.unwrap());
        assert_eq!(tx.apply(&context(bob), team, &[joined(bob, "guest")]).await.unwrap(), 2);
        tx.flush().await.unwrap();
        tx.undo().await.unwrap();

        assert_eq!(db.row_counts().await, before);
        assert_eq!(db.store.member(team, &user("bob")).await.unwrap(), None);
        assert_eq!(db.number("SELECT revision FROM teams").await, 1);
    })
    .await;
}

/// In one round trip, before the commit.
#[tokio::test]
async fn what_is_applied_is_written_with_the_answer_or_not_at_all() {
    on_both(async |db| {
        let team = team(&db.store, &club(), "ada").await;
        let bob = person(&db.store, "bob").await;
        for (keep, sent) in [(false, 0), (true, 1)] {
            let Locked { mut tx, .. } = fresh(claim(&db.store, team, request(1, 1)).await.unwrap());
            let listening = Listening::begin();
            tx.apply(&context(bob), team, &[joined(bob, "guest")]).await.unwrap();
            if keep {
                finish(tx, b"answer").await;
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
        assert_eq!(tx.finish(b"").await.unwrap().into_iter().count(), 0);
        assert_eq!(db.row_counts().await, before);
        assert_eq!(db.number("SELECT revision FROM teams").await, 1);
    })
    .await;
}

/// Whoever watches a team hears of exactly what was committed.
#[tokio::test]
async fn a_commit_tells_which_teams_it_changed() {
    on_both(async |db| {
        let store = &db.store;
        let Creation { mut tx, facts } = fresh(begin(store, "ada", None).await.unwrap());
        let first = TeamId::from_uuid(Uuid::now_v7());
        let changes = creation(&club(), "Chess", facts.creator, None);
        tx.apply(&context(facts.creator), first, &changes).await.unwrap();
        assert_eq!(committed(tx).await, [(first, 1)]);

        let bob = person(store, "bob").await;
        let Locked { mut tx, .. } = lock(store, first).await;
        tx.apply(&context(bob), first, &[joined(bob, "guest")]).await.unwrap();
        tx.apply(&context(bob), first, &[removed(bob, "guest")]).await.unwrap();
        assert_eq!(committed(tx).await, [(first, 3)], "the last revision alone");

        let mut teams = vec![(first, 5)];
        change(store, first, bob, &[joined(bob, "guest")]).await;
        for _ in 0..2 {
            let team = team(store, &club(), "ada").await;
            change(store, team, bob, &[joined(bob, "guest")]).await;
            teams.push((team, 3));
        }
        let question = ErasureQuestion { user: &user("bob"), emails: &[], successors: &[], most_teams: 9 };
        let mut erasure = fresh(store.lock_erasure(None, &set(&[]), question).await.unwrap()).unwrap();
        for touched in erasure.teams.clone() {
            erasure.apply(&service(), &touched.team, &[removed(bob, "guest")]).await.unwrap();
        }
        assert_eq!(committed(erasure.tx).await, teams);
    })
    .await;
}

async fn committed(tx: Tx) -> Vec<(TeamId, i64)> {
    tx.finish(b"").await.unwrap().into_iter().collect()
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
                db.store.lock_and_load(team, Some(request(1, 1)), &set(&[]), |_| visible, ()).await.unwrap();
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
        let question = Joining { invite: LinkInvite { link, digest: [1; 32] }, user: &user("bob") };
        let Locked { tx, facts, .. } =
            fresh(db.store.lock_and_load(team, None, &set(&[club()]), |_| true, question).await.unwrap());
        assert!(facts.is_none());
        tx.undo().await.unwrap();
        assert_eq!(db.number("SELECT count(*) FROM people").await, 1, "a wrong token made a person known");
    })
    .await;
}

/// How the session is set up that a mutation runs in.
struct Settings;

impl Question for Settings {
    type Facts = Vec<String>;

    fn columns(&self, sql: &mut Sql<'_>) {
        sql.either(
            ", current_setting('transaction_isolation'), current_setting('lock_timeout'), \
             current_setting('statement_timeout'), current_setting('idle_in_transaction_session_timeout')",
            ", (SELECT journal_mode FROM pragma_journal_mode), \
             (SELECT CAST(foreign_keys AS TEXT) FROM pragma_foreign_keys), \
             (SELECT CAST(synchronous AS TEXT) FROM pragma_synchronous), ''",
        );
    }

    fn facts(&self, _: &Team, rows: &mut Rows<'_>) -> Result<Vec<String>> {
        (0..4).map(|_| rows.one().next()).collect()
    }
}

#[tokio::test]
async fn sessions_are_set_up() {
    on_both(async |db| {
        let team = team(&db.store, &club(), "ada").await;
        let locked = fresh(db.store.lock_and_load(team, None, &set(&[]), |_| true, Settings).await.unwrap());
        let expected: &[&str] = match db.kind {
            crate::database::Kind::Postgres => &["read committed", "5s", "10s", "30s"],
            crate::database::Kind::Sqlite => &["wal", "1", "2", ""],
        };
        assert_eq!(locked.facts, expected);
    })
    .await;
}
