//! What holds of every mutation that is sent again, of those that change teams and members: done once, answered twice,
//! and with `validate_only` not done at all.

use std::fmt::Debug;

use roster_proto::v1::{
    BatchAddMembersRequest, ChangeMemberRoleRequest, CreateTeamRequest, DeleteTeamRequest,
    EnsurePersonalTeamRequest, ErrorReason, Event, LeaveTeamRequest, ListEventsRequest, PurgeResourceRequest,
    RemoveMemberRequest, RestoreMemberRequest, SetMemberAccessRequest, SetTeamTierRequest,
    SuspendMemberRequest, TransferOwnershipRequest, UpdateTeamRequest,
};
use roster_testkit::{
    Outcome, PERSONAL, Server, VIEWER, actor, assert_refused, assert_replayed, assert_row_refused, both,
    is_replay, new_team, on, only, request_id, row, row_member, service,
};

/// A request as it is, with another body, and as a question.
struct Case<Q> {
    request: Q,
    other: Q,
    dry: Q,
}

impl<Q: Clone> Case<Q> {
    fn of(request: Q, other: impl FnOnce(&mut Q), dry: impl FnOnce(&mut Q)) -> Self {
        let mut case = Self { other: request.clone(), dry: request.clone(), request };
        other(&mut case.other);
        dry(&mut case.dry);
        case
    }
}

#[tokio::test]
async fn each_change_of_a_member_is_done_once_and_answered_again() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.team_under("brand", "ada", &[("bob", "guest"), ("ben", "admin")]).await;
        let (team_id, user_id) = (team.clone(), "bob".to_owned());

        let request = SetMemberAccessRequest {
            team_id: team_id.clone(),
            user_id: user_id.clone(),
            access: Some(only(&[on("brand", "one", "viewer")])),
            request_id: request_id(),
            ..SetMemberAccessRequest::default()
        };
        let case = Case::of(request, |q| q.access = Some(only(&[])), |q| q.validate_only = true);
        once(&server, &team, case, async |q| server.team_as("ada").set_member_access(q).await).await;

        let request = ChangeMemberRoleRequest {
            team_id: team_id.clone(),
            user_id: user_id.clone(),
            role: "member".into(),
            access: Some(only(&[on("brand", "one", "admin"), on("brand", "two", "viewer")])),
            request_id: request_id(),
            ..ChangeMemberRoleRequest::default()
        };
        let case = Case::of(request, |q| q.access = None, |q| q.validate_only = true);
        once(&server, &team, case, async |q| server.team_as("ada").change_member_role(q).await).await;

        let request = PurgeResourceRequest {
            team_id: team_id.clone(),
            kind: "brand".into(),
            resource_id: "one".into(),
            request_id: request_id(),
            ..PurgeResourceRequest::default()
        };
        let case = Case::of(request, |q| q.resource_id = "two".into(), |q| q.validate_only = true);
        once(&server, &team, case, async |q| server.team_as("ada").purge_resource(q).await).await;

        let request = TransferOwnershipRequest {
            team_id: team_id.clone(),
            user_id: "ben".into(),
            request_id: request_id(),
            ..TransferOwnershipRequest::default()
        };
        let case = Case::of(request, |q| q.user_id = "bob".into(), |q| q.validate_only = true);
        once(&server, &team, case, async |q| server.team_as("ada").transfer_ownership(q).await).await;

        let request = RemoveMemberRequest {
            team_id,
            user_id,
            request_id: request_id(),
            ..RemoveMemberRequest::default()
        };
        let case = Case::of(request, |q| q.adopt_invites = true, |q| q.validate_only = true);
        once(&server, &team, case, async |q| server.team_as("ada").remove_member(q).await).await;
    })
    .await;
}

#[tokio::test]
async fn suspending_restoring_renaming_leaving_and_deleting_are_done_once() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.team_under(PERSONAL, "ada", &[("bob", VIEWER), ("ben", "owner")]).await;
        let (team_id, user_id) = (team.clone(), "bob".to_owned());

        let request = SuspendMemberRequest {
            team_id: team_id.clone(),
            user_id: user_id.clone(),
            request_id: request_id(),
            ..SuspendMemberRequest::default()
        };
        let case = Case::of(request, |q| q.user_id = "ben".into(), |q| q.validate_only = true);
        once(&server, &team, case, async |q| server.team_as("ada").suspend_member(q).await).await;

        let request = RestoreMemberRequest {
            team_id: team_id.clone(),
            user_id,
            request_id: request_id(),
            ..RestoreMemberRequest::default()
        };
        let case = Case::of(request, |q| q.user_id = "ben".into(), |q| q.validate_only = true);
        once(&server, &team, case, async |q| server.team_as("ada").restore_member(q).await).await;

        let request = UpdateTeamRequest {
            team_id: team_id.clone(),
            display_name: "Another".into(),
            request_id: request_id(),
            ..UpdateTeamRequest::default()
        };
        let case = Case::of(request, |q| q.display_name = "Third".into(), |q| q.validate_only = true);
        once(&server, &team, case, async |q| server.team_as("ada").update_team(q).await).await;

        let other = server.create_under("ada", PERSONAL).await;
        let request = LeaveTeamRequest {
            team_id: team_id.clone(),
            request_id: request_id(),
            ..LeaveTeamRequest::default()
        };
        let case = Case::of(request, |q| q.team_id = other, |q| q.validate_only = true);
        once(&server, &team, case, async |q| server.team_as("ben").leave_team(q).await).await;

        let request = DeleteTeamRequest { team_id, request_id: request_id(), ..DeleteTeamRequest::default() };
        let case = Case::of(request, |q| q.etag = "v1".into(), |q| q.validate_only = true);
        once(&server, &team, case, async |q| server.team_as("ada").delete_team(q).await).await;
    })
    .await;
}

