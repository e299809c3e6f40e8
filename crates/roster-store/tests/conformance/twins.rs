//! Twins of one request at replicas of two versions: an older one claims, locks and loads in statements of their own, as
//! it is played here, and the store claims and locks in one. They must agree on what comes first.

use std::sync::Arc;
use std::time::Duration;

use roster_domain::TeamId;
use roster_store::{Claim, ErrorKind, Loaded, Locked, Store};
use sea_orm::{ConnectionTrait, DatabaseTransaction, TransactionTrait};

use crate::database::{Database, on_both, on_postgres};
use crate::scene::{claim, club, context, finish, fresh, joined, lock, member, person, request, set, team};

/// The request that is sent again and again.
pub(crate) fn twin() -> Claim {
    request(1, 1)
}

/// Sends the request, whose work is that bob joins, and tells how it was met.
async fn send(store: &Store, team: TeamId) -> String {
    match claim(store, team, twin()).await.unwrap() {
        Loaded::Fresh(Locked { mut tx, .. }) => {
            let bob = tx.person(&crate::scene::user("bob")).await.unwrap();
            tx.apply(&context(bob), team, &[joined(bob, "guest")]).await.unwrap();
            finish(tx, b"by the store").await;
            "fresh".into()
        }
        Loaded::Replay(answered) => String::from_utf8(answered.answer).unwrap(),
        Loaded::Absent => "absent".into(),
    }
}

/// Sends the request at each of these stores at once.
fn send_at_each(stores: &[&Arc<Store>], team: TeamId) -> Vec<tokio::task::JoinHandle<String>> {
    let send = |store: &Arc<Store>| {
        let store = Arc::clone(store);
        tokio::spawn(async move { send(&store, team).await })
    };
    stores.iter().copied().map(send).collect()
}

/// How an older replica claims the request: false where it was claimed before.
pub(crate) async fn claim_as_before(db: &Database, older: &DatabaseTransaction) -> bool {
    let bytes = db.bytes(&[1; 32]);
    let insert = format!(
        "INSERT INTO idempotency (key, request) VALUES ({bytes}, {bytes}) ON CONFLICT (key) DO NOTHING"
    );
    older.execute_unprepared(&insert).await.unwrap().rows_affected() == 1
}

/// How it locks the team.
pub(crate) async fn lock_as_before(db: &Database, older: &DatabaseTransaction, team: TeamId) {
    let select = format!("SELECT id FROM teams WHERE id = {} FOR NO KEY UPDATE", db.uuid(team.uuid()));
    older.execute_unprepared(&select).await.unwrap();
}

/// What comes of it: the team's tier is another, which nobody but it sets, and the answer is kept.
pub(crate) async fn finish_as_before(older: DatabaseTransaction) {
    older.execute_unprepared("UPDATE teams SET revision = revision + 1, tier = 'large'").await.unwrap();
    let answered = "UPDATE idempotency SET answer = 'by the older'::bytea,
        answered_at = (extract(epoch FROM clock_timestamp()) * 1000000)::bigint";
    older.execute_unprepared(answered).await.unwrap();
    older.commit().await.unwrap();
}

pub(crate) async fn begin_as_before(db: &Database) -> DatabaseTransaction {
    db.raw.begin().await.unwrap()
}

/// How often the team was changed since it was created.
async fn changes(db: &Database) -> i64 {
    db.number("SELECT revision - 1 FROM teams").await
}

#[tokio::test]
async fn twins_of_an_older_replica_wait_for_its_claim_and_keep_their_hands_off_the_team() {
    on_postgres(async |db| {
        let team = team(&db.store, &club(), "ada").await;
        person(&db.store, "bob").await;
        let other = db.another_store().await;

        let older = begin_as_before(db).await;
        assert!(claim_as_before(db, &older).await);
        let twins = send_at_each(&[&db.store, &other], team);
        db.until_waiting(2).await;
        lock_as_before(db, &older, team).await;
        finish_as_before(older).await;
        for twin in twins {
            assert_eq!(twin.await.unwrap(), "by the older");
        }
        assert_eq!(changes(db).await, 1);
        assert_eq!(db.number("SELECT count(*) FROM members").await, 1);
    })
    .await;
}

