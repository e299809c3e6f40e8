//! Every kind of change, carried out: its rows, its event and the revision.

use roster_domain::{Access, Change, Delivery, JoinedBy, MemberState, Membership, NewMember, TeamId};
use roster_store::{AccessRecord, EventFilter, JoinMethod, Locked, MemberChange, Payload};

use crate::asks::{Asks, Invites};
use crate::database::{Database, on_both};
use crate::scene::{
    HOUR, access_changed, after, ask, change, club, code, context, email, finish, invite, joined, joined_as,
    last_event, left, link, lock, member, new_code, new_link, newcomer, person, removed, role, role_changed,
    suspended, team, user, write,
};

async fn revision(db: &Database, team: TeamId) -> i64 {
    db.store.see(team, &user("ada"), |_| true).await.unwrap().unwrap().team.revision
}

async fn membership(db: &Database, team: TeamId, name: &str) -> Option<Membership> {
    db.store.see(team, &user(name), |_| true).await.unwrap().unwrap().membership
}

async fn counts(db: &Database) -> Vec<String> {
    let counts =
        "SELECT role || ' ' || state || ' ' || count FROM member_counts WHERE count > 0 ORDER BY role, state";
    db.texts(counts).await
}

#[tokio::test]
async fn a_member_joins_by_a_link() {
    on_both(async |db| {
        let team = team(&db.store, &club(), "ada").await;
        let ada = person(&db.store, "ada").await;
        let expires_at = after(db.store.now().await.unwrap(), HOUR);
        let link = link(&db.store, team, ada, expires_at).await;
        let bob = person(&db.store, "bob").await;
        let by = JoinedBy::InviteLink { link: link.id, maker: ada };
        let email = Some(email("B.Ob+x@Example.org"));
        let join = Change::MemberJoined(NewMember { by, email, ..newcomer(bob, "guest") });

        let Locked { mut tx, team: before, .. } = lock(&db.store, team).await;
        assert_eq!((before.revision, before.member_count), (2, 1));
        assert_eq!(tx.apply(&context(bob), team, &[join]).await.unwrap(), 3);
        let now = tx.now();
        finish(tx, b"").await;
        assert_eq!(db.store.link(team, &club(), link.id).await.unwrap().unwrap().link.uses, 1);

        let member = db.store.member(team, &user("bob")).await.unwrap().unwrap();
        assert_eq!((member.person, member.role.clone(), member.version), (bob, role("guest"), 3));
        assert_eq!((member.join_method, member.joined_at), (JoinMethod::InviteLink, now));
        assert_eq!(member.invited_by.as_deref(), Some("ada"));
        assert_eq!(member.email.as_deref(), Some("B.Ob+x@Example.org"));
        let key = format!("SELECT email_key FROM members WHERE person = {}", bob.0);
        assert_eq!(db.texts(&key).await, ["b.ob+x@example.org"]);
        let through =
            format!("SELECT count(*) FROM members WHERE joined_through = {}", db.uuid(link.id.uuid()));
        assert_eq!(db.number(&through).await, 1);
        assert_eq!(counts(db).await, ["guest 1 1", "owner 1 1"]);

        let event = last_event(db, team).await;
        assert_eq!((event.actor.as_deref(), event.target.as_deref()), (Some("bob"), Some("bob")));
        assert_eq!((event.other.as_deref(), event.at), (Some("ada"), now));
        let method = JoinMethod::InviteLink;
        let (through, invited_by) = (Some(link.id.uuid()), Some(ada.0));
        let (role, access) = ("guest".into(), AccessRecord::default());
        assert_eq!(event.payload, Payload::MemberJoined { role, method, through, invited_by, access });
    })
    .await;
}

