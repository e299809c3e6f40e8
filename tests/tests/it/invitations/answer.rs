//! By what right an invitation is answered: as whom it is for, or by its token where the policy lets that do.

use roster_proto::v1::{ErrorReason, InvitationState};
use roster_testkit::{Actor, By, Options, Outcomes, Server, actor, address_of, assert_refused, both, known};

use super::state;

/// The acts of a person to whom an invitation may be addressed.
async fn answers(server: &Server, who: &Actor, by: &By) -> Outcomes {
    vec![
        ("accept", server.try_accept(who, by.clone()).await.map(drop)),
        ("decline", server.try_decline(who, by.clone()).await.map(drop)),
    ]
}

#[tokio::test]
async fn only_the_verified_address_answers_by_id_always_and_by_token_where_it_is_locked() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let unverified = |verified: &str| {
            actor("bob").header("x-actor-email", "bob@example.org").header("x-actor-email-verified", verified)
        };
        let wrong = [
            (actor("bob"), ErrorReason::EmailNotVerified),
            (unverified("false"), ErrorReason::EmailNotVerified),
            (actor("bob").header("x-actor-email", "bob@example.org"), ErrorReason::EmailNotVerified),
            (known("eve"), ErrorReason::EmailMismatch),
            (actor("bob").email("bob+x@example.org"), ErrorReason::EmailMismatch),
            (actor("bob").email("bob@example.com"), ErrorReason::EmailMismatch),
        ];
        for (policy, role, locked) in [
            ("studio", "viewer", true),
            ("brand", "guest", true),
            ("workspace", "user", true),
            ("account", "viewer", false),
        ] {
            let team = if locked {
                server.create_under("ada", policy).await
            } else {
                server.account("ada", "enterprise").await
            };
            let invite = server.invite("ada", &team, &address_of("bob"), role).await;
            let before = server.team("ada", &team).await;
            for (who, reason) in &wrong {
                let mut outcomes = answers(&server, who, &invite.by_id()).await;
                if locked {
                    outcomes.extend(answers(&server, who, &invite.by_token()).await);
                    let preview = server.try_preview(who, &invite.token).await;
                    outcomes.push(("preview", preview.map(drop)));
                }
                for (call, outcome) in outcomes {
                    let refused = assert_refused(outcome, *reason);
                    assert!(!refused.message.contains("bob"), "{call} tells no address: {refused:?}");
                }
            }
            assert_eq!(server.team("ada", &team).await, before, "nothing happened");
            assert_eq!(state(&server, &team, &invite.id).await, InvitationState::Pending);
            let spelt = actor("bob").email("BOB@Example.ORG");
            let member = server.accept(&spelt, invite.by_id()).await.member.unwrap();
            assert_eq!((member.user_id.as_str(), member.email.as_str()), ("bob", "BOB@Example.ORG"));
        }
    })
    .await;
}

#[tokio::test]
async fn an_unlocked_token_admits_anybody_who_joins_under_its_own_address() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.account("ada", "enterprise").await;
        let people = [
            ("eve", known("eve"), "eve@example.org"),
            ("zoe", actor("zoe"), ""),
            ("max", actor("max").header("x-actor-email", "max@example.org"), ""),
        ];
        for (user, who, email) in people {
            let invited = format!("for.{user}@example.org");
            let invite = server.invite("ada", &team, &invited, "editor").await;
            let prompt = server.preview(&who, &invite.token).await;
            assert_eq!((prompt.team_display_name.as_str(), prompt.already_member), ("Account", false));
            let member = server.accept(&who, &invite).await.member.unwrap();
            assert_eq!((member.user_id.as_str(), member.email.as_str()), (user, email));
            let accepted = server.invitation("ada", &team, &invite.id).await;
            assert_eq!((accepted.email, accepted.answered_by_user_id.as_str()), (invited, user));
        }
        let invite = server.invite("ada", &team, "last@example.org", "viewer").await;
        let declined = server.decline("nobody", &invite).await;
        assert_eq!(declined.state(), InvitationState::Declined);
        assert_eq!(server.team("ada", &team).await.member_count, 4);
    })
    .await;
}

