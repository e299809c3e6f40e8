//! Under a role whose transactions are REPEATABLE READ unless they say otherwise: a call that waited for a lock must see what its
//! former holder did, which such a transaction does not.

use std::sync::Arc;

use roster_store::ask::{Rows, Sql, Values};
use roster_store::{Claim, Locked, MemberChange, Question, Result, Store, Team};

use crate::database::{Database, on_postgres};
use crate::scene::{
    claim, club, context, finish, fresh, joined, lock, person, removed, request, set, team, user,
};

/// How transactions are isolated that do not say it.
struct DefaultIsolation;

impl Question for DefaultIsolation {
    type Facts = String;

    fn columns(&self, sql: &mut Sql<'_>) {
        sql.add(", current_setting('default_transaction_isolation')");
    }

    fn facts(&self, _: &Team, rows: &mut Rows<'_>) -> Result<String> {
        rows.one().next()
    }
}

/// Two replicas under such a role.
async fn replicas(db: &Database) -> (Arc<Store>, Arc<Store>) {
    let [database] = &db.texts("SELECT current_database()::text").await[..] else { panic!() };
    // In this database alone: the tests share their role.
    db.execute(&format!(
        "ALTER ROLE CURRENT_USER IN DATABASE {database} SET default_transaction_isolation = 'repeatable read'"
    ))
    .await;
    (db.another_store().await, db.another_store().await)
}

#[tokio::test]
async fn a_writer_that_waited_sees_what_the_one_before_it_did() {
    on_postgres(async |db| {
        let team = team(&db.store, &club(), "ada").await;
        let bob = person(&db.store, "bob").await;
        let (one, two) = replicas(db).await;
        let loaded = one.lock_and_load(team, None, &set(&[]), |_| true, DefaultIsolation).await.unwrap();
        let Locked { tx, facts, .. } = fresh(loaded);
        tx.undo().await.unwrap();
        assert_eq!(facts, "repeatable read");

        for request in [None, Some(request(1, 1))] {
            let Locked { mut tx, .. } = lock(&one, team).await;
            let waiting = tokio::spawn({
                let two = Arc::clone(&two);
                async move { remove(&two, team, request).await }
            });
            db.until_waiting(1).await;
            tx.apply(&context(bob), team, &[joined(bob, "guest")]).await.unwrap();
            finish(tx, b"").await;
            waiting.await.unwrap();
        }
        assert_eq!(db.number("SELECT revision FROM teams").await, 5);
        assert_eq!(db.number("SELECT count(*) FROM members").await, 1);
    })
    .await;
}

/// Removes bob, who must be found.
async fn remove(store: &Store, team: roster_domain::TeamId, request: Option<Claim>) {
    let (ada, bob) = (user("ada"), user("bob"));
    let question = MemberChange { actor: &ada, target: &bob };
    let loaded = store.lock_and_load(team, request, &set(&[club()]), |_| true, question).await.unwrap();
    let Locked { mut tx, facts, .. } = fresh(loaded);
    let bob = facts.target.expect("who joined before the lock was let go is not found").person;
    tx.apply(&context(bob), team, &[removed(bob, "guest")]).await.unwrap();
    finish(tx, b"").await;
}

/// A twin that waited finds the answer, and not that there is none.
#[tokio::test]
async fn a_twin_that_waited_finds_the_answer() {
    on_postgres(async |db| {
        let team = team(&db.store, &club(), "ada").await;
        let (one, two) = replicas(db).await;
        let Locked { tx, .. } = fresh(claim(&one, team, request(1, 1)).await.unwrap());
        let waiting = tokio::spawn(async move {
            matches!(claim(&two, team, request(1, 1)).await.unwrap(), roster_store::Loaded::Replay(_))
        });
        db.until_waiting(1).await;
        finish(tx, b"done").await;
        assert!(waiting.await.unwrap());
    })
    .await;
}
