//! What the log tells of every kind of change, and what it never tells.

use roster_domain::TeamId;
use roster_store::{Context, Event, EventFilter, EventType};
use uuid::Uuid;

use crate::asks::Asks;
use crate::database::{Database, Kind, digits, on_both};
use crate::log_story::{ADDRESS, CODE, Cast, Made, Told, arrivals, endings, members, ways_in};
use crate::scene::{context, finish, guild, lock, person, service, team};

/// A team to which everything happened that can, each by a commit of its own, by turns through a member and by a
/// service itself.
async fn everything(db: &Database) -> (TeamId, Made, Vec<Told>) {
    let store = &db.store;
    let team = team(store, &guild(), "ada").await;
    let cast = Cast {
        ada: person(store, "ada").await,
        bob: person(store, "bob").await,
        cleo: person(store, "cleo").await,
    };
    let made = Made::by(cast.ada);
    let mut tale = ways_in(cast, &made);
    tale.extend(arrivals(cast, &made));
    tale.extend(members(cast));
    tale.extend(endings(cast, &made));
    for (n, told) in tale.iter().enumerate() {
        let by = if n % 2 == 0 { context(cast.ada) } else { service() };
        let by = Context { request_id: Some(Uuid::from_u128(n as u128)), ..by };
        let mut locked = lock(store, team).await;
        let change = std::slice::from_ref(&told.change);
        let done = locked.tx.apply(&by, team, change).await;
        done.unwrap_or_else(|error| panic!("{:?}: {error}", told.change));
        finish(locked.tx, b"").await;
    }
    (team, made, tale)
}

async fn events(db: &Database, team: TeamId) -> Vec<Event> {
    let mut events =
        db.store.events(team, &EventFilter { limit: 1_000, ..Default::default() }).await.unwrap();
    events.reverse();
    events
}

#[tokio::test]
async fn every_kind_of_change_is_told_as_it_was() {
    on_both(async |db| {
        let (team, _, story) = everything(db).await;
        let events = events(db, team).await;
        // The creation's own two come first.
        assert_eq!(events.len(), story.len() + 2);
        for (n, (event, told)) in events.iter().skip(2).zip(&story).enumerate() {
            let what = format!("{:?}", told.change);
            assert_eq!((event.revision, event.position), (i64::try_from(n).unwrap() + 2, 0), "{what}");
            assert_eq!(event.payload, told.payload, "{what}");
            assert_eq!(
                (event.target.as_deref(), event.other.as_deref()),
                (told.target, told.other),
                "{what}"
            );
            assert_eq!(event.actor.as_deref(), (n % 2 == 0).then_some("ada"), "{what}");
            assert_eq!(event.caller, "front-end", "{what}");
            assert_eq!(event.request_id, Some(Uuid::from_u128(n as u128)), "{what}");
        }
        let times: Vec<_> = events.iter().map(|event| event.at).collect();
        assert!(times.is_sorted());
        for kind in EventType::all() {
            let told = events.iter().filter(|event| EventType::of(&event.payload) == kind).count();
            assert!(told > 0, "{kind:?} is not in the story");
            let filter = EventFilter { types: vec![kind], limit: 1_000, ..Default::default() };
            let listed = db.store.events(team, &filter).await.unwrap();
            assert_eq!(listed.len(), told, "{kind:?}");
        }
    })
    .await;
}

/// Every column of every row of a table as text: bytes as their digits.
async fn dump(db: &Database, table: &str) -> String {
    let rows = match db.kind {
        Kind::Postgres => db.texts(&format!("SELECT to_jsonb(t)::text FROM {table} t")).await,
        Kind::Sqlite => {
            let columns = db.texts(&format!("SELECT name FROM pragma_table_info('{table}')")).await;
            let quoted: Vec<_> = columns.iter().map(|column| format!("quote(\"{column}\")")).collect();
            db.texts(&format!("SELECT {} FROM {table}", quoted.join(" || ' ' || "))).await
        }
    };
    rows.join("\n").to_lowercase()
}

/// How something could stand in a dump: as text, as the digits of its bytes, as a list of numbers.
fn forms(bytes: &[u8]) -> Vec<String> {
    let numbers: Vec<_> = bytes.iter().map(ToString::to_string).collect();
    let text = std::str::from_utf8(bytes).map(str::to_lowercase);
    text.into_iter().chain([digits(bytes), numbers.join(","), numbers.join(", ")]).collect()
}

#[tokio::test]
async fn no_address_no_code_and_no_secret_is_told() {
    on_both(async |db| {
        let (_, made, _) = everything(db).await;
        let log = dump(db, "events").await;
        assert!(log.contains("schach") && log.contains("acme"), "not the log: {log}");
        let mut canaries = vec![ADDRESS.as_bytes().to_vec(), CODE.as_bytes().to_vec(), b"canary".to_vec()];
        for secret in made.invitations.iter().map(|new| &new.secret).chain([&made.link.secret, &made.again]) {
            canaries.push(secret.digest.to_vec());
            canaries.push(secret.digest[16..].to_vec());
            canaries.push(secret.salt.to_vec());
        }
        for canary in &canaries {
            for form in forms(canary) {
                assert!(!log.contains(&form), "{form} is in the log");
            }
        }
        // They are where they belong, so they would have been found.
        let kept = dump(db, "invitations").await;
        assert!(kept.contains("canary") && forms(&made.again.digest).iter().any(|form| kept.contains(form)));
        assert!(dump(db, "invite_links").await.contains(&forms(&made.link.secret.digest)[0]));
    })
    .await;
}
