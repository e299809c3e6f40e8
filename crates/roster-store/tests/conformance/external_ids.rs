//! Keys that calling services keep teams under, and the teams of one.

use std::sync::Arc;

use roster_domain::decide::{TeamCap, TeamRequest, create_personal_team, create_team};
use roster_domain::{CallerName, Change, DisplayName, Refusal, TeamId};
use roster_store::{
    Context, Creation, CreationFacts, CreationQuestion, ErrorKind, Payload, Result, Store, TeamQuery,
};
use uuid::Uuid;

use crate::asks::Asks;
use crate::database::{Kind, on_both};
use crate::scene::{
    begin, caller, change, club, context, external_id, finish, fresh, guild, person, policy_name, role,
    service, shown, user, write,
};

const KEY: &str = "project-1";

fn name() -> DisplayName {
    DisplayName::parse("Chess").unwrap()
}

/// What the decision says of a team under that key.
fn decide(facts: &CreationFacts, key: &str) -> Result<Vec<Change>, Refusal> {
    let (id, taken) = (Some(external_id(key)), facts.external);
    let request =
        TeamRequest { display_name: name(), tier: None, external_id: id, external_id_taken_by: taken };
    create_team(&club(), request, facts.creator, None, TeamCap { limit: 100, used: facts.created_today })
}

/// Begins the creation of a team under that key.
async fn begin_keyed(store: &Store, creator: &str, (caller, key): (&CallerName, &str)) -> Creation {
    let id = external_id(key);
    let question = CreationQuestion { external_id: Some((caller, &id)), personal: None };
    fresh(store.lock_creator(&user(creator), None, question).await.unwrap())
}

/// Creates a team under that key, or tells what the rules or the database have against it.
async fn create(store: &Store, creator: &str, key: &str) -> std::result::Result<TeamId, String> {
    let Creation { mut tx, facts } = begin_keyed(store, creator, (&caller(), key)).await;
    let changes = decide(&facts, key).map_err(|refusal| format!("{refusal:?}"))?;
    let team = TeamId::from_uuid(Uuid::now_v7());
    let failed = |error: roster_store::Error| format!("{:?}", error.kind());
    tx.apply(&context(facts.creator), team, &changes).await.map_err(failed)?;
    let _ = tx.finish(b"").await.map_err(failed)?;
    Ok(team)
}

#[tokio::test]
async fn a_team_is_found_by_its_key() {
    on_both(async |db| {
        let store = &db.store;
        let team = create(store, "ada", KEY).await.unwrap();
        let other = create(store, "ada", "project-2").await.unwrap();
        let find = async |caller: &CallerName, key: &str| {
            store.team_of_external_id(caller, &external_id(key)).await.unwrap()
        };
        let elsewhere = CallerName::parse("back-office").unwrap();
        assert_eq!(find(&caller(), KEY).await, Some(team));
        assert_eq!(find(&caller(), "project-2").await, Some(other));
        for (caller, key) in [(&caller(), "project-3"), (&caller(), "Project-1"), (&elsewhere, KEY)] {
            assert_eq!(find(caller, key).await, None, "{caller:?} {key}");
        }
        let (seen, _) = store.team(team, |_| true).await.unwrap().unwrap();
        assert_eq!(seen.external_id.as_deref(), Some(KEY));

        // Another calling service has keys of its own.
        let Creation { mut tx, facts } = begin_keyed(store, "ada", (&elsewhere, KEY)).await;
        assert_eq!(facts.external, None);
        let by = Context { caller: Some(elsewhere.clone()), ..context(facts.creator) };
        let third = TeamId::from_uuid(Uuid::now_v7());
        tx.apply(&by, third, &decide(&facts, KEY).unwrap()).await.unwrap();
        finish(tx, b"").await;
        assert_eq!((find(&elsewhere, KEY).await, find(&caller(), KEY).await), (Some(third), Some(team)));

        let expected = format!("{:?}", Refusal::ExternalIdTaken { team });
        assert_eq!(create(store, "bob", KEY).await, Err(expected));
    })
    .await;
}

#[tokio::test]
async fn teams_of_a_person_by_a_key() {
    on_both(async |db| {
        let store = &db.store;
        let team = create(store, "ada", KEY).await.unwrap();
        create(store, "ada", "project-2").await.unwrap();
        let list = async |name: &str, service: &str, key: &str| {
            let query = TeamQuery {
                roles: vec![(policy_name("club"), role("owner"))],
                external_id: Some((CallerName::parse(service).unwrap(), external_id(key))),
                after: None,
                limit: 5,
            };
            let teams = store.list_teams(&user(name), &query).await.unwrap();
            teams.into_iter().map(|team| team.id).collect::<Vec<_>>()
        };
        assert_eq!(list("ada", "front-end", KEY).await, [team]);
        for (name, service, key) in
            [("bob", "front-end", KEY), ("ada", "back-office", KEY), ("ada", "front-end", "project-3")]
        {
            assert_eq!(list(name, service, key).await, [], "{name} {service} {key}");
        }
        let ada = person(store, "ada").await;
        change(store, team, ada, &[Change::TeamDeleted]).await;
        assert_eq!(list("ada", "front-end", KEY).await, []);
    })
    .await;
}

