//! A team's members in their order, by role and by address.

use roster_proto::v1::list_members_request::Filter;
use roster_proto::v1::{ListMembersRequest, ListMembersResponse};
use roster_testkit::{ADMIN, EDITOR, Server, VIEWER, actor, both, micros};

/// A team of ada, four editors, five viewers, and one viewer without an address.
async fn team_of_eleven(server: &Server) -> String {
    let ada = actor("ada").email("ada@example.org");
    let team = server.create_team(&ada).await;
    let link = server.create_link(&ada, &team).await;
    for i in 0..9 {
        let name = if i % 3 == 0 { "Team." } else { "p" };
        let person = actor(&format!("p{i}")).email(&format!("{name}{i}@Example.org"));
        server.redeem(person, &link.token).await;
    }
    server.redeem("px", &link.token).await;
    for i in 0..4 {
        server.change_role("ada", &team, &format!("p{i}"), EDITOR).await;
    }
    team
}

/// The list as a viewer sees it; and the ids in it, in their order.
async fn list(server: &Server, team: &str, filter: Filter, order_by: &str) -> (ListMembersResponse, String) {
    let request = ListMembersRequest {
        team_id: team.into(),
        filter: Some(filter),
        order_by: order_by.into(),
        ..ListMembersRequest::default()
    };
    let page = server.team_as("px").list_members(request).await.expect("a viewer lists").into_inner();
    let ids: Vec<_> = page.members.iter().map(|member| member.user_id.as_str()).collect();
    let ids = ids.join(" ");
    (page, ids)
}

#[tokio::test]
async fn members_are_listed_by_join_time() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = team_of_eleven(&server).await;
        let (all, ids) = list(&server, &team, Filter::default(), "").await;
        assert_eq!(ids, "ada p0 p1 p2 p3 p4 p5 p6 p7 p8 px");
        assert_eq!(all.total_size, Some(11));
        assert!(all.members.is_sorted_by_key(|member| micros(member.join_time)));
        assert_eq!(all.members[1].email, "Team.0@Example.org", "as it was typed");
        assert_eq!(all.members[10].email, "", "none was seen");
        assert_eq!(server.members("ada", &team).await, all.members, "without a filter");
        assert_eq!(list(&server, &team, Filter::default(), "join_time").await.1, ids);
        let (_, backwards) = list(&server, &team, Filter::default(), "join_time desc").await;
        assert_eq!(backwards, "px p8 p7 p6 p5 p4 p3 p2 p1 p0 ada");
    })
    .await;
}

#[tokio::test]
async fn members_are_filtered_by_role_and_address() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = team_of_eleven(&server).await;
        let check = async |role: &str, prefix: &str, expected: &str, size: Option<i64>| {
            let filter = Filter { role: role.into(), email_prefix: prefix.into(), ..Filter::default() };
            let (page, ids) = list(&server, &team, filter, "").await;
            assert_eq!((ids.as_str(), page.total_size), (expected, size), "{role:?} {prefix:?}");
        };
        check(ADMIN, "", "ada", Some(1)).await;
        check(EDITOR, "", "p0 p1 p2 p3", Some(4)).await;
        check(VIEWER, "", "p4 p5 p6 p7 p8 px", Some(6)).await;
        check("", "team.", "p0 p3 p6", None).await;
        check("", "TEAM.3@EXAMPLE", "p3", None).await;
        check("", "p1@example.org", "p1", None).await;
        check(EDITOR, "p", "p1 p2", None).await;
        check(ADMIN, "p", "", None).await;
        // Nothing in a prefix has a meaning of its own.
        for nothing in ["p1@example.orgx", "%", "p_@", "_", "\\", "'", "zoe"] {
            check("", nothing, "", None).await;
        }
    })
    .await;
}
