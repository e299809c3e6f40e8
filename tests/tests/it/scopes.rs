//! What calling services do in their own name: with the scope that it takes, in any team of theirs, and never more than
//! a person that they name may do.

use roster_proto::v1::{CreateTeamRequest, ErrorReason, ListPoliciesRequest};
use roster_testkit::{
    Actor, Options, Outcomes, Server, Target, actor, assert_refused, both, new_team, request_id, service,
};
use tonic::Status;

const NO_TEAM: &str = "team_01h455vb4pex5vsknk084sn02q";
const ALL: &str = "tiers.set,members.import,teams.administer,events.watch-all";

/// Which scope each call needs, and whether a person may make it without any.
const SCOPES: &[(&str, &str, bool)] = &[
    ("SetTeamTier", "tiers.set", false),
    ("BatchAddMembers", "members.import", false),
    ("TransferOwnership", "teams.administer", true),
    ("ListEvents", "events.watch-all", true),
];

#[tokio::test]
async fn a_call_without_its_scope_is_refused_before_anything_is_looked_at() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.create_under("ada", "account").await;
        for (call, scope, persons) in SCOPES {
            let others: Vec<_> = ALL.split(',').filter(|one| one != scope).collect();
            for team in [team.as_str(), NO_TEAM, "garbage"] {
                let target = Target { team: team.into(), user: "ada".into(), ..Target::default() };
                for caller in [Actor::nobody(), service("act-as"), service(&others.join(","))] {
                    let outcome = the(call, server.every_service_call(&caller, &target, false).await);
                    if *persons {
                        // A person could be named, and would be judged as one.
                        assert_refused(outcome, ErrorReason::ActorMissing);
                    } else {
                        assert_scope_missing(outcome, scope);
                    }
                }
                if !persons {
                    let ada = actor("ada").header("x-caller-scopes", &others.join(","));
                    let outcome = the(call, server.every_service_call(ada, &target, false).await);
                    assert_scope_missing(outcome, scope);
                }
            }
        }
        let tier = CreateTeamRequest { tier: "pro".into(), ..new_team("account") };
        assert_scope_missing(server.try_create("ada", tier.clone()).await.map(drop), "tiers.set");
        let created = server.try_create(actor("ada").header("x-caller-scopes", "tiers.set"), tier).await;
        assert_eq!(created.unwrap().into_inner().team.unwrap().tier, "pro");
        assert_eq!(server.team("ada", &team).await.revision, 1, "nothing happened");
    })
    .await;
}

#[tokio::test]
async fn a_scope_that_does_not_exist_is_a_bad_credential() {
    both(async |kind| {
        let server = Server::start(kind).await;
        for scopes in ["tiers.set,everything", "TIERS.SET", "tiers.set;members.import"] {
            let policies = ListPoliciesRequest::default();
            let outcome = server.team_as(service(scopes)).list_policies(policies).await;
            assert_refused(outcome, ErrorReason::CredentialsInvalid);
        }
    })
    .await;
}

#[tokio::test]
async fn a_person_is_judged_as_one_whatever_its_service_may() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.create_under("ada", "brand").await;
        server
            .try_add(&team, &[roster_testkit::row("ben", "admin"), roster_testkit::row("bob", "guest")])
            .await
            .unwrap();
        let target = Target { team: team.clone(), user: "ben".into(), ..Target::default() };
        let as_person = |user: &str| actor(user).header("x-caller-scopes", ALL);
        for user in ["ben", "bob"] {
            let outcomes = server.every_service_call(as_person(user), &target, false).await;
            assert_refused(the("TransferOwnership", outcomes), ErrorReason::NotTheHolder);
        }
        let outcomes = server.every_service_call(as_person("bob"), &target, false).await;
        assert_refused(the("ListEvents", outcomes), ErrorReason::RoleLacksPermission);
        let outcomes = server.every_service_call(as_person("zoe"), &target, false).await;
        for call in ["TransferOwnership", "ListEvents"] {
            let status = outcomes.iter().find(|(name, _)| *name == call).and_then(|(_, o)| o.clone().err());
            assert_refused(Err::<(), _>(status.expect(call)), ErrorReason::TeamNotAccessible);
        }
        assert_eq!(server.member("ada", &team, "ada").await.role, "owner");
        server.transfer(service(ALL), &team, "ben").await;
        assert_eq!(server.member("ada", &team, "ben").await.role, "owner", "by itself the service may");
    })
    .await;
}

#[tokio::test]
async fn a_service_sees_no_difference_between_an_absent_team_a_deleted_one_and_one_of_others() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let others = server.create_under("ada", "organization").await;
        let deleted = server.create_under("ada", "studio").await;
        server.delete("ada", &deleted).await;
        let narrowed = Options::default().variable("ROSTER_ENABLED_POLICIES", "[\"studio\"]");
        let server = server.restart(narrowed).await;
        let all = async |team: &str| {
            let target = Target {
                team: team.into(),
                user: "ada".into(),
                request_id: request_id(),
                ..Target::default()
            };
            let mut outcomes = server.every_service_call(service(ALL), &target, false).await;
            outcomes.extend(server.every_service_call(service(ALL), &target, true).await);
            outcomes
        };
        let absent = all(NO_TEAM).await;
        assert_eq!(visible(&all(&others).await), visible(&absent));
        let (kept, gone): (Outcomes, Outcomes) =
            all(&deleted).await.into_iter().partition(|(call, _)| *call == "ListEvents");
        assert!(kept.iter().all(|(_, outcome)| outcome.is_ok()), "the log of a deleted team stays");
        let absent: Outcomes = absent.into_iter().filter(|(call, _)| *call != "ListEvents").collect();
        assert_eq!(visible(&gone), visible(&absent));
        for (_, outcome) in absent {
            assert_refused(outcome, ErrorReason::TeamNotAccessible);
        }
    })
    .await;
}

/// Everything of each status that a caller can see.
fn visible(outcomes: &Outcomes) -> Vec<impl PartialEq + std::fmt::Debug> {
    let all = |(call, outcome): &(&'static str, Result<(), Status>)| {
        let status = outcome.as_ref().expect_err(call);
        (*call, status.code(), status.message().to_owned(), status.details().to_vec())
    };
    outcomes.iter().map(all).collect()
}

#[track_caller]
fn the(call: &str, outcomes: Outcomes) -> Result<(), Status> {
    outcomes.into_iter().find(|(name, _)| *name == call).expect("the call was made").1
}

#[track_caller]
fn assert_scope_missing(outcome: Result<(), Status>, scope: &str) {
    let refused = assert_refused(outcome, ErrorReason::CallerNotAllowed);
    assert_eq!(refused.metadata.get("scope").map(String::as_str), Some(scope), "{refused:?}");
}
