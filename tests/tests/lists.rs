//! Lists: what is in them, in which order, page by page, while things change.

use std::collections::BTreeSet;

use roster_proto::v1::list_members_request::Filter;
use roster_proto::v1::{ListMembersRequest, ListMembersResponse, ListTeamsRequest, list_teams_request};
use roster_tests::{ADMIN, EDITOR, Options, POLICY, Server, VIEWER, actor, both, micros};

#[tokio::test]
async fn a_person_lists_its_own_teams_the_oldest_first_however_many() {
    both(async |kind| {
        let many = Options::default().variable("ROSTER_LIMITS__TEAMS_PER_USER_AND_DAY", "200");
        let server = Server::start_with(kind, many).await;
        let mut mine = Vec::new();
        for i in 0..120 {
            mine.push(server.create_team("ada").await);
            if i % 10 == 0 {
                server.create_team("zoe").await;
            }
        }
        let joined = server.create_team("zoe").await;
        let link = server.create_link("zoe", &joined).await;
        server.redeem("ada", &link.token).await;
        mine.push(joined);

        for page_size in [7, 50, 0, 500] {
            let mut request = ListTeamsRequest { page_size, ..ListTeamsRequest::default() };
            let (mut listed, mut pages) = (Vec::new(), 0);
            loop {
                let page = server.team_as("ada").list_teams(request.clone()).await.unwrap().into_inner();
                pages += 1;
                listed.extend(page.teams.into_iter().map(|team| team.team_id));
                if page.next_page_token.is_empty() {
                    break;
                }
                request.page_token = page.next_page_token;
            }
            assert_eq!(listed, mine, "by pages of {page_size}");
            let expected = match page_size {
                7 => 18,
                500 => 1,
                _ => 3,
            };
            assert_eq!(pages, expected, "pages of {page_size}: 0 means 50, more than 200 means 200");
        }

        let page = |policy: &str| ListTeamsRequest {
            filter: Some(list_teams_request::Filter { policy: policy.into() }),
            page_size: 200,
            ..ListTeamsRequest::default()
        };
        let of_policy = server.team_as("ada").list_teams(page(POLICY)).await.unwrap().into_inner();
        assert_eq!(of_policy.teams.len(), 121);
        server.remove("zoe", &mine[120], "ada").await;
        let left = server.team_as("ada").list_teams(page("")).await.unwrap().into_inner();
        assert_eq!(left.teams.len(), 120, "a team that one is out of is gone from the list");
        let none = server.team_as("yan").list_teams(page("")).await.unwrap().into_inner();
        assert!(none.teams.is_empty());
    })
    .await;
}

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
            let filter = Filter { role: role.into(), email_prefix: prefix.into() };
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

#[tokio::test]
async fn pages_neither_repeat_nor_skip_members_while_others_join_and_go() {
    both(async |kind| {
        for order_by in ["join_time", "join_time desc"] {
            let server = Server::start(kind).await;
            let team = server.create_team("ada").await;
            let link = server.create_link("ada", &team).await;
            let join = async |person: String| drop(server.redeem(&person, &link.token).await);
            for i in 0..24 {
                join(format!("old-{i}")).await;
            }
            let mut request = ListMembersRequest {
                team_id: team.clone(),
                page_size: 5,
                order_by: order_by.into(),
                ..ListMembersRequest::default()
            };
            let (mut listed, mut round) = (Vec::new(), 0);
            loop {
                let page = server.team_as("ada").list_members(request.clone()).await.unwrap().into_inner();
                listed.extend(page.members.into_iter().map(|member| member.user_id));
                if page.next_page_token.is_empty() {
                    break;
                }
                request.page_token = page.next_page_token;
                if round < 4 {
                    join(format!("new-{round}")).await;
                    // The very member that the next page continues after.
                    let last = listed.last().unwrap();
                    if last != "ada" {
                        server.remove("ada", &team, last).await;
                    }
                }
                round += 1;
            }
            let distinct: BTreeSet<_> = listed.iter().collect();
            assert_eq!(distinct.len(), listed.len(), "{order_by}: nobody twice in {listed:?}");
            let old = listed.iter().filter(|person| person.starts_with("old-")).count();
            assert_eq!(old, 24, "{order_by}: everybody who was there is in {listed:?}");
            let new = listed.iter().filter(|person| person.starts_with("new-")).count();
            let expected = if order_by == "join_time" { 4 } else { 0 };
            assert_eq!(new, expected, "{order_by}: {listed:?}");
        }
    })
    .await;
}
