//! Teams come into being.

use std::time::Duration;

use roster_domain::{MemberState, TeamId};
use roster_store::{AccessRecord, Creation, EventFilter, JoinMethod, Loaded, Payload};
use uuid::Uuid;

use crate::asks::Asks;
use crate::database::on_both;
use crate::scene::{
    begin, club, context, creation, email, finish, fresh, policy_name, request, role, team, user, write,
};

#[tokio::test]
async fn a_team_its_founder_and_their_events() {
    on_both(async |db| {
        let store = &db.store;
        let id = TeamId::from_uuid(Uuid::now_v7());
        let Creation { mut tx, facts } = fresh(begin(store, "ada", None).await.unwrap());
        assert_eq!(facts.created_today, 0);
        let address = Some(email("Ada@Example.org"));
        let changes = creation(&club(), "Schach & Café", facts.creator, address);
        let mut by = context(facts.creator);
        by.request_id = Some(Uuid::from_u128(5));
        assert_eq!(tx.apply(&by, id, &changes).await.unwrap(), 1);

        let now = tx.now();
        finish(tx, b"done").await;

        let seen = store.see(id, &user("ada"), |_| true).await.unwrap().unwrap();
        assert_eq!(seen.team.id, id);
        assert_eq!(seen.team.policy, policy_name("club"));
        assert_eq!(seen.team.facts.display_name.as_str(), "Schach & Café");
        assert_eq!(
            (&seen.team.facts.tier, seen.team.facts.personal, seen.team.facts.version),
            (&None, None, 1)
        );
        assert_eq!(
            (&seen.team.external_id, &seen.team.personal_user_id, seen.team.deleted),
            (&None, &None, false)
        );
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
        assert_eq!(
            (member.user_id.as_deref(), member.email.as_deref()),
            (Some("ada"), Some("Ada@Example.org"))
        );
        assert_eq!((member.join_method, member.invited_by), (JoinMethod::Founder, None));
        assert_eq!((member.joined_at, member.version), (now, 1));
        assert_eq!(store.count_members(id, MemberState::Active, None).await.unwrap(), 1);
        assert_eq!(store.count_members(id, MemberState::Active, Some(&role("owner"))).await.unwrap(), 1);
        assert_eq!(store.count_members(id, MemberState::Active, Some(&role("guest"))).await.unwrap(), 0);

        let mut events = store.events(id, &EventFilter { limit: 10, ..Default::default() }).await.unwrap();
        events.reverse();
        assert_eq!(
            events.iter().map(|event| (event.revision, event.position)).collect::<Vec<_>>(),
            [(1, 0), (1, 1)]
        );
        let expected = [
            Payload::TeamCreated {
                policy: "club".into(),
                display_name: "Schach & Café".into(),
                tier: None,
                external_id: None,
                personal: false,
            },
            Payload::MemberJoined {
                role: "owner".into(),
                method: JoinMethod::Founder,
                through: None,
                invited_by: None,
                access: AccessRecord::default(),
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
            let Creation { tx, facts } = fresh(begin(store, name, None).await.unwrap());
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
        let Creation { mut tx, facts } = fresh(begin(&db.store, "ada", claim).await.unwrap());
        let id = TeamId::from_uuid(Uuid::now_v7());
        let changes = creation(&club(), "Chess", facts.creator, None);
        tx.apply(&context(facts.creator), id, &changes).await.unwrap();
        finish(tx, b"the team").await;

        match begin(&db.store, "ada", claim).await.unwrap() {
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
        let Creation { mut tx, facts } = fresh(begin(&db.store, "bob", None).await.unwrap());
        let changes = creation(&club(), "Go", facts.creator, None);
        write(&mut tx, &context(facts.creator), id, &changes).await.unwrap_err();
        drop(tx);
        assert_eq!(db.number("SELECT count(*) FROM events").await, 2);
    })
    .await;
}
