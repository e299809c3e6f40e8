//! Two calls about one invitation, of which at most one may succeed.

use std::sync::Arc;

use roster_proto::v1::{ErrorReason, InvitationState};
use roster_testkit::{By, Server, both, known, row};

use crate::invites::audit::audit;
use crate::invites::{FEW, MANY, Race, start, teams};

#[tokio::test]
async fn an_invitation_is_accepted_or_cancelled() {
    both(async |kind| cancellations(&start(kind, true).await, MANY).await.was_held()).await;
}

#[tokio::test]
async fn the_race_of_acceptance_and_cancellation_is_seen_without_the_lock() {
    both(async |kind| cancellations(&start(kind, false).await, FEW).await.was_held_by_the_rows_alone()).await;
}

#[tokio::test]
async fn an_invitation_is_accepted_or_declined() {
    both(async |kind| declinations(&start(kind, true).await, MANY).await.was_held()).await;
}

#[tokio::test]
async fn the_race_of_acceptance_and_declination_is_seen_without_the_lock() {
    both(async |kind| declinations(&start(kind, false).await, FEW).await.was_held_by_the_rows_alone()).await;
}

#[tokio::test]
async fn an_invitation_is_accepted_by_its_token_or_gets_another() {
    both(async |kind| resends(&start(kind, true).await, MANY).await.was_held()).await;
}

#[tokio::test]
async fn the_race_of_acceptance_and_resending_is_lost_without_the_lock() {
    both(async |kind| resends(&start(kind, false).await, FEW).await.was_lost()).await;
}

#[tokio::test]
async fn two_admins_who_invite_an_address_at_once_make_one_invitation() {
    both(async |kind| twins(&start(kind, true).await, MANY).await.was_held()).await;
}

#[tokio::test]
async fn the_race_of_two_inviters_is_seen_without_the_lock() {
    both(async |kind| twins(&start(kind, false).await, FEW).await.was_held_by_the_rows_alone()).await;
}

/// In many teams somebody accepts an invitation while it is cancelled.
async fn cancellations(server: &Arc<Server>, count: usize) -> Race {
    let mut total = Race::default();
    for (owner, team) in teams(server, count).await {
        let invite = server.invite(&owner, &team, "bob@example.org", "member").await;
        let (accepted, cancelled) = tokio::join!(
            server.try_accept(known("bob"), invite.by_token()),
            server.try_cancel(&owner, &team, &invite.id)
        );
        let mut race = Race::default();
        let accepted = race.answer(accepted, &[ErrorReason::NotPending]);
        let cancelled = race.answer(cancelled, &[ErrorReason::NotPending]);
        race.one_of(accepted.as_ref(), cancelled.as_ref());
        let ends = [
            (accepted.is_some(), InvitationState::Accepted),
            (cancelled.is_some(), InvitationState::Cancelled),
        ];
        total.add(race, ends, server, (&owner, &team, &invite.id)).await;
    }
    total
}

/// In many teams somebody accepts an invitation and declines it at the same time.
async fn declinations(server: &Arc<Server>, count: usize) -> Race {
    let mut total = Race::default();
    for (owner, team) in teams(server, count).await {
        let invite = server.invite(&owner, &team, "bob@example.org", "member").await;
        let (accepted, declined) = tokio::join!(
            server.try_accept(known("bob"), invite.by_id()),
            server.try_decline(known("bob"), invite.by_token())
        );
        let mut race = Race::default();
        let accepted = race.answer(accepted, &[ErrorReason::NotPending]);
        let declined = race.answer(declined, &[ErrorReason::NotPending]);
        race.one_of(accepted.as_ref(), declined.as_ref());
        let ends = [
            (accepted.is_some(), InvitationState::Accepted),
            (declined.is_some(), InvitationState::Declined),
        ];
        total.add(race, ends, server, (&owner, &team, &invite.id)).await;
    }
    total
}

/// In many teams somebody accepts an invitation by its token while that gets replaced.
async fn resends(server: &Arc<Server>, count: usize) -> Race {
    let mut total = Race::default();
    for (owner, team) in teams(server, count).await {
        let invite = server.invite(&owner, &team, "bob@example.org", "member").await;
        let (accepted, resent) = tokio::join!(
            server.try_accept(known("bob"), invite.by_token()),
            server.try_resend(&owner, &team, &invite.id)
        );
        let mut race = Race::default();
        let accepted = race.answer(accepted, &[ErrorReason::InviteNotFound]);
        let resent = race.answer(resent, &[ErrorReason::NotPending]);
        race.one_of(accepted.as_ref(), resent.as_ref());
        let ends =
            [(accepted.is_some(), InvitationState::Accepted), (resent.is_some(), InvitationState::Pending)];
        total.add(race, ends, server, (&owner, &team, &invite.id)).await;
        if accepted.is_none()
            && let Some(resent) = resent
        {
            let mut race = Race::default();
            let accepted = race.answer(server.try_accept(known("bob"), By::Token(resent.token)).await, &[]);
            let ends = [(accepted.is_some(), InvitationState::Accepted), (false, InvitationState::Pending)];
            total.add(race, ends, server, (&owner, &team, &invite.id)).await;
        }
    }
    total
}

/// In many teams two admins invite one address, spelt in two ways, at the same time.
async fn twins(server: &Arc<Server>, count: usize) -> Race {
    let mut total = Race::default();
    for (owner, team) in teams(server, count).await {
        server.add(&team, &[row("ben", "admin")]).await;
        let (first, second) = tokio::join!(
            server.try_invite(&owner, &team, "bob@example.org", "member"),
            server.try_invite("ben", &team, "Bob@Example.org", "guest")
        );
        let mut race = Race::default();
        let first = race.answer(first, &[ErrorReason::InvitationPending]);
        let second = race.answer(second, &[ErrorReason::InvitationPending]);
        race.one_of(first.as_ref(), second.as_ref());
        let pending = server.invitations_in(&owner, &team, InvitationState::Pending).await;
        let made = first.or(second).and_then(|answer| answer.invitation).map(|made| made.invitation_id);
        if pending.as_slice() != made.as_slice() {
            race.kept.push(format!("{made:?} was answered and {pending:?} are pending"));
        }
        race.kept.extend(audit(server, &owner, &team).await);
        total.take(race);
    }
    total
}

impl Race {
    /// Takes one round in: whoever was told of success must find the invitation in that state.
    async fn add(
        &mut self,
        round: Self,
        ends: [(bool, InvitationState); 2],
        server: &Server,
        (owner, team, id): (&str, &str, &str),
    ) {
        self.take(round);
        let state = server.invitation(owner, team, id).await.state();
        if ends.iter().any(|(told, end)| *told && *end != state) {
            self.kept.push(format!("the answers are {ends:?} and it is {state:?}"));
        }
        self.kept.extend(audit(server, owner, team).await);
    }
}
