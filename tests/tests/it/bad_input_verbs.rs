//! Wrong fields of the calls that change teams and members: named by their paths, all at once, and nothing is changed.

use prost_types::Timestamp;
use roster_proto::v1::grant::Target;
use roster_proto::v1::{
    AccessChange, BatchAddMembersRequest, ChangeMemberRoleRequest, DeleteTeamRequest, ErrorReason, Grant,
    LeaveTeamRequest, ListEventsRequest, ListMembersRequest, PurgeResourceRequest, RestoreMemberRequest,
    SetMemberAccessRequest, SetTeamTierRequest, SuspendMemberRequest, TransferOwnershipRequest,
    list_events_request, list_members_request,
};
use roster_testkit::{
    Server, assert_invalid, assert_refused, assert_row_refused, both, on, on_all, row, service,
};

/// Grants that are wrong, and what is wrong with each.
fn wrong_grants() -> (Vec<Grant>, [&'static str; 10]) {
    let grants = vec![
        on("brand", "one", "viewer"),
        on("No Kind", "one", "viewer"),
        on("brand", "", "viewer"),
        on("brand", "two", "No Role"),
        on("brand", "one", "admin"),
        Grant { target: None, ..on("brand", "x", "viewer") },
        Grant { target: Some(Target::AllResources(false)), ..on("brand", "x", "viewer") },
        on("", &"x".repeat(129), ""),
    ];
    let fields = [
        "grants[1].kind",
        "grants[2].resource_id",
        "grants[3].role",
        "grants[4]",
        "grants[5]",
        "grants[6].all_resources",
        "grants[7].kind",
        "grants[7].resource_id",
        "grants[7].role",
        "unrestrict_kinds[1]",
    ];
    (grants, fields)
}

#[tokio::test]
async fn each_wrong_grant_is_named_by_its_place() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.team_under("brand", "ada", &[("bob", "member")]).await;
        let (grants, fields) = wrong_grants();
        let change = AccessChange { grants, unrestrict_kinds: vec!["project".into(), "Nor This".into()] };
        let mut fields = fields.map(|field| format!("access.{field}"));
        fields.sort();
        let fields: Vec<_> = fields.iter().map(String::as_str).collect();
        assert_invalid(
            "SetMemberAccess",
            server.try_access("ada", &team, "bob", change.clone()).await,
            &fields,
        );
        let request = ChangeMemberRoleRequest {
            team_id: team.clone(),
            user_id: "bob".into(),
            role: "guest".into(),
            access: Some(change),
            ..ChangeMemberRoleRequest::default()
        };
        assert_invalid("ChangeMemberRole", server.team_as("ada").change_member_role(request).await, &fields);
        assert_eq!(server.team("ada", &team).await.revision, 2);
        assert!(server.member("ada", &team, "bob").await.grants.is_empty());
    })
    .await;
}

#[tokio::test]
async fn what_the_policy_lacks_is_named() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.team_under("brand", "ada", &[("bob", "guest")]).await;
        let of = |refused: &roster_testkit::Refused, key: &str| refused.metadata.get(key).cloned();
        let outcome = server.try_grant("ada", &team, "bob", &[on("project", "one", "viewer")]).await;
        let refused = assert_refused(outcome, ErrorReason::KindUnknown);
        assert_eq!(of(&refused, "kind").as_deref(), Some("project"));
        let outcome = server.try_grant("ada", &team, "bob", &[on("brand", "one", "boss")]).await;
        let refused = assert_refused(outcome, ErrorReason::RoleUnknown);
        assert_eq!(of(&refused, "role").as_deref(), Some("boss"));
        let outcome = server.try_grant("ada", &team, "bob", &[on_all("brand", "admin")]).await;
        assert_refused(outcome, ErrorReason::GrantsNotAllowed);
        let unrestrict = AccessChange { unrestrict_kinds: vec!["project".into()], ..AccessChange::default() };
        let outcome = server.try_access("ada", &team, "bob", unrestrict).await;
        assert_refused(outcome, ErrorReason::KindUnknown);
        assert_refused(server.try_purge("ada", &team, "project", "one").await, ErrorReason::KindUnknown);
        let filter = list_members_request::Filter {
            resource_kind: "project".into(),
            resource_id: "one".into(),
            ..Default::default()
        };
        let request = ListMembersRequest {
            team_id: team.clone(),
            filter: Some(filter),
            ..ListMembersRequest::default()
        };
        assert_refused(server.team_as("ada").list_members(request).await, ErrorReason::KindUnknown);
    })
    .await;
}

