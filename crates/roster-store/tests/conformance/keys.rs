//! The service's keys and those that stored secrets were derived with.

use std::time::Duration;

use roster_domain::{Change, Delivery, SecretRecord};
use roster_store::{KeyFingerprint, KeyMismatch, KeyUse};

use crate::database::on_both;
use crate::making::secret;
use crate::scene::{HOUR, after, change, club, guild, invite, link, person, team};

fn key(id: &str, fingerprint: &str) -> KeyFingerprint {
    KeyFingerprint { id: id.into(), fingerprint: fingerprint.into() }
}

fn mismatch(id: &str, differs: bool) -> KeyMismatch {
    KeyMismatch { id: id.into(), differs }
}

#[tokio::test]
async fn keys_are_registered_and_recognised() {
    on_both(async |db| {
        let (first, second) = (key("first", "abc"), key("second", "def"));
        let store = &db.store;
        let known = "SELECT id || ' ' || fingerprint FROM signing_keys ORDER BY id";
        assert_eq!(store.register_keys(&[]).await.unwrap(), []);
        assert_eq!(store.register_keys(std::slice::from_ref(&first)).await.unwrap(), []);
        assert_eq!(store.register_keys(std::slice::from_ref(&first)).await.unwrap(), []);
        assert_eq!(store.register_keys(&[first.clone(), second.clone()]).await.unwrap(), []);
        assert_eq!(db.texts(known).await, ["first abc", "second def"]);

        // One of the same id with another secret; what is new beside it is not added either.
        let wrong = [key("first", "xyz"), second.clone(), key("third", "ghi")];
        assert_eq!(store.register_keys(&wrong).await.unwrap(), [mismatch("first", true)]);
        assert_eq!(db.texts(known).await, ["first abc", "second def"]);

        // Missing, and nothing needs it.
        assert_eq!(store.register_keys(&[second]).await.unwrap(), []);
        // It remains known: another secret under its id is still refused.
        assert_eq!(
            store.compare_keys(&[key("first", "xyz"), key("third", "ghi")]).await.unwrap(),
            [mismatch("first", true)]
        );
        assert_eq!(store.compare_keys(&[key("third", "ghi")]).await.unwrap(), []);
        assert_eq!(db.texts(known).await, ["first abc", "second def"], "to compare adds nothing");
        assert_eq!(store.register_keys(&[key("first", "xyz")]).await.unwrap(), [mismatch("first", true)]);
    })
    .await;
}

#[tokio::test]
async fn a_key_can_retire_when_nothing_live_uses_it() {
    on_both(async |db| {
        let store = &db.store;
        let second = [key("second", "def")];
        store.register_keys(&[key("first", "abc")]).await.unwrap();
        let team = team(store, &club(), "ada").await;
        let ada = person(store, "ada").await;
        let expires_at = after(store.now().await.unwrap(), HOUR);
        let link = link(store, team, ada, expires_at).await;
        assert_eq!(link.secret.key_id, "first");

        assert_eq!(store.register_keys(&second).await.unwrap(), [mismatch("first", false)]);
        assert_eq!(db.number("SELECT count(*) FROM signing_keys").await, 1);
        let expired = db.later(Duration::from_hours(1)).await;
        assert_eq!(expired.register_keys(&second).await.unwrap(), []);
        assert_eq!(store.register_keys(&second).await.unwrap(), [mismatch("first", false)]);
        change(store, team, ada, &[Change::InviteLinkRevoked { link: link.id }]).await;
        assert_eq!(store.register_keys(&second).await.unwrap(), []);
    })
    .await;
}

#[tokio::test]
async fn a_pending_invitation_needs_its_key_until_it_ends() {
    on_both(async |db| {
        let store = &db.store;
        let second = [key("second", "def")];
        store.register_keys(&[key("first", "abc")]).await.unwrap();
        let team = team(store, &guild(), "ada").await;
        let ada = person(store, "ada").await;
        let expires_at = after(store.now().await.unwrap(), HOUR);
        let invitation = invite(store, team, ada, ("eve@example.org", expires_at)).await.id;
        invite(store, team, ada, ("zed@example.org", after(expires_at, -2 * HOUR))).await;
        // Named once, though a link needs it too.
        let until = after(expires_at, HOUR);
        let link = link(store, team, ada, until).await.id;
        let used = |links, invitations, until| KeyUse { id: "first".into(), links, invitations, until };
        assert_eq!(store.key_uses().await.unwrap(), [used(1, 1, until)]);
        assert_eq!(store.register_keys(&second).await.unwrap(), [mismatch("first", false)]);
        change(store, team, ada, &[Change::InviteLinkRevoked { link }]).await;
        assert_eq!(store.key_uses().await.unwrap(), [used(0, 1, expires_at)]);
        assert_eq!(store.register_keys(&second).await.unwrap(), [mismatch("first", false)]);
        let expired = db.later(Duration::from_hours(1)).await;
        assert_eq!(expired.register_keys(&second).await.unwrap(), []);
        assert_eq!(store.register_keys(&second).await.unwrap(), [mismatch("first", false)]);

        // Sent again, it needs the key that it was sent again with.
        let secret = SecretRecord { key_id: "second".into(), ..secret(uuid::Uuid::now_v7()) };
        let resent = Change::InvitationResent {
            invitation,
            maker: ada,
            expires_at,
            secret,
            delivery: Delivery::Token,
        };
        change(store, team, ada, &[resent]).await;
        assert_eq!(store.register_keys(&second).await.unwrap(), []);
        let third = [key("third", "ghi")];
        assert_eq!(store.register_keys(&third).await.unwrap(), [mismatch("second", false)]);
        change(store, team, ada, &[Change::InvitationCancelled { invitation }]).await;
        assert_eq!(store.register_keys(&third).await.unwrap(), []);
    })
    .await;
}

/// A key that links use and that was never registered: the database was written to with another keys file.
#[tokio::test]
async fn a_key_that_was_never_registered_is_missed() {
    on_both(async |db| {
        let team = team(&db.store, &club(), "ada").await;
        let ada = person(&db.store, "ada").await;
        let expires_at = after(db.store.now().await.unwrap(), HOUR);
        link(&db.store, team, ada, expires_at).await;
        let mismatches = db.store.register_keys(&[key("second", "def")]).await.unwrap();
        assert_eq!(mismatches, [mismatch("first", false)]);
    })
    .await;
}

#[tokio::test]
async fn two_starts_at_once_register_the_same_keys() {
    on_both(async |db| {
        let other = db.another_store().await;
        let keys = [key("first", "abc"), key("second", "def")];
        let (one, two) = tokio::join!(db.store.register_keys(&keys), other.register_keys(&keys));
        assert_eq!((one.unwrap(), two.unwrap()), (vec![], vec![]));
        assert_eq!(db.number("SELECT count(*) FROM signing_keys").await, 2);
    })
    .await;
}

/// Two starts with different secrets under one id: the one that comes second, however close, is refused.
#[tokio::test]
async fn two_starts_at_once_cannot_register_different_keys() {
    on_both(async |db| {
        let other = db.another_store().await;
        for n in 0..10 {
            let id = format!("key-{n}");
            let (mine, theirs) = ([key(&id, "abc")], [key(&id, "xyz")]);
            let (one, two) = tokio::join!(db.store.register_keys(&mine), other.register_keys(&theirs));
            let refused = [one.unwrap(), two.unwrap()].concat();
            assert_eq!(refused, [mismatch(&id, true)]);
        }
    })
    .await;
}
