//! E-mail invitations: made, sent again, ended, listed, counted.

use roster_domain::facts::{Invitation, InvitationState, Occupancy};
use roster_domain::{Change, Delivery, JoinedBy, NewInvitation, NewMember, TeamId, Timestamp};
use roster_store::{ErrorKind, JoinMethod, Payload, SeatsTaken, StoredInvitation};
use uuid::Uuid;

use crate::asks::{Asks, Invites};
use crate::database::{Database, on_both};
use crate::making::secret;
use crate::scene::{
    HOUR, access, after, ask, change, context, finish, guild, invite, last_event, lock, member,
    new_invitation, newcomer, person, role, service, shown, suspended, team, write,
};

const FOREVER: Timestamp = Timestamp::from_micros(i64::MAX);

/// The team's pending invitations at the beginning of time, the newest first.
async fn pending(db: &Database, team: TeamId, limit: u64) -> Vec<StoredInvitation> {
    db.store.pending_invitations(team, &guild(), Timestamp::from_micros(0), limit).await.unwrap()
}

/// What became of the invitation, by whom, and when by the team's revisions.
async fn stands(db: &Database, id: &NewInvitation) -> String {
    let sql = format!(
        "SELECT state || ' ' || COALESCE(CAST(answered_by AS TEXT), '-') || ' ' ||
           CASE WHEN answered_at IS NULL THEN '-' ELSE 'answered' END || ' ' || revision || ' ' || version
         FROM invitations WHERE id = {}",
        db.uuid(id.id.uuid())
    );
    db.texts(&sql).await.remove(0)
}

#[tokio::test]
async fn one_is_made() {
    on_both(async |db| {
        let store = &db.store;
        let team = team(store, &guild(), "ada").await;
        let ada = person(store, "ada").await;
        let expires_at = after(store.now().await.unwrap(), HOUR);
        let given = access(&[("brand", "acme", "editor"), ("shelf", "*", "reader")], &["brand"]);
        let new =
            NewInvitation { access: given.clone(), ..new_invitation(ada, "B.Ob+x@Example.org", expires_at) };
        assert_eq!(change(store, team, ada, &[Change::InvitationCreated(new.clone())]).await, 2);
        let StoredInvitation { invitation, secret, created_at, maker, maker_user_id, .. } =
            pending(db, team, 5).await.remove(0);
        let expected = Invitation {
            id: new.id,
            email: new.email.clone(),
            role: role("guest"),
            access: given,
            maker: ada,
            revision: 2,
            version: 2,
            generation: 3,
            expires_at,
            state: InvitationState::Pending,
            answered_by: None,
        };
        assert_eq!((invitation, secret), (expected, new.secret.clone()));
        assert_eq!((maker.unwrap().membership.person, maker_user_id.as_deref()), (ada, Some("ada")));
        let event = last_event(db, team).await;
        assert_eq!((event.at, event.target), (created_at, None));
        let kept = "SELECT email || ' ' || email_key || ' ' || generation || ' ' || key_id FROM invitations";
        assert_eq!(db.texts(kept).await, ["B.Ob+x@Example.org b.ob+x@example.org 3 first"]);
        assert_eq!(stands(db, &new).await, "1 - - 2 2");
    })
    .await;
}

