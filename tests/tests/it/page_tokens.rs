//! Page tokens: good for the very list that gave them, and for nothing else.

use roster_proto::v1::{
    ErrorReason, ListEventsRequest, ListInviteLinksRequest, ListMembersRequest, ListPoliciesRequest,
    ListTeamsRequest, list_events_request, list_invite_links_request, list_members_request,
    list_teams_request,
};
use roster_testkit::{ADMIN, Options, POLICY, Server, VIEWER, actor, assert_refused, both};

/// Teams, members, links and events enough for a second page of each.
struct Scene {
    server: Server,
    team: String,
    other_team: String,
}

impl Scene {
    async fn set(kind: roster_testkit::Kind) -> Self {
        let server = Server::start(kind).await;
        let people = [("ada", ADMIN), ("ben", ADMIN), ("bob", VIEWER)];
        let team = server.team_of(&people).await;
        let other_team = server.team_of(&people).await;
        for team in [&team, &other_team] {
            server.create_link("ada", team).await;
            server.create_link("ada", team).await;
        }
        Self { server, team, other_team }
    }

    fn teams() -> ListTeamsRequest {
        ListTeamsRequest { page_size: 1, ..ListTeamsRequest::default() }
    }

    fn members(&self) -> ListMembersRequest {
        ListMembersRequest { team_id: self.team.clone(), page_size: 1, ..ListMembersRequest::default() }
    }

    fn events(&self) -> ListEventsRequest {
        ListEventsRequest { team_id: self.team.clone(), page_size: 1, ..ListEventsRequest::default() }
    }

    fn links(&self) -> ListInviteLinksRequest {
        ListInviteLinksRequest {
            team_id: self.team.clone(),
            page_size: 1,
            ..ListInviteLinksRequest::default()
        }
    }

    /// The tokens for ada's second pages, of each list.
    async fn tokens(&self) -> [String; 4] {
        let (mut teams, mut invites) = (self.server.team_as("ada"), self.server.invites_as("ada"));
        let tokens = [
            teams.list_teams(Self::teams()).await.expect("a list").into_inner().next_page_token,
            teams.list_members(self.members()).await.expect("a list").into_inner().next_page_token,
            teams.list_events(self.events()).await.expect("a list").into_inner().next_page_token,
            invites.list_invite_links(self.links()).await.expect("a list").into_inner().next_page_token,
        ];
        assert!(tokens.iter().all(|token| !token.is_empty()), "there is a second page of each list");
        tokens
    }
}

#[tokio::test]
async fn what_is_no_page_token_is_refused_by_every_list() {
    both(async |kind| {
        let scene = Scene::set(kind).await;
        let tokens = scene.tokens().await;
        let mut wrong: Vec<String> =
            vec!["x".into(), "AAAA".into(), "0".repeat(64), "…".into(), "x".repeat(4_000)];
        for token in &tokens {
            wrong.extend([format!("{token}A"), token[1..].to_owned(), token[..token.len() - 1].to_owned()]);
            for at in (0..token.len() - 1).step_by(7) {
                let other = if &token[at..=at] == "A" { "B" } else { "A" };
                wrong.push(format!("{}{other}{}", &token[..at], &token[at + 1..]));
            }
        }
        let (mut teams, mut invites) = (scene.server.team_as("ada"), scene.server.invites_as("ada"));
        for page_token in wrong {
            let request = ListTeamsRequest { page_token: page_token.clone(), ..Scene::teams() };
            assert_refused(teams.list_teams(request).await, ErrorReason::PageTokenInvalid);
            let request = ListMembersRequest { page_token: page_token.clone(), ..scene.members() };
            assert_refused(teams.list_members(request).await, ErrorReason::PageTokenInvalid);
            let request = ListEventsRequest { page_token: page_token.clone(), ..scene.events() };
            assert_refused(teams.list_events(request).await, ErrorReason::PageTokenInvalid);
            let request = ListInviteLinksRequest { page_token: page_token.clone(), ..scene.links() };
            assert_refused(invites.list_invite_links(request).await, ErrorReason::PageTokenInvalid);
            let request = ListPoliciesRequest { page_token, page_size: 1 };
            assert_refused(teams.list_policies(request).await, ErrorReason::PageTokenInvalid);
        }
    })
    .await;
}

