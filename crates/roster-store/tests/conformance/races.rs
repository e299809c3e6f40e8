//! That the lock is what keeps a team its last owner, and its seats: without it, the same races leave teams with no
//! owner, and with more members than seats.

use roster_domain::decide::{NewRole, change_role, redeem_link, restore_member};
use roster_domain::{Change, MemberState, NewInviteLink, PersonKey, Refusal, TeamId};
use roster_store::{Context, Joining, LinkInvite, Locked, MemberChange, Restoration, Store, Tx};

use crate::asks::Asks;
use crate::database::on_both;
use crate::scene::{
    HOUR, after, change, club, context, finish, fresh, guild, link, member, person, role, set, suspended,
    team, user,
};

/// How often a race is run that must not be lost; one that must be is run until it is, and no more often.
const ROUNDS: usize = 20;

/// The seats of a small guild.
const SEATS: i64 = 3;

/// Commits what was decided, or nothing if that is a refusal.
async fn carry_out(mut tx: Tx, by: &Context, team: TeamId, decided: Result<Vec<Change>, Refusal>) {
    match decided {
        Ok(changes) => {
            tx.apply(by, team, &changes).await.unwrap();
            finish(tx, b"").await;
        }
        Err(_) => tx.undo().await.unwrap(),
    }
}

/// An owner makes another a guest, unless the rules refuse.
async fn demote(store: &Store, team: TeamId, actor: &str, target: &str) {
    let question = MemberChange { actor: &user(actor), target: &user(target) };
    let loaded = store.lock_and_load(team, None, &set(&[club()]), |_| true, question).await.unwrap();
    let Locked { tx, facts, .. } = fresh(loaded);
    let Some(actor) = facts.actor.as_ref().map(|actor| actor.person) else { panic!("{actor} is no member") };
    let guest = NewRole { role: &role("guest"), access: None, grant_cap: 0 };
    carry_out(tx, &context(actor), team, change_role(&club(), &facts, &guest, None)).await;
}

/// Whether a team is without an owner after two owners demoted each other at once.
async fn ends_ownerless(store: &Store) -> bool {
    let team = team(store, &club(), "ada").await;
    member(store, team, "bob", "owner").await;
    tokio::join!(demote(store, team, "ada", "bob"), demote(store, team, "bob", "ada"));
    let owners = store.count_members(team, MemberState::Active, Some(&role("owner"))).await.unwrap();
    assert!(owners <= 1, "nobody was demoted");
    owners == 0
}

/// Somebody joins by a link, if there is a seat.
async fn redeem(store: &Store, team: TeamId, link: &NewInviteLink, name: &str) {
    let (user, policies) = (&user(name), &[guild()]);
    let question = Joining { invite: LinkInvite { link: link.id, digest: link.secret.digest }, user };
    let loaded = store.lock_and_load(team, None, &set(policies), |_| true, question).await.unwrap();
    let Locked { tx, facts, .. } = fresh(loaded);
    let found = facts.unwrap();
    let decided = redeem_link(&guild(), &found.facts, found.person().unwrap(), None, tx.now());
    carry_out(tx, &context(found.person().unwrap()), team, decided).await;
}

/// The owner restores a member, if there is a seat.
async fn restore(store: &Store, team: TeamId, owner: PersonKey, target: &str) {
    let change = MemberChange { actor: &user("ada"), target: &user(target) };
    let loaded =
        store.lock_and_load(team, None, &set(&[guild()]), |_| true, Restoration(change)).await.unwrap();
    let Locked { tx, facts, .. } = fresh(loaded);
    carry_out(tx, &context(owner), team, restore_member(&guild(), &facts, None)).await;
}

/// Whether a team has more members than seats after two who join and one who is restored wanted the last one at once.
async fn ends_overfull(store: &Store) -> bool {
    let team = team(store, &guild(), "ada").await;
    let ada = person(store, "ada").await;
    member(store, team, "bob", "guest").await;
    let cleo = member(store, team, "cleo", "guest").await;
    change(store, team, ada, &[suspended(cleo, "guest")]).await;
    let link = link(store, team, ada, after(store.now().await.unwrap(), HOUR)).await;
    // Known beforehand, so that they meet at the seat and not before it.
    for name in ["dora", "eve"] {
        person(store, name).await;
    }
    tokio::join!(
        Box::pin(redeem(store, team, &link, "dora")),
        Box::pin(restore(store, team, ada, "cleo")),
        Box::pin(redeem(store, team, &link, "eve"))
    );
    let members = store.count_members(team, MemberState::Active, None).await.unwrap();
    assert!(members >= SEATS, "nobody got the last seat");
    members > SEATS
}

/// How many races are lost, up to the first.
async fn lost(race: impl AsyncFn() -> bool) -> usize {
    for _ in 0..ROUNDS {
        if race().await {
            return 1;
        }
    }
    0
}

#[tokio::test]
async fn two_owners_who_demote_each_other_leave_one() {
    on_both(async |db| assert_eq!(lost(async || ends_ownerless(&db.store).await).await, 0)).await;
}

#[tokio::test]
async fn the_last_seat_is_taken_once() {
    on_both(async |db| assert_eq!(lost(async || ends_overfull(&db.store).await).await, 0)).await;
}

/// Replicas share no queue: the lock alone decides.
#[tokio::test]
async fn the_last_seat_is_taken_once_whatever_the_replica() {
    on_both(async |db| {
        let other = db.another_store().await;
        let team = team(&db.store, &guild(), "ada").await;
        let ada = person(&db.store, "ada").await;
        member(&db.store, team, "bob", "guest").await;
        let link = link(&db.store, team, ada, after(db.store.now().await.unwrap(), HOUR)).await;
        tokio::join!(redeem(&db.store, team, &link, "dora"), redeem(&other, team, &link, "eve"));
        assert_eq!(db.store.count_members(team, MemberState::Active, None).await.unwrap(), SEATS);
    })
    .await;
}

#[tokio::test]
async fn facts_loaded_before_the_lock_leave_none() {
    on_both(async |db| {
        let broken = db.store_that_loads_before_the_lock().await;
        let lost = lost(async || ends_ownerless(&broken).await).await;
        assert!(lost > 0, "the race was not met in {ROUNDS} rounds: the test above proves nothing");
    })
    .await;
}

#[tokio::test]
async fn facts_loaded_before_the_lock_fill_a_team_beyond_its_seats() {
    on_both(async |db| {
        let broken = db.store_that_loads_before_the_lock().await;
        let lost = lost(async || ends_overfull(&broken).await).await;
        assert!(lost > 0, "the race was not met in {ROUNDS} rounds: the test above proves nothing");
    })
    .await;
}
