//! People and the keys that stand for them.

use std::collections::HashSet;
use std::sync::Arc;

use roster_domain::PersonKey;
use roster_store::{Creation, Store};

use crate::database::on_both;
use crate::scene::{begin, finish, fresh, person};

#[tokio::test]
async fn one_user_has_one_key() {
    on_both(async |db| {
        let ada = person(&db.store, "ada").await;
        assert_eq!(person(&db.store, "ada").await, ada);
        // Ids are opaque: what merely looks alike is somebody else.
        for other in ["Ada", "ada\u{301}", "ad\u{61}\u{200b}", "аda", "a_a", "%"] {
            assert_ne!(person(&db.store, other).await, ada, "{other}");
            assert_eq!(person(&db.store, other).await, person(&db.store, other).await, "{other}");
        }
        assert_eq!(db.number("SELECT count(*) FROM people").await, 7);
    })
    .await;
}

/// Makes a person known, in a task of its own.
fn ensure(store: &Arc<Store>, name: &'static str) -> tokio::task::JoinHandle<PersonKey> {
    let store = Arc::clone(store);
    tokio::spawn(async move {
        let Creation { tx, facts } = fresh(begin(&store, name, None).await.unwrap());
        finish(tx, b"").await;
        facts.creator
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn twenty_at_once_make_one_row() {
    on_both(async |db| {
        let other = db.another_store().await;
        let tasks: Vec<_> =
            (0..20).map(|n| ensure(if n % 2 == 0 { &db.store } else { &other }, "ada")).collect();
        let mut keys = HashSet::new();
        for task in tasks {
            keys.insert(task.await.unwrap());
        }
        assert_eq!(keys.len(), 1);
        assert_eq!(db.number("SELECT count(*) FROM people").await, 1);
    })
    .await;
}

/// Somebody whose first call is undone while another waits for it is made known by the other.
#[tokio::test]
async fn a_row_that_is_undone_is_made_by_the_next() {
    on_both(async |db| {
        let first = fresh(begin(&db.store, "ada", None).await.unwrap());
        // Through another store, as on another replica: in one, the second would wait before it takes a connection.
        let second = ensure(&db.another_store().await, "ada");
        db.until_waiting(1).await;
        assert!(!second.is_finished());
        first.tx.undo().await.unwrap();
        second.await.unwrap();
        assert_eq!(db.number("SELECT count(*) FROM people").await, 1);
    })
    .await;
}