#[tokio::test]
async fn a_token_of_another_list_is_refused() {
    both(async |kind| {
        let scene = Scene::set(kind).await;
        let [of_teams, of_members, of_events, of_links] = scene.tokens().await;
        let (mut teams, mut invites) = (scene.server.team_as("ada"), scene.server.invites_as("ada"));
        for page_token in [&of_members, &of_events, &of_links] {
            let request = ListTeamsRequest { page_token: page_token.clone(), ..Scene::teams() };
            assert_refused(teams.list_teams(request).await, ErrorReason::PageTokenInvalid);
        }
        for page_token in [&of_teams, &of_events, &of_links] {
            let request = ListMembersRequest { page_token: page_token.clone(), ..scene.members() };
            assert_refused(teams.list_members(request).await, ErrorReason::PageTokenInvalid);
        }
        for page_token in [&of_teams, &of_members, &of_links] {
            let request = ListEventsRequest { page_token: page_token.clone(), ..scene.events() };
            assert_refused(teams.list_events(request).await, ErrorReason::PageTokenInvalid);
        }
        for page_token in [&of_teams, &of_members, &of_events] {
            let request = ListInviteLinksRequest { page_token: page_token.clone(), ..scene.links() };
            assert_refused(invites.list_invite_links(request).await, ErrorReason::PageTokenInvalid);
        }
    })
    .await;
}

#[tokio::test]
async fn a_token_is_bound_to_its_actor_and_caller() {
    both(async |kind| {
        let scene = Scene::set(kind).await;
        let [page_token, ..] = scene.tokens().await;
        let request = ListTeamsRequest { page_token, ..Scene::teams() };
        for other in [actor("ben"), actor("ada").through("shop")] {
            let outcome = scene.server.team_as(other).list_teams(request.clone()).await;
            assert_refused(outcome, ErrorReason::PageTokenInvalid);
        }
        scene.server.team_as("ada").list_teams(request).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_token_is_bound_to_team_filter_and_order() {
    both(async |kind| {
        let scene = Scene::set(kind).await;
        let [of_teams, of_members, of_events, of_links] = scene.tokens().await;
        let (mut teams, mut invites) = (scene.server.team_as("ada"), scene.server.invites_as("ada"));
        let other_team = || scene.other_team.clone();

        let right = ListTeamsRequest { page_token: of_teams, ..Scene::teams() };
        let by_policy = list_teams_request::Filter { policy: POLICY.into(), ..Default::default() };
        let by_key = list_teams_request::Filter { external_id: "e-1".into(), ..Default::default() };
        for filter in [by_policy, by_key] {
            let wrong = ListTeamsRequest { filter: Some(filter), ..right.clone() };
            assert_refused(teams.list_teams(wrong).await, ErrorReason::PageTokenInvalid);
        }
        teams.list_teams(right).await.unwrap();

        let right = ListMembersRequest { page_token: of_members, ..scene.members() };
        let by_role = list_members_request::Filter { role: VIEWER.into(), ..Default::default() };
        let by_email = list_members_request::Filter { email_prefix: "a".into(), ..Default::default() };
        let by_state = list_members_request::Filter { state: 2, ..Default::default() };
        for wrong in [
            ListMembersRequest { team_id: other_team(), ..right.clone() },
            ListMembersRequest { order_by: "join_time desc".into(), ..right.clone() },
            ListMembersRequest { filter: Some(by_role), ..right.clone() },
            ListMembersRequest { filter: Some(by_email), ..right.clone() },
            ListMembersRequest { filter: Some(by_state), ..right.clone() },
        ] {
            assert_refused(teams.list_members(wrong).await, ErrorReason::PageTokenInvalid);
        }
        teams.list_members(right).await.unwrap();

        let right = ListEventsRequest { page_token: of_events, ..scene.events() };
        let filter = Some(list_events_request::Filter { types: vec![2], ..Default::default() });
        for wrong in [
            ListEventsRequest { team_id: other_team(), ..right.clone() },
            ListEventsRequest { filter, ..right.clone() },
        ] {
            assert_refused(teams.list_events(wrong).await, ErrorReason::PageTokenInvalid);
        }
        teams.list_events(right).await.unwrap();

        let right = ListInviteLinksRequest { page_token: of_links, ..scene.links() };
        let filter = Some(list_invite_links_request::Filter { state: 1 });
        for wrong in [
            ListInviteLinksRequest { team_id: other_team(), ..right.clone() },
            ListInviteLinksRequest { filter, ..right.clone() },
        ] {
            assert_refused(invites.list_invite_links(wrong).await, ErrorReason::PageTokenInvalid);
        }
        invites.list_invite_links(right).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_token_survives_a_restart_and_another_page_size() {
    both(async |kind| {
        let scene = Scene::set(kind).await;
        let [_, of_members, ..] = scene.tokens().await;
        let request = ListMembersRequest { page_token: of_members, page_size: 200, ..scene.members() };
        let server = scene.server.restart(Options::default()).await;
        let page = server.team_as("ada").list_members(request).await.unwrap().into_inner();
        let rest: Vec<_> = page.members.into_iter().map(|member| member.user_id).collect();
        assert_eq!((rest.as_slice(), page.next_page_token.as_str()), (&["ben".into(), "bob".into()][..], ""));
    })
    .await;
}
