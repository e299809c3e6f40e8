//! From pending to exactly one end, and an address's next invitation.

use roster_proto::v1::{ErrorReason, EventType, InvitationState};
use roster_testkit::{
    Actor, Invite, Options, Outcomes, Server, actor, assert_refused, both, eventually, known, micros,
};

use super::{brief, said, state, types_at};
use std::time::Duration;

const WEEK: Duration = Duration::from_hours(7 * 24);

/// Every act on an invitation: the answers by somebody else to whom the address belongs as well.
async fn every_act(server: &Server, team: &str, invite: &Invite, who: &Actor) -> Outcomes {
    vec![
        ("accept by token", server.try_accept(who, invite).await.map(drop)),
        ("accept by id", server.try_accept(who, invite.by_id()).await.map(drop)),
        ("decline by token", server.try_decline(who, invite).await.map(drop)),
        ("decline by id", server.try_decline(who, invite.by_id()).await.map(drop)),
        ("preview", server.try_preview(who, &invite.token).await.map(drop)),
        ("cancel", server.try_cancel("ada", team, &invite.id).await.map(drop)),
        ("resend", server.try_resend("ada", team, &invite.id).await.map(drop)),
    ]
}

#[tokio::test]
async fn an_invitation_ends_once_and_every_other_act_is_refused_afterwards() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.create_under("ada", "brand").await;
        let mut invites = Vec::new();
        for who in ["acc", "dec", "can", "exp"] {
            invites.push(server.invite("ada", &team, &format!("{who}@example.org"), "member").await);
            assert_eq!(state(&server, &team, &invites.last().unwrap().id).await, InvitationState::Pending);
        }
        server.accept(known("acc"), &invites[0]).await;
        server.decline(known("dec"), &invites[1]).await;
        server.cancel("ada", &team, &invites[2].id).await;
        let server = server.restart(Options::default().clock_offset(WEEK)).await;
        // The sweep marks what ran out, and says so in the log for nobody.
        let swept = eventually("the mark", async || {
            let event = server.events("ada", &team).await.remove(0);
            (event.r#type() == EventType::InvitationExpired).then_some(event)
        })
        .await;
        assert_eq!((swept.actor_user_id.as_str(), swept.caller.as_str()), ("", ""));

        let ends = [
            ("acc", InvitationState::Accepted, "ACCEPTED"),
            ("dec", InvitationState::Declined, "DECLINED"),
            ("can", InvitationState::Cancelled, "CANCELLED"),
            ("exp", InvitationState::Expired, "EXPIRED"),
        ];
        let before = server.team("ada", &team).await.revision;
        for (invite, (who, end, name)) in invites.iter().zip(ends) {
            assert_eq!(state(&server, &team, &invite.id).await, end);
            let other = actor("eve").email(&format!("{who}@example.org"));
            for (act, outcome) in every_act(&server, &team, invite, &other).await {
                match (end, act) {
                    // What is cancelled stays cancelled; what ran out may be sent again.
                    (InvitationState::Cancelled, "cancel") | (InvitationState::Expired, "resend") => {
                        outcome.unwrap_or_else(|status| panic!("{act} of {name}: {status:?}"));
                    }
                    (InvitationState::Expired, act) if act != "cancel" => {
                        assert_refused(outcome, ErrorReason::Expired);
                    }
                    _ => {
                        let refused = assert_refused(outcome, ErrorReason::NotPending);
                        assert_eq!(said(&refused, "state"), name, "{act}");
                    }
                }
            }
            if end != InvitationState::Expired {
                assert_eq!(state(&server, &team, &invite.id).await, end, "still");
            }
        }
        let after = server.team("ada", &team).await;
        assert_eq!((after.revision, after.member_count), (before + 1, 2), "but for the one sent again");
    })
    .await;
}

