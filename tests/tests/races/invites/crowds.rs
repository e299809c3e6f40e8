//! Many people at once: for the last seat, and by one token.

use std::sync::Arc;

use roster_proto::v1::{ErrorReason, InvitationState};
use roster_testkit::{By, Server, actor, all_at_once, both, known, row, ten_at_a_time};

use crate::invites::audit::audit;
use crate::invites::{Race, start};

const CROWD: usize = 50;

#[tokio::test]
async fn fifty_invited_people_take_the_last_seat_once() {
    both(async |kind| last_seat(&start(kind, true).await).await.was_held()).await;
}

#[tokio::test]
async fn the_last_seat_is_taken_by_many_without_the_lock() {
    both(async |kind| last_seat(&start(kind, false).await).await.was_lost()).await;
}

#[tokio::test]
async fn one_invitation_that_fifty_people_present_admits_one() {
    both(async |kind| {
        let server = start(kind, true).await;
        for round in 0..3 {
            one_token(&server, round).await.was_held();
        }
    })
    .await;
}

#[tokio::test]
async fn one_invitation_that_fifty_people_present_is_held_by_its_row_alone_without_the_lock() {
    both(async |kind| one_token(&start(kind, false).await, 0).await.was_held_by_the_rows_alone()).await;
}

/// Fifty people with an invitation each accept at once, and one seat is left.
async fn last_seat(server: &Arc<Server>) -> Race {
    let team = server.account("ada", "agency").await;
    server.add(&team, &[row("bob", "viewer")]).await;
    let person = |i: usize| format!("person-{i}");
    let invites = ten_at_a_time((0..CROWD).map(|i| {
        let (server, team, address) =
            (Arc::clone(server), team.clone(), format!("{}@example.org", person(i)));
        async move { server.invite("ada", &team, &address, "viewer").await }
    }))
    .await;
    assert_eq!(server.seats("ada", &team).await[..3], [3, 2, 1], "one seat is left");

    let outcomes = all_at_once(invites.iter().enumerate().map(|(i, invite)| {
        let by = if i % 2 == 0 { invite.by_token() } else { invite.by_id() };
        let (server, who) = (Arc::clone(server), known(&person(i)));
        async move { server.try_accept(who, by).await }
    }))
    .await;
    let mut race = Race::default();
    let joined =
        outcomes.into_iter().filter_map(|outcome| race.answer(outcome, &[ErrorReason::NoSeat])).count();
    let seats = server.seats("ada", &team).await;
    let accepted = server.invitations_in("ada", &team, InvitationState::Accepted).await.len();
    let pending = server.invitations_in("ada", &team, InvitationState::Pending).await.len();
    if (joined, accepted, pending) != (1, 1, CROWD - 1) || seats[..3] != [3, 3, 0] {
        race.kept.push(format!(
            "{joined} were told that they joined, {accepted} invitations are accepted, {pending} are pending, {} of 3 \
             seats are used",
            seats[1]
        ));
    }
    race.kept.extend(audit(server, "ada", &team).await);
    race
}

/// Fifty people present the token of one invitation, whose address the policy does not lock.
async fn one_token(server: &Arc<Server>, round: usize) -> Race {
    let team = server.account(&format!("ada-{round}"), "enterprise").await;
    let owner = format!("ada-{round}");
    let invite = server.invite(&owner, &team, "bob@example.org", "editor").await;
    let outcomes = all_at_once((0..CROWD).map(|i| {
        let (server, by, who) =
            (Arc::clone(server), By::Token(invite.token.clone()), actor(&format!("person-{i}")));
        async move { server.try_accept(who, by).await }
    }))
    .await;
    let mut race = Race::default();
    let joined = outcomes
        .into_iter()
        .filter_map(|outcome| race.answer(outcome, &[ErrorReason::NotPending]))
        .filter(|answer| !answer.already_member)
        .count();
    let members = server.members(&owner, &team).await.len();
    let state = server.invitation(&owner, &team, &invite.id).await.state();
    if (joined, members, state) != (1, 2, InvitationState::Accepted) {
        race.kept
            .push(format!("{joined} were told that they joined, {members} are members, it is {state:?}"));
    }
    race.kept.extend(audit(server, &owner, &team).await);
    race
}