#[tokio::test]
async fn a_role_changes() {
    on_both(async |db| {
        let team = team(&db.store, &club(), "ada").await;
        let ada = person(&db.store, "ada").await;
        let bob = member(&db.store, team, "bob", "guest").await;
        let before = db.store.member(team, &user("bob")).await.unwrap().unwrap();
        assert_eq!(change(&db.store, team, ada, &[role_changed(bob, "guest", "steward")]).await, 3);
        let after = db.store.member(team, &user("bob")).await.unwrap().unwrap();
        assert_eq!(
            (after.role.clone(), after.version, after.joined_at),
            (role("steward"), 3, before.joined_at)
        );
        assert_eq!(membership(db, team, "ada").await.unwrap().version, 1, "of another member");
        assert_eq!(counts(db).await, ["owner 1 1", "steward 1 1"]);

        let event = last_event(db, team).await;
        assert_eq!((event.actor.as_deref(), event.target.as_deref()), (Some("ada"), Some("bob")));
        let (old_role, new_role) = ("guest".into(), "steward".into());
        assert_eq!(event.payload, Payload::MemberRoleChanged { old_role, new_role });
    })
    .await;
}

#[tokio::test]
async fn a_suspended_members_role_changes_where_it_is_counted() {
    on_both(async |db| {
        let team = team(&db.store, &club(), "ada").await;
        let ada = person(&db.store, "ada").await;
        let bob = member(&db.store, team, "bob", "guest").await;
        change(&db.store, team, ada, &[suspended(bob, "guest")]).await;
        let (old_role, new_role) = (role("guest"), role("steward"));
        let state = MemberState::Suspended;
        let raised = Change::MemberRoleChanged { person: bob, state, old_role, new_role, lowered: false };
        change(&db.store, team, bob, &[raised]).await;
        assert_eq!(counts(db).await, ["owner 1 1", "steward 2 1"]);
        let bob_now = membership(db, team, "bob").await.unwrap();
        assert_eq!((bob_now.state, bob_now.role), (MemberState::Suspended, role("steward")));

        let (role, access) = (role("steward"), Access::default());
        let gone = Change::MemberRemoved { person: bob, state, role, access };
        change(&db.store, team, bob, &[gone]).await;
        assert_eq!(counts(db).await, ["owner 1 1"]);
        let event = last_event(db, team).await;
        let (role, access) = ("steward".into(), AccessRecord::default());
        assert_eq!(event.payload, Payload::MemberRemoved { role, suspended: true, access });
    })
    .await;
}

#[tokio::test]
async fn a_member_is_removed_and_its_tombstone_outlives_readmission() {
    on_both(async |db| {
        let team = team(&db.store, &club(), "ada").await;
        let ada = person(&db.store, "ada").await;
        let bob = member(&db.store, team, "bob", "guest").await;
        let tombstones = "SELECT person || ' ' || revision FROM removals";

        assert_eq!(change(&db.store, team, ada, &[removed(bob, "guest")]).await, 3);
        assert_eq!(db.store.member(team, &user("bob")).await.unwrap(), None);
        assert_eq!(membership(db, team, "bob").await, None);
        assert_eq!(counts(db).await, ["owner 1 1"]);
        assert_eq!(db.texts(tombstones).await, [format!("{} 3", bob.0)]);
        let event = last_event(db, team).await;
        assert_eq!((event.actor.as_deref(), event.target.as_deref()), (Some("ada"), Some("bob")));
        let (role, access) = ("guest".into(), AccessRecord::default());
        assert_eq!(event.payload, Payload::MemberRemoved { role, suspended: false, access });

        change(&db.store, team, bob, &[joined(bob, "guest")]).await;
        assert_eq!(db.texts(tombstones).await, [format!("{} 3", bob.0)]);
        assert_eq!(counts(db).await, ["guest 1 1", "owner 1 1"]);
        change(&db.store, team, ada, &[removed(bob, "guest")]).await;
        assert_eq!(
            db.texts(tombstones).await,
            [format!("{} 5", bob.0)],
            "the last removal is the one that counts"
        );
    })
    .await;
}

