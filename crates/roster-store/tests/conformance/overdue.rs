//! Invitations that ran out are found and marked, once each.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use roster_domain::decide::{ShownInvitationState, expire_invitations};
use roster_domain::facts::InvitationState;
use roster_domain::{Change, TeamId};
use roster_store::{Context, EventFilter, InvitationQuery, Loaded, Locked, Overdue, Payload, Store};

use crate::asks::{Asks, Invites};
use crate::database::on_both;
use crate::scene::{HOUR, after, ask, change, finish, guild, invite, last_event, person, set, team};

/// Marks what ran out as the service does; how many.
async fn sweep(store: &Store, limit: u64) -> usize {
    let mut marked = 0;
    for team in overdue_teams(store, limit).await {
        let loaded = store.lock_and_load(team, None, &set(&[]), |_| true, Overdue { limit }).await.unwrap();
        let Loaded::Fresh(Locked { mut tx, facts, .. }) = loaded else { continue };
        let changes = expire_invitations(&facts, tx.now());
        tx.apply(&Context::own(), team, &changes).await.unwrap();
        finish(tx, b"").await;
        marked += changes.len();
    }
    marked
}

/// The teams of the invitations that ran out first.
async fn overdue_teams(store: &Store, limit: u64) -> Vec<TeamId> {
    store.teams_with_overdue_invitations(None, limit).await.unwrap().teams
}

/// How many events tell that an invitation ran out.
async fn told(store: &Store, team: TeamId) -> usize {
    let filter = EventFilter { limit: 1_000, ..Default::default() };
    let events = store.events(team, &filter).await.unwrap();
    events.iter().filter(|event| matches!(event.payload, Payload::InvitationExpired { .. })).count()
}

#[tokio::test]
async fn those_that_ran_out_first_come_first() {
    on_both(async |db| {
        let store = &db.store;
        let team = team(store, &guild(), "ada").await;
        let ada = person(store, "ada").await;
        let now = store.now().await.unwrap();
        let mut ids = Vec::new();
        for (n, micros) in [HOUR / 2, 0, -1, -2].into_iter().enumerate() {
            ids.push(invite(store, team, ada, (&format!("p{n}@example.org"), after(now, micros))).await.id);
        }
        let ended = invite(store, team, ada, ("ended@example.org", now)).await.id;
        change(store, team, ada, &[Change::InvitationCancelled { invitation: ended }]).await;
        let overdue = async |store: &Store, limit| {
            let found = ask(store, team, &[], Overdue { limit }).await;
            assert!(found.iter().all(|one| one.state == InvitationState::Pending));
            found.into_iter().map(|one| one.id).collect::<Vec<_>>()
        };
        assert_eq!(overdue(store, 9).await, [ids[3], ids[2], ids[1]]);
        assert_eq!(overdue(store, 2).await, [ids[3], ids[2]]);

        // The same as the list says, which nobody has to wait for a sweep for.
        let state = Some(ShownInvitationState::Expired);
        let query = InvitationQuery { state, email: None, after: None, limit: 9 };
        let listed = store.invitations(team, &guild(), &query).await.unwrap();
        assert_eq!(listed.len(), 3);

        assert_eq!(overdue_teams(store, 9).await, [team]);
        assert_eq!(sweep(store, 9).await, 3);
        assert_eq!(overdue_teams(store, 9).await, []);
        let later = db.later(Duration::from_hours(1)).await;
        assert_eq!(overdue_teams(&later, 9).await, [team]);
        assert_eq!(sweep(&later, 9).await, 1);
        assert_eq!(overdue_teams(&later, 9).await, []);
        assert_eq!(ask(&later, team, &[], Overdue { limit: 9 }).await, []);
    })
    .await;
}

