//! Codes that many people guess wrong at once: nobody is refused who does not.

use roster_proto::v1::RedeemTeamCodeRequest;
use roster_testkit::{Server, actor, both, ten_at_a_time};
use tonic::Code;

use crate::limits::{HOUR, assert_limited, counting, guess_wrong, with_code, wrong};

const LIMITS: [(&str, u32); 3] = [
    ("code_failures_per_actor_and_hour", 10),
    ("code_failures_per_caller_and_hour", 60),
    ("code_failures_per_hour", 80),
];

#[tokio::test]
async fn a_hundred_people_who_guess_do_not_stop_one_who_knows() {
    both(async |kind| {
        let server = Server::start_with(kind, counting(&LIMITS)).await;
        let (_, code) = with_code(&server).await;
        let guesses = (0..100).map(|number| {
            let mut client = server.invites_as(&format!("guesser-{number}"));
            let request = RedeemTeamCodeRequest { code: wrong(number), request_id: String::new() };
            async move { client.redeem_team_code(request).await.map(drop) }
        });
        for outcome in ten_at_a_time(guesses.collect::<Vec<_>>()).await {
            let status = outcome.expect_err("there is no such code");
            assert_eq!(status.code(), Code::NotFound, "a first failure is answered: {status:?}");
        }

        // Those who have failed are refused after a fifth of what they had.
        guess_wrong(&server, "guesser-7", 1).await;
        let mallory = server.try_redeem_code("guesser-7", &code.code).await;
        assert_limited(mallory, "code_guesses_of_actor", 2, HOUR);
        // Through any other service too, since all together have failed too often.
        guess_wrong(&server, actor("mallory").through("shop"), 2).await;
        let mallory = server.try_redeem_code(actor("mallory").through("shop"), &code.code).await;
        assert_limited(mallory, "code_guesses_of_actor", 2, HOUR);
        for number in 0..5 {
            let joined = server.redeem_code(format!("honest-{number}").as_str(), &code.code).await;
            assert!(!joined.already_member);
        }

        let logs = server.stop().await.output;
        let warnings: Vec<_> =
            logs.lines().filter(|line| line.contains("too many codes are guessed wrong")).collect();
        for budget in ["caller", "global"] {
            let told = |line: &&&str| line.contains(&format!("\"budget\":\"{budget}\""));
            assert_eq!(warnings.iter().filter(told).count(), 1, "of {budget}: {warnings:?}");
        }
        assert_eq!(warnings.len(), 2, "{warnings:?}");
        for line in &warnings {
            assert!(line.contains("WARN"), "{line}");
            for id in ["guesser", "mallory", "shop", "XX-", "XX0", "honest"] {
                assert!(!line.contains(id), "{id} in {line}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn what_one_service_lets_through_tightens_nothing_for_another() {
    both(async |kind| {
        let limits = [("code_failures_per_actor_and_hour", 5), ("code_failures_per_caller_and_hour", 4)];
        let server = Server::start_with(kind, counting(&limits)).await;
        let (_, code) = with_code(&server).await;
        for number in 0..4 {
            guess_wrong(&server, actor(&format!("guesser-{number}")).through("shop"), 1).await;
        }
        guess_wrong(&server, actor("mallory").through("shop"), 1).await;
        let mallory = server.try_preview_code(actor("mallory").through("shop"), &code.code).await;
        assert_limited(mallory, "code_guesses_of_actor", 1, HOUR);
        guess_wrong(&server, actor("dan").through("app"), 3).await;
        assert!(!server.redeem_code(actor("dan").through("app"), &code.code).await.already_member);
    })
    .await;
}