#[tokio::test]
async fn an_answer_says_who_answered_and_when() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.create_under("ada", "brand").await;
        let accepted = server.invite("ada", &team, "bob@example.org", "member").await;
        let declined = server.invite("ada", &team, "cyd@example.org", "member").await;
        let cancelled = server.invite("ada", &team, "dan@example.org", "member").await;
        for invite in [&accepted, &declined, &cancelled] {
            let made = server.invitation("ada", &team, &invite.id).await;
            assert_eq!((made.answer_time, made.answered_by_user_id.as_str()), (None, ""));
            assert_eq!(made.delivery, None, "nothing is mailed");
            assert_eq!((made.inviter_user_id.as_str(), made.team_id.as_str()), ("ada", team.as_str()));
        }
        server.accept(known("bob"), &accepted).await;
        let shown = server.decline(known("cyd"), declined.by_id()).await;
        assert_eq!((shown.state(), shown.invitation_id), (InvitationState::Declined, declined.id.clone()));
        let ended = server.cancel("ada", &team, &cancelled.id).await;
        assert_eq!((ended.state(), ended.answer_time), (InvitationState::Cancelled, None));
        let mut events = server.events("ada", &team).await;
        events.retain(|event| {
            matches!(event.r#type(), EventType::InvitationAccepted | EventType::InvitationDeclined)
        });
        for (invite, who, event) in [(accepted, "bob", &events[1]), (declined, "cyd", &events[0])] {
            let answered = server.invitation("ada", &team, &invite.id).await;
            assert_eq!(answered.answered_by_user_id, who);
            assert_eq!(micros(answered.answer_time), micros(event.event_time));
            assert_eq!(event.actor_user_id, who);
        }
    })
    .await;
}

#[tokio::test]
async fn an_address_is_invited_again_after_each_end() {
    let policy = brief();
    both(async |kind| {
        let server = Server::start_with(kind, policy.options()).await;
        let team = server.create_under("ada", "brand").await;
        let declined = server.invite("ada", &team, "bob@example.org", "guest").await;
        server.decline(known("bob"), &declined).await;
        let cancelled = server.invite("ada", &team, "bob@example.org", "guest").await;
        server.cancel("ada", &team, &cancelled.id).await;
        let accepted = server.invite("ada", &team, "bob@example.org", "guest").await;
        server.accept(known("bob"), &accepted).await;
        server.remove("ada", &team, "bob").await;
        let last = server.invite("ada", &team, "bob@example.org", "guest").await;
        assert!(!server.accept(known("bob"), &last).await.already_member, "removed, and invited again");

        let team = server.create_under("ada", "brief").await;
        let first = server.invite("ada", &team, "bob@example.org", "guest").await;
        eventually("the end of a second", async || {
            (state(&server, &team, &first.id).await == InvitationState::Expired).then_some(())
        })
        .await;
        let before = server.team("ada", &team).await.revision;
        let second = server.invite("ada", &team, "BOB@example.org", "guest").await;
        assert_ne!(first.id, second.id);
        // Nobody had marked the first by then: the next sweep is a minute away.
        let types = types_at(&server, &team, before + 1).await;
        assert_eq!(types, [EventType::InvitationExpired, EventType::InvitationCreated], "in one commit");
        assert_eq!(state(&server, &team, &first.id).await, InvitationState::Expired);
        assert_eq!(state(&server, &team, &second.id).await, InvitationState::Pending);
        assert_refused(server.try_accept(known("bob"), &first).await, ErrorReason::Expired);
    })
    .await;
}

#[tokio::test]
async fn an_address_has_one_pending_invitation_however_it_is_spelt() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.create_under("ada", "brand").await;
        let first = server.invite("ada", &team, "Bob@Bücher.example", "guest").await;
        for same in [
            "Bob@Bücher.example",
            "bob@bücher.example",
            "BOB@bücher.EXAMPLE",
            "bob@xn--bcher-kva.example",
            "Bob@XN--BCHER-KVA.example",
        ] {
            let outcome = server.try_invite("ada", &team, same, "member").await;
            let refused = assert_refused(outcome, ErrorReason::InvitationPending);
            assert_eq!(said(&refused, "invitation_id"), first.id);
            assert!(!refused.message.contains('@'), "no address in an error: {refused:?}");
        }
        for other in ["b.ob@bücher.example", "bob+x@bücher.example", "bob@bucher.example"] {
            server.invite("ada", &team, other, "guest").await;
        }
        let elsewhere = server.create_under("ada", "brand").await;
        server.invite("ada", &elsewhere, "bob@bücher.example", "guest").await;
        let shown = server.invitation("ada", &team, &first.id).await;
        assert_eq!(shown.email, "Bob@Bücher.example", "as it was typed");

        let bob = actor("bob").email("bob@XN--bcher-kva.EXAMPLE");
        assert_eq!(server.accept(&bob, &first).await.member.unwrap().role, "guest");
        for member in ["bob@bücher.example", "Bob@xn--bcher-kva.example"] {
            assert_refused(
                server.try_invite("ada", &team, member, "guest").await,
                ErrorReason::AlreadyMember,
            );
        }
    })
    .await;
}
