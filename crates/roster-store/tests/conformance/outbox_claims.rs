//! Mails are taken by one worker at a time, and settled by what came of them.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use roster_domain::{InvitationId, TeamId};
use roster_store::{ClaimedMail, DeliveryState, MailFailure, MailOutcome, Store};
use sea_orm::{ConnectionTrait, TransactionTrait};

use crate::asks::Invites;
use crate::database::{Database, on_both, on_postgres};
use crate::outbox::{LEASE, mail, state};
use crate::scene::{guild, team};

const SECOND: Duration = Duration::from_secs(1);

/// So many mails, the first due first.
async fn queue(db: &Database, team: TeamId, count: usize) -> Vec<InvitationId> {
    let mut ids = Vec::new();
    for n in 0..count {
        ids.push(mail(&db.store, team, &format!("p{n}@example.org")).await.id);
    }
    ids
}

/// The invitations and the counts of tries of mails that are taken.
async fn claim(store: &Store, limit: u64) -> Vec<(InvitationId, u32)> {
    let claimed = store.claim_mails(limit, LEASE).await.unwrap();
    claimed.iter().map(|mail| (mail.invitation, mail.attempt)).collect()
}

async fn claim_one(store: &Store) -> ClaimedMail {
    store.claim_mails(1, LEASE).await.unwrap().remove(0)
}

#[tokio::test]
async fn those_that_are_due_longest_come_first_and_again_after_the_lease() {
    on_both(async |db| {
        let store = &db.store;
        let team = team(store, &guild(), "ada").await;
        let ids = queue(db, team, 4).await;
        // The last is due before the first.
        db.execute(&format!("UPDATE mails SET due_at = 7 WHERE invitation_id = {}", db.uuid(ids[3].uuid())))
            .await;
        assert_eq!(store.next_mail().await.unwrap().unwrap().micros(), 7);
        assert_eq!(claim(store, 2).await, [(ids[3], 1), (ids[0], 1)]);
        assert_eq!(claim(store, 9).await, [(ids[1], 1), (ids[2], 1)]);
        assert_eq!(claim(store, 9).await, []);
        assert_eq!(state(store, team, ids[0]).await, Some(DeliveryState::Queued), "nobody knows yet");
        let next = store.next_mail().await.unwrap().unwrap();
        assert!(next > store.now().await.unwrap(), "{next:?} is when a lease ends");

        let almost = db.later(LEASE.saturating_sub(30 * SECOND)).await;
        assert_eq!(claim(&almost, 9).await, []);
        let over = db.later(LEASE).await;
        assert_eq!(claim(&over, 9).await.len(), 4);
        assert_eq!(claim(&over, 9).await, [], "taken again");
        let over = db.later(2 * LEASE).await;
        assert_eq!(claim(&over, 1).await[0].1, 3);
        let lasts = db.store.invitation(team, &guild(), ids[3]).await.unwrap().unwrap().delivery.unwrap();
        assert!(lasts.attempts >= 2);
    })
    .await;
}

#[tokio::test]
async fn what_came_of_it_is_shown() {
    on_both(async |db| {
        let store = &db.store;
        let team = team(store, &guild(), "ada").await;
        let ids = queue(db, team, 5).await;
        let before = store.now().await.unwrap();
        let retry = |failure| MailOutcome::Retry { after: Duration::from_mins(1), failure };
        for (id, outcome, expected, failure) in [
            (ids[0], MailOutcome::Sent, DeliveryState::Sent, None),
            (ids[1], MailOutcome::Skipped, DeliveryState::Skipped, None),
            (ids[2], retry(MailFailure::Unreachable), DeliveryState::Queued, Some(MailFailure::Unreachable)),
            (
                ids[3],
                MailOutcome::Failed(MailFailure::Rejected),
                DeliveryState::Failed,
                Some(MailFailure::Rejected),
            ),
            (
                ids[4],
                MailOutcome::Failed(MailFailure::Misconfigured),
                DeliveryState::Failed,
                Some(MailFailure::Misconfigured),
            ),
        ] {
            let claimed = claim_one(store).await;
            assert_eq!(claimed.invitation, id);
            store.settle_mail(&claimed, outcome).await.unwrap();
            let found = store.invitation(team, &guild(), id).await.unwrap().unwrap().delivery.unwrap();
            assert_eq!((found.state, found.failure, found.attempts), (expected, failure, 1), "{outcome:?}");
            assert_eq!(found.sent_at.is_some_and(|at| at >= before), outcome == MailOutcome::Sent);
        }
        // Only the one that is to be tried again comes again, and not before its pause is over, lease or none.
        let soon = db.later(30 * SECOND).await;
        assert_eq!(claim(&soon, 9).await, []);
        let later = db.later(Duration::from_mins(1)).await;
        let again = claim_one(&later).await;
        assert_eq!((again.invitation, again.attempt), (ids[2], 2));
        later.settle_mail(&again, MailOutcome::Sent).await.unwrap();
        let found = store.invitation(team, &guild(), ids[2]).await.unwrap().unwrap().delivery.unwrap();
        assert_eq!((found.state, found.failure, found.attempts), (DeliveryState::Sent, None, 2));
        assert_eq!(store.next_mail().await.unwrap(), None);
        let much_later = db.later(24 * LEASE).await;
        assert_eq!(claim(&much_later, 9).await, []);
    })
    .await;
}