#[tokio::test]
async fn an_address_changes() {
    on_both(async |db| {
        let team = team(&db.store, &club(), "ada").await;
        let bob = person(&db.store, "bob").await;
        change(&db.store, team, bob, &[joined_as(bob, "guest", "old@example.org")]).await;
        let email = email("New@Example.ORG");
        assert_eq!(
            change(&db.store, team, bob, &[Change::MemberEmailChanged { person: bob, email }]).await,
            3
        );
        let member = db.store.member(team, &user("bob")).await.unwrap().unwrap();
        assert_eq!((member.email.as_deref(), member.version), (Some("New@Example.ORG"), 3));
        assert_eq!(
            db.texts("SELECT email_key FROM members WHERE email IS NOT NULL").await,
            ["new@example.org"]
        );
        assert_eq!(counts(db).await, ["guest 1 1", "owner 1 1"]);
        let event = last_event(db, team).await;
        assert_eq!((event.target.as_deref(), event.payload), (Some("bob"), Payload::MemberEmailChanged {}));
    })
    .await;
}

#[tokio::test]
async fn a_link_is_made_and_revoked() {
    on_both(async |db| {
        let team = team(&db.store, &club(), "ada").await;
        let ada = person(&db.store, "ada").await;
        let expires_at = after(db.store.now().await.unwrap(), 72 * HOUR);
        let new = new_link(ada, expires_at);
        assert_eq!(change(&db.store, team, ada, &[Change::InviteLinkCreated(new.clone())]).await, 2);
        let stored = db.store.link(team, &club(), new.id).await.unwrap().unwrap();
        assert_eq!((stored.link.id, stored.link.role.clone()), (new.id, role("guest")));
        assert_eq!((stored.link.maker, stored.maker_user_id.as_deref()), (ada, Some("ada")));
        assert_eq!((stored.link.revision, stored.link.uses), (2, 0));
        assert_eq!((stored.link.expires_at, stored.link.revoked_at), (expires_at, None));
        assert_eq!(stored.secret, new.secret);
        assert_eq!(stored.maker.unwrap().membership, membership(db, team, "ada").await.unwrap());
        let event = last_event(db, team).await;
        assert_eq!((event.target, event.at), (None, stored.link.created_at));
        let (link, expires_at) = (new.id.uuid(), expires_at.micros());
        assert_eq!(event.payload, Payload::InviteLinkCreated { link, role: "guest".into(), expires_at });

        assert_eq!(change(&db.store, team, ada, &[Change::InviteLinkRevoked { link: new.id }]).await, 3);
        let revoked = db.store.link(team, &club(), new.id).await.unwrap().unwrap();
        let event = last_event(db, team).await;
        assert_eq!(revoked.link.revoked_at, Some(event.at));
        assert_eq!((revoked.link.revision, revoked.secret), (2, stored.secret));
        assert_eq!(event.payload, Payload::InviteLinkRevoked { link });
    })
    .await;
}

#[tokio::test]
async fn several_changes_are_one_revision() {
    on_both(async |db| {
        let team = team(&db.store, &club(), "ada").await;
        let (bob, cleo) = (person(&db.store, "bob").await, person(&db.store, "cleo").await);
        let changes = [joined(bob, "guest"), role_changed(bob, "guest", "steward"), joined(cleo, "guest")];
        assert_eq!(change(&db.store, team, bob, &changes).await, 2);
        let events = db.store.events(team, &EventFilter { limit: 3, ..Default::default() }).await.unwrap();
        let places: Vec<_> = events.iter().map(|event| (event.revision, event.position)).collect();
        assert_eq!(places, [(2, 2), (2, 1), (2, 0)]);
        assert!(events.iter().all(|event| event.at == events[0].at));
        assert_eq!(counts(db).await, ["guest 1 1", "owner 1 1", "steward 1 1"]);
        assert_eq!(membership(db, team, "bob").await.unwrap().version, 2);
    })
    .await;
}

