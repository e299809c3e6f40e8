//! Many people are added at once, some of whom joined long ago.

use std::sync::Arc;

use roster_domain::decide::{Addition as Added, add_members};
use roster_domain::{Access, Change, JoinedBy, NewMember, Policy, TeamId, Timestamp, UserId};
use roster_store::{Adding, Addition, JoinMethod, Locked, MemberQuery, Payload, Store};
use sea_orm::{ConnectionTrait, TransactionTrait};

use crate::asks::Asks;
use crate::database::on_both;
use crate::scene::{
    access, ask, change, club, email, finish, fresh, guild, member, newcomer, person, role, service, set,
    shown, suspended, team, user,
};

/// As many as a call may add.
const MOST: usize = 500;

fn people(range: std::ops::Range<usize>) -> Vec<UserId> {
    range.map(|n| user(&format!("p{n:04}"))).collect()
}

#[tokio::test]
async fn who_joined_long_ago_stands_where_it_belongs() {
    on_both(async |db| {
        let store = &db.store;
        let team = team(store, &guild(), "ada").await;
        let members = [("old", Some(20)), ("older", Some(10)), ("oldest", Some(-5)), ("new", None)];
        let mut changes = Vec::new();
        for (name, at) in members {
            let (who, joined_at) = (person(store, name).await, at.map(Timestamp::from_micros));
            let email = Some(email(&format!("{name}@example.org")));
            let access = access(&[("brand", name, "viewer")], &[]);
            let by = JoinedBy::Import;
            let new = NewMember { by, email, access, joined_at, ..newcomer(who, "guest") };
            changes.push(Change::MemberJoined(new));
        }
        let mut locked = crate::scene::lock(store, team).await;
        let now = locked.tx.now();
        assert_eq!(locked.tx.apply(&service(), team, &changes).await.unwrap(), 2);
        finish(locked.tx, b"").await;

        let query = MemberQuery {
            state: roster_domain::MemberState::Active,
            role: None,
            resource: None,
            email_prefix: None,
            after: None,
            descending: false,
            limit: 10,
        };
        let list = store.members(team, &query).await.unwrap();
        let names: Vec<_> = list.iter().map(|member| member.user_id.as_deref().unwrap()).collect();
        assert_eq!(names, ["oldest", "older", "old", "ada", "new"]);
        let times: Vec<_> = list.iter().map(|member| member.joined_at.micros()).collect();
        assert_eq!((&times[..3], times[4]), (&[-5, 10, 20][..], now.micros()));
        let old = shown(store, team, "old").await;
        assert_eq!((old.join_method, old.invited_by, old.version), (JoinMethod::Import, None, 2));
        assert_eq!(old.email.as_deref(), Some("old@example.org"));
        assert_eq!(old.access, access(&[("brand", "old", "viewer")], &[]));

        let filter = roster_store::EventFilter { limit: 4, ..Default::default() };
        for event in store.events(team, &filter).await.unwrap() {
            assert_eq!((event.actor, event.at, event.revision), (None, now, 2));
            let Payload::MemberJoined { method, invited_by, .. } = event.payload else { panic!("another") };
            assert_eq!((method, invited_by), (JoinMethod::Import, None));
        }
    })
    .await;
}

#[tokio::test]
async fn facts_of_five_hundred_known_and_unknown_and_named_twice() {
    on_both(async |db| {
        let store = &db.store;
        let team = team(store, &guild(), "ada").await;
        let other = crate::scene::team(store, &guild(), "ada").await;
        let ada = person(store, "ada").await;
        // A member with grants, one that is suspended, a person that is known, and one who is elsewhere.
        let given = access(&[("brand", "acme", "editor"), ("shelf", "*", "reader")], &["brand"]);
        let granted = person(store, "p0001").await;
        let new = NewMember { access: given.clone(), ..newcomer(granted, "steward") };
        change(store, team, ada, &[Change::MemberJoined(new)]).await;
        let away = member(store, team, "p0002", "guest").await;
        change(store, team, ada, &[suspended(away, "guest")]).await;
        let known = person(store, "p0003").await;
        member(store, other, "p0004", "guest").await;

        let mut users = people(0..MOST - 2);
        users.reverse();
        users.extend([user("p0001"), user("p0300")]);
        let Adding { people, facts, .. } = ask(store, team, &[guild()], Addition { users: &users }).await;
        assert_eq!(people.len(), MOST);
        let distinct: std::collections::BTreeSet<_> = people.iter().collect();
        assert_eq!(distinct.len(), MOST - 2, "the same key for two people");
        assert_eq!((people[MOST - 4], people[MOST - 3 - 3]), (granted, known));
        assert_eq!((people[MOST - 2], people[MOST - 1]), (granted, people[MOST - 3 - 300]));
        let mut members: Vec<_> =
            facts.members.iter().map(|(member, access)| (member.person, access.clone())).collect();
        members.sort_by_key(|(person, _)| *person);
        assert_eq!(members, [(granted, given), (away, Access::default())]);
        assert_eq!((facts.occupancy.active, facts.occupancy.suspended), (2, 1));
        assert_eq!(db.number("SELECT count(*) FROM people").await, 5, "what was undone made people known");

        let nobody = ask(store, team, &[guild()], Addition { users: &[] }).await;
        assert_eq!((nobody.people, nobody.facts.members), (vec![], vec![]));
    })
    .await;
}

