//! The log of a team, listed.

use roster_domain::{Change, TeamId, Timestamp};
use roster_store::{EventFilter, EventType, Locked, Store};
use uuid::Uuid;

use crate::asks::Asks;
use crate::database::{Database, on_both};
use crate::scene::{
    HOUR, after, change, club, context, email, finish, joined, link, lock, member, person, removed,
    role_changed, team, user,
};

/// What a list tells, page by page, as `revision.position`.
async fn pages(store: &Store, team: TeamId, filter: &EventFilter) -> Vec<String> {
    let mut filter = filter.clone();
    let mut places = Vec::new();
    loop {
        let page = store.events(team, &filter).await.unwrap();
        let full = u64::try_from(page.len()).unwrap() == filter.limit;
        filter.after = page.last().map(|last| (last.revision, last.position));
        places.extend(page.iter().map(|event| format!("{}.{}", event.revision, event.position)));
        if !full {
            return places;
        }
    }
}

fn all() -> EventFilter {
    EventFilter { limit: 100, ..EventFilter::default() }
}

/// A log with every kind of event, its times a second apart.
async fn story(db: &Database) -> TeamId {
    let store = &db.store;
    let team = team(store, &club(), "ada").await;
    let ada = person(store, "ada").await;
    let bob = member(store, team, "bob", "guest").await;
    let expires_at = after(store.now().await.unwrap(), HOUR);
    let link = link(store, team, ada, expires_at).await;
    let email = email("bob@example.org");
    let changes = [Change::MemberEmailChanged { person: bob, email }, role_changed(bob, "guest", "steward")];
    change(store, team, bob, &changes).await;
    change(store, team, ada, &[Change::InviteLinkRevoked { link: link.id }, removed(bob, "steward")]).await;
    db.execute("UPDATE events SET at = revision * 1000000").await;
    team
}

#[tokio::test]
async fn the_newest_first_whatever_the_page() {
    on_both(async |db| {
        let team = story(db).await;
        crate::scene::team(&db.store, &club(), "ada").await;
        let expected = ["5.1", "5.0", "4.1", "4.0", "3.0", "2.0", "1.1", "1.0"];
        for limit in 1..10 {
            let filter = EventFilter { limit, ..all() };
            assert_eq!(pages(&db.store, team, &filter).await, expected, "pages of {limit}");
        }
        let nowhere = TeamId::from_uuid(Uuid::now_v7());
        assert_eq!(pages(&db.store, nowhere, &all()).await, [""; 0]);
    })
    .await;
}

#[tokio::test]
async fn by_kind_actor_target_and_time() {
    on_both(async |db| {
        let team = story(db).await;
        let seconds = |n: i64| Some(Timestamp::from_micros(n * 1_000_000));
        let kinds = |types: &[EventType]| EventFilter { types: types.to_vec(), ..all() };
        for (what, filter, expected) in [
            ("one kind", kinds(&[EventType::MemberJoined]), "2.0 1.1"),
            ("two kinds", kinds(&[EventType::TeamCreated, EventType::InviteLinkRevoked]), "5.0 1.0"),
            ("a kind", kinds(&[EventType::InviteLinkCreated]), "3.0"),
            ("a kind", kinds(&[EventType::MemberRoleChanged]), "4.1"),
            ("a kind", kinds(&[EventType::MemberEmailChanged]), "4.0"),
            ("a kind", kinds(&[EventType::MemberRemoved]), "5.1"),
            ("an actor", EventFilter { actor: Some(user("bob")), ..all() }, "4.1 4.0 2.0"),
            ("a stranger", EventFilter { actor: Some(user("cleo")), ..all() }, ""),
            ("a target", EventFilter { target: Some(user("bob")), ..all() }, "5.1 4.1 4.0 2.0"),
            ("another target", EventFilter { target: Some(user("ada")), ..all() }, "1.1"),
            ("a strange target", EventFilter { target: Some(user("cleo")), ..all() }, ""),
            ("both", EventFilter { actor: Some(user("ada")), target: Some(user("bob")), ..all() }, "5.1"),
            (
                "a target and a kind",
                EventFilter { target: Some(user("bob")), ..kinds(&[EventType::MemberRoleChanged]) },
                "4.1",
            ),
            ("a start", EventFilter { start: seconds(4), ..all() }, "5.1 5.0 4.1 4.0"),
            ("an end", EventFilter { end: seconds(2), ..all() }, "1.1 1.0"),
            ("both", EventFilter { start: seconds(2), end: seconds(4), ..all() }, "3.0 2.0"),
            ("nothing", EventFilter { start: seconds(4), end: seconds(4), ..all() }, ""),
            (
                "all of them",
                EventFilter {
                    actor: Some(user("bob")),
                    start: seconds(2),
                    ..kinds(&[EventType::MemberJoined])
                },
                "2.0",
            ),
        ] {
            for limit in [1, 2, 100] {
                let filter = EventFilter { limit, ..filter.clone() };
                assert_eq!(
                    pages(&db.store, team, &filter).await.join(" "),
                    expected,
                    "{what}, pages of {limit}"
                );
            }
        }
    })
    .await;
}

/// The log outlives the map from keys to people.
#[tokio::test]
async fn a_person_without_a_row_is_nobody() {
    on_both(async |db| {
        let team = story(db).await;
        db.execute("DELETE FROM people WHERE user_id = 'bob'").await;
        let events = db.store.events(team, &all()).await.unwrap();
        let people: Vec<_> =
            events.iter().map(|event| (event.actor.as_deref(), event.target.as_deref())).collect();
        let ada = Some("ada");
        assert_eq!(people[..3], [(ada, None), (ada, None), (None, None)]);
        assert_eq!(people[6..], [(ada, ada), (ada, None)]);
    })
    .await;
}

#[tokio::test]
async fn who_called_is_recorded() {
    on_both(async |db| {
        let team = team(&db.store, &club(), "ada").await;
        let bob = person(&db.store, "bob").await;
        let id = Uuid::now_v7();
        let mut by = context(bob);
        by.request_id = Some(id);
        let Locked { mut tx, .. } = lock(&db.store, team).await;
        tx.apply(&by, team, &[joined(bob, "guest")]).await.unwrap();
        let now = tx.now();
        finish(tx, b"").await;
        let event = db.store.events(team, &all()).await.unwrap().remove(0);
        assert_eq!((event.caller.as_str(), event.request_id, event.at), ("front-end", Some(id), now));
    })
    .await;
}