/// What the decision did not see must not be carried out in silence.
#[tokio::test]
async fn a_change_that_meets_no_row_fails() {
    on_both(async |db| {
        let team = team(&db.store, &club(), "ada").await;
        let other = crate::scene::team(&db.store, &club(), "bob").await;
        let (ada, bob) = (person(&db.store, "ada").await, person(&db.store, "bob").await);
        let expires_at = after(db.store.now().await.unwrap(), HOUR);
        let elsewhere = link(&db.store, other, bob, expires_at).await;
        let invitation = invite(&db.store, other, bob, ("eve@example.org", expires_at)).await;
        let secret = invitation.secret.clone();
        let (invitation, delivery) = (invitation.id, Delivery::Token);
        let resent = Change::InvitationResent { invitation, maker: ada, expires_at, secret, delivery };
        let code = code(&db.store, other, new_code(bob, "GD-ELSEWHERE")).await;
        let before = db.row_counts().await;
        let by = JoinedBy::InviteLink { link: elsewhere.id, maker: bob };
        let by_code = JoinedBy::TeamCode { code: code.id, maker: bob };
        for change in [
            role_changed(bob, "guest", "steward"),
            role_changed(ada, "guest", "steward"),
            removed(bob, "owner"),
            removed(ada, "guest"),
            Change::MemberEmailChanged { person: bob, email: email("b@example.org") },
            Change::InviteLinkRevoked { link: elsewhere.id },
            Change::MemberJoined(NewMember { by, ..newcomer(bob, "guest") }),
            joined(ada, "guest"),
            suspended(bob, "guest"),
            suspended(ada, "guest"),
            Change::MemberRestored { person: ada, role: role("owner") },
            left(bob, "guest"),
            access_changed(bob, &Access::default(), &Access::default()),
            Change::InviteLinkAdopted { link: elsewhere.id, maker: ada },
            Change::InvitationCancelled { invitation },
            resent,
            Change::TeamCodeRevoked { code: code.id },
            Change::TeamCodeDeleted { code: code.id },
            Change::TeamCodeAdopted { code: code.id, maker: ada },
            Change::MemberJoined(NewMember { by: by_code, ..newcomer(bob, "guest") }),
        ] {
            let Locked { mut tx, .. } = lock(&db.store, team).await;
            let failed = write(&mut tx, &context(ada), team, std::slice::from_ref(&change)).await;
            assert!(failed.is_err(), "{change:?}");
            tx.undo().await.unwrap();
        }
        assert_eq!(db.row_counts().await, before);
        assert_eq!(revision(db, team).await, 1);
    })
    .await;
}

#[tokio::test]
async fn facts_of_a_change_of_one_member_by_another() {
    on_both(async |db| {
        let team = team(&db.store, &club(), "ada").await;
        member(&db.store, team, "bob", "guest").await;
        let cleo = member(&db.store, team, "cleo", "guest").await;
        let facts_of = async |actor: &str, target: &str| {
            let (actor, target) = (&user(actor), &user(target));
            ask(&db.store, team, &[club()], MemberChange { actor, target }).await
        };
        let facts = facts_of("ada", "cleo").await;
        assert_eq!(facts.actor.unwrap().role, role("owner"));
        assert_eq!((facts.target.unwrap().person, facts.holders_of_target_role), (cleo, 2));
        let facts = facts_of("ada", "ada").await;
        assert_eq!((facts.actor, facts.holders_of_target_role), (facts.target, 1));
        let facts = facts_of("stranger", "dora").await;
        assert_eq!((facts.actor, facts.target, facts.holders_of_target_role), (None, None, 0));
        change(&db.store, team, cleo, &[suspended(cleo, "guest")]).await;
        let facts = facts_of("ada", "cleo").await;
        assert_eq!((facts.target.unwrap().state, facts.holders_of_target_role), (MemberState::Suspended, 1));
    })
    .await;
}
