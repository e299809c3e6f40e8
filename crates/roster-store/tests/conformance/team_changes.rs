//! A team's own fields change.

use roster_domain::policy::TierName;
use roster_domain::{Change, DisplayName};
use roster_store::{EventFilter, EventType, Payload, TeamChange};

use crate::asks::Asks;
use crate::database::on_both;
use crate::scene::{
    ask, change, choir, finish, guild, last_event, lock, member, person, service, team, user,
};

fn name(text: &str) -> DisplayName {
    DisplayName::parse(text).unwrap()
}

fn tier(name: &str) -> TierName {
    TierName::parse(name).unwrap()
}

#[tokio::test]
async fn a_team_gets_another_name() {
    on_both(async |db| {
        let store = &db.store;
        let team = team(store, &guild(), "ada").await;
        let other = crate::scene::team(store, &guild(), "ada").await;
        let ada = person(store, "ada").await;
        member(store, team, "bob", "guest").await;
        let facts = ask(store, team, &[], TeamChange { actor: &user("ada") }).await;
        assert_eq!((facts.team.display_name, facts.team.version), (name("Chess"), 1));
        assert_eq!((facts.actor.unwrap().person, facts.team.personal), (ada, None));
        assert_eq!(ask(store, team, &[], TeamChange { actor: &user("eve") }).await.actor, None);

        let renamed = Change::TeamRenamed { old: name("Chess"), new: name("Schach & Café") };
        assert_eq!(change(store, team, ada, &[renamed]).await, 3);
        let (seen, _) = store.team(team, |_| true).await.unwrap().unwrap();
        assert_eq!((seen.facts.display_name, seen.facts.version), (name("Schach & Café"), 3));
        let (beside, _) = store.team(other, |_| true).await.unwrap().unwrap();
        assert_eq!((beside.facts.display_name, beside.facts.version), (name("Chess"), 1));
        let event = last_event(db, team).await;
        assert_eq!((event.actor.as_deref(), event.target), (Some("ada"), None));
        assert_eq!(event.payload, Payload::TeamRenamed { old: "Chess".into(), new: "Schach & Café".into() });

        // What hangs on a team is not the team: its version stays.
        member(store, team, "cleo", "guest").await;
        let facts = ask(store, team, &[], TeamChange { actor: &user("ada") }).await;
        assert_eq!((facts.team.version, facts.team.display_name), (3, name("Schach & Café")));
    })
    .await;
}

#[tokio::test]
async fn a_service_sets_a_tier() {
    on_both(async |db| {
        let store = &db.store;
        let id = team(store, &guild(), "ada").await;
        let (seen, _) = store.team(id, |_| true).await.unwrap().unwrap();
        assert_eq!(seen.facts.tier, Some(tier("small")), "the default at the creation");
        let mut locked = lock(store, id).await;
        let changed = Change::TeamTierChanged { old: Some(tier("small")), new: tier("large") };
        assert_eq!(locked.tx.apply(&service(), id, &[changed]).await.unwrap(), 2);
        finish(locked.tx, b"").await;
        let (seen, _) = store.team(id, |_| true).await.unwrap().unwrap();
        assert_eq!((seen.facts.tier, seen.facts.version), (Some(tier("large")), 2));
        let event = last_event(db, id).await;
        assert_eq!((event.actor, event.caller.as_str()), (None, "front-end"));
        assert_eq!(
            event.payload,
            Payload::TeamTierChanged { old: Some("small".into()), new: "large".into() }
        );

        // A team that had none, as one has whose policy got tiers later.
        let old = team(store, &choir(), "ada").await;
        let mut locked = lock(store, old).await;
        assert_eq!(locked.team.facts.tier, None);
        let changed = Change::TeamTierChanged { old: None, new: tier("small") };
        locked.tx.apply(&service(), old, &[changed]).await.unwrap();
        finish(locked.tx, b"").await;
        assert_eq!(
            last_event(db, old).await.payload,
            Payload::TeamTierChanged { old: None, new: "small".into() }
        );
        let filter = EventFilter { types: vec![EventType::TeamTierChanged], limit: 5, ..Default::default() };
        assert_eq!(store.events(old, &filter).await.unwrap().len(), 1);
    })
    .await;
}
