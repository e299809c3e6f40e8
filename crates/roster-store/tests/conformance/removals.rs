//! What ends, or changes hands, when a member is removed.

use roster_domain::decide::remove_member;
use roster_domain::facts::{InvitationState, RemovalFacts};
use roster_domain::{Change, NewTeamCode, PersonKey, TeamId, Timestamp};
use roster_store::{Locked, MemberChange, Payload, Removal};

use crate::asks::{Asks, Invites};
use crate::database::{Database, on_both};
use crate::scene::{
    HOUR, access, after, ask, change, code, context, email, finish, fresh, guild, invite, joined_as, link,
    member, new_code, person, removed, set, team, user,
};

const ADDRESS: &str = "Bob@Example.org";

async fn facts_of(db: &Database, team: TeamId, target: &str, adopt_invites: bool) -> RemovalFacts {
    let change = MemberChange { actor: &user("ada"), target: &user(target) };
    ask(&db.store, team, &[guild()], Removal { change, adopt_invites }).await
}

/// A steward with an address, in a team with an owner.
async fn bob_in_a_team(db: &Database) -> (TeamId, PersonKey, PersonKey) {
    let team = team(&db.store, &guild(), "ada").await;
    let (ada, bob) = (person(&db.store, "ada").await, person(&db.store, "bob").await);
    change(&db.store, team, ada, &[joined_as(bob, "steward", ADDRESS)]).await;
    (team, ada, bob)
}

#[tokio::test]
async fn pending_invitations_to_its_address_expired_ones_too() {
    on_both(async |db| {
        let store = &db.store;
        let (team, ada, bob) = bob_in_a_team(db).await;
        let other = crate::scene::team(store, &guild(), "ada").await;
        let now = store.now().await.unwrap();
        assert_eq!(facts_of(db, team, "bob", false).await.invitations, []);
        let past = after(now, -HOUR);
        let cancelled = invite(store, team, ada, ("bob@example.org", past)).await;
        change(store, team, ada, &[Change::InvitationCancelled { invitation: cancelled.id }]).await;
        let expired = invite(store, team, ada, ("BOB@example.org", past)).await;
        invite(store, team, ada, ("bob@example.com", after(now, HOUR))).await;
        invite(store, other, ada, ("bob@example.org", after(now, HOUR))).await;
        let found = facts_of(db, team, "bob", false).await.invitations;
        assert_eq!(found.iter().map(|one| one.id).collect::<Vec<_>>(), [expired.id]);
        assert_eq!((found[0].state, found[0].maker), (InvitationState::Pending, ada));

        // Of somebody without an address, or who is no member, none is looked for.
        member(store, team, "cleo", "guest").await;
        assert_eq!(facts_of(db, team, "cleo", false).await.invitations, []);
        let stranger = facts_of(db, team, "stranger", true).await;
        assert_eq!((stranger.invitations.len(), stranger.links.len(), stranger.codes.len()), (0, 0, 0));
        // By its present address, not by one that it had.
        let moved = Change::MemberEmailChanged { person: bob, email: email("bob@example.com") };
        change(store, team, bob, &[moved]).await;
        let found = facts_of(db, team, "bob", false).await.invitations;
        assert_eq!(found[0].email.key(), "bob@example.com");
    })
    .await;
}

#[tokio::test]
async fn links_and_codes_that_can_be_adopted() {
    on_both(async |db| {
        let store = &db.store;
        let (team, ada, bob) = bob_in_a_team(db).await;
        let other = crate::scene::team(store, &guild(), "ada").await;
        member(store, other, "bob", "steward").await;
        let now = store.now().await.unwrap();
        let (soon, past) = (after(now, HOUR), after(now, -HOUR));
        // What is alive, in the order in which it was made, and beside each what is not, or is another's.
        let mut links = Vec::new();
        for (team, maker, expires_at, revoke, alive) in [
            (team, bob, soon, false, true),
            (team, bob, past, false, false),
            (team, bob, soon, true, false),
            (team, ada, soon, false, false),
            (other, bob, soon, false, false),
            (team, bob, Timestamp::from_micros(i64::MAX), false, true),
        ] {
            let id = link(store, team, maker, expires_at).await.id;
            if revoke {
                change(store, team, ada, &[Change::InviteLinkRevoked { link: id }]).await;
            }
            links.extend(alive.then_some(id));
        }
        let mut codes = Vec::new();
        for (n, (team, maker, expires_at, uses, alive)) in [
            (team, bob, None, (0, None), true),
            (team, bob, Some(past), (0, None), false),
            (team, bob, Some(soon), (1, Some(2)), true),
            (team, bob, Some(soon), (2, Some(2)), false),
            (team, ada, None, (0, None), false),
            (other, bob, None, (0, None), false),
            (team, bob, None, (9, None), true),
        ]
        .into_iter()
        .enumerate()
        {
            let (used, max_uses) = uses;
            let access = access(&[("brand", "acme", "viewer")][..n % 2], &["shelf"][..n / 3 % 2]);
            let new = NewTeamCode { access, expires_at, max_uses, ..new_code(maker, &format!("GD-{n}")) };
            let new = code(store, team, new).await;
            db.execute(&format!("UPDATE team_codes SET uses = {used} WHERE id = {}", db.uuid(new.id.uuid())))
                .await;
            codes.extend(alive.then_some((new.id, new.access, used)));
        }
        let revoked = code(store, team, new_code(bob, "GD-REVOKED")).await;
        change(store, team, ada, &[Change::TeamCodeRevoked { code: revoked.id }]).await;

        let facts = facts_of(db, team, "bob", true).await;
        assert_eq!(facts.links.iter().map(|link| link.id).collect::<Vec<_>>(), links);
        let found: Vec<_> = facts.codes.into_iter().map(|code| (code.id, code.access, code.uses)).collect();
        assert_eq!(found, codes);
        assert_eq!(facts.member.target.unwrap().person, bob);
        let facts = facts_of(db, team, "bob", false).await;
        assert_eq!((facts.links.len(), facts.codes.len()), (0, 0), "nobody asked for them");
    })
    .await;
}