#[tokio::test]
async fn what_leads_nowhere_gets_one_answer() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let elsewhere = Server::start(kind).await;
        let team = server.create_under("ada", "brand").await;
        let invite = server.invite("ada", &team, "bob@example.org", "guest").await;
        let other = elsewhere.create_under("ada", "brand").await;
        let foreign = elsewhere.invite("ada", &other, "bob@example.org", "guest").await;
        let token = &invite.token;
        assert!(token.starts_with("rst_inv_"));

        let mut wrong =
            vec![foreign.token.clone(), invite.id.clone(), team.clone(), "x".repeat(256), "🔑".into()];
        for at in (0..token.len()).step_by(3) {
            let other = if &token[at..=at] == "a" { "b" } else { "a" };
            wrong.push(format!("{}{other}{}", &token[..at], &token[at + 1..]));
            wrong.push(token[..at].to_owned());
        }
        wrong.extend([token.to_uppercase(), format!("{token}a"), format!(" {token}"), format!("{token}\n")]);
        wrong.extend([token.replace("inv", "link"), token.replacen("rst_inv_", "", 1)]);
        wrong.retain(|wrong| !wrong.is_empty() && wrong != token);
        let bob = known("bob");
        let mut outcomes = Vec::new();
        for wrong in wrong {
            outcomes.extend(answers(&server, &bob, &By::Token(wrong.clone())).await);
            outcomes.push(("preview", server.try_preview(&bob, &wrong).await.map(drop)));
        }
        for id in [foreign.id.as_str(), "inv_01h455vb4pex5vsknk084sn02q"] {
            outcomes.extend(answers(&server, &bob, &By::Id(id.into())).await);
        }
        let link = server.create_link("ada", &server.create_team("ada").await).await;
        outcomes.extend(answers(&server, &bob, &By::Token(link.token)).await);
        let redeemed = server.try_redeem(&bob, token).await.map(drop);
        outcomes.push(("redeem", redeemed));
        assert_one_answer(outcomes);
        server.accept(&bob, &invite).await;
    })
    .await;
}

#[tokio::test]
async fn a_team_that_is_gone_takes_its_invitations_along() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let bob = known("bob");
        let gone = server.create_under("ada", "brand").await;
        let of_gone = server.invite("ada", &gone, "bob@example.org", "guest").await;
        server.delete("ada", &gone).await;
        let absent = server.create_under("ada", "studio").await;
        let of_absent = server.invite("ada", &absent, "bob@example.org", "viewer").await;
        let narrowed = Options::default().variable("ROSTER_ENABLED_POLICIES", "[\"brand\"]");
        let server = server.restart(narrowed).await;
        let mut outcomes = Vec::new();
        for invite in [&of_gone, &of_absent] {
            outcomes.extend(answers(&server, &bob, &invite.by_id()).await);
            outcomes.extend(answers(&server, &bob, &invite.by_token()).await);
            outcomes.push(("preview", server.try_preview(&bob, &invite.token).await.map(drop)));
        }
        assert_one_answer(outcomes);
        assert!(server.received(&bob).await.is_empty());
        let server = server.restart(Options::default()).await;
        server.accept(&bob, &of_absent).await;
    })
    .await;
}

#[tokio::test]
async fn looking_changes_nothing_however_often() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.create_under("ada", "workspace").await;
        let invite = server.invite("ada", &team, "bob@example.org", "admin").await;
        let before = (
            server.team("ada", &team).await,
            server.events("ada", &team).await,
            server.invitation("ada", &team, &invite.id).await,
        );
        for _ in 0..100 {
            server.preview(known("bob"), &invite.token).await;
        }
        let after = (
            server.team("ada", &team).await,
            server.events("ada", &team).await,
            server.invitation("ada", &team, &invite.id).await,
        );
        assert_eq!(before, after);
    })
    .await;
}

#[track_caller]
fn assert_one_answer(outcomes: Outcomes) {
    let mut answers = Vec::new();
    for (call, outcome) in outcomes {
        let status = outcome.expect_err(call);
        answers.push((status.message().to_owned(), status.details().to_vec()));
        assert_refused(Err::<(), _>(status), ErrorReason::InviteNotFound);
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "the answer tells nothing about what is wrong");
}