#[tokio::test]
async fn teams_are_listed_once_each_and_by_what_ran_out_first() {
    on_both(async |db| {
        let store = &db.store;
        let ada = person(store, "ada").await;
        let past = after(store.now().await.unwrap(), -HOUR);
        let mut teams = Vec::new();
        for n in 0..3_i64 {
            let team = team(store, &guild(), "ada").await;
            for m in 0..3_i64 {
                let ends = after(past, 10 * m - n);
                invite(store, team, ada, (&format!("p{m}@example.org"), ends)).await;
            }
            teams.push(team);
        }
        teams.sort_unstable_by_key(TeamId::uuid);
        assert_eq!(overdue_teams(store, 9).await, teams);
        // The first three of all ran out in all three teams, the first of all in the team that was made last.
        assert_eq!(overdue_teams(store, 3).await, teams);
        assert_eq!(overdue_teams(store, 1).await, teams[2..]);

        // Page by page, all of them are met.
        let (mut after, mut met) = (None, BTreeSet::new());
        for page in 0.. {
            assert!(page < 9, "nine invitations are no more than nine pages of one");
            let found = store.teams_with_overdue_invitations(after, 1).await.unwrap();
            met.extend(found.teams.iter().map(TeamId::uuid));
            after = found.next;
            if met.len() == 3 {
                break;
            }
            assert!(after.is_some(), "there are more");
        }

        // A team that was deleted by who left its invitations as they were hides nobody else's.
        let gone = db.uuid(teams[0].uuid());
        db.execute(&format!("UPDATE teams SET deleted_at = 1 WHERE id = {gone}")).await;
        assert_eq!(overdue_teams(store, 9).await, teams[1..]);
        assert_eq!(overdue_teams(store, 1).await, teams[2..]);
        db.execute(&format!("UPDATE teams SET deleted_at = NULL WHERE id = {gone}")).await;

        // A team that is gone has none, and nobody comes back for it for ever.
        change(store, teams[2], ada, &[Change::TeamDeleted]).await;
        assert_eq!(overdue_teams(store, 9).await, teams[..2]);
        let loaded =
            store.lock_and_load(teams[2], None, &set(&[]), |_| true, Overdue { limit: 9 }).await.unwrap();
        assert!(matches!(loaded, Loaded::Absent));
        drop(loaded);
        assert_eq!(sweep(store, 2).await + sweep(store, 2).await + sweep(store, 9).await, 6);
        assert_eq!((told(store, teams[0]).await, told(store, teams[2]).await), (3, 0));
    })
    .await;
}

#[tokio::test]
async fn a_mark_is_made_by_nobody() {
    on_both(async |db| {
        let store = &db.store;
        let team = team(store, &guild(), "ada").await;
        let ada = person(store, "ada").await;
        let ends = store.now().await.unwrap();
        let new = invite(store, team, ada, ("eve@example.org", ends)).await;
        assert_eq!(sweep(store, 9).await, 1);
        let event = last_event(db, team).await;
        assert_eq!(event.payload, Payload::InvitationExpired { invitation: new.id.uuid() });
        assert_eq!((event.actor, event.target, event.request_id), (None, None, None));
        assert_eq!((event.caller.as_str(), event.revision), ("", 3));
        let stored = store.invitation(team, &guild(), new.id).await.unwrap().unwrap();
        assert_eq!((stored.invitation.state, stored.invitation.version), (InvitationState::Expired, 3));
        assert_eq!((stored.answered_at, stored.answered_by_user_id), (None, None));
        assert_eq!(store.occupancy(team, &guild()).await.unwrap().pending, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sweeps_at_once_mark_each_once() {
    on_both(async |db| {
        let ada = person(&db.store, "ada").await;
        let past = after(db.store.now().await.unwrap(), -HOUR);
        let mut teams = Vec::new();
        for _ in 0..3 {
            let team = team(&db.store, &guild(), "ada").await;
            for n in 0..8 {
                invite(&db.store, team, ada, (&format!("p{n}@example.org"), past)).await;
            }
            teams.push(team);
        }
        let other = db.another_store().await;
        let sweeps: Vec<_> = (0..6)
            .map(|n| {
                let store = Arc::clone(if n % 2 == 0 { &db.store } else { &other });
                tokio::spawn(async move { sweep(&store, 100).await })
            })
            .collect();
        let mut marked = 0;
        for sweep in sweeps {
            marked += sweep.await.unwrap();
        }
        assert_eq!(marked, 24);
        for team in teams {
            assert_eq!(told(&db.store, team).await, 8);
        }
        assert_eq!(db.number("SELECT count(*) FROM invitations WHERE state = 5").await, 24);
    })
    .await;
}
