//! Teams that are found by an invite, whoever holds their locks meanwhile.

use std::sync::Arc;

use roster_domain::decide::{Answerer, Presented, accept_invitation, redeem_code};
use roster_domain::{Change, CodeKey, NewInvitation, Policy, PolicyName, TeamId};
use roster_store::{Claim, CodeInvite, Joining, Loaded, Locked, MailInvite, Store};

use crate::database::{on_both, on_postgres};
use crate::scene::{
    HOUR, after, change, code, context, email, finish, fresh, guild, invite, new_code, person, request, set,
    team, user,
};
use crate::twins::{begin_as_before, claim_as_before, finish_as_before, lock_as_before, twin};

/// Rules with seats for all.
fn rules() -> Policy {
    Policy { seats: None, ..guild() }
}

/// Accepts as the service does, by the token, and tells how the request was met.
async fn accept(store: &Store, invite: MailInvite, name: &str, claim: Option<Claim>) -> String {
    accept_where(store, invite, name, claim, |_| true).await
}

async fn accept_where(
    store: &Store,
    invite: MailInvite,
    name: &str,
    claim: Option<Claim>,
    visible: impl Fn(&PolicyName) -> bool + Send,
) -> String {
    let question = Joining { invite, user: &user(name) };
    let loaded = store.lock_by_invite(invite, claim, &set(&[rules()]), visible, question).await.unwrap();
    let Locked { mut tx, team, facts, .. } = match loaded {
        Loaded::Fresh(locked) => locked,
        Loaded::Replay(answered) => return String::from_utf8(answered.answer).unwrap(),
        Loaded::Absent => return "absent".into(),
    };
    let (found, address) = (facts.unwrap(), email(&format!("{name}@example.org")));
    let person = found.person().unwrap();
    let answerer = Answerer { person, email: Some(&address), presented: Presented::ByToken };
    let changes = accept_invitation(&rules(), &found.facts, answerer, tx.now()).unwrap();
    tx.apply(&context(person), team.id, &changes).await.unwrap();
    finish(tx, b"by the store").await;
    "fresh".into()
}

/// Invitations of somebody each, whose name is that of the address.
async fn invitations(store: &Store, team: TeamId, names: &[&str]) -> Vec<NewInvitation> {
    let ada = person(store, "ada").await;
    let soon = after(store.now().await.unwrap(), HOUR);
    let mut made = Vec::new();
    for name in names {
        made.push(invite(store, team, ada, (&format!("{name}@example.org"), soon)).await);
    }
    made
}

fn token(invitation: &NewInvitation) -> MailInvite {
    MailInvite::Token(invitation.secret.digest)
}

