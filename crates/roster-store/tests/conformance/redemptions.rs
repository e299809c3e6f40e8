//! From a token to a link, a look at it, and what redeeming it needs.

use roster_domain::decide::{NewRole, Redemption as Outcome, change_role, redeem_link};
use roster_domain::{
    Access, Change, CodeKey, CodeText, LinkId, MemberState, NewInviteLink, PolicyName, Refusal,
};
use roster_store::{
    CodeInvite, JoinerAsMember, Joining, LinkInvite, LinkPlace, Loaded, Locked, MailInvite, MemberChange,
};
use uuid::Uuid;

use crate::asks::{Asks, Invites, Onlooker, Preview};
use crate::database::on_both;
use crate::scene::{
    HOUR, after, ask, change, club, context, finish, fresh, left, link, member, person, policy_name, removed,
    role, set, team, user,
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
            let onlooker = Onlooker { user: &user(name), policies: &set(&[club()]), visible };
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
            let question = Joining { invite: LinkInvite { link: link.id, digest: link.secret.digest }, user };
            let loaded =
                db.store.lock_and_load(team, None, &set(policies), |_| true, question).await.unwrap();
            let Locked { mut tx, facts, .. } = fresh(loaded);
            let found = facts.unwrap();
            let changes = redeem_link(&policy, &found.facts, found.person().unwrap(), None, tx.now())?;
            tx.apply(&context(found.person().unwrap()), team, &changes).await.unwrap();
            finish(tx, b"").await;
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

/// What an act lowers is stored as a removal is, whoever is lowered by it and whatever it lowers.
#[tokio::test]
async fn who_was_lowered_is_remembered_like_who_was_removed() {
    on_both(async |db| {
        let store = &db.store;
        let (team, other) = (team(store, &club(), "ada").await, team(store, &club(), "ada").await);
        let ada = person(store, "ada").await;
        let bob = member(store, team, "bob", "steward").await;
        member(store, other, "bob", "steward").await;
        // Over all teams: the other one's bob is not lowered.
        let remembered =
            "SELECT user_id || ' ' || revision FROM removals JOIN people ON id = person ORDER BY 1";
        let role_changed = |lowered| {
            let (old_role, new_role) = (role("steward"), role("steward"));
            Change::MemberRoleChanged { person: bob, state: MemberState::Active, old_role, new_role, lowered }
        };
        let access_changed = |lowered| {
            let (before, after) = (Access::default(), Access::default());
            Change::MemberAccessChanged { person: bob, before, after, lowered }
        };
        let transferred = |from_lowered, to_lowered| Change::OwnershipTransferred {
            role: role("owner"),
            from: ada,
            from_state: MemberState::Active,
            from_becomes: role("owner"),
            from_lowered,
            to: bob,
            to_was: role("steward"),
            to_lowered,
        };
        let back = crate::scene::role_changed(bob, "owner", "steward");
        for (changes, expected) in [
            (vec![role_changed(false), access_changed(false)], Vec::<&str>::new()),
            (vec![transferred(false, false), back.clone()], vec![]),
            (vec![access_changed(true)], vec!["bob 5"]),
            (vec![role_changed(true)], vec!["bob 6"]),
            (vec![role_changed(true), access_changed(true)], vec!["bob 7"]),
            (vec![role_changed(false)], vec!["bob 7"]),
            (vec![transferred(true, false), back.clone()], vec!["ada 9", "bob 7"]),
            (vec![transferred(false, true), back], vec!["ada 9", "bob 10"]),
        ] {
            change(store, team, ada, &changes).await;
            assert_eq!(db.texts(remembered).await, expected, "{changes:?}");
        }
    })
    .await;
}

/// A member is one as before, and once it has left it needs a way in that is newer than what lowered it.
#[tokio::test]
async fn who_was_lowered_comes_back_by_a_newer_link() {
    on_both(async |db| {
        let (store, policy) = (&db.store, club());
        let team = team(store, &policy, "ada").await;
        let ada = person(store, "ada").await;
        let bob = member(store, team, "bob", "owner").await;
        let soon = after(store.now().await.unwrap(), HOUR);
        let old = link(store, team, ada, soon).await;
        let question = MemberChange { actor: &user("ada"), target: &user("bob") };
        let facts = ask(store, team, &[club()], question).await;
        let guest = NewRole { role: &role("guest"), access: None, grant_cap: 0 };
        change(store, team, ada, &change_role(&policy, &facts, &guest, None).unwrap()).await;
        let newer = link(store, team, ada, soon).await;
        let redeem = async |link: &NewInviteLink| {
            let (user, policies) = (&user("bob"), &[club()]);
            let question = Joining { invite: LinkInvite { link: link.id, digest: link.secret.digest }, user };
            let found = ask(store, team, policies, question).await.unwrap();
            let changes =
                redeem_link(&policy, &found.facts, found.person().unwrap(), None, store.now().await.unwrap());
            changes.map(|changes| changes.len())
        };
        assert_eq!((redeem(&old).await, redeem(&newer).await), (Ok(0), Ok(0)), "a member already");
        change(store, team, bob, &[left(bob, "guest")]).await;
        assert_eq!((redeem(&old).await, redeem(&newer).await), (Err(Refusal::Removed), Ok(1)));
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
        let question = Joining { invite: LinkInvite { link: link.id, digest: link.secret.digest }, user };
        let loaded = db.store.lock_and_load(team, None, &set(policies), |_| true, question).await.unwrap();
        assert!(matches!(loaded, Loaded::Fresh(Locked { facts: Some(_), .. })));
        drop(loaded);
        assert_eq!(db.texts("SELECT user_id FROM people").await, ["ada"]);
    })
    .await;
}

/// What is asked beside an invite is read right whether there is such an invite or not.
#[tokio::test]
async fn a_member_with_a_token_of_nothing_is_still_seen_as_a_member() {
    on_both(async |db| {
        let team = team(&db.store, &club(), "ada").await;
        member(&db.store, team, "bob", "guest").await;
        let user = &user("bob");
        let id = Uuid::now_v7();
        let key = CodeKey::of(&CodeText::new("SK-ABCDEF".to_owned()));
        let link = LinkInvite { link: LinkId::from_uuid(id), digest: [1; 32] };
        let mail = MailInvite::Token([1; 32]);
        let code = CodeInvite(&key);
        let found = [
            ask(&db.store, team, &[club()], (Joining { invite: link, user }, JoinerAsMember)).await.1,
            ask(&db.store, team, &[club()], (Joining { invite: mail, user }, JoinerAsMember)).await.1,
            ask(&db.store, team, &[club()], (Joining { invite: code, user }, JoinerAsMember)).await.1,
        ];
        for member in found {
            assert_eq!(member.unwrap().user_id.as_deref(), Some("bob"));
        }
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
                let question =
                    Joining { invite: LinkInvite { link: link.id, digest: link.secret.digest }, user };
                let loaded =
                    store.lock_and_load(team, None, &set(policies), |_| true, question).await.unwrap();
                let Locked { mut tx, facts, .. } = fresh(loaded);
                let found = facts.unwrap();
                let changes =
                    redeem_link(&policy, &found.facts, found.person().unwrap(), None, tx.now()).unwrap();
                tx.apply(&context(found.person().unwrap()), team, &changes).await.unwrap();
                finish(tx, b"").await;
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