/// At the very microsecond of its end a way in is over.
#[tokio::test]
async fn what_ends_this_very_microsecond_has_ended() {
    on_both(async |db| {
        let store = &db.store;
        let (team, _, bob) = bob_in_a_team(db).await;
        link(store, team, bob, store.now().await.unwrap()).await;
        let ends = store.now().await.unwrap();
        code(store, team, NewTeamCode { expires_at: Some(ends), ..new_code(bob, "GD-NOW") }).await;
        let Locked { tx, facts, .. } = {
            let change = MemberChange { actor: &user("ada"), target: &user("bob") };
            let question = Removal { change, adopt_invites: true };
            fresh(store.lock_and_load(team, None, &set(&[guild()]), |_| true, question).await.unwrap())
        };
        assert!(tx.now() >= ends);
        assert_eq!((facts.links.len(), facts.codes.len()), (0, 0));
        tx.undo().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_removal_as_it_is_decided() {
    on_both(async |db| {
        let store = &db.store;
        let (team, ada, bob) = bob_in_a_team(db).await;
        let soon = after(store.now().await.unwrap(), HOUR);
        let invitation = invite(store, team, ada, (ADDRESS, soon)).await;
        let link = link(store, team, bob, soon).await;
        let code = code(store, team, new_code(bob, "GD-CODE")).await;
        let change = MemberChange { actor: &user("ada"), target: &user("bob") };
        let question = Removal { change, adopt_invites: true };
        let loaded = store.lock_and_load(team, None, &set(&[guild()]), |_| true, question).await.unwrap();
        let Locked { mut tx, facts, .. } = fresh(loaded);
        let changes = remove_member(&guild(), &facts, true, None, tx.now()).unwrap();
        assert_eq!(changes.len(), 4);
        tx.apply(&context(ada), team, &changes).await.unwrap();
        finish(tx, b"").await;

        assert_eq!(store.member(team, &user("bob")).await.unwrap(), None);
        assert_eq!(
            store.pending_invitations(team, &guild(), Timestamp::from_micros(0), 5).await.unwrap(),
            []
        );
        let adopted = store.link(team, &guild(), link.id).await.unwrap().unwrap();
        assert_eq!((adopted.link.maker, adopted.maker_user_id.as_deref()), (ada, Some("ada")));
        assert_eq!((adopted.link.revision, adopted.secret), (4, link.secret), "it is the same link");
        assert_eq!(db.number("SELECT maker FROM team_codes").await, ada.0);
        assert_eq!(db.number("SELECT revision FROM team_codes").await, 5);
        let filter = roster_store::EventFilter { limit: 4, ..Default::default() };
        let told: Vec<_> = store.events(team, &filter).await.unwrap();
        assert!(told.iter().all(|event| event.revision == 6 && event.actor.as_deref() == Some("ada")));
        let payloads: Vec<_> = told.into_iter().map(|event| event.payload).rev().skip(1).collect();
        let expected = [
            Payload::InvitationCancelled { invitation: invitation.id.uuid() },
            Payload::InviteLinkAdopted { link: link.id.uuid() },
            Payload::TeamCodeAdopted { code: code.id.uuid() },
        ];
        assert_eq!(payloads, expected);
        // Nothing of it is left to find.
        let facts = facts_of(db, team, "bob", true).await;
        assert_eq!((facts.links.len(), facts.codes.len(), facts.invitations.len()), (0, 0, 0));
    })
    .await;
}

/// Only what a member made, and only from it, is taken over: an adoption leaves other fields as they are.
#[tokio::test]
async fn an_adopted_link_is_else_as_it_was() {
    on_both(async |db| {
        let store = &db.store;
        let (team, ada, bob) = bob_in_a_team(db).await;
        let soon = after(store.now().await.unwrap(), HOUR);
        let (first, second) = (link(store, team, bob, soon).await, link(store, team, bob, soon).await);
        let before = store.link(team, &guild(), first.id).await.unwrap().unwrap();
        let changes = [removed(bob, "steward"), Change::InviteLinkAdopted { link: first.id, maker: ada }];
        change(store, team, ada, &changes).await;
        let mut found = store.link(team, &guild(), first.id).await.unwrap().unwrap();
        assert_eq!(found.maker.unwrap().membership.person, ada);
        (found.link.maker, found.maker, found.maker_user_id) =
            (bob, before.maker.clone(), before.maker_user_id.clone());
        assert_eq!(found, before);
        let other = store.link(team, &guild(), second.id).await.unwrap().unwrap();
        assert_eq!((other.link.maker, other.maker), (bob, None));
    })
    .await;
}
