//! Requests that are wrong: each is refused with the code, the reason and the paths that the contract names, all bad
//! fields at once, and nothing is changed. Page tokens are in `page_tokens.rs`.

use roster_proto::v1::{
    ChangeMemberRoleRequest, CreateTeamRequest, ErrorReason, GetMemberRequest, GetPolicyRequest,
    ListEventsRequest, ListInviteLinksRequest, ListMembersRequest, ListPoliciesRequest, ListTeamsRequest,
    RemoveMemberRequest, list_events_request, list_members_request,
};
use roster_testkit::{
    ADMIN, Kind, Outcomes, POLICY, Server, Target, VIEWER, assert_invalid, assert_refused, both, service,
};

const NO_TEAM: &str = "team_01h455vb4pex5vsknk084sn02q";
const NO_LINK: &str = "link_01h455vb4pex5vsknk084sn02q";

const ALL: &str = "tiers.set,members.import,teams.administer,events.watch-all";

/// What is no id of a team, nor of a link.
const NO_IDS: &[&str] = &[
    "",
    "garbage",
    "01h455vb4pex5vsknk084sn02q",
    "evt_01h455vb4pex5vsknk084sn02q",
    "team_01h455vb4pex5vsknk084sn02",
    "team_01h455vb4pex5vsknk084sn02qq",
    "team_01H455VB4PEX5VSKNK084SN02Q",
    "team_81h455vb4pex5vsknk084sn02q",
    "link_01H455VB4PEX5VSKNK084SN02Q",
    "inv_01H455VB4PEX5VSKNK084SN02Q",
    "code_01H455VB4PEX5VSKNK084SN02Q",
    "inv_",
    "code_",
    "link_",
    "team_",
];

/// The calls that name a member.
const OF_MEMBERS: &[&str] = &[
    "GetMember",
    "ChangeMemberRole",
    "SetMemberAccess",
    "SuspendMember",
    "RestoreMember",
    "TransferOwnership",
    "RemoveMember",
];

/// The calls that name a way in, and the field that does.
const OF_WAYS_IN: &[(&[&str], &str)] = &[
    (&["GetInviteLink", "RevokeInviteLink"], "link_id"),
    (&["GetInvitation", "ResendInvitation", "CancelInvitation"], "invitation_id"),
    (&["RevokeTeamCode", "DeleteTeamCode"], "code_id"),
];

#[tokio::test]
async fn wrong_team_ids_are_refused_by_every_call() {
    both(async |kind| {
        let server = Server::start(kind).await;
        for id in NO_IDS.iter().chain(&[NO_LINK]) {
            let target = Target::of(id, "bob");
            check_all(server.every_team_call("ada", &target).await, &["team_id"]);
            check_all(server.every_service_call(service(ALL), &target, false).await, &["team_id"]);
        }
    })
    .await;
}

#[tokio::test]
async fn wrong_ids_of_ways_in_user_ids_and_request_ids_are_refused_by_every_call() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let good = Target::of(NO_TEAM, "bob");
        for id in NO_IDS.iter().chain(&[NO_TEAM]) {
            let id = || (*id).to_owned();
            let target = Target { link: id(), invitation: id(), code: id(), ..good.clone() };
            let outcomes = server.every_team_call("ada", &target).await;
            for (calls, field) in OF_WAYS_IN {
                check_named(&outcomes, calls, &[field]);
            }
        }
        for user in [String::new(), "x".repeat(129)] {
            let outcomes = server.every_team_call("ada", &Target { user, ..good.clone() }).await;
            check_named(&outcomes, OF_MEMBERS, &["user_id"]);
        }
        for id in
            ["x", "123", "01890a5d-ac96-774b-bcce-b302099a805", "{01890a5d-ac96-774b-bcce-b302099a8057}x"]
        {
            let target = Target { request_id: id.into(), ..good.clone() };
            check_all(server.every_team_mutation("ada", &target, false).await, &["request_id"]);
            let mut outcomes = server.every_service_call(service(ALL), &target, false).await;
            outcomes.retain(|(call, _)| *call != "ListEvents");
            check_all(outcomes, &["request_id"]);
        }
    })
    .await;
}

#[tokio::test]
async fn teams_are_not_created_from_bad_fields() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let check = async |policy: &str, name: &str, id: &str, fields: &[&str]| {
            let request = CreateTeamRequest {
                policy: policy.into(),
                display_name: name.into(),
                request_id: id.into(),
                ..CreateTeamRequest::default()
            };
            let outcome = server.team_as("ada").create_team(request).await;
            assert_invalid(&format!("{policy:?} {name:?} {id:?}"), outcome, fields);
        };
        check("", "Team", "", &["policy"]).await;
        check(POLICY, "Team", "no uuid", &["request_id"]).await;
        check("", "", "no uuid", &["display_name", "policy", "request_id"]).await;
        for name in [
            "",
            "   ",
            "\u{2003}",
            &"x".repeat(101),
            &"é".repeat(101),
            "a\nb",
            "a\u{0}b",
            "a\u{7f}b",
            "a\u{202e}b",
            "a\u{2067}b",
            "see https://example.org",
            "see HTTP://example.org",
        ] {
            check(POLICY, name, "", &["display_name"]).await;
        }
        let teams = server.team_as("ada").list_teams(ListTeamsRequest::default()).await.unwrap().into_inner();
        assert!(teams.teams.is_empty(), "no team was created");
    })
    .await;
}

