//! Members by state, by resource, and by all that can be asked for together.

use std::slice::from_ref;

use prost_types::Timestamp;
use roster_proto::v1::batch_add_members_request::Row;
use roster_proto::v1::list_members_request::Filter;
use roster_proto::v1::{ErrorReason, Grant, ListMembersRequest, ListMembersResponse, MemberState};
use roster_testkit::{
    ATELIER, Outcome, Server, assert_invalid, assert_refused, atelier, both, on, on_all, row,
};

/// A journeyman or apprentice, with an address and with grants, who joined at that second.
fn person(user: &str, role: &str, second: i64, grants: &[Grant]) -> Row {
    Row {
        grants: grants.to_vec(),
        join_time: Some(Timestamp { seconds: second, nanos: 0 }),
        email: format!("{user}@example.org"),
        ..row(user, role)
    }
}

/// A workshop of ada and of six who joined before, the last first; two of them are suspended.
async fn workshop(server: &Server) -> String {
    let team = server.create_under("ada", ATELIER).await;
    let (p1, p2) = (on("piece", "p1", "viewer"), on("piece", "p2", "viewer"));
    let people = [
        person("jo", "journeyman", 6, &[p1.clone(), p2.clone()]),
        person("jan", "journeyman", 5, from_ref(&p1)),
        person("kim", "apprentice", 4, from_ref(&p1)),
        person("kay", "apprentice", 3, &[p2]),
        person("all", "journeyman", 2, &[on_all("piece", "maker")]),
        person("jim", "journeyman", 1, &[on("room", "p1", "visitor")]),
    ];
    server.add(&team, &people).await;
    server.suspend("ada", &team, "jan").await;
    server.suspend("ada", &team, "kay").await;
    team
}

async fn try_list(server: &Server, team: &str, filter: Filter) -> Outcome<ListMembersResponse> {
    let request =
        ListMembersRequest { team_id: team.into(), filter: Some(filter), ..ListMembersRequest::default() };
    server.team_as("jo").list_members(request).await
}

#[tokio::test]
async fn members_are_filtered_by_everything_at_once_and_counted_where_that_is_promised() {
    both(async |kind| {
        let (_policy, options) = atelier();
        let server = Server::start_with(kind, options).await;
        let team = workshop(&server).await;
        // In words: a role, a state, a piece, a prefix.
        let check = async |filter: [&str; 4], expected: &str, total: Option<i64>| {
            let [role, state, piece, prefix] = filter;
            let state = match state {
                "active" => MemberState::Active,
                "suspended" => MemberState::Suspended,
                _ => MemberState::Unspecified,
            };
            let wanted = Filter {
                role: role.into(),
                email_prefix: prefix.into(),
                state: state.into(),
                resource_id: piece.into(),
                resource_kind: if piece.is_empty() { String::new() } else { "piece".into() },
            };
            let page = try_list(&server, &team, wanted).await.unwrap().into_inner();
            let ids: Vec<_> = page.members.iter().map(|member| member.user_id.as_str()).collect();
            assert_eq!((ids.join(" ").as_str(), page.total_size), (expected, total), "{filter:?}");
        };
        check(["", "", "", ""], "jim all kim jo ada", Some(5)).await;
        check(["", "active", "", ""], "jim all kim jo ada", Some(5)).await;
        check(["", "suspended", "", ""], "kay jan", Some(2)).await;
        check(["journeyman", "", "", ""], "jim all jo", Some(3)).await;
        check(["journeyman", "suspended", "", ""], "jan", Some(1)).await;
        check(["master", "suspended", "", ""], "", Some(0)).await;
        check(["", "", "p1", ""], "kim jo", None).await;
        check(["", "suspended", "p1", ""], "jan", None).await;
        check(["journeyman", "", "p1", ""], "jo", None).await;
        check(["", "", "p2", ""], "jo", None).await;
        check(["", "", "p3", ""], "", None).await;
        check(["", "", "", "J"], "jim jo", None).await;
        check(["", "suspended", "", "j"], "jan", None).await;
        check(["apprentice", "suspended", "p2", "kay@"], "kay", None).await;
        check(["apprentice", "active", "p2", "kay@"], "", None).await;
    })
    .await;
}

#[tokio::test]
async fn a_filtered_list_goes_on_page_by_page_in_either_order() {
    both(async |kind| {
        let (_policy, options) = atelier();
        let server = Server::start_with(kind, options).await;
        let team = workshop(&server).await;
        for (order_by, expected) in [("join_time", "kay jan"), ("join_time desc", "jan kay")] {
            let mut request = ListMembersRequest {
                team_id: team.clone(),
                filter: Some(Filter { state: MemberState::Suspended.into(), ..Filter::default() }),
                order_by: order_by.into(),
                page_size: 1,
                ..ListMembersRequest::default()
            };
            let (mut listed, mut pages) = (Vec::new(), 0);
            loop {
                let page = server.team_as("ada").list_members(request.clone()).await.unwrap().into_inner();
                assert_eq!(page.total_size, Some(2), "on every page");
                listed.extend(page.members.into_iter().map(|member| member.user_id));
                pages += 1;
                if page.next_page_token.is_empty() {
                    break;
                }
                request.page_token = page.next_page_token;
            }
            assert_eq!((listed.join(" ").as_str(), pages), (expected, 2), "{order_by}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_resource_and_its_kind_are_named_together_and_must_be_the_policys() {
    both(async |kind| {
        let (_policy, options) = atelier();
        let server = Server::start_with(kind, options).await;
        let team = workshop(&server).await;
        let filter = |resource_kind: &str, resource_id: &str| Filter {
            resource_kind: resource_kind.into(),
            resource_id: resource_id.into(),
            ..Filter::default()
        };
        let check = async |resource_kind: &str, resource_id: &str, fields: &[&str]| {
            let outcome = try_list(&server, &team, filter(resource_kind, resource_id)).await;
            assert_invalid(resource_kind, outcome, fields);
        };
        check("piece", "", &["filter.resource_id"]).await;
        check("", "p1", &["filter.resource_kind"]).await;
        check("No Kind", &"p".repeat(129), &["filter.resource_id", "filter.resource_kind"]).await;
        let refused =
            assert_refused(try_list(&server, &team, filter("brand", "b1")).await, ErrorReason::KindUnknown);
        assert_eq!(refused.metadata.get("kind").map(String::as_str), Some("brand"));
        let role = Filter { role: "viewer".into(), ..Filter::default() };
        assert_refused(try_list(&server, &team, role).await, ErrorReason::RoleUnknown);
        assert_invalid(
            "state",
            try_list(&server, &team, Filter { state: 3, ..Filter::default() }).await,
            &["filter.state"],
        );
    })
    .await;
}