#[tokio::test]
async fn one_is_sent_again() {
    on_both(async |db| {
        let store = &db.store;
        let team = team(store, &guild(), "ada").await;
        let ada = person(store, "ada").await;
        let bob = member(store, team, "bob", "owner").await;
        let now = store.now().await.unwrap();
        let first = invite(store, team, ada, ("eve@example.org", after(now, HOUR))).await;
        let beside = invite(store, team, ada, ("zed@example.org", after(now, HOUR))).await;
        let mut again = secret(Uuid::now_v7());
        again.generation = 4;
        again.key_id = "second".into();
        let (invitation, expires_at, secret) = (first.id, after(now, 2 * HOUR), again.clone());
        let delivery = Delivery::Token;
        let resent = Change::InvitationResent { invitation, maker: bob, expires_at, secret, delivery };
        assert_eq!(change(store, team, bob, &[resent]).await, 5);
        let list = pending(db, team, 5).await;
        let found = list.iter().find(|one| one.invitation.id == first.id).unwrap();
        assert_eq!((found.invitation.maker, found.invitation.revision), (bob, 5));
        assert_eq!((found.invitation.expires_at, found.maker_user_id.as_deref()), (expires_at, Some("bob")));
        assert_eq!(list[0].invitation.id, beside.id, "its place in the list is that of its creation");
        assert_eq!(
            (stands(db, &first).await, stands(db, &beside).await),
            ("1 - - 5 5".into(), "1 - - 4 4".into())
        );
        let keys = "SELECT key_id || ' ' || generation FROM invitations ORDER BY 1";
        assert_eq!(db.texts(keys).await, ["first 3", "second 4"]);
        let digests = format!("SELECT count(*) FROM invitations WHERE digest = {}", db.bytes(&again.digest));
        assert_eq!(db.number(&digests).await, 1, "the secret before is not dead");
        let old =
            format!("SELECT count(*) FROM invitations WHERE digest = {}", db.bytes(&first.secret.digest));
        assert_eq!(db.number(&old).await, 0, "the secret before is not dead");
        let (invitation, expires_at) = (first.id.uuid(), expires_at.micros());
        assert_eq!(last_event(db, team).await.payload, Payload::InvitationResent { invitation, expires_at });
    })
    .await;
}

#[tokio::test]
async fn one_ends_once() {
    on_both(async |db| {
        let store = &db.store;
        let team = team(store, &guild(), "ada").await;
        let ada = person(store, "ada").await;
        let bob = person(store, "bob").await;
        let mut revision = 1;
        for (state, answered) in [
            (InvitationState::Accepted, true),
            (InvitationState::Declined, true),
            (InvitationState::Cancelled, false),
            (InvitationState::Expired, false),
        ] {
            let new = invite(store, team, ada, ("eve@example.org", FOREVER)).await;
            let invitation = new.id;
            let end = match state {
                InvitationState::Accepted => Change::InvitationAccepted { invitation, person: bob },
                InvitationState::Declined => Change::InvitationDeclined { invitation, person: bob },
                InvitationState::Cancelled => Change::InvitationCancelled { invitation },
                _ => Change::InvitationExpired { invitation },
            };
            change(store, team, ada, std::slice::from_ref(&end)).await;
            revision += 2;
            let number = match state {
                InvitationState::Accepted => 2,
                InvitationState::Declined => 3,
                InvitationState::Cancelled => 4,
                _ => 5,
            };
            let by = if answered { format!("{} answered", bob.0) } else { "- -".into() };
            assert_eq!(stands(db, &new).await, format!("{number} {by} {} {revision}", revision - 1));
            let event = last_event(db, team).await;
            assert_eq!(event.target.as_deref(), answered.then_some("bob"), "{state:?}");

            // What has ended does not end again.
            let mut locked = lock(store, team).await;
            let failed = write(&mut locked.tx, &context(ada), team, &[end]).await.unwrap_err();
            assert_eq!(failed.kind(), ErrorKind::Internal, "{state:?}");
            locked.tx.undo().await.unwrap();
        }
        assert_eq!(pending(db, team, 5).await, []);
    })
    .await;
}

#[tokio::test]
async fn whoever_accepts_joins_by_it() {
    on_both(async |db| {
        let store = &db.store;
        let team = team(store, &guild(), "ada").await;
        let ada = person(store, "ada").await;
        let new = invite(store, team, ada, ("eve@example.org", FOREVER)).await;
        let eve = person(store, "eve").await;
        let by = JoinedBy::Invitation { invitation: new.id, maker: ada };
        let access = access(&[("brand", "acme", "viewer")], &[]);
        let joins = NewMember { by, access: access.clone(), ..newcomer(eve, "guest") };
        let accepted = Change::InvitationAccepted { invitation: new.id, person: eve };
        change(store, team, eve, &[accepted, Change::MemberJoined(joins)]).await;
        let member = shown(store, team, "eve").await;
        assert_eq!((member.join_method, member.invited_by.as_deref()), (JoinMethod::Invitation, Some("ada")));
        assert_eq!(member.access, access);
        let through =
            format!("SELECT count(*) FROM members WHERE joined_through = {}", db.uuid(new.id.uuid()));
        assert_eq!(db.number(&through).await, 1);
    })
    .await;
}