#[tokio::test]
async fn twins_of_an_older_replica_that_gives_up_do_its_work_once() {
    on_postgres(async |db| {
        let team = team(&db.store, &club(), "ada").await;
        person(&db.store, "bob").await;
        let other = db.another_store().await;

        let older = begin_as_before(db).await;
        assert!(claim_as_before(db, &older).await);
        let twins = send_at_each(&[&db.store, &other], team);
        db.until_waiting(2).await;
        lock_as_before(db, &older, team).await;
        older.rollback().await.unwrap();
        let mut met = Vec::new();
        for twin in twins {
            met.push(twin.await.unwrap());
        }
        met.sort_unstable();
        assert_eq!(met, ["by the store", "fresh"]);
        assert_eq!(changes(db).await, 1);
    })
    .await;
}

#[tokio::test]
async fn an_older_replica_waits_for_the_claim_of_its_twin() {
    on_postgres(async |db| {
        let team = team(&db.store, &club(), "ada").await;
        let bob = person(&db.store, "bob").await;

        let Locked { mut tx, .. } = fresh(claim(&db.store, team, twin()).await.unwrap());
        let waiting = async {
            let older = begin_as_before(db).await;
            let claimed = claim_as_before(db, &older).await;
            older.rollback().await.unwrap();
            claimed
        };
        let work = async {
            db.until_waiting(1).await;
            tx.apply(&context(bob), team, &[joined(bob, "guest")]).await.unwrap();
            finish(tx, b"by the store").await;
        };
        let (claimed, ()) = tokio::join!(waiting, work);
        assert!(!claimed, "a request was claimed twice");
        assert_eq!(changes(db).await, 1);
    })
    .await;
}

/// A twin that lost its claim must not wait for the team, which others may hold for long.
#[tokio::test]
async fn a_replay_does_not_wait_for_the_team() {
    on_both(async |db| {
        let team = team(&db.store, &club(), "ada").await;
        person(&db.store, "bob").await;
        assert_eq!(send(&db.store, team).await, "fresh");
        if db.kind == crate::database::Kind::Sqlite {
            // The one writer is the lock, whatever the request.
            assert_eq!(send(&db.store, team).await, "by the store");
            return;
        }
        let held = lock(&db.store, team).await;
        let other = db.another_store().await;
        let answer = tokio::time::timeout(Duration::from_secs(4), send(&other, team)).await;
        assert_eq!(answer.expect("it waited for the team"), "by the store");
        held.tx.undo().await.unwrap();
    })
    .await;
}

/// What the lock finds is what its former holder left, and the answer says who is told of which team.
#[tokio::test]
async fn a_team_that_is_deleted_while_its_lock_is_waited_for_is_absent() {
    on_postgres(async |db| {
        let team = team(&db.store, &club(), "ada").await;
        let ada = person(&db.store, "ada").await;
        let other = db.another_store().await;
        for request in [Some(twin()), None] {
            db.execute("UPDATE teams SET deleted_at = NULL").await;
            let Locked { mut tx, .. } = lock(&db.store, team).await;
            let waiting = tokio::spawn({
                let other = Arc::clone(&other);
                async move {
                    let loaded = other.lock_and_load(team, request, &set(&[club()]), |_| true, ()).await;
                    matches!(loaded.unwrap(), Loaded::Absent)
                }
            });
            db.until_waiting(1).await;
            tx.apply(&context(ada), team, &[roster_domain::Change::TeamDeleted]).await.unwrap();
            finish(tx, b"").await;
            assert!(waiting.await.unwrap(), "a deleted team was found");
            assert_eq!(db.number("SELECT count(*) FROM idempotency").await, 0, "its request was kept");
        }
    })
    .await;
}

/// The claim and the lock may each be waited for, and the limit of the statement then ends both.
#[tokio::test]
async fn a_claim_and_a_lock_that_are_cut_short_together_are_a_lock_timeout() {
    on_postgres(async |db| {
        let team = team(&db.store, &club(), "ada").await;
        member(&db.store, team, "bob", "guest").await;
        let held = lock(&db.store, team).await;
        let other = db.another_store().await;
        let waiting = tokio::spawn(async move { claim(&other, team, twin()).await.err().unwrap() });
        db.until_waiting(1).await;
        let cancel = "SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event_type = 'Lock'";
        assert_eq!(db.number(cancel).await, 1);
        let error = waiting.await.unwrap();
        assert_eq!(error.kind(), ErrorKind::LockTimeout, "{error}");
        assert!(error.to_string().contains("57014"), "{error}");
        held.tx.undo().await.unwrap();
        fresh(claim(&db.store, team, twin()).await.unwrap()).tx.undo().await.unwrap();
    })
    .await;
}
