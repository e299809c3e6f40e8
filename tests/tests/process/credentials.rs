//! What a caller must show: who calls, for whom, and a token that leads somewhere.

use roster_proto::v1::{ErrorReason, GetPolicyRequest, ListPoliciesRequest};
use roster_testkit::{
    Actor, POLICY, Server, Target, actor, assert_invalid, assert_refused, both, request_id,
};

#[tokio::test]
async fn calls_without_an_actor_or_with_bad_credentials_are_unauthenticated() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.create_team("ada").await;
        let link = server.create_link("ada", &team).await;
        let target = Target { link: link.id.clone(), request_id: request_id(), ..Target::of(&team, "ada") };
        let check = async |who: Actor, reason: ErrorReason| {
            let mut outcomes = server.every_team_call(&who, &target).await;
            outcomes.extend(server.every_other_call(&who, &link.token).await);
            assert_eq!(outcomes.len(), 37, "every call that acts for a person");
            for (call, outcome) in outcomes {
                let refused = assert_refused(outcome, reason);
                assert!(refused.fields.is_empty(), "{call}: {refused:?}");
            }
        };
        check(Actor::nobody(), ErrorReason::ActorMissing).await;
        check(Actor::nobody().through("shop"), ErrorReason::ActorMissing).await;
        check(actor("ada").header("x-actor-user-id", "ada"), ErrorReason::CredentialsMissing).await;
        check(actor("ada").header("x-actor-user-id", "bob"), ErrorReason::CredentialsMissing).await;
        check(actor("ada").through("shop").through("shop"), ErrorReason::CredentialsMissing).await;
        check(actor(&"x".repeat(129)), ErrorReason::CredentialsInvalid).await;
        check(actor("ada").through(&"x".repeat(129)), ErrorReason::CredentialsInvalid).await;
        check(actor("ada").email("no address"), ErrorReason::CredentialsInvalid).await;

        let mut nobody = server.team_as(Actor::nobody());
        nobody.list_policies(ListPoliciesRequest::default()).await.unwrap();
        nobody.get_policy(GetPolicyRequest { name: POLICY.into() }).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn tokens_that_lead_nowhere_all_get_one_answer() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let elsewhere = Server::start(kind).await;
        let team = server.create_team("ada").await;
        let link = server.create_link("ada", &team).await;
        let foreign = elsewhere.create_link("ada", &elsewhere.create_team("ada").await).await.token;
        let token = &link.token;

        let mut wrong = vec![foreign, link.id.clone(), team.clone(), "x".repeat(256), "🔑".into()];
        for at in 0..token.len() {
            let other = if &token[at..=at] == "a" { "b" } else { "a" };
            wrong.push(format!("{}{other}{}", &token[..at], &token[at + 1..]));
            wrong.push(token[..at].to_owned());
        }
        wrong.extend([token.to_uppercase(), format!("{token}a"), format!(" {token}"), format!("{token}\n")]);
        wrong.extend([token.replace("link", "inv"), token.replacen("rst_link_", "", 1)]);
        wrong.retain(|wrong| !wrong.is_empty() && wrong != token);

        let mut answers = Vec::new();
        for wrong in &wrong {
            let outcomes = [
                server.try_redeem("bob", wrong).await.map(drop),
                server.try_preview("bob", wrong).await.map(drop),
            ];
            for outcome in outcomes {
                let status = outcome.expect_err(wrong);
                answers.push((status.message().to_owned(), status.details().to_vec()));
                assert_refused(Err::<(), _>(status), ErrorReason::InviteNotFound);
            }
        }
        answers.dedup();
        assert_eq!(answers.len(), 1, "the answer tells nothing about what is wrong with a token");
        for wrong in [String::new(), "x".repeat(257)] {
            assert_invalid("redeem", server.try_redeem("bob", &wrong).await, &["token"]);
            assert_invalid("preview", server.try_preview("bob", &wrong).await, &["token"]);
        }
        server.redeem("bob", token).await;
    })
    .await;
}
