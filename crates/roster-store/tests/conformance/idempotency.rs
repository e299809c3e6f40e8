//! A request that is sent again happens once.

use std::sync::Arc;
use std::time::Duration;

use roster_domain::{MemberState, TeamId};
use roster_store::{Answered, Claim, Loaded, Locked, Store};

use crate::asks::Asks;
use crate::database::{Database, Kind, on_both};
use crate::scene::{claim, club, context, finish, fresh, joined, member, person, request, set, team};

const DAY: Duration = Duration::from_hours(24);

/// Sends a request whose work is that a person joins, and tells how it was met: the answer that is kept, and the body
/// that it was given to.
async fn send(store: &Store, team: TeamId, request: Claim, name: &str) -> String {
    let who = person(store, name).await;
    match claim(store, team, request).await.unwrap() {
        Loaded::Fresh(Locked { mut tx, .. }) => {
            tx.apply(&context(who), team, &[joined(who, "guest")]).await.unwrap();
            finish(tx, format!("{name} joined").as_bytes()).await;
            "fresh".into()
        }
        Loaded::Replay(answered) => told(answered),
        Loaded::Absent => "absent".into(),
    }
}

fn told(answered: Answered) -> String {
    format!("{}, {}", String::from_utf8(answered.answer).unwrap(), answered.request[0])
}

#[tokio::test]
async fn a_request_happens_once() {
    on_both(async |db| {
        let team = team(&db.store, &club(), "ada").await;
        assert_eq!(send(&db.store, team, request(1, 1), "bob").await, "fresh");
        assert_eq!(send(&db.store, team, request(1, 1), "bob").await, "bob joined, 1");
        assert_eq!(send(&db.store, team, request(1, 1), "bob").await, "bob joined, 1");
        assert_eq!(send(&db.store, team, request(1, 2), "cleo").await, "bob joined, 1");
        assert_eq!(send(&db.store, team, request(2, 1), "cleo").await, "fresh");
        assert_eq!(db.store.count_members(team, MemberState::Active, None).await.unwrap(), 3);
        assert_eq!(db.number("SELECT revision FROM teams").await, 3);
    })
    .await;
}

#[tokio::test]
async fn an_answer_without_changes_is_kept_too() {
    on_both(async |db| {
        let team = team(&db.store, &club(), "ada").await;
        let begun = fresh(claim(&db.store, team, request(1, 1)).await.unwrap());
        finish(begun.tx, b"as it was").await;
        member(&db.store, team, "bob", "guest").await;
        assert_eq!(send(&db.store, team, request(1, 1), "bob").await, "as it was, 1");
        let empty = fresh(claim(&db.store, team, request(2, 1)).await.unwrap());
        finish(empty.tx, b"").await;
        assert_eq!(send(&db.store, team, request(2, 1), "bob").await, ", 1");
    })
    .await;
}

#[tokio::test]
async fn a_request_that_was_undone_is_fresh() {
    on_both(async |db| {
        let team = team(&db.store, &club(), "ada").await;
        fresh(claim(&db.store, team, request(1, 1)).await.unwrap()).tx.undo().await.unwrap();
        drop(fresh(claim(&db.store, team, request(1, 2)).await.unwrap()));
        assert_eq!(send(&db.store, team, request(1, 3), "bob").await, "fresh");
    })
    .await;
}

#[tokio::test]
async fn after_a_day_a_request_is_fresh() {
    on_both(async |db| {
        let team = team(&db.store, &club(), "ada").await;
        assert_eq!(send(&db.store, team, request(1, 1), "bob").await, "fresh");
        let almost = db.later(Duration::from_mins(24 * 60 - 1)).await;
        assert_eq!(send(&almost, team, request(1, 1), "bob").await, "bob joined, 1");
        assert_eq!(send(&almost, team, request(1, 2), "bob").await, "bob joined, 1");

        let over = db.later(DAY).await;
        // One that is undone leaves the old answer, which is over all the same.
        fresh(claim(&over, team, request(1, 2)).await.unwrap()).tx.undo().await.unwrap();
        assert_eq!(send(&over, team, request(1, 2), "cleo").await, "fresh");
        assert_eq!(send(&over, team, request(1, 2), "cleo").await, "cleo joined, 2");
        assert_eq!(send(&over, team, request(1, 1), "cleo").await, "cleo joined, 2");
        assert_eq!(db.number("SELECT count(*) FROM idempotency").await, 1);
    })
    .await;
}

#[tokio::test]
async fn old_answers_are_swept() {
    on_both(async |db| {
        let team = team(&db.store, &club(), "ada").await;
        send(&db.store, team, request(1, 1), "bob").await;
        let half = db.later(DAY / 2).await;
        send(&half, team, request(2, 1), "cleo").await;
        assert_eq!(half.sweep_answers(|| true).await.unwrap(), 0);
        let later = db.later(DAY + Duration::from_mins(1)).await;
        assert_eq!(later.sweep_answers(|| true).await.unwrap(), 1);
        assert_eq!(later.sweep_answers(|| true).await.unwrap(), 0);
        assert_eq!(send(&later, team, request(2, 1), "cleo").await, "cleo joined, 1");
        assert_eq!(send(&later, team, request(1, 1), "dora").await, "fresh");
    })
    .await;
}