#[tokio::test]
async fn what_is_absent_leaves_no_claim_and_nobody_known() {
    on_both(async |db| {
        let store = &db.store;
        let team = team(store, &guild(), "ada").await;
        let bob = token(&invitations(store, team, &["bob"]).await[0]);
        let before = db.row_counts().await;
        let nobody = MailInvite::Token([9; 32]);
        for claim in [None, Some(request(1, 1))] {
            assert_eq!(accept(store, nobody, "bob", claim).await, "absent");
            assert_eq!(
                accept_where(store, bob, "bob", claim, |_| false).await,
                "absent",
                "another product's"
            );
        }
        assert_eq!(db.row_counts().await, before);
        assert_eq!(db.number("SELECT count(*) FROM idempotency").await, 0);
        change(store, team, person(store, "ada").await, &[Change::TeamDeleted]).await;
        assert_eq!(accept(store, bob, "bob", Some(request(1, 1))).await, "absent");
        assert_eq!(db.number("SELECT count(*) FROM idempotency").await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_request_is_answered_again_unless_the_team_is_another_products() {
    on_both(async |db| {
        let store = &db.store;
        let team = team(store, &guild(), "ada").await;
        let bob = token(&invitations(store, team, &["bob"]).await[0]);
        let claim = Some(request(1, 1));
        assert_eq!(accept(store, bob, "bob", claim).await, "fresh");
        assert_eq!(accept(store, bob, "bob", claim).await, "by the store");
        assert_eq!(accept_where(store, bob, "bob", claim, |_| false).await, "absent");
        assert_eq!(db.number("SELECT count(*) FROM members").await, 2);
    })
    .await;
}

#[tokio::test]
async fn a_request_is_answered_again_although_its_code_is_gone() {
    on_both(async |db| {
        let store = &db.store;
        let team = team(store, &guild(), "ada").await;
        let ada = person(store, "ada").await;
        let made = code(store, team, new_code(ada, "GD-ONCE")).await;
        let (key, policies) = (CodeKey::of(&made.text), set(&[guild()]));
        let user = user("bob");
        let redeem = async |claim: Claim| {
            let question = Joining { invite: CodeInvite(&key), user: &user };
            store.lock_by_invite(CodeInvite(&key), Some(claim), &policies, |_| true, question).await.unwrap()
        };
        let Locked { mut tx, facts, .. } = fresh(redeem(request(1, 1)).await);
        let found = facts.unwrap();
        let bob = found.person().unwrap();
        let changes = redeem_code(&guild(), &found.facts, bob, None, tx.now()).unwrap();
        tx.apply(&context(bob), team, &changes).await.unwrap();
        finish(tx, b"redeemed").await;
        change(store, team, ada, &[Change::TeamCodeDeleted { code: made.id }]).await;
        assert!(
            matches!(redeem(request(1, 1)).await, Loaded::Replay(answer) if answer.answer == b"redeemed")
        );
        assert!(matches!(redeem(request(1, 2)).await, Loaded::Absent), "another body");
        assert!(matches!(redeem(request(2, 1)).await, Loaded::Absent), "another request");
    })
    .await;
}

/// Those who wait for one team have one connection between them.
#[tokio::test]
async fn many_at_a_busy_team_leave_connections_to_others() {
    on_postgres(async |db| {
        let busy = team(&db.store, &guild(), "ada").await;
        let idle = team(&db.store, &guild(), "ada").await;
        let names = ["bob", "cleo", "dora", "eve"];
        let invited = invitations(&db.store, busy, &names).await;
        let zed = token(&invitations(&db.store, idle, &["zed"]).await[0]);
        let store = db.store_with(2).await;

        let holder = begin_as_before(db).await;
        lock_as_before(db, &holder, busy).await;
        let mut waiting = Vec::new();
        for (n, (name, invitation)) in names.into_iter().zip(&invited).enumerate() {
            let (store, invite) = (Arc::clone(&store), token(invitation));
            let claim = Some(request(u8::try_from(n).unwrap(), 1));
            waiting.push(tokio::spawn(async move { accept(&store, invite, name, claim).await }));
        }
        db.until_waiting(1).await;
        assert_eq!(accept(&store, zed, "zed", Some(request(9, 1))).await, "fresh");
        holder.rollback().await.unwrap();
        for one in waiting {
            assert_eq!(one.await.unwrap(), "fresh");
        }
        assert_eq!(db.number("SELECT count(*) FROM members").await, 7);
    })
    .await;
}

/// One attempt of a request waits for the team, one for that one's claim, and the rest without a connection.
#[tokio::test]
async fn twins_leave_connections_to_others() {
    on_postgres(async |db| {
        let busy = team(&db.store, &guild(), "ada").await;
        let idle = team(&db.store, &guild(), "ada").await;
        let bob = token(&invitations(&db.store, busy, &["bob"]).await[0]);
        let zed = token(&invitations(&db.store, idle, &["zed"]).await[0]);
        let store = db.store_with(3).await;

        let holder = begin_as_before(db).await;
        lock_as_before(db, &holder, busy).await;
        let twins = [(); 4].map(|()| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { accept(&store, bob, "bob", Some(twin())).await })
        });
        db.until_waiting(2).await;
        assert_eq!(accept(&store, zed, "zed", Some(request(9, 1))).await, "fresh");
        holder.rollback().await.unwrap();
        let mut met = Vec::new();
        for twin in twins {
            met.push(twin.await.unwrap());
        }
        met.sort();
        assert_eq!(met, ["by the store", "by the store", "by the store", "fresh"]);
    })
    .await;
}

/// One that claims and locks in statements of its own, as an older replica does, is waited for at its claim, and the team
/// is free for it then.
#[tokio::test]
async fn a_twin_is_waited_for_at_its_claim() {
    on_postgres(async |db| {
        let team = team(&db.store, &guild(), "ada").await;
        let bob = token(&invitations(&db.store, team, &["bob"]).await[0]);
        let other = db.another_store().await;

        let older = begin_as_before(db).await;
        assert!(claim_as_before(db, &older).await);
        let twins = [Arc::clone(&db.store), other]
            .map(|store| tokio::spawn(async move { accept(&store, bob, "bob", Some(twin())).await }));
        db.until_waiting(2).await;
        lock_as_before(db, &older, team).await;
        finish_as_before(older).await;
        for twin in twins {
            assert_eq!(twin.await.unwrap(), "by the older");
        }
        assert_eq!(db.number("SELECT count(*) FROM members").await, 1);
    })
    .await;
}

#[tokio::test]
async fn twins_that_find_the_team_locked_happen_once() {
    on_postgres(async |db| {
        let team = team(&db.store, &guild(), "ada").await;
        let bob = token(&invitations(&db.store, team, &["bob"]).await[0]);
        let other = db.another_store().await;
        let holder = begin_as_before(db).await;
        lock_as_before(db, &holder, team).await;
        let twins = [Arc::clone(&db.store), other]
            .map(|store| tokio::spawn(async move { accept(&store, bob, "bob", Some(twin())).await }));
        db.until_waiting(2).await;
        holder.rollback().await.unwrap();
        let mut met = Vec::new();
        for twin in twins {
            met.push(twin.await.unwrap());
        }
        met.sort();
        assert_eq!(met, ["by the store", "fresh"]);
        assert_eq!(db.number("SELECT count(*) FROM members").await, 2);
    })
    .await;
}