#[tokio::test]
async fn unknown_policies_and_roles_are_refused() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let mut ada = server.team_as("ada");
        let request = CreateTeamRequest {
            policy: "guild".into(),
            display_name: "Team".into(),
            ..CreateTeamRequest::default()
        };
        assert_invalid("CreateTeam", ada.create_team(request).await, &["policy"]);
        let get = |name: &str| GetPolicyRequest { name: name.into() };
        assert_refused(ada.get_policy(get("guild")).await, ErrorReason::PolicyNotFound);
        assert_invalid("GetPolicy", ada.get_policy(get("")).await, &["name"]);

        let team = server.team_of(&[("ada", ADMIN), ("bob", VIEWER)]).await;
        let refused = assert_refused(
            server.try_change_role("ada", &team, "bob", "boss").await,
            ErrorReason::RoleUnknown,
        );
        assert_eq!(refused.metadata.get("policy").map(String::as_str), Some(POLICY));
        assert_eq!(refused.metadata.get("role").map(String::as_str), Some("boss"));
        assert_invalid("no role", server.try_change_role("ada", &team, "bob", "").await, &["role"]);
        let filter = list_members_request::Filter { role: "boss".into(), ..Default::default() };
        let request = ListMembersRequest {
            team_id: team.clone(),
            filter: Some(filter),
            ..ListMembersRequest::default()
        };
        assert_refused(ada.list_members(request).await, ErrorReason::RoleUnknown);
    })
    .await;
}

#[tokio::test]
async fn lists_refuse_negative_sizes_unknown_orders_and_overlong_filters() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team_id = server.create_team("ada").await;
        let (mut ada, mut invites) = (server.team_as("ada"), server.invites_as("ada"));
        let fields = &["page_size"];
        for page_size in [-1, i32::MIN] {
            let request = ListTeamsRequest { page_size, ..ListTeamsRequest::default() };
            assert_invalid("ListTeams", ada.list_teams(request).await, fields);
            let request = ListPoliciesRequest { page_size, ..ListPoliciesRequest::default() };
            assert_invalid("ListPolicies", ada.list_policies(request).await, fields);
            let team_id = team_id.clone();
            let request = ListMembersRequest { team_id, page_size, ..ListMembersRequest::default() };
            assert_invalid("ListMembers", ada.list_members(request.clone()).await, fields);
            let request =
                ListEventsRequest { team_id: request.team_id, page_size, ..ListEventsRequest::default() };
            assert_invalid("ListEvents", ada.list_events(request.clone()).await, fields);
            let request = ListInviteLinksRequest {
                team_id: request.team_id,
                page_size,
                ..ListInviteLinksRequest::default()
            };
            assert_invalid("ListInviteLinks", invites.list_invite_links(request).await, fields);
        }

        let members = ListMembersRequest { team_id: team_id.clone(), ..ListMembersRequest::default() };
        for order_by in ["name", "join_time asc desc", "email", "join_time; drop table members"] {
            let request = ListMembersRequest { order_by: order_by.into(), ..members.clone() };
            assert_invalid(order_by, ada.list_members(request).await, &["order_by"]);
        }
        let filter = list_members_request::Filter { email_prefix: "x".repeat(255), ..Default::default() };
        let request =
            ListMembersRequest { filter: Some(filter), order_by: "name".into(), page_size: -1, ..members };
        let fields = &["filter.email_prefix", "order_by", "page_size"];
        assert_invalid("all at once", ada.list_members(request).await, fields);

        let filter = list_events_request::Filter {
            types: vec![1; 51],
            actor_user_id: "x".repeat(129),
            target_user_id: " x".into(),
            ..list_events_request::Filter::default()
        };
        let request = ListEventsRequest { team_id, filter: Some(filter), ..ListEventsRequest::default() };
        assert_invalid(
            "ListEvents",
            ada.list_events(request).await,
            &["filter.actor_user_id", "filter.target_user_id", "filter.types"],
        );
    })
    .await;
}

#[tokio::test]
async fn all_bad_fields_are_reported_together() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let mut ada = server.team_as("ada");
        let request =
            ChangeMemberRoleRequest { request_id: "x".into(), ..ChangeMemberRoleRequest::default() };
        let fields = &["request_id", "role", "team_id", "user_id"];
        assert_invalid("ChangeMemberRole", ada.change_member_role(request).await, fields);
        let request = RemoveMemberRequest { request_id: "x".into(), ..RemoveMemberRequest::default() };
        assert_invalid(
            "RemoveMember",
            ada.remove_member(request).await,
            &["request_id", "team_id", "user_id"],
        );
        let outcome = ada.get_member(GetMemberRequest::default()).await;
        assert_invalid("GetMember", outcome, &["team_id", "user_id"]);
    })
    .await;
}

#[tokio::test]
async fn a_message_of_more_than_64_kib_is_refused_with_a_reason() {
    let server = Server::start(Kind::Embedded).await;
    let request = |length: usize| CreateTeamRequest {
        policy: POLICY.into(),
        display_name: "x".repeat(length),
        ..CreateTeamRequest::default()
    };
    let mut ada = server.team_as("ada");
    assert_invalid("64 KiB", ada.create_team(request(60 * 1024)).await, &["display_name"]);
    for length in [64 * 1024, 1024 * 1024, 8 * 1024 * 1024] {
        assert_refused(ada.create_team(request(length)).await, ErrorReason::MessageTooLarge);
    }
}

#[track_caller]
fn check_all(outcomes: Outcomes, fields: &[&str]) {
    for (call, outcome) in outcomes {
        assert_invalid(call, outcome, fields);
    }
}

#[track_caller]
fn check_named(outcomes: &Outcomes, calls: &[&str], fields: &[&str]) {
    let named: Outcomes = outcomes.iter().filter(|(call, _)| calls.contains(call)).cloned().collect();
    assert_eq!(named.len(), calls.len(), "every one of {calls:?}");
    check_all(named, fields);
}
