//! Invitations that ran out, marked by the sweeps of all replicas while they are sent again and made anew.

use std::sync::Arc;
use std::time::Duration;

use roster_proto::v1::{ErrorReason, EventType, InvitationState};
use roster_testkit::{Kind, Options, Server, all_at_once, both, eventually, row, without_lock};

use crate::invites::audit::audit;
use crate::invites::{Race, start, teams};

/// How many teams have one that ran out. A sweep goes through them one by one, and takes a while.
const TEAMS: usize = 60;

/// How long they live.
const WEEK: Duration = Duration::from_hours(7 * 24);

#[tokio::test]
async fn an_invitation_that_ran_out_is_marked_once_whoever_comes_first() {
    both(async |kind| overdue(kind, true, TEAMS).await.was_held()).await;
}

#[tokio::test]
async fn the_race_of_sweeps_and_inviters_is_seen_without_the_lock() {
    both(async |kind| overdue(kind, false, 10).await.was_held_by_the_rows_alone()).await;
}

/// The service starts after all invitations of many teams ran out, two replicas where there can be two: they mark
/// them, while in every second team two admins invite the address anew.
async fn overdue(kind: Kind, lock: bool, count: usize) -> Race {
    let server = start(kind, true).await;
    let teams = teams(&server, count).await;
    let mut old = Vec::new();
    for (owner, team) in &teams {
        server.add(team, &[row("ben", "admin")]).await;
        old.push(server.invite(owner, team, "bob@example.org", "member").await.id);
    }
    let server = Arc::into_inner(server).expect("nobody else uses the server");
    let data = server.crash().await;
    let late = Options::default().clock_offset(WEEK);
    let late = if lock { late } else { without_lock(late) };
    let replica = async {
        match kind {
            Kind::Embedded => None,
            Kind::Full => Some(Server::start_on(Arc::clone(&data), late.clone()).await),
        }
    };
    let (server, replica) = tokio::join!(Server::start_on(Arc::clone(&data), late.clone()), replica);
    let server = Arc::new(server);

    // The sweep takes those first that ran out first, so the others are left for the inviters. Every second team is for
    // the sweeps alone.
    let inviters =
        teams.iter().rev().step_by(2).flat_map(|(owner, team)| [(owner.clone(), team), ("ben".into(), team)]);
    let outcomes = all_at_once(inviters.map(|(who, team)| {
        let (server, team) = (Arc::clone(&server), team.clone());
        async move { server.try_invite(&who, &team, "bob@example.org", "guest").await }
    }))
    .await;
    let mut race = Race::default();
    let mut outcomes = outcomes.into_iter();
    while let (Some(first), Some(second)) = (outcomes.next(), outcomes.next()) {
        let mut round = Race::default();
        let first = round.answer(first, &[ErrorReason::InvitationPending]);
        let second = round.answer(second, &[ErrorReason::InvitationPending]);
        round.one_of(first.as_ref(), second.as_ref());
        race.take(round);
    }
    for ((owner, team), old) in teams.iter().zip(old) {
        let marked =
            eventually("a mark", async || Some(marks(&server, owner, team).await).filter(|n| *n > 0)).await;
        let state = server.invitation(owner, team, &old).await.state();
        if marked != 1 || state != InvitationState::Expired {
            race.kept.push(format!("marked {marked} times, and {state:?}"));
        }
        race.kept.extend(audit(&server, owner, team).await);
    }
    drop(replica);
    race
}

/// How often an invitation of the team was told to have expired.
async fn marks(server: &Server, owner: &str, team: &str) -> usize {
    let events = server.events(owner, team).await;
    events.iter().filter(|event| event.r#type() == EventType::InvitationExpired).count()
}
