//! A team is deleted: it is absent to everybody, and its log stays.

use std::time::Duration;

use roster_domain::{Change, NewTeam, PolicyName, Revision, TeamId};
use roster_store::{
    Creation, CreationQuestion, EventFilter, EventType, KeyFingerprint, KeyMismatch, LinkPlace, Loaded,
    Payload, Store, TeamQuery,
};
use uuid::Uuid;

use crate::asks::{Asks, Onlooker};
use crate::database::{Database, on_both};
use crate::scene::{
    HOUR, after, caller, change, club, code, context, creation, external_id, finish, fresh, guild, invite,
    link, member, new_code, person, policy_name, role, set, team, user,
};

/// A team that its calling service keeps under a key.
async fn keyed(store: &Store, founder: &str, key: &str) -> TeamId {
    let team = TeamId::from_uuid(Uuid::now_v7());
    let question = CreationQuestion { external_id: Some((&caller(), &external_id(key))), personal: None };
    let Creation { mut tx, facts } = fresh(store.lock_creator(&user(founder), None, question).await.unwrap());
    assert_eq!(facts.external, None);
    let mut changes = creation(&club(), "Chess", facts.creator, None);
    let Some(Change::TeamCreated(new)) = changes.first().cloned() else { panic!("no team") };
    changes[0] = Change::TeamCreated(NewTeam { external_id: Some(external_id(key)), ..new });
    tx.apply(&context(facts.creator), team, &changes).await.unwrap();
    finish(tx, b"").await;
    team
}

async fn delete(db: &Database, team: TeamId) -> Revision {
    let ada = person(&db.store, "ada").await;
    change(&db.store, team, ada, &[Change::TeamDeleted]).await
}

#[tokio::test]
async fn it_is_absent_to_everybody() {
    on_both(async |db| {
        let store = &db.store;
        let team = keyed(store, "ada", "project-1").await;
        let ada = person(store, "ada").await;
        member(store, team, "bob", "guest").await;
        let link = link(store, team, ada, after(store.now().await.unwrap(), HOUR)).await;
        let place = LinkPlace { team, link: link.id, expires_at: link.expires_at };
        let present = async || {
            let query = TeamQuery {
                roles: vec![(policy_name("club"), role("guest"))],
                external_id: None,
                after: None,
                limit: 5,
            };
            let digest = link.secret.digest;
            let onlooker =
                Onlooker { user: &user("eve"), policies: &set(&[club()]), visible: |_: &PolicyName| true };
            let locked = store.lock_and_load(team, None, &set(&[]), |_| true, ()).await.unwrap();
            let can_change = !matches!(locked, Loaded::Absent);
            // Let go of, since SQLite has one connection.
            drop(locked);
            [
                can_change,
                store.see(team, &user("bob"), |_| true).await.unwrap().is_some(),
                !store.list_teams(&user("bob"), &query).await.unwrap().is_empty(),
                store.preview_link(place, digest, onlooker).await.unwrap().is_some(),
                store.team_of_external_id(&caller(), &external_id("project-1")).await.unwrap() == Some(team),
            ]
        };
        assert_eq!(present().await, [true; 5]);
        assert_eq!(delete(db, team).await, 4);
        assert_eq!(present().await, [false; 5]);
    })
    .await;
}

#[tokio::test]
async fn its_log_can_still_be_read_and_its_rows_stay() {
    on_both(async |db| {
        let store = &db.store;
        let team = keyed(store, "ada", "project-1").await;
        member(store, team, "bob", "guest").await;
        delete(db, team).await;
        let (seen, _) = store.team(team, |_| true).await.unwrap().unwrap();
        assert_eq!((seen.deleted, seen.revision, seen.facts.version, seen.member_count), (true, 3, 3, 2));
        assert_eq!(store.team(team, |_| false).await.unwrap(), None);
        let events = store.events(team, &EventFilter { limit: 9, ..Default::default() }).await.unwrap();
        assert_eq!(events.len(), 4);
        assert_eq!((events[0].actor.as_deref(), &events[0].payload), (Some("ada"), &Payload::TeamDeleted {}));
        assert_eq!(events[1].target.as_deref(), Some("bob"));
        let types = vec![EventType::TeamDeleted];
        let deletions =
            store.events(team, &EventFilter { types, limit: 9, ..Default::default() }).await.unwrap();
        assert_eq!(deletions[0].at.micros(), db.number("SELECT deleted_at FROM teams").await);
    })
    .await;
}

