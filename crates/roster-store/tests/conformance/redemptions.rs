//! From a token to a link, a look at it, and what redeeming it needs.

use roster_domain::decide::{Redemption as Outcome, redeem_link};
use roster_domain::{Change, LinkId, MemberState, PolicyName, Refusal};
use roster_store::{LinkPlace, Loaded, Locked, Onlooker, Preview, Redemption};
use uuid::Uuid;

use crate::database::on_both;
use crate::scene::{
    HOUR, after, change, club, context, fresh, link, member, person, policy_name, removed, team, user,
};

#[tokio::test]
async fn a_digest_leads_to_a_link() {
    on_both(async |db| {
        let team = team(&db.store, &club(), "ada").await;
        let ada = person(&db.store, "ada").await;
        let now = db.store.now().await.unwrap();
        let live = link(&db.store, team, ada, after(now, HOUR)).await;
        let expired = link(&db.store, team, ada, after(now, -HOUR)).await;
        for link in [&live, &expired] {
            let place = LinkPlace { team, link: link.id, expires_at: link.expires_at };
            let (found, at) = db.store.find_link(link.secret.digest).await.unwrap().unwrap();
            assert_eq!(found, place);
            assert!(at >= now);
        }
        change(&db.store, team, ada, &[Change::InviteLinkRevoked { link: live.id }]).await;
        assert!(db.store.find_link(live.secret.digest).await.unwrap().is_some());
        let mut wrong = live.secret.digest;
        wrong[31] ^= 1;
        assert_eq!(db.store.find_link(wrong).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn a_preview_shows_what_redeeming_would_find_and_changes_nothing() {
    on_both(async |db| {
        let team = team(&db.store, &club(), "ada").await;
        let other = crate::scene::team(&db.store, &club(), "ada").await;
        let ada = person(&db.store, "ada").await;
        let now = db.store.now().await.unwrap();
        let link = link(&db.store, team, ada, after(now, HOUR)).await;
        let digest = link.secret.digest;
        let place = LinkPlace { team, link: link.id, expires_at: link.expires_at };
        let before = db.row_counts().await;
        let look = async |place, digest, name: &str, policy: &str| {
            let visible = |seen: &PolicyName| *seen == policy_name(policy);
            let onlooker = Onlooker { user: &user(name), policies: &[club()], visible };
            db.store.preview_link(place, digest, onlooker).await.unwrap()
        };

        let Preview { team: seen, facts, maker_user_id, now: at } =
            look(place, digest, "bob", "club").await.unwrap();
        assert_eq!((seen.id, seen.member_count, maker_user_id.as_deref()), (team, 1, Some("ada")));
        assert!(at >= now);
        assert_eq!(
            (facts.joining.membership, facts.joining.removed_at, facts.link.id),
            (None, None, link.id)
        );
        assert_eq!(facts.joining.maker.unwrap().membership.person, ada);
        let Preview { facts, .. } = look(place, digest, "ada", "club").await.unwrap();
        assert_eq!(facts.joining.membership.unwrap().person, ada);
        assert_eq!(db.row_counts().await, before, "a look made a person known");

        assert!(look(place, digest, "bob", "choir").await.is_none());
        assert!(look(place, [9; 32], "bob", "club").await.is_none());
        assert!(look(LinkPlace { team: other, ..place }, digest, "bob", "club").await.is_none());
        let unknown = LinkId::from_uuid(Uuid::now_v7());
        assert!(look(LinkPlace { link: unknown, ..place }, digest, "bob", "club").await.is_none());

        let bob = member(&db.store, team, "bob", "guest").await;
        change(&db.store, team, ada, &[removed(bob, "guest")]).await;
        let Preview { facts, .. } = look(place, digest, "bob", "club").await.unwrap();
        assert_eq!((facts.joining.membership, facts.joining.removed_at), (None, Some(4)));

        db.execute("UPDATE teams SET deleted_at = 1").await;
        assert!(look(place, digest, "bob", "club").await.is_none());
    })
    .await;
}

#[tokio::test]
async fn joining_from_the_token_to_the_team() {
    on_both(async |db| {
        let policy = club();
        let team = team(&db.store, &policy, "ada").await;
        let ada = person(&db.store, "ada").await;
        let now = db.store.now().await.unwrap();
        let old = link(&db.store, team, ada, after(now, HOUR)).await;
        let redeem = async |link: &roster_domain::NewInviteLink, name: &str| {
            let (user, policies) = (&user(name), &[club()]);
            let question = Redemption { user, link: link.id, digest: link.secret.digest, policies };
            let loaded = db.store.lock_and_load(team, None, |_| true, question).await.unwrap();
            let Locked { mut tx, facts, .. } = fresh(loaded);
            let found = facts.unwrap();
            let changes = redeem_link(&policy, &found.facts, found.person, None, tx.now())?;
            tx.apply(&context(found.person), team, &changes).await.unwrap();
            tx.finish(b"").await.unwrap();
            Ok(if changes.is_empty() { Outcome::AlreadyMember } else { Outcome::Joins })
        };
        let uses = async |link| db.store.link(team, &policy, link).await.unwrap().unwrap().link.uses;

        assert_eq!(redeem(&old, "bob").await, Ok(Outcome::Joins));
        assert_eq!(redeem(&old, "bob").await, Ok(Outcome::AlreadyMember));
        assert_eq!(redeem(&old, "ada").await, Ok(Outcome::AlreadyMember));
        assert_eq!(uses(old.id).await, 1);
        assert_eq!(db.store.count_members(team, MemberState::Active, None).await.unwrap(), 2);

        // Whoever was removed needs a newer link, and after that removal a still newer one.
        let bob = person(&db.store, "bob").await;
        change(&db.store, team, ada, &[removed(bob, "guest")]).await;
        assert_eq!(redeem(&old, "bob").await, Err(Refusal::Removed));
        assert_eq!(redeem(&old, "cleo").await, Ok(Outcome::Joins));
        let newer = link(&db.store, team, ada, after(now, HOUR)).await;
        assert_eq!(redeem(&newer, "bob").await, Ok(Outcome::Joins));
        change(&db.store, team, ada, &[removed(bob, "guest")]).await;
        assert_eq!(redeem(&newer, "bob").await, Err(Refusal::Removed));
        assert_eq!((uses(old.id).await, uses(newer.id).await), (2, 1));
    })
    .await;
}

/// The person is made known in the transaction of the redemption, and not if that is refused.
#[tokio::test]
async fn a_refused_redemption_leaves_nobody() {
    on_both(async |db| {
        let team = team(&db.store, &club(), "ada").await;
        let ada = person(&db.store, "ada").await;
        let now = db.store.now().await.unwrap();
        let link = link(&db.store, team, ada, after(now, HOUR)).await;
        let (user, policies) = (&user("bob"), &[club()]);
        let question = Redemption { user, link: link.id, digest: link.secret.digest, policies };
        let loaded = db.store.lock_and_load(team, None, |_| true, question).await.unwrap();
        assert!(matches!(loaded, Loaded::Fresh(Locked { facts: Some(_), .. })));
        drop(loaded);
        assert_eq!(db.texts("SELECT user_id FROM people").await, ["ada"]);
    })
    .await;
}

/// Two who come at once, both unknown so far, and each by another team's link in the opposite order.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn strangers_at_once_all_join() {
    on_both(async |db| {
        let policy = club();
        let mut teams = Vec::new();
        for _ in 0..2 {
            let team = team(&db.store, &policy, "ada").await;
            let ada = person(&db.store, "ada").await;
            let expires_at = after(db.store.now().await.unwrap(), HOUR);
            teams.push((team, link(&db.store, team, ada, expires_at).await));
        }
        let mut tasks = Vec::new();
        for n in 0..20 {
            let store = std::sync::Arc::clone(&db.store);
            let (team, link) = teams[n % 2].clone();
            let policy = policy.clone();
            tasks.push(tokio::spawn(async move {
                let (user, policies) = (&user(&format!("p{}", n / 4)), &[club()]);
                let question = Redemption { user, link: link.id, digest: link.secret.digest, policies };
                let loaded = store.lock_and_load(team, None, |_| true, question).await.unwrap();
                let Locked { mut tx, facts, .. } = fresh(loaded);
                let found = facts.unwrap();
                let changes = redeem_link(&policy, &found.facts, found.person, None, tx.now()).unwrap();
                tx.apply(&context(found.person), team, &changes).await.unwrap();
                tx.finish(b"").await.unwrap();
            }));
        }
        for task in tasks {
            task.await.unwrap();
        }
        for (team, link) in teams {
            assert_eq!(db.store.count_members(team, MemberState::Active, None).await.unwrap(), 6);
            assert_eq!(db.store.link(team, &policy, link.id).await.unwrap().unwrap().link.uses, 5);
        }
        assert_eq!(db.number("SELECT count(*) FROM people").await, 6);
    })
    .await;
}