#[tokio::test]
async fn a_replay_is_for_those_who_may_see_the_team() {
    on_both(async |db| {
        let team = team(&db.store, &club(), "ada").await;
        send(&db.store, team, request(1, 1), "bob").await;
        let hidden =
            db.store.lock_and_load(team, Some(request(1, 1)), &set(&[]), |_| false, ()).await.unwrap();
        assert!(matches!(hidden, Loaded::Absent));
        drop(hidden);
        // A deletion is told as it was answered.
        db.execute("UPDATE teams SET deleted_at = 1").await;
        assert_eq!(send(&db.store, team, request(1, 1), "bob").await, "bob joined, 1");
        assert_eq!(send(&db.store, team, request(2, 1), "bob").await, "absent");
    })
    .await;
}

/// Sends a request twice at once, the second time through `other`, and tells how the second was met once the first was
/// committed or undone.
async fn twins(db: &Database, other: &Arc<Store>, team: TeamId, commit: bool) -> String {
    let Locked { tx: first, .. } = fresh(claim(&db.store, team, request(1, 1)).await.unwrap());
    let second = tokio::spawn({
        let other = Arc::clone(other);
        async move {
            match claim(&other, team, request(1, 1)).await.unwrap() {
                Loaded::Fresh(begun) => begun.tx.undo().await.map(|()| "fresh".into()).unwrap(),
                Loaded::Replay(answered) => told(answered),
                Loaded::Absent => "absent".to_owned(),
            }
        }
    });
    let queued = Arc::ptr_eq(other, &db.store);
    db.until_waiting(i64::from(!queued)).await;
    assert!(!second.is_finished(), "the second did not wait");
    if commit {
        finish(first, b"by the first").await;
    } else {
        first.undo().await.unwrap();
    }
    second.await.unwrap()
}

#[tokio::test]
async fn a_twin_in_flight_waits() {
    on_both(async |db| {
        let team = team(&db.store, &club(), "ada").await;
        assert_eq!(twins(db, &db.store, team, false).await, "fresh");
        assert_eq!(twins(db, &db.store, team, true).await, "by the first, 1");
    })
    .await;
}

/// Two replicas share no queue: the record itself makes the twin wait.
#[tokio::test]
async fn a_twin_at_another_replica_waits() {
    on_both(async |db| {
        let team = team(&db.store, &club(), "ada").await;
        let other = db.another_store().await;
        assert_eq!(twins(db, &other, team, false).await, "fresh");
        assert_eq!(twins(db, &other, team, true).await, "by the first, 1");
    })
    .await;
}

#[tokio::test]
async fn an_outdated_answer_is_replaced_by_one_of_two() {
    on_both(async |db| {
        let team = team(&db.store, &club(), "ada").await;
        send(&db.store, team, request(1, 1), "bob").await;
        let (one, two) = (db.later(DAY).await, db.later(DAY).await);
        person(&db.store, "cleo").await;
        let (one, two) =
            tokio::join!(send(&one, team, request(1, 1), "cleo"), send(&two, team, request(1, 1), "cleo"));
        let mut both = [one, two];
        both.sort();
        assert_eq!(both, ["cleo joined, 1", "fresh"]);
    })
    .await;
}

#[tokio::test]
async fn a_backlog_of_outdated_answers_is_swept_whole() {
    on_both(async |db| {
        let key = match db.kind {
            Kind::Postgres => "sha256(n::text::bytea)",
            Kind::Sqlite => "CAST(printf('%032d', n) AS BLOB)",
        };
        let rows = format!(
            "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 2500)
             INSERT INTO idempotency (key, request, answer, answered_at) SELECT {key}, {key}, NULL, n FROM numbers"
        );
        db.execute(&rows).await;
        assert_eq!(db.store.sweep_answers(|| true).await.unwrap(), 2_500, "more than are deleted at once");
        assert_eq!(db.number("SELECT count(*) FROM idempotency").await, 0);
    })
    .await;
}

/// Whoever asks learns whether this very request is done, and claims nothing by asking.
#[tokio::test]
async fn whether_a_request_was_answered_can_be_asked() {
    on_both(async |db| {
        let team = team(&db.store, &club(), "ada").await;
        let asked = async |store: &Store, request| store.answered(&request).await.unwrap().is_some();
        assert!(!asked(&db.store, request(1, 1)).await);
        assert_eq!(db.number("SELECT count(*) FROM idempotency").await, 0);
        let begun = fresh(claim(&db.store, team, request(1, 1)).await.unwrap());
        begun.tx.undo().await.unwrap();
        assert!(!asked(&db.store, request(1, 1)).await, "it was undone");
        send(&db.store, team, request(1, 1), "bob").await;
        assert!(asked(&db.store, request(1, 1)).await);
        assert!(!asked(&db.store, request(1, 2)).await, "another body");
        assert!(!asked(&db.store, request(2, 1)).await, "another key");
        assert!(!asked(&*db.later(DAY).await, request(1, 1)).await, "its answer is outdated");
    })
    .await;
}
