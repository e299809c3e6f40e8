//! A person's own teams, by policy and by the product's own key.

use std::slice::from_ref;

use roster_proto::v1::list_teams_request::Filter;
use roster_proto::v1::{CreateTeamRequest, ListTeamsRequest};
use roster_testkit::{Actor, Options, POLICY, Server, actor, both, row};

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
            filter: Some(by_policy(policy)),
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

/// The ids of the first page of a person's teams.
async fn listed(server: &Server, actor: &Actor, filter: Filter) -> Vec<String> {
    let request = ListTeamsRequest { filter: Some(filter), ..ListTeamsRequest::default() };
    let page = server.team_as(actor).list_teams(request).await.expect("a list").into_inner();
    page.teams.into_iter().map(|team| team.team_id).collect()
}

fn by_key(external_id: &str) -> Filter {
    Filter { external_id: external_id.into(), ..Filter::default() }
}

fn by_policy(policy: &str) -> Filter {
    Filter { policy: policy.into(), ..Filter::default() }
}

#[tokio::test]
async fn a_team_is_found_by_its_products_own_key_and_not_by_anothers() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let (shop, desk) = (actor("ada").through("shop"), actor("ada").through("desk"));
        let create = async |through: &Actor, policy: &str, external_id: &str| {
            let request = CreateTeamRequest {
                policy: policy.into(),
                display_name: "Team".into(),
                external_id: external_id.into(),
                ..CreateTeamRequest::default()
            };
            let made = server.team_as(through).create_team(request).await.unwrap().into_inner();
            made.team.unwrap().team_id
        };
        let of_shop = create(&shop, "brand", "e-1").await;
        let of_desk = create(&desk, "brand", "e-1").await;
        let other = create(&shop, "organization", "e-2").await;
        let keyless = create(&shop, "brand", "").await;

        assert_eq!(listed(&server, &shop, by_key("e-1")).await, from_ref(&of_shop));
        assert_eq!(listed(&server, &desk, by_key("e-1")).await, from_ref(&of_desk));
        for nothing in ["e", "e-1%", "E-1", "e-2 and more"] {
            assert!(listed(&server, &shop, by_key(nothing)).await.is_empty(), "{nothing}");
        }
        assert!(listed(&server, &desk, by_key("e-2")).await.is_empty(), "the shop's own");
        let as_zoe = actor("zoe").through("shop");
        assert!(listed(&server, &as_zoe, by_key("e-1")).await.is_empty(), "it is no member");

        assert_eq!(
            listed(&server, &shop, by_policy("brand")).await,
            [of_shop.clone(), of_desk.clone(), keyless.clone()]
        );
        let both_hold = Filter { policy: "organization".into(), ..by_key("e-2") };
        assert_eq!(listed(&server, &shop, both_hold).await, from_ref(&other));
        let one_holds = Filter { policy: "brand".into(), ..by_key("e-2") };
        assert!(listed(&server, &shop, one_holds).await.is_empty());
        assert_eq!(listed(&server, &shop, Filter::default()).await, [of_shop, of_desk, other, keyless]);
    })
    .await;
}

#[tokio::test]
async fn teams_without_access_are_not_listed_and_seats_come_with_those_that_count_them() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let studio = server.team_under("studio", "ada", &[("vic", "viewer")]).await;
        let account = server.account("ada", "agency").await;
        server.add(&account, &[row("vic", "viewer")]).await;
        let request = ListTeamsRequest::default();
        let teams = server.team_as("vic").list_teams(request.clone()).await.unwrap().into_inner().teams;
        assert_eq!(teams.iter().map(|team| &team.team_id).collect::<Vec<_>>(), [&studio, &account]);
        assert_eq!(teams[0].seats, None);
        let seats = teams[1].seats.unwrap();
        assert_eq!((seats.limit, seats.used, seats.available), (3, 2, 1));
        assert_eq!(teams[1], server.team("vic", &account).await);

        server.suspend("ada", &studio, "vic").await;
        assert_eq!(listed(&server, &actor("vic"), Filter::default()).await, from_ref(&account));
        server.restore("ada", &studio, "vic").await;
        server.leave("vic", &account).await;
        assert_eq!(listed(&server, &actor("vic"), Filter::default()).await, [studio]);
    })
    .await;
}