#[tokio::test]
async fn what_a_service_does_by_itself_is_done_once() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let caller = service("tiers.set,members.import,teams.administer");
        let team = server.create_under("ada", "account").await;

        let tier = SetTeamTierRequest {
            team_id: team.clone(),
            tier: "agency".into(),
            request_id: request_id(),
            ..SetTeamTierRequest::default()
        };
        let case = Case::of(tier.clone(), |q| q.tier = "pro".into(), |q| q.validate_only = true);
        once(&server, &team, case, async |q| server.team_as(&caller).set_team_tier(q).await).await;

        let add = BatchAddMembersRequest {
            team_id: team.clone(),
            members: vec![row("ben", "admin"), row("bob", "viewer"), row("cyd", "viewer")],
            request_id: request_id(),
            ..BatchAddMembersRequest::default()
        };
        let case = Case::of(add.clone(), |q| q.members.truncate(2), |q| q.validate_only = true);
        once(&server, &team, case, async |q| server.team_as(&caller).batch_add_members(q).await).await;
        server.change_tier(&team, "enterprise").await;
        let again = server.team_as(&caller).batch_add_members(add).await.unwrap();
        assert!(is_replay(&again));
        assert_eq!(row_member(&again.get_ref().results[0]).user_id, "ben");
        assert_row_refused(&again.get_ref().results[2], ErrorReason::NoSeat);

        let transfer = TransferOwnershipRequest {
            team_id: team.clone(),
            user_id: "ben".into(),
            request_id: request_id(),
            ..TransferOwnershipRequest::default()
        };
        let case = Case::of(transfer, |q| q.user_id = "bob".into(), |q| q.validate_only = true);
        once(&server, &team, case, async |q| server.team_as(&caller).transfer_ownership(q).await).await;

        // A person that the service names, and another service, are others.
        let again = server.team_as(&caller).set_team_tier(tier.clone()).await.unwrap();
        assert!(is_replay(&again));
        for who in [actor("ada").header("x-caller-scopes", "tiers.set"), service("tiers.set").through("shop")]
        {
            let answer = server.team_as(who).set_team_tier(tier.clone()).await.unwrap();
            assert!(!is_replay(&answer));
        }
    })
    .await;
}

#[tokio::test]
async fn teams_are_made_once() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let id = request_id();
        let create =
            CreateTeamRequest { external_id: "17".into(), request_id: id.clone(), ..new_team(PERSONAL) };
        let first = server.try_create("ada", create.clone()).await.unwrap();
        assert_replayed(&first, &server.try_create("ada", create.clone()).await.unwrap());
        for other in [
            CreateTeamRequest { external_id: "18".into(), ..create.clone() },
            CreateTeamRequest { external_id: String::new(), ..create },
        ] {
            assert_refused(server.try_create("ada", other).await, ErrorReason::RequestIdReused);
        }

        let ensure = EnsurePersonalTeamRequest {
            policy: PERSONAL.into(),
            display_name: "Own".into(),
            request_id: id,
            ..EnsurePersonalTeamRequest::default()
        };
        let mut ada = server.team_as("ada");
        let first = ada.ensure_personal_team(ensure.clone()).await.unwrap();
        let again = ada.ensure_personal_team(ensure.clone()).await.unwrap();
        assert_replayed(&first, &again);
        assert!(again.get_ref().created, "the first answer, not what would hold now");
        let other = EnsurePersonalTeamRequest { display_name: "Mine".into(), ..ensure };
        assert_refused(ada.ensure_personal_team(other).await, ErrorReason::RequestIdReused);
        assert_eq!(server.teams("ada").await.len(), 2);
    })
    .await;
}

/// Fails unless the call asks without changing anything, changes once, answers again, and knows its own body.
async fn once<Q: Clone, R: PartialEq + Debug>(
    server: &Server,
    team: &str,
    Case { request, other, dry }: Case<Q>,
    call: impl AsyncFn(Q) -> Outcome<R>,
) {
    let before = log(server, team).await;
    for _ in 0..2 {
        let asked = call(dry.clone()).await.expect("what may be done may be asked");
        assert!(!is_replay(&asked), "a question is not kept");
    }
    assert_eq!(log(server, team).await, before, "a question changes nothing");
    let first = call(request.clone()).await.expect("it is done");
    let after = log(server, team).await;
    assert_eq!(after[0].revision, before[0].revision + 1, "in one commit");
    let again = call(request).await.expect("it is answered again");
    assert_replayed(&first, &again);
    assert_refused(call(other).await, ErrorReason::RequestIdReused);
    assert_eq!(log(server, team).await, after, "done once");
}

/// A team's log, even of one that is no more.
async fn log(server: &Server, team: &str) -> Vec<Event> {
    let request = ListEventsRequest { team_id: team.into(), page_size: 200, ..ListEventsRequest::default() };
    let page = server.team_as(service("events.watch-all")).list_events(request).await;
    page.expect("the log is listed").into_inner().events
}
