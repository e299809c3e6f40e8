//! Which answers are kept for a retry, and for whom: those that changed nothing too, refusals never, and also for
//! somebody who has lost its place since.

use std::collections::BTreeMap;

use roster_proto::v1::{
    ErrorReason, LeaveTeamRequest, MemberState, RestoreMemberRequest, SetTeamTierRequest,
    SuspendMemberRequest,
};
use roster_testkit::{
    PERSONAL, Server, Target, VIEWER, assert_refused, assert_replayed, both, is_replay, refused, request_id,
    row, service,
};

#[tokio::test]
async fn what_changed_nothing_is_kept_too_and_changes_nothing_later() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.team_under(PERSONAL, "ada", &[("bob", VIEWER)]).await;
        let restore = RestoreMemberRequest {
            team_id: team.clone(),
            user_id: "bob".into(),
            request_id: request_id(),
            ..RestoreMemberRequest::default()
        };
        let nothing = server.team_as("ada").restore_member(restore.clone()).await.unwrap();
        assert_eq!(nothing.get_ref().revision, 2);
        server.suspend("ada", &team, "bob").await;
        let again = server.team_as("ada").restore_member(restore).await.unwrap();
        assert_replayed(&nothing, &again);
        assert_eq!(server.member("ada", &team, "bob").await.state(), MemberState::Suspended);

        let account = server.create_under("ada", "account").await;
        let free = SetTeamTierRequest {
            team_id: account.clone(),
            tier: "free".into(),
            request_id: request_id(),
            ..SetTeamTierRequest::default()
        };
        let nothing = server.team_as(service("tiers.set")).set_team_tier(free.clone()).await.unwrap();
        server.change_tier(&account, "pro").await;
        let again = server.team_as(service("tiers.set")).set_team_tier(free).await.unwrap();
        assert_replayed(&nothing, &again);
        assert_eq!(server.team("ada", &account).await.tier, "pro");
    })
    .await;
}

#[tokio::test]
async fn an_answer_is_given_again_to_whoever_lost_its_place_since() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.team_under(PERSONAL, "ada", &[("ben", "owner"), ("bob", VIEWER)]).await;
        let suspend = SuspendMemberRequest {
            team_id: team.clone(),
            user_id: "bob".into(),
            request_id: request_id(),
            ..SuspendMemberRequest::default()
        };
        let first = server.team_as("ben").suspend_member(suspend.clone()).await.unwrap();
        server.suspend("ada", &team, "ben").await;
        assert_replayed(&first, &server.team_as("ben").suspend_member(suspend.clone()).await.unwrap());
        server.remove("ada", &team, "ben").await;
        assert_replayed(&first, &server.team_as("ben").suspend_member(suspend.clone()).await.unwrap());
        server.delete("ada", &team).await;
        assert_replayed(&first, &server.team_as("ben").suspend_member(suspend.clone()).await.unwrap());
        let other = SuspendMemberRequest { request_id: request_id(), ..suspend };
        let outcome = server.team_as("ben").suspend_member(other).await;
        assert_refused(outcome, ErrorReason::TeamNotAccessible);
    })
    .await;
}

#[tokio::test]
async fn a_refusal_is_not_kept() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.team_under(PERSONAL, "ada", &[("bob", VIEWER), ("vic", VIEWER)]).await;
        let suspend = SuspendMemberRequest {
            team_id: team.clone(),
            user_id: "vic".into(),
            request_id: request_id(),
            ..SuspendMemberRequest::default()
        };
        let outcome = server.team_as("bob").suspend_member(suspend.clone()).await;
        assert_refused(outcome, ErrorReason::RoleLacksPermission);
        server.change_role("ada", &team, "bob", "owner").await;
        assert!(!is_replay(&server.team_as("bob").suspend_member(suspend).await.unwrap()));

        let leave = LeaveTeamRequest {
            team_id: server.create_under("cyd", PERSONAL).await,
            request_id: request_id(),
            ..LeaveTeamRequest::default()
        };
        let outcome = server.team_as("cyd").leave_team(leave.clone()).await;
        assert_refused(outcome, ErrorReason::LastHolder);
        server.add(&leave.team_id, &[row("dan", "owner")]).await;
        assert!(!is_replay(&server.team_as("cyd").leave_team(leave).await.unwrap()));
    })
    .await;
}

#[tokio::test]
async fn a_question_is_refused_in_the_very_words_of_the_call() {
    both(async |kind| {
        let server = Server::start(kind).await;
        for (policy, people) in [
            ("brand", [("ada", "owner"), ("ben", "admin"), ("bob", "guest")]),
            ("workspace", [("ada", "creator"), ("ben", "admin"), ("bob", "user")]),
        ] {
            let team = server.team_under(policy, "ada", &people[1..]).await;
            let refusals = async |who: &str, user: &str, validate_only: bool| {
                let target = Target::of(&team, user);
                let mut outcomes = server.every_team_mutation(who, &target, validate_only).await;
                let scopes = service("tiers.set,teams.administer");
                outcomes.extend(server.every_service_call(scopes, &target, validate_only).await);
                let words = |(call, outcome): (&'static str, Result<(), tonic::Status>)| {
                    let refused = outcome.is_err().then(|| refused(outcome))?;
                    let metadata: BTreeMap<_, _> = refused.metadata.into_iter().collect();
                    Some((call, refused.code, refused.reason, refused.message, metadata))
                };
                outcomes.into_iter().filter_map(words).collect::<Vec<_>>()
            };
            let before = server.team("ada", &team).await;
            let asked = refusals("bob", "nobody", true).await;
            assert!(asked.len() >= 20, "nearly everything is refused: {asked:?}");
            assert_eq!(asked, refusals("bob", "nobody", false).await);
            assert_eq!(server.team("ada", &team).await.member_count, before.member_count);
        }
    })
    .await;
}