/// Adds people as guests, as far as the rules go.
async fn add(store: &Store, team: TeamId, users: &[UserId], policy: &Policy) -> usize {
    let question = Addition { users };
    let loaded = store
        .lock_and_load(team, None, &set(std::slice::from_ref(policy)), |_| true, question)
        .await
        .unwrap();
    let Locked { mut tx, facts, .. } = fresh(loaded);
    let additions: Vec<_> = facts
        .people
        .iter()
        .map(|person| Added {
            person: *person,
            role: role("guest"),
            grants: vec![],
            email: None,
            joined_at: None,
        })
        .collect();
    let decided = add_members(policy, &facts.facts, &additions, 0, tx.now());
    let changes: Vec<Change> = decided.into_iter().filter_map(|one| one.ok().flatten()).collect();
    tx.apply(&service(), team, &changes).await.unwrap();
    finish(tx, b"").await;
    changes.len()
}

#[tokio::test]
async fn five_hundred_join_in_one_commit() {
    on_both(async |db| {
        let team = team(&db.store, &club(), "ada").await;
        let mut users = people(0..MOST - 1);
        users.push(user("p0007"));
        assert_eq!(add(&db.store, team, &users, &club()).await, MOST - 1);
        assert_eq!(add(&db.store, team, &users, &club()).await, 0, "they were added again");
        assert_eq!(db.number("SELECT count(*) FROM members").await, 500);
        assert_eq!(db.number("SELECT count FROM member_counts WHERE role = 'guest'").await, 499);
        assert_eq!(
            db.number("SELECT CAST(max(position) AS BIGINT) FROM events WHERE revision = 2").await,
            498
        );
        assert_eq!(db.number("SELECT max(revision) FROM events").await, 2);
    })
    .await;
}

#[tokio::test]
async fn seats_end_where_they_end() {
    on_both(async |db| {
        let team = team(&db.store, &guild(), "ada").await;
        assert_eq!(add(&db.store, team, &people(0..10), &guild()).await, 2);
        assert_eq!(add(&db.store, team, &people(5..15), &guild()).await, 0);
    })
    .await;
}

/// Two calls of different teams that name the same unknown people in opposite orders must not wait for each other
/// crosswise. A third makes somebody in their middle known, so that both are on their way when they meet.
#[tokio::test]
async fn two_at_once_in_opposite_orders_both_end() {
    on_both(async |db| {
        let other = db.another_store().await;
        let one = team(&db.store, &club(), "ada").await;
        let two = team(&db.store, &club(), "ada").await;
        let holder = db.raw.begin().await.unwrap();
        let middle = "INSERT INTO people (user_id, created_at) VALUES ('p0250', 0)";
        holder.execute_unprepared(middle).await.unwrap();
        let users = people(0..MOST);
        let reversed: Vec<_> = users.iter().rev().cloned().collect();
        let add = |store: &Arc<Store>, team, users: Vec<UserId>| {
            let store = Arc::clone(store);
            tokio::spawn(async move { add(&store, team, &users, &club()).await })
        };
        let (first, second) = (add(&db.store, one, users), add(&other, two, reversed));
        db.until_waiting(2).await;
        holder.rollback().await.unwrap();
        assert_eq!((first.await.unwrap(), second.await.unwrap()), (MOST, MOST));
        assert_eq!(db.number("SELECT count(*) FROM people").await, 501);
    })
    .await;
}
