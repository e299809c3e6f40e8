//! How long invitations live under each policy.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use roster_proto::v1::{ErrorReason, EventType, InvitationState, JoinMethod};
use roster_testkit::{
    By, Invite, Options, Outcome, POLICY, Server, assert_refused, both, eventually, invitation_row, known,
    micros, row_invitation,
};

use super::{brief, said, state, types_at};

const SECOND: i64 = 1_000_000;
const HOUR: Duration = Duration::from_hours(1);

/// A run in which it is that time now, in seconds since 1970.
fn at(seconds: u64) -> Options {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is past 1970");
    Options::default().clock_offset(Duration::from_secs(seconds).checked_sub(now).expect("it is to come"))
}

#[tokio::test]
async fn seven_days_in_studio_brand_and_workspace() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let mut invites = Vec::new();
        for (policy, role) in [("studio", "viewer"), ("brand", "guest"), ("workspace", "user")] {
            let team = server.create_under("ada", policy).await;
            let invite = server.invite("ada", &team, "bob@example.org", role).await;
            let made = server.invitation("ada", &team, &invite.id).await;
            let life = micros(made.expire_time) - micros(made.create_time);
            assert_eq!(life, 7 * 24 * 3_600 * SECOND, "{policy}");
            assert_eq!(
                server.preview(known("bob"), &invite.token).await.expire_time,
                made.expire_time,
                "{policy}"
            );
            invites.push((team, invite));
        }
        let late = Options::default().clock_offset((7 * 24 - 1) * HOUR);
        let server = server.restart(late).await;
        for (team, invite) in &invites {
            assert_eq!(state(&server, team, &invite.id).await, InvitationState::Pending);
            server.preview(known("bob"), &invite.token).await;
        }
        server.accept(known("bob"), &invites[0].1).await;
        let server = server.restart(Options::default().clock_offset(7 * 24 * HOUR)).await;
        for (team, invite) in &invites[1..] {
            assert_eq!(state(&server, team, &invite.id).await, InvitationState::Expired);
            assert_refused(server.try_accept(known("bob"), invite).await, ErrorReason::Expired);
            assert_refused(server.try_accept(known("bob"), invite.by_id()).await, ErrorReason::Expired);
            assert_refused(server.try_preview(known("bob"), &invite.token).await, ErrorReason::Expired);
        }
        assert!(server.received(known("bob")).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_calendar_month_in_account() {
    // 14:30 on 22 March 2096, 14:30 on 22 April; noon on 31 January, noon on 29 February: it is a leap year.
    const MARCH: u64 = 3_983_265_000;
    const APRIL: u64 = 3_985_943_400;
    const JANUARY: u64 = 3_978_849_600;
    const FEBRUARY: u64 = 3_981_355_200;
    both(async |kind| {
        let server = Server::start_with(kind, at(JANUARY)).await;
        made_until(&server, JANUARY, FEBRUARY).await;
        let server = server.restart(at(MARCH)).await;
        let (team, invite) = made_until(&server, MARCH, APRIL).await;
        let server = server.restart(at(APRIL - 60)).await;
        assert_eq!(state(&server, &team, &invite.id).await, InvitationState::Pending);
        server.preview("eve", &invite.token).await;
        // The minute in which it was made has passed by then.
        let server = server.restart(at(APRIL + 60)).await;
        assert_eq!(state(&server, &team, &invite.id).await, InvitationState::Expired);
        assert_refused(server.try_accept("eve", &invite).await, ErrorReason::Expired);
        assert_refused(server.try_decline("eve", &invite).await, ErrorReason::Expired);
    })
    .await;
}

/// Invites somebody to an account in the minute that begins then, and sees the end of the invitation.
async fn made_until(server: &Server, begin: u64, end: u64) -> (String, Invite) {
    let team = server.account("ada", "enterprise").await;
    let invite = server.invite("ada", &team, "bob@example.org", "editor").await;
    let made = server.invitation("ada", &team, &invite.id).await;
    let month = i64::try_from(end - begin).expect("a month is short");
    assert_eq!(micros(made.expire_time) - micros(made.create_time), month * SECOND);
    let since = micros(made.create_time) - i64::try_from(begin).expect("a time of this world") * SECOND;
    assert!((0..60 * SECOND).contains(&since), "the clock was set: {since} µs");
    (team, invite)
}

#[tokio::test]
async fn organization_has_none() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.create_team("ada").await;
        let refused = |outcome: Outcome<()>| {
            let refused = assert_refused(outcome, ErrorReason::MethodNotInPolicy);
            assert_eq!(said(&refused, "method"), "invitations");
        };
        let one = server.try_invite("ada", &team, "bob@example.org", "viewer").await;
        refused(one.map(|_| tonic::Response::new(())));
        let rows = [invitation_row("bob@example.org", "viewer")];
        let many = server.try_invite_all("ada", &team, &rows).await;
        refused(many.map(|_| tonic::Response::new(())));
        assert!(server.invitations("ada", &team).await.is_empty());
        assert_eq!(server.team("ada", &team).await.policy, POLICY);
        assert_eq!(server.team("ada", &team).await.revision, 1);
    })
    .await;
}

#[tokio::test]
async fn an_acceptance_is_before_the_end_and_from_the_end_on_there_is_none() {
    let policy = brief();
    both(async |kind| {
        let server = Server::start_with(kind, policy.options()).await;
        let team = server.create_under("ada", "brief").await;
        // Of one commit, so that they end at the very same microsecond.
        let rows: Vec<_> = (0..100).map(|i| invitation_row(&format!("p{i}@example.org"), "guest")).collect();
        let made = server.try_invite_all("ada", &team, &rows).await.unwrap().into_inner();
        let end = micros(row_invitation(&made.results[0]).expire_time);
        let mut accepted = 0;
        let mut refused = 0;
        for (i, result) in made.results.iter().enumerate().take(99) {
            assert_eq!(micros(row_invitation(result).expire_time), end);
            let who = known(&format!("p{i}"));
            match server.try_accept(&who, By::Token(result.token.clone())).await {
                Ok(joined) => {
                    assert_eq!(refused, 0, "nobody is let in after somebody was refused");
                    let member = joined.into_inner().member.unwrap();
                    assert_eq!(member.join_method(), JoinMethod::Invitation);
                    assert!(micros(member.join_time) < end);
                    accepted += 1;
                }
                outcome => {
                    assert_refused(outcome, ErrorReason::Expired);
                    refused += 1;
                }
            }
        }
        assert!(accepted > 0, "a second is enough for one");
        eventually("the end", async || {
            let last = &row_invitation(&made.results[99]).invitation_id;
            (state(&server, &team, last).await == InvitationState::Expired).then_some(())
        })
        .await;
        let again = server.invite("ada", &team, "p99@example.org", "guest").await;
        let made_again = server.invitation("ada", &team, &again.id).await;
        assert!(micros(made_again.create_time) >= end, "there is room for another from the end on");
        let revision = server.team("ada", &team).await.revision;
        let types = types_at(&server, &team, revision).await;
        assert_eq!(types, [EventType::InvitationExpired, EventType::InvitationCreated]);
    })
    .await;
}
