//! Codes that one person guesses wrong.

use std::time::Duration;

use roster_proto::v1::{CreateTeamCodeRequest, ErrorReason, RedeemTeamCodeRequest};
use roster_testkit::{
    Kind, Server, all_at_once, assert_refused, assert_replayed, both, code_to, connect_postgres, request_id,
};
use tonic::Code;

use crate::limits::{HOUR, assert_limited, counting, counting_later, guess_wrong, with_code, wrong};

const BUDGET: &str = "code_guesses_of_actor";
const SETTING: &str = "code_failures_per_actor_and_hour";

#[tokio::test]
async fn whoever_guesses_too_often_is_refused_and_nobody_else_is() {
    both(async |kind| {
        let server = Server::start_with(kind, counting(&[(SETTING, 3)])).await;
        let (team, code) = with_code(&server).await;
        guess_wrong(&server, "eve", 3).await;
        for text in [wrong(3), code.code.clone(), "no code at all".into()] {
            assert_limited(server.try_redeem_code("eve", &text).await, BUDGET, 3, HOUR);
            assert_limited(server.try_preview_code("eve", &text).await, BUDGET, 3, HOUR);
        }
        assert_eq!(server.team("ada", &team).await.member_count, 1, "a right code is refused too");
        assert!(!server.redeem_code("bob", &code.code).await.already_member, "and admits another");

        // Only codes are refused: what cannot be guessed is not.
        assert_refused(server.try_preview("eve", "rst_inv_nothing").await, ErrorReason::InviteNotFound);
        let invite = server.invite("ada", &team, "eve@example.org", "guest").await;

        let server = server.restart(counting_later(&[(SETTING, 3)], Duration::from_mins(5))).await;
        if kind == Kind::Full {
            assert_limited(server.try_redeem_code("eve", &code.code).await, BUDGET, 3, HOUR);
        }
        let server = server.restart(counting_later(&[(SETTING, 3)], HOUR)).await;
        guess_wrong(&server, "eve", 2).await;
        assert!(!server.redeem_code("eve", &code.code).await.already_member, "the next hour is another");
        let eve = roster_testkit::actor("eve").email("eve@example.org");
        assert!(server.accept(eve, &invite).await.already_member);
    })
    .await;
}

#[tokio::test]
async fn only_a_code_that_leads_nowhere_is_a_failure() {
    both(async |kind| {
        let server = Server::start_with(kind, counting(&[(SETTING, 1)])).await;
        let (team, code) = with_code(&server).await;
        let once = CreateTeamCodeRequest { max_uses: Some(1), ..code_to(&team, "guest") };
        let exhausted = server.create_code_of("ada", once).await;
        server.redeem_code("bob", &exhausted.code).await;
        let short = CreateTeamCodeRequest { lifetime: "P1D".into(), ..code_to(&team, "guest") };
        let expired = server.create_code_of("ada", short).await;
        let revoked = server.create_code("ada", &team, "guest").await;
        server.revoke_code("ada", &team, &revoked.code_id).await;
        server.add(&team, &[roster_testkit::row("amy", "admin")]).await;
        let gone = server.create_code("amy", &team, "guest").await;
        server.change_role("ada", &team, "amy", "guest").await;

        let server = server.restart(counting_later(&[(SETTING, 1)], HOUR * 25)).await;
        for (code, reason) in [
            (&exhausted, ErrorReason::Exhausted),
            (&expired, ErrorReason::Expired),
            (&revoked, ErrorReason::Revoked),
            (&gone, ErrorReason::MakerGone),
        ] {
            for _ in 0..3 {
                server.assert_code_refused("eve", &code.code, reason).await;
            }
        }
        for _ in 0..3 {
            server.preview_code("eve", &code.code).await;
            server.redeem_code("eve", &code.code).await;
        }
        guess_wrong(&server, "eve", 1).await;
        assert_limited(server.try_preview_code("eve", &code.code).await, BUDGET, 1, HOUR);
    })
    .await;
}

#[tokio::test]
async fn a_guess_that_is_given_up_counts() {
    let options = counting(&[(SETTING, 1)]).variable("ROSTER_SERVER__DEADLINE", "1s");
    let server = Server::start_with(Kind::Full, options).await;
    let (_, code) = with_code(&server).await;
    let holder = connect_postgres(&server.data().postgres_url()).await;
    holder
        .batch_execute("BEGIN; LOCK TABLE team_codes IN ACCESS EXCLUSIVE MODE")
        .await
        .expect("no code is found");
    let status = server.try_preview_code("eve", &wrong(0)).await.expect_err("it takes too long");
    assert_eq!(status.code(), Code::DeadlineExceeded);
    holder.batch_execute("COMMIT").await.expect("codes are found again");
    assert_limited(server.try_preview_code("eve", &code.code).await, BUDGET, 1, HOUR);
}

#[tokio::test]
async fn a_hundred_guesses_at_once_get_no_further_than_so_many_in_a_row() {
    both(async |kind| {
        let options =
            counting(&[(SETTING, 5)]).variable("ROSTER_LIMITS__REQUESTS_IN_FLIGHT_PER_ACTOR", "100");
        let server = Server::start_with(kind, options).await;
        let (_, code) = with_code(&server).await;
        let guesses = (0..100).map(|number| {
            let mut client = server.invites_as("eve");
            let request = RedeemTeamCodeRequest { code: wrong(number), request_id: String::new() };
            async move { client.redeem_team_code(request).await.map(drop) }
        });
        let mut answered = 0;
        for outcome in all_at_once(guesses.collect::<Vec<_>>()).await {
            if outcome.as_ref().is_err_and(|status| status.code() == tonic::Code::NotFound) {
                answered += 1;
            } else {
                assert_limited(outcome, BUDGET, 5, HOUR);
            }
        }
        assert!((1..=5).contains(&answered), "{answered} guesses were answered");
        // What was refused for those beside it has cost nothing.
        guess_wrong(&server, "eve", 5 - answered).await;
        assert_limited(server.try_redeem_code("eve", &code.code).await, BUDGET, 5, HOUR);
    })
    .await;
}

#[tokio::test]
async fn what_was_answered_is_answered_again_whatever_was_guessed_since() {
    both(async |kind| {
        let server = Server::start_with(kind, counting(&[(SETTING, 2)])).await;
        let (team, code) = with_code(&server).await;
        let request = RedeemTeamCodeRequest { code: code.code.clone(), request_id: request_id() };
        let mut bob = server.invites_as("bob");
        let first = bob.redeem_team_code(request.clone()).await.expect("bob joins");
        guess_wrong(&server, "bob", 2).await;
        let again = bob.redeem_team_code(request.clone()).await.expect("the answer is given again");
        assert_replayed(&first, &again);
        let another = RedeemTeamCodeRequest { request_id: request_id(), ..request.clone() };
        assert_limited(bob.redeem_team_code(another).await, BUDGET, 2, HOUR);
        // The id of an answer opens nothing for another code, nor for another person.
        for code in [wrong(7), code.code.to_lowercase()] {
            let reused = RedeemTeamCodeRequest { code, ..request.clone() };
            assert_limited(bob.redeem_team_code(reused).await, BUDGET, 2, HOUR);
        }
        guess_wrong(&server, "eve", 2).await;
        assert_limited(server.invites_as("eve").redeem_team_code(request).await, BUDGET, 2, HOUR);
        assert_eq!(server.code("ada", &team, &code.code_id).await.use_count, 1);
    })
    .await;
}