/// Nothing that was made for it leads anywhere, and no key has to be kept for it.
#[tokio::test]
async fn its_ways_in_are_over() {
    on_both(async |db| {
        let store = &db.store;
        let (team, other) = (team(store, &guild(), "ada").await, team(store, &guild(), "ada").await);
        let ada = person(store, "ada").await;
        let now = store.now().await.unwrap();
        let (soon, past) = (after(now, HOUR), after(now, -HOUR));
        for team in [team, other] {
            link(store, team, ada, soon).await;
            invite(store, team, ada, ("eve@example.org", soon)).await;
            invite(store, team, ada, ("late@example.org", past)).await;
            code(store, team, new_code(ada, &format!("GD-{team}"))).await;
        }
        // What was over before stays as it ended.
        let revoked = link(store, team, ada, soon).await.id;
        let spent = code(store, team, new_code(ada, "GD-OVER")).await.id;
        let declined = invite(store, team, ada, ("no@example.org", soon)).await.id;
        let ends = [
            Change::InviteLinkRevoked { link: revoked },
            Change::TeamCodeRevoked { code: spent },
            Change::InvitationDeclined { invitation: declined, person: ada },
        ];
        change(store, team, ada, &ends).await;
        db.execute("UPDATE invite_links SET revoked_at = 7 WHERE revoked_at IS NOT NULL").await;
        db.execute("UPDATE team_codes SET revoked_at = 7 WHERE revoked_at IS NOT NULL").await;

        let revision = delete(db, team).await;
        let deleted = db.number("SELECT max(deleted_at) FROM teams").await;
        for table in ["invite_links", "team_codes"] {
            let sql = |team: TeamId| {
                let id = db.uuid(team.uuid());
                format!("SELECT COALESCE(CAST(revoked_at AS TEXT), '-') FROM {table} WHERE team_id = {id} ORDER BY 1")
            };
            let mut expected = vec![deleted.to_string(), "7".to_owned()];
            expected.sort_unstable();
            assert_eq!(db.texts(&sql(team)).await, expected, "{table}");
            assert_eq!(db.texts(&sql(other)).await, ["-"], "{table} of another team");
        }
        let states = |team: TeamId| {
            let id = db.uuid(team.uuid());
            format!("SELECT email || ' ' || state || ' ' || version FROM invitations WHERE team_id = {id} ORDER BY 1")
        };
        let expected = [
            format!("eve@example.org 4 {revision}"),
            format!("late@example.org 4 {revision}"),
            format!("no@example.org 3 {}", revision - 1),
        ];
        assert_eq!(db.texts(&states(team)).await, expected);
        let expected = ["eve@example.org 1 3", "late@example.org 1 4"];
        assert_eq!(db.texts(&states(other)).await, expected, "of another team");

        let key = |id: &str| KeyFingerprint { id: id.into(), fingerprint: id.into() };
        let missed = KeyMismatch { id: "first".into(), differs: false };
        assert_eq!(store.register_keys(&[key("second")]).await.unwrap(), [missed], "the other team needs it");
        delete(db, other).await;
        assert_eq!(store.register_keys(&[key("second")]).await.unwrap(), []);
    })
    .await;
}

#[tokio::test]
async fn its_external_id_is_free_again() {
    on_both(async |db| {
        let store = &db.store;
        let first = keyed(store, "ada", "project-1").await;
        delete(db, first).await;
        let second = keyed(store, "bob", "project-1").await;
        let found = store.team_of_external_id(&caller(), &external_id("project-1")).await.unwrap();
        assert_eq!(found, Some(second));
        let (seen, _) = store.team(first, |_| true).await.unwrap().unwrap();
        assert_eq!(seen.external_id.as_deref(), Some("project-1"), "what it was");
    })
    .await;
}

/// A deleted team was created all the same: whoever deletes and creates again is counted.
#[tokio::test]
async fn whoever_created_it_did_so() {
    on_both(async |db| {
        let team = keyed(&db.store, "ada", "project-1").await;
        delete(db, team).await;
        let almost_a_day = db.later(Duration::from_mins(24 * 60 - 1)).await;
        let Creation { tx, facts } = fresh(crate::scene::begin(&almost_a_day, "ada", None).await.unwrap());
        assert_eq!(facts.created_today, 1);
        tx.undo().await.unwrap();
    })
    .await;
}