/// Two persons have no lock in common. On Postgres both find the key free, and the constraint lets one of them have
/// it; on SQLite the second begins when the first has ended, and finds the key taken.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_persons_at_once_cannot_have_the_same_key() {
    on_both(async |db| {
        let other = db.another_store().await;
        for n in 0..10 {
            let key = format!("key-{n}");
            let (one, two) = tokio::join!(create(&db.store, "ada", &key), create(&other, "bob", &key));
            let (winner, loser) = match (one, two) {
                (Ok(team), Err(error)) | (Err(error), Ok(team)) => (team, error),
                both => panic!("not one of them: {both:?}"),
            };
            let seen = format!("{:?}", Refusal::ExternalIdTaken { team: winner });
            let raced = format!("{:?}", ErrorKind::ExternalIdTaken);
            assert!(loser == seen || loser == raced, "{loser}");
            let found = db.store.team_of_external_id(&caller(), &external_id(&key)).await.unwrap();
            assert_eq!(found, Some(winner));
        }
        assert_eq!(db.number("SELECT count(*) FROM teams").await, 10);
        assert_eq!(db.number("SELECT count(*) FROM events").await, 20);
    })
    .await;
}

/// The same, met for sure: the first is about to commit when the second comes.
#[tokio::test]
async fn whoever_finds_a_key_free_and_comes_second_is_told_so() {
    on_both(async |db| {
        let Creation { mut tx, facts } = begin_keyed(&db.store, "ada", (&caller(), KEY)).await;
        let team = TeamId::from_uuid(Uuid::now_v7());
        write(&mut tx, &context(facts.creator), team, &decide(&facts, KEY).unwrap()).await.unwrap();
        let second = tokio::spawn({
            let other = db.another_store().await;
            async move { create(&other, "bob", KEY).await }
        });
        db.until_waiting(1).await;
        finish(tx, b"").await;
        let expected = match db.kind {
            Kind::Postgres => format!("{:?}", ErrorKind::ExternalIdTaken),
            Kind::Sqlite => format!("{:?}", Refusal::ExternalIdTaken { team }),
        };
        assert_eq!(second.await.unwrap(), Err(expected));
        assert_eq!(create(&db.store, "bob", "another").await.map(drop), Ok(()), "its connection is of use");
    })
    .await;
}

/// Has the person's team of one, which is made now if there is none.
async fn ensure_personal(store: &Store, name: &str) -> TeamId {
    let policy = guild();
    let question = CreationQuestion { external_id: None, personal: Some(&policy) };
    let Creation { mut tx, facts } = fresh(store.lock_creator(&user(name), None, question).await.unwrap());
    if let Some(found) = facts.personal {
        tx.undo().await.unwrap();
        assert_eq!(found.team, store.team(found.team.id, |_| true).await.unwrap().unwrap().0);
        assert_eq!(found.occupancy, store.occupancy(found.team.id, &policy).await.unwrap());
        assert_eq!(found.member.unwrap(), shown(store, found.team.id, name).await);
        return found.team.id;
    }
    let team = TeamId::from_uuid(Uuid::now_v7());
    let display_name = DisplayName::parse("Mine").unwrap();
    let changes = create_personal_team(&guild(), display_name, facts.creator, None).unwrap();
    tx.apply(&service(), team, &changes).await.unwrap();
    finish(tx, b"").await;
    team
}

#[tokio::test]
async fn a_team_of_one_is_its_persons() {
    on_both(async |db| {
        let store = &db.store;
        let team = ensure_personal(store, "ada").await;
        assert_eq!(ensure_personal(store, "ada").await, team);
        assert_ne!(ensure_personal(store, "bob").await, team);
        let (seen, _) = store.team(team, |_| true).await.unwrap().unwrap();
        assert_eq!(seen.personal_user_id.as_deref(), Some("ada"));
        assert_eq!(seen.facts.personal, Some(person(store, "ada").await));
        let Creation { tx, facts } = fresh(begin(store, "ada", None).await.unwrap());
        assert_eq!(
            (facts.created_today, facts.personal.is_none()),
            (0, true),
            "it was counted, or asked for"
        );
        tx.undo().await.unwrap();
        let events = store.events(team, &roster_store::EventFilter { limit: 5, ..Default::default() }).await;
        let event = events.unwrap().pop().unwrap();
        assert!(matches!(event.payload, Payload::TeamCreated { personal: true, .. }), "{event:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn twenty_at_once_make_one_team_of_one() {
    on_both(async |db| {
        // Known, so that only the lock on the person makes them wait; and replicas, since one lets them in by turns.
        person(&db.store, "ada").await;
        let mut stores = vec![Arc::clone(&db.store)];
        for _ in 0..4 {
            stores.push(db.another_store().await);
        }
        let tasks: Vec<_> = (0..20)
            .map(|n| {
                let store = Arc::clone(&stores[n % stores.len()]);
                tokio::spawn(async move { ensure_personal(&store, "ada").await })
            })
            .collect();
        let mut teams = std::collections::HashSet::new();
        for task in tasks {
            teams.insert(task.await.unwrap());
        }
        assert_eq!(teams.len(), 1);
        assert_eq!(db.number("SELECT count(*) FROM teams").await, 1);
        assert_eq!(db.number("SELECT count(*) FROM members").await, 1);
    })
    .await;
}