/// The last line of defence.
#[tokio::test]
async fn an_address_has_one_pending_invitation_a_team() {
    on_both(async |db| {
        let store = &db.store;
        let team = team(store, &guild(), "ada").await;
        let other = crate::scene::team(store, &guild(), "ada").await;
        let ada = person(store, "ada").await;
        let first = invite(store, team, ada, ("eve@example.org", FOREVER)).await;
        invite(store, other, ada, ("eve@example.org", FOREVER)).await;
        let second = Change::InvitationCreated(new_invitation(ada, "EVE@Example.org", FOREVER));
        let mut locked = lock(store, team).await;
        let failed =
            write(&mut locked.tx, &context(ada), team, std::slice::from_ref(&second)).await.unwrap_err();
        assert_eq!(failed.kind(), ErrorKind::Internal);
        locked.tx.undo().await.unwrap();
        // Once the first has ended, in the same commit even, there is room.
        change(store, team, ada, &[Change::InvitationExpired { invitation: first.id }, second]).await;
        assert_eq!(pending(db, team, 5).await.len(), 1);

        for sql in ["UPDATE invitations SET state = 1", "UPDATE invitations SET state = 6"] {
            assert!(db.try_execute(sql).await.is_err(), "{sql}");
        }
    })
    .await;
}

#[tokio::test]
async fn seats_are_held_until_an_invitation_ends() {
    on_both(async |db| {
        let store = &db.store;
        let team = team(store, &guild(), "ada").await;
        let other = crate::scene::team(store, &guild(), "ada").await;
        let empty = crate::scene::team(store, &guild(), "bob").await;
        let ada = person(store, "ada").await;
        let cleo = member(store, team, "cleo", "guest").await;
        member(store, team, "dora", "steward").await;
        change(store, team, ada, &[suspended(cleo, "guest")]).await;
        let now = store.now().await.unwrap();
        invite(store, team, ada, ("a@example.org", now)).await;
        invite(store, team, ada, ("b@example.org", FOREVER)).await;
        let cancelled = invite(store, team, ada, ("c@example.org", FOREVER)).await;
        change(store, team, ada, &[Change::InvitationCancelled { invitation: cancelled.id }]).await;
        invite(store, other, ada, ("a@example.org", FOREVER)).await;
        for (team, active, suspended, pending) in [(team, 2, 1, 1), (other, 1, 0, 1), (empty, 1, 0, 0)] {
            let found = store.occupancy(team, &guild()).await.unwrap();
            assert_eq!(found, Occupancy { active, suspended, pending });
            let uncounted = store.occupancy(team, &crate::scene::choir()).await.unwrap();
            assert_eq!(uncounted, Occupancy::default(), "its policy is not among those that count");
        }
        let held = Occupancy { active: 2, suspended: 1, pending: 1 };
        assert_eq!(ask(store, team, &[guild()], SeatsTaken).await, held, "at the time of a mutation");
    })
    .await;
}

/// A service that has nobody to act for it can end one, and the state of a member plays no part.
#[tokio::test]
async fn a_service_ends_one_by_itself() {
    on_both(async |db| {
        let team = team(&db.store, &guild(), "ada").await;
        let ada = person(&db.store, "ada").await;
        let new = invite(&db.store, team, ada, ("eve@example.org", FOREVER)).await;
        let mut locked = lock(&db.store, team).await;
        let expired = Change::InvitationExpired { invitation: new.id };
        locked.tx.apply(&service(), team, &[expired]).await.unwrap();
        finish(locked.tx, b"").await;
        let event = last_event(db, team).await;
        assert_eq!((event.actor, event.target), (None, None));
        assert_eq!(event.payload, Payload::InvitationExpired { invitation: new.id.uuid() });
    })
    .await;
}