/// A worker that took longer than its lease has nothing to say about the try that came after it.
#[tokio::test]
async fn who_comes_late_settles_nothing() {
    on_both(async |db| {
        let store = &db.store;
        let team = team(store, &guild(), "ada").await;
        let ids = queue(db, team, 2).await;
        let late = claim_one(store).await;
        let other = claim_one(store).await;
        let over = db.later(LEASE).await;
        let second = claim_one(&over).await;
        assert_eq!((second.invitation, second.attempt), (ids[0], 2));
        for outcome in [
            MailOutcome::Sent,
            MailOutcome::Skipped,
            MailOutcome::Failed(MailFailure::Rejected),
            MailOutcome::Retry { after: Duration::ZERO, failure: MailFailure::Unreachable },
        ] {
            store.settle_mail(&late, outcome).await.unwrap();
            let found = store.invitation(team, &guild(), ids[0]).await.unwrap().unwrap().delivery.unwrap();
            assert_eq!((found.state, found.failure, found.attempts), (DeliveryState::Queued, None, 2));
            assert_eq!(claim(&over, 9).await.iter().filter(|(id, _)| *id == ids[0]).count(), 0);
        }
        over.settle_mail(&second, MailOutcome::Sent).await.unwrap();
        // What is settled stays so.
        over.settle_mail(&second, MailOutcome::Failed(MailFailure::Rejected)).await.unwrap();
        assert_eq!(state(store, team, ids[0]).await, Some(DeliveryState::Sent));
        store.settle_mail(&other, MailOutcome::Sent).await.unwrap();
        assert_eq!(state(store, team, ids[1]).await, Some(DeliveryState::Queued), "the loop took it again");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn workers_at_once_never_get_the_same_mail() {
    on_both(async |db| {
        let team = team(&db.store, &guild(), "ada").await;
        let ids = queue(db, team, 60).await;
        let other = db.another_store().await;
        let workers: Vec<_> = (0..6)
            .map(|n| {
                // Replicas share a database and no memory.
                let store = Arc::clone(if n % 2 == 0 { &db.store } else { &other });
                tokio::spawn(async move {
                    let mut taken = Vec::new();
                    for _ in 0..60 {
                        taken.extend(claim(&store, 3).await);
                    }
                    taken
                })
            })
            .collect();
        let mut taken = Vec::new();
        for worker in workers {
            taken.extend(worker.await.unwrap());
        }
        assert_eq!(taken.len(), ids.len(), "a mail was taken twice, or not at all");
        assert!(taken.iter().all(|(_, attempt)| *attempt == 1));
        let apart: BTreeSet<_> = taken.iter().map(|(id, _)| id.uuid()).collect();
        assert_eq!(apart.len(), ids.len());
        assert_eq!(db.number("SELECT count(*) FROM mails WHERE attempts = 1").await, 60);
    })
    .await;
}

/// What another worker is taking right now is passed over: nobody waits for it.
#[tokio::test]
async fn a_mail_that_is_being_taken_is_passed_over() {
    on_postgres(async |db| {
        let team = team(&db.store, &guild(), "ada").await;
        let ids = queue(db, team, 3).await;
        let holder = db.raw.begin().await.unwrap();
        let first = db.uuid(ids[0].uuid());
        let locks = format!("SELECT 1 FROM mails WHERE invitation_id = {first} FOR UPDATE");
        holder.execute_unprepared(&locks).await.unwrap();
        assert_eq!(claim(&db.store, 2).await, [(ids[1], 1), (ids[2], 1)]);
        holder.rollback().await.unwrap();
        assert_eq!(claim(&db.store, 2).await, [(ids[0], 1)]);
    })
    .await;
}

#[tokio::test]
async fn one_that_cannot_be_read_holds_up_no_other_and_is_given_up() {
    on_both(async |db| {
        let store = &db.store;
        let team = team(store, &guild(), "ada").await;
        let ids = queue(db, team, 3).await;
        let broken = db.uuid(ids[0].uuid());
        db.execute(&format!("UPDATE mails SET locale = '!' WHERE invitation_id = {broken}")).await;
        assert_eq!(claim(store, 9).await, [(ids[1], 1), (ids[2], 1)]);
        assert_eq!(state(store, team, ids[0]).await, Some(DeliveryState::Queued));
        db.execute(&format!("UPDATE mails SET attempts = 20, due_at = 1 WHERE invitation_id = {broken}"))
            .await;
        assert_eq!(claim(store, 9).await, []);
        assert_eq!(state(store, team, ids[0]).await, Some(DeliveryState::Failed));
    })
    .await;
}