#[tokio::test]
async fn every_wrong_field_of_every_verb_is_named_at_once() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let mut ada = server.team_as("ada");
        let x = || "x".to_owned();
        let member = &["etag", "request_id", "team_id", "user_id"];
        let request = SuspendMemberRequest { etag: x(), request_id: x(), ..Default::default() };
        assert_invalid("SuspendMember", ada.suspend_member(request).await, member);
        let request = RestoreMemberRequest { etag: x(), request_id: x(), ..Default::default() };
        assert_invalid("RestoreMember", ada.restore_member(request).await, member);
        let request = SetMemberAccessRequest { etag: x(), request_id: x(), ..Default::default() };
        let fields = &["access", "etag", "request_id", "team_id", "user_id"];
        assert_invalid("SetMemberAccess", ada.set_member_access(request).await, fields);
        let request = TransferOwnershipRequest { request_id: x(), ..Default::default() };
        let fields = &["request_id", "team_id", "user_id"];
        assert_invalid("TransferOwnership", ada.transfer_ownership(request).await, fields);
        let request = PurgeResourceRequest { request_id: x(), ..Default::default() };
        let fields = &["kind", "request_id", "resource_id", "team_id"];
        assert_invalid("PurgeResource", ada.purge_resource(request).await, fields);
        let request = LeaveTeamRequest { request_id: x(), ..Default::default() };
        assert_invalid("LeaveTeam", ada.leave_team(request).await, &["request_id", "team_id"]);
        let request = DeleteTeamRequest { etag: x(), request_id: x(), ..Default::default() };
        assert_invalid("DeleteTeam", ada.delete_team(request).await, &["etag", "request_id", "team_id"]);

        let mut services = server.team_as(service("tiers.set,members.import"));
        let request = SetTeamTierRequest { request_id: x(), ..Default::default() };
        let fields = &["request_id", "team_id", "tier"];
        assert_invalid("SetTeamTier", services.set_team_tier(request).await, fields);
        let request = BatchAddMembersRequest { request_id: x(), ..Default::default() };
        let fields = &["members", "request_id", "team_id"];
        assert_invalid("BatchAddMembers", services.batch_add_members(request).await, fields);
        let request =
            BatchAddMembersRequest { members: vec![row("bob", "guest"); 501], ..Default::default() };
        let fields = &["members", "team_id"];
        assert_invalid("BatchAddMembers", services.batch_add_members(request).await, fields);
    })
    .await;
}

#[tokio::test]
async fn a_wrong_row_is_its_own_affair_and_all_of_it_is_named() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.create_under("ada", "brand").await;
        let (grants, of_grants) = wrong_grants();
        let mut wrong = row("", "No Role");
        wrong.grants = grants;
        wrong.join_time = Some(Timestamp { seconds: i64::MAX, nanos: 0 });
        wrong.email = "no address".into();
        let mut ahead = row("cyd", "guest");
        ahead.join_time = Some(Timestamp { seconds: 32_503_680_000, nanos: 0 });
        let rows = [wrong, row("bob", "guest"), ahead, row("dan", "owner"), row("eve", "boss")];
        let answer = server.try_add(&team, &rows).await.unwrap().into_inner();

        let refused = assert_row_refused(&answer.results[0], ErrorReason::FieldInvalid);
        let mut expected: Vec<_> = of_grants[..9].iter().map(|field| format!("members[0].{field}")).collect();
        expected.extend(["user_id", "role", "join_time", "email"].map(|field| format!("members[0].{field}")));
        expected.sort();
        let mut named = refused.fields;
        named.sort();
        assert_eq!(named, expected);
        assert_row_refused(&answer.results[2], ErrorReason::FieldInvalid);
        assert_row_refused(&answer.results[3], ErrorReason::SoleRole);
        assert_row_refused(&answer.results[4], ErrorReason::RoleUnknown);
        let members: Vec<_> =
            server.members("ada", &team).await.into_iter().map(|member| member.user_id).collect();
        assert_eq!(members, ["ada", "bob"], "the row that was right is added");
    })
    .await;
}

#[tokio::test]
async fn new_filters_are_checked_with_all_the_others() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team_id = server.create_under("ada", "brand").await;
        let members = async |filter: list_members_request::Filter, fields: &[&str]| {
            let what = format!("{filter:?}");
            let request = ListMembersRequest {
                team_id: team_id.clone(),
                filter: Some(filter),
                ..ListMembersRequest::default()
            };
            assert_invalid(&what, server.team_as("ada").list_members(request).await, fields);
        };
        let none = list_members_request::Filter::default;
        members(list_members_request::Filter { state: 7, ..none() }, &["filter.state"]).await;
        let resource = list_members_request::Filter { resource_id: "one".into(), ..none() };
        members(resource, &["filter.resource_kind"]).await;
        let kind_alone = list_members_request::Filter { resource_kind: "brand".into(), ..none() };
        members(kind_alone, &["filter.resource_id"]).await;
        let all = list_members_request::Filter {
            role: "No Role".into(),
            email_prefix: "x".repeat(255),
            state: -1,
            resource_kind: "No Kind".into(),
            resource_id: "x".repeat(129),
        };
        let fields = [
            "filter.email_prefix",
            "filter.resource_id",
            "filter.resource_kind",
            "filter.role",
            "filter.state",
        ];
        members(all, &fields).await;

        let filter = list_events_request::Filter {
            types: vec![0, 1, 99],
            target_user_id: "x".repeat(129),
            ..list_events_request::Filter::default()
        };
        let request = ListEventsRequest { team_id, filter: Some(filter), ..ListEventsRequest::default() };
        let fields = ["filter.target_user_id", "filter.types[0]", "filter.types[2]"];
        assert_invalid("ListEvents", server.team_as("ada").list_events(request.clone()).await, &fields);
        let watcher = server.team_as(service("events.watch-all")).list_events(request).await;
        assert_invalid("ListEvents by a service", watcher, &fields);
    })
    .await;
}
