//! That the lock is what keeps a team its last owner: without it, the same race leaves teams with none.

use roster_domain::TeamId;
use roster_domain::decide::change_role;
use roster_store::{Locked, MemberChange, Store};

use crate::database::on_both;
use crate::scene::{club, context, fresh, member, role, team, user};

const ROUNDS: usize = 20;

/// An owner makes another a guest, unless the rules refuse.
async fn demote(store: &Store, team: TeamId, actor: &str, target: &str) {
    let question = MemberChange { actor: &user(actor), target: &user(target) };
    let loaded = store.lock_and_load(team, None, |_| true, question).await.unwrap();
    let Locked { mut tx, facts, .. } = fresh(loaded);
    let Some(actor) = facts.actor.as_ref().map(|actor| actor.person) else { panic!("{actor} is no member") };
    match change_role(&club(), &facts, &role("guest"), None) {
        Ok(changes) => {
            tx.apply(&context(actor), team, &changes).await.unwrap();
            tx.finish(b"").await.unwrap();
        }
        Err(_) => tx.undo().await.unwrap(),
    }
}

/// How many teams are without an owner after two owners of each demoted each other at once.
async fn ownerless(store: &Store) -> usize {
    let mut ownerless = 0;
    for _ in 0..ROUNDS {
        let team = team(store, &club(), "ada").await;
        member(store, team, "bob", "owner").await;
        tokio::join!(demote(store, team, "ada", "bob"), demote(store, team, "bob", "ada"));
        let owners = store.count_members(team, Some(&role("owner"))).await.unwrap();
        assert!(owners <= 1, "nobody was demoted");
        ownerless += usize::from(owners == 0);
    }
    ownerless
}

#[tokio::test]
async fn two_owners_who_demote_each_other_leave_one() {
    on_both(async |db| assert_eq!(ownerless(&db.store).await, 0)).await;
}

#[tokio::test]
async fn facts_loaded_before_the_lock_leave_none() {
    on_both(async |db| {
        let broken = db.store_that_loads_before_the_lock().await;
        let ownerless = ownerless(&broken).await;
        assert!(ownerless > 0, "the race was not met in {ROUNDS} rounds: the test above proves nothing");
    })
    .await;
}
