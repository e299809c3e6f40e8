//! Teams come into being.

use std::time::Duration;

use roster_domain::decide::{TeamCap, create_team};
use roster_domain::{DisplayName, MemberState, TeamId};
use roster_store::{Creation, EventFilter, JoinMethod, Loaded, Payload};
use uuid::Uuid;

use crate::database::on_both;
use crate::scene::{club, context, email, fresh, policy_name, request, role, team, user};

#[tokio::test]
async fn a_team_its_founder_and_their_events() {
    on_both(async |db| {
        let store = &db.store;
        let id = TeamId::from_uuid(Uuid::now_v7());
        let Creation { mut tx, facts } = fresh(store.lock_creator(&user("ada"), None).await.unwrap());
        assert_eq!(facts.created_today, 0);
        let name = DisplayName::parse("Schach & Café").unwrap();
        let cap = TeamCap { limit: 1, used: facts.created_today };
        let changes = create_team(&club(), name, facts.creator, Some(email("Ada@Example.org")), cap).unwrap();
        let mut by = context(facts.creator);
        by.request_id = Some(Uuid::from_u128(5));
        assert_eq!(tx.apply(&by, id, &changes).await.unwrap(), 1);

        // As the transaction has left it, before anybody else sees it.
        let inside = tx.member(id, facts.creator).await.unwrap().unwrap();
        let now = tx.now();
        let team_inside = tx.team(id).await.unwrap().unwrap();
        tx.finish(b"done").await.unwrap();

        let seen = store.see(id, &user("ada"), |_| true).await.unwrap().unwrap();
        assert_eq!(seen.team, team_inside);
        assert_eq!(seen.team.id, id);
        assert_eq!(seen.team.policy, policy_name("club"));
        assert_eq!(seen.team.display_name, "Schach & Café");
        assert_eq!((seen.team.revision, seen.team.member_count), (1, 1));
        assert_eq!(seen.team.created_at, now);
        assert!(seen.now >= now);
        let membership = seen.membership.unwrap();
        assert_eq!(
            (membership.role, membership.state, membership.version),
            (role("owner"), MemberState::Active, 1)
        );
        assert_eq!(membership.email, Some(email("Ada@Example.org")));

        let member = store.member(id, &user("ada")).await.unwrap().unwrap();
        assert_eq!(member, inside);
        assert_eq!(
            (member.user_id.as_deref(), member.email.as_deref()),
            (Some("ada"), Some("Ada@Example.org"))
        );
        assert_eq!((member.join_method, member.invited_by), (JoinMethod::Founder, None));
        assert_eq!((member.joined_at, member.version), (now, 1));
        assert_eq!(store.count_members(id, None).await.unwrap(), 1);
        assert_eq!(store.count_members(id, Some(&role("owner"))).await.unwrap(), 1);
        assert_eq!(store.count_members(id, Some(&role("guest"))).await.unwrap(), 0);

        let mut events = store.events(id, &EventFilter { limit: 10, ..Default::default() }).await.unwrap();
        events.reverse();
        assert_eq!(
            events.iter().map(|event| (event.revision, event.position)).collect::<Vec<_>>(),
            [(1, 0), (1, 1)]
        );
        let expected = [
            Payload::TeamCreated { policy: "club".into(), display_name: "Schach & Café".into() },
            Payload::MemberJoined {
                role: "owner".into(),
                method: JoinMethod::Founder,
                link: None,
                invited_by: None,
            },
        ];
        for (event, payload) in events.iter().zip(expected) {
            assert_eq!((event.actor.as_deref(), event.caller.as_str()), (Some("ada"), "front-end"));
            assert_eq!((event.at, event.request_id), (now, Some(Uuid::from_u128(5))));
            assert_eq!(event.payload, payload);
        }
        assert_eq!((events[0].target.as_deref(), events[1].target.as_deref()), (None, Some("ada")));
        assert_ne!(events[0].id, events[1].id);
        let addresses = "SELECT count(*) FROM events WHERE CAST(payload AS TEXT) LIKE '%xample.org%'";
        assert_eq!(db.number(addresses).await, 0, "an address in the log");
    })
    .await;
}

#[tokio::test]
async fn teams_created_within_a_day_are_counted() {
    on_both(async |db| {
        let count = async |store: &roster_store::Store, name: &str| {
            let Creation { tx, facts } = fresh(store.lock_creator(&user(name), None).await.unwrap());
            tx.undo().await.unwrap();
            facts.created_today
        };
        team(&db.store, &club(), "ada").await;
        team(&db.store, &club(), "ada").await;
        team(&db.store, &club(), "bob").await;
        assert_eq!(count(&db.store, "ada").await, 2);
        assert_eq!(count(&db.store, "bob").await, 1);
        assert_eq!(count(&db.store, "Ada").await, 0);
        let almost_a_day = Duration::from_mins(24 * 60 - 1);
        assert_eq!(count(&*db.later(almost_a_day).await, "ada").await, 2);
        assert_eq!(count(&*db.later(Duration::from_hours(24)).await, "ada").await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_creation_that_is_sent_again_happens_once() {
    on_both(async |db| {
        let claim = Some(request(1, 1));
        let Creation { mut tx, facts } = fresh(db.store.lock_creator(&user("ada"), claim).await.unwrap());
        let id = TeamId::from_uuid(Uuid::now_v7());
        let name = DisplayName::parse("Chess").unwrap();
        let changes = create_team(&club(), name, facts.creator, None, TeamCap { limit: 1, used: 0 }).unwrap();
        tx.apply(&context(facts.creator), id, &changes).await.unwrap();
        tx.finish(b"the team").await.unwrap();

        match db.store.lock_creator(&user("ada"), claim).await.unwrap() {
            Loaded::Replay(answered) => assert_eq!(answered.answer, b"the team"),
            _ => panic!("not a replay"),
        }
        assert_eq!(db.number("SELECT count(*) FROM teams").await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_team_id_is_used_once() {
    on_both(async |db| {
        let id = team(&db.store, &club(), "ada").await;
        let Creation { mut tx, facts } = fresh(db.store.lock_creator(&user("bob"), None).await.unwrap());
        let name = DisplayName::parse("Go").unwrap();
        let changes = create_team(&club(), name, facts.creator, None, TeamCap { limit: 1, used: 0 }).unwrap();
        tx.apply(&context(facts.creator), id, &changes).await.unwrap_err();
        drop(tx);
        assert_eq!(db.number("SELECT count(*) FROM events").await, 2);
    })
    .await;
}
