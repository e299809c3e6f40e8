//! Many at once.

use std::sync::Arc;

use roster_domain::{Change, JoinedBy, NewMember, PersonKey, TeamId};
use roster_store::{Locked, Store};
use sea_orm::{ConnectionTrait, TransactionTrait};

use crate::database::{on_both, on_postgres};
use crate::scene::{
    HOUR, after, begin, change, club, context, finish, fresh, joined, link, lock, newcomer, person, removed,
    team,
};

/// Lets somebody in by a link, with one to three changes.
async fn mutate(store: &Store, team: TeamId, by: JoinedBy, who: PersonKey, changes: i64) -> i64 {
    let mut all = vec![Change::MemberJoined(NewMember { by, ..newcomer(who, "guest") })];
    if changes > 1 {
        all.push(removed(who, "guest"));
    }
    if changes > 2 {
        all.push(joined(who, "steward"));
    }
    let Locked { mut tx, .. } = lock(store, team).await;
    let revision = tx.apply(&context(who), team, &all).await.unwrap();
    finish(tx, b"").await;
    revision
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_mutations_of_one_team_leave_no_gap() {
    on_both(async |db| {
        let team = team(&db.store, &club(), "ada").await;
        let ada = person(&db.store, "ada").await;
        let expires_at = after(db.store.now().await.unwrap(), HOUR);
        let link = link(&db.store, team, ada, expires_at).await;
        let mut people = Vec::new();
        for n in 0..50 {
            people.push(person(&db.store, &format!("p{n}")).await);
        }
        let other = db.another_store().await;
        let tasks: Vec<_> = (0..50_i64)
            .zip(people)
            .map(|(n, who)| {
                // Replicas share a database and no memory.
                let store = Arc::clone(if n % 2 == 0 { &db.store } else { &other });
                let by = JoinedBy::InviteLink { link: link.id, maker: ada };
                tokio::spawn(async move { mutate(&store, team, by, who, n % 3 + 1).await })
            })
            .collect();
        let mut revisions = Vec::new();
        for task in tasks {
            revisions.push(task.await.unwrap());
        }
        revisions.sort_unstable();
        assert_eq!(revisions, (3..53).collect::<Vec<_>>());
        assert_eq!(db.number("SELECT revision FROM teams").await, 52);
        assert_eq!(db.number("SELECT uses FROM invite_links").await, 50);

        // By revision: positions from 0, one time, and times that never go back.
        let gaps = "SELECT count(*) FROM (SELECT revision FROM events GROUP BY revision
            HAVING min(position) <> 0 OR max(position) <> count(*) - 1 OR min(at) <> max(at)) AS bad";
        assert_eq!(db.number(gaps).await, 0);
        let back = "SELECT count(*) FROM events a JOIN events b ON a.revision < b.revision AND a.at > b.at";
        assert_eq!(db.number(back).await, 0, "time went back");
        let order =
            "SELECT count(*) FROM events a JOIN events b ON a.revision < b.revision AND a.seq > b.seq";
        assert_eq!(db.number(order).await, 0, "the order of the log is not that of the revisions");
        let counts = "SELECT role || ' ' || count FROM member_counts WHERE count > 0 ORDER BY role";
        assert_eq!(db.texts(counts).await, ["guest 17", "owner 1", "steward 16"]);
    })
    .await;
}

/// A call that waited is judged by when it got its turn, not by when it came.
#[tokio::test]
async fn the_time_is_read_after_the_lock() {
    on_postgres(async |db| {
        let team = team(&db.store, &club(), "ada").await;
        let holder = db.raw.begin().await.unwrap();
        holder.execute_unprepared("SELECT 1 FROM teams FOR UPDATE").await.unwrap();
        let waiting = tokio::spawn({
            let store = Arc::clone(&db.store);
            async move { lock(&store, team).await.tx.now() }
        });
        db.until_waiting(1).await;
        let released = db.store.now().await.unwrap();
        holder.commit().await.unwrap();
        let now = waiting.await.unwrap();
        assert!(now >= released, "{now:?} was read before {released:?}, when the lock was let go");
    })
    .await;
}

/// The same for whoever creates a team.
#[tokio::test]
async fn the_time_of_a_creation_is_read_after_the_lock() {
    on_postgres(async |db| {
        person(&db.store, "ada").await;
        let holder = db.raw.begin().await.unwrap();
        holder.execute_unprepared("SELECT 1 FROM people FOR UPDATE").await.unwrap();
        let waiting = tokio::spawn({
            let store = Arc::clone(&db.store);
            async move {
                let begun = begin(&store, "ada", None).await.unwrap();
                fresh(begun).tx.now()
            }
        });
        db.until_waiting(1).await;
        let released = db.store.now().await.unwrap();
        holder.commit().await.unwrap();
        let now = waiting.await.unwrap();
        assert!(now >= released, "{now:?} was read before {released:?}, when the lock was let go");
    })
    .await;
}

/// A mutation of one team does not wait for another team's.
#[tokio::test]
async fn teams_do_not_wait_for_each_other() {
    on_postgres(async |db| {
        let one = team(&db.store, &club(), "ada").await;
        let two = team(&db.store, &club(), "ada").await;
        let ada = person(&db.store, "ada").await;
        let bob = person(&db.store, "bob").await;
        let held = lock(&db.store, one).await;
        // Through another store: in one process two teams may share a queue, which is rare and not what this is about.
        let other = db.another_store().await;
        change(&other, two, ada, &[joined(bob, "guest")]).await;
        held.tx.undo().await.unwrap();
    })
    .await;
}

/// One busy team must not fill the pool with transactions that wait for its lock.
#[tokio::test]
async fn a_busy_team_leaves_connections_to_others() {
    on_postgres(async |db| {
        let busy = team(&db.store, &club(), "ada").await;
        let mut quiet = Vec::new();
        for _ in 0..4 {
            quiet.push(team(&db.store, &club(), "ada").await);
        }
        let held = lock(&db.store, busy).await;
        let waiting: Vec<_> = (0..30)
            .map(|_| {
                let store = Arc::clone(&db.store);
                tokio::spawn(async move { lock(&store, busy).await.tx.undo().await.unwrap() })
            })
            .collect();
        db.until_waiting(0).await;
        // Of several, since one may share the busy team's queue.
        let mut others = tokio::task::JoinSet::new();
        for quiet in quiet {
            let store = Arc::clone(&db.store);
            others.spawn(async move { lock(&store, quiet).await.tx.undo().await.unwrap() });
        }
        others.join_next().await.unwrap().unwrap();
        assert!(waiting.iter().all(|task| !task.is_finished()));
        held.tx.undo().await.unwrap();
        for task in waiting {
            task.await.unwrap();
        }
    })
    .await;
}
