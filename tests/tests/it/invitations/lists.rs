//! A team's invitations as its members see them: by state, by address, in pages, and beside the members.

use std::time::Duration;

use roster_proto::v1::list_invitations_request::Filter;
use roster_proto::v1::{
    ErrorReason, Invitation, InvitationState, ListInvitationsRequest, ListMembersRequest,
    ListReceivedInvitationsRequest, list_members_request,
};
use roster_testkit::{
    ATELIER, Kind, Options, Server, actor, assert_refused, atelier, both, invitation_row, known, micros,
};

const STATES: [InvitationState; 6] = [
    InvitationState::Pending,
    InvitationState::Accepted,
    InvitationState::Declined,
    InvitationState::Cancelled,
    InvitationState::Expired,
    InvitationState::MakerGone,
];

fn emails(invitations: &[Invitation]) -> Vec<&str> {
    invitations.iter().map(|one| one.email.split('@').next().unwrap_or_default()).collect()
}

/// A team with an invitation in each state, and a second pending one.
async fn in_every_state(kind: Kind, options: &Options) -> (Server, String) {
    let server = Server::start_with(kind, options.clone()).await;
    let team = server.team_under(ATELIER, "ada", &[("fred", "foreman")]).await;
    server.invite("ada", &team, "expired@example.org", "apprentice").await;
    let server = server.restart(options.clone().clock_offset(Duration::from_hours(7 * 24))).await;
    for user in ["accepted", "declined", "cancelled", "pending"] {
        let invite = server.invite("ada", &team, &format!("{user}@example.org"), "apprentice").await;
        match user {
            "accepted" => drop(server.accept(known(user), &invite).await),
            "declined" => drop(server.decline(known(user), &invite).await),
            "cancelled" => drop(server.cancel("ada", &team, &invite.id).await),
            _ => {}
        }
    }
    server.invite("fred", &team, "gone@example.org", "journeyman").await;
    server.change_role("ada", &team, "fred", "journeyman").await;
    server.invite("ada", &team, "Newest@Bücher.example", "apprentice").await;
    (server, team)
}

#[tokio::test]
async fn each_state_has_its_list_and_all_of_them_are_the_newest_first() {
    let (_folder, options) = atelier();
    both(async |kind| {
        let (server, team) = in_every_state(kind, &options).await;
        let all = server.invitations("ada", &team).await;
        let names = ["Newest", "gone", "pending", "cancelled", "declined", "accepted", "expired"];
        assert_eq!(emails(&all), names);
        assert!(all.is_sorted_by(|newer, older| micros(newer.create_time) >= micros(older.create_time)));
        for state in STATES {
            let filter = Filter { state: state.into(), ..Filter::default() };
            let listed = server.invitations_that("ada", &team, filter).await;
            let expected: Vec<_> = all.iter().filter(|one| one.state() == state).cloned().collect();
            assert_eq!(listed, expected, "{state:?}");
            let count = if state == InvitationState::Pending { 2 } else { 1 };
            assert_eq!(listed.len(), count, "{state:?}");
        }
        for one in &all {
            assert_eq!(server.invitation("ada", &team, &one.invitation_id).await, *one, "as one reads it");
            assert!(!format!("{one:?}").contains("rst_"), "no secret");
            assert!(!one.etag.is_empty());
        }
    })
    .await;
}

#[tokio::test]
async fn the_invitations_of_an_address_are_found_however_it_is_spelt() {
    let (_folder, options) = atelier();
    both(async |kind| {
        let (server, team) = in_every_state(kind, &options).await;
        let by = async |email: &str, state: InvitationState| {
            let filter = Filter { email: email.into(), state: state.into() };
            server.invitations_that("ada", &team, filter).await.len()
        };
        let any = InvitationState::Unspecified;
        for spelt in ["newest@bücher.example", "NEWEST@xn--bcher-kva.example", "Newest@Bücher.example"] {
            assert_eq!(by(spelt, any).await, 1, "{spelt}");
        }
        for other in ["newest@bucher.example", "nobody@example.org", "pendin@example.org"] {
            assert_eq!(by(other, any).await, 0, "{other}");
        }
        assert_eq!(by("declined@example.org", InvitationState::Pending).await, 0, "all conditions hold");
        assert_eq!(by("declined@example.org", InvitationState::Declined).await, 1);
        server.invite("ada", &team, "Declined@example.org", "apprentice").await;
        assert_eq!(by("declined@example.org", any).await, 2, "in every state");
    })
    .await;
}

#[tokio::test]
async fn pages_have_each_once_and_their_tokens_are_good_for_that_list_alone() {
    let (_folder, options) = atelier();
    both(async |kind| {
        let (server, team) = in_every_state(kind, &options).await;
        let other = server.create_under("ada", ATELIER).await;
        let all = server.invitations("ada", &team).await;
        let first = ListInvitationsRequest { team_id: team.clone(), page_size: 2, ..Default::default() };
        let mut ada = server.invites_as("ada");
        let (mut request, mut listed, mut sizes) = (first.clone(), Vec::new(), Vec::new());
        let token = loop {
            let page = ada.list_invitations(request.clone()).await.unwrap().into_inner();
            sizes.push(page.invitations.len());
            listed.extend(page.invitations);
            if page.next_page_token.is_empty() {
                break request.page_token.clone();
            }
            request.page_token = page.next_page_token;
        };
        assert_eq!((listed, sizes), (all, vec![2, 2, 2, 1]));

        let state = |state: InvitationState| Some(Filter { state: state.into(), ..Filter::default() });
        let email = Some(Filter { email: "pending@example.org".into(), ..Filter::default() });
        for wrong in [
            ListInvitationsRequest { team_id: other, ..request.clone() },
            ListInvitationsRequest { filter: state(InvitationState::Pending), ..request.clone() },
            ListInvitationsRequest { filter: email, ..request.clone() },
            ListInvitationsRequest { page_token: format!("{token}A"), ..request.clone() },
        ] {
            assert_refused(ada.list_invitations(wrong).await, ErrorReason::PageTokenInvalid);
        }
        let through = server.invites_as(actor("ada").through("shop")).list_invitations(request.clone()).await;
        assert_refused(through, ErrorReason::PageTokenInvalid);
        let members = ListMembersRequest { team_id: team.clone(), page_size: 1, ..Default::default() };
        let members = server.team_as("ada").list_members(members).await.unwrap().into_inner();
        let foreign = ListInvitationsRequest { page_token: members.next_page_token, ..first };
        assert_refused(ada.list_invitations(foreign).await, ErrorReason::PageTokenInvalid);
        let received = ListReceivedInvitationsRequest { page_size: 1, page_token: token };
        let received = server.invites_as(known("ada")).list_received_invitations(received).await;
        assert_refused(received, ErrorReason::PageTokenInvalid);
        ada.list_invitations(request).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn the_first_page_of_members_shows_what_is_pending_to_those_who_may_see_it() {
    let (_folder, options) = atelier();
    both(async |kind| {
        let (server, team) = in_every_state(kind, &options).await;
        let page = async |who: &str, request: ListMembersRequest| {
            server.team_as(who).list_members(request).await.unwrap().into_inner()
        };
        let request = ListMembersRequest { team_id: team.clone(), page_size: 1, ..Default::default() };
        let first = page("ada", request.clone()).await;
        let names = emails(&first.pending_invitations);
        assert_eq!(names, ["Newest", "gone", "pending"], "the newest first, also without a maker");
        for one in &first.pending_invitations {
            assert_eq!(server.invitation("ada", &team, &one.invitation_id).await, *one);
        }
        let second = ListMembersRequest { page_token: first.next_page_token, ..request.clone() };
        assert!(page("ada", second).await.pending_invitations.is_empty(), "on the first page alone");
        let role = list_members_request::Filter { role: "master".into(), ..Default::default() };
        let filtered = ListMembersRequest { filter: Some(role), ..request.clone() };
        assert_eq!(page("ada", filtered).await.pending_invitations.len(), 3);
        assert!(page("accepted", request).await.pending_invitations.is_empty(), "not to an apprentice");
        let organization = server.create_team("ada").await;
        let request = ListMembersRequest { team_id: organization, ..Default::default() };
        assert!(page("ada", request).await.pending_invitations.is_empty());
    })
    .await;
}

#[tokio::test]
async fn at_most_two_hundred_pending_ones_stand_beside_the_members() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.create_under("ada", "brand").await;
        for hundred in 0..3 {
            let rows: Vec<_> =
                (0..100).map(|i| invitation_row(&format!("p{hundred}.{i}@example.org"), "guest")).collect();
            server.try_invite_all("ada", &team, &rows).await.unwrap();
        }
        let page = server.page("ada", &team, list_members_request::Filter::default()).await;
        let all = server.invitations("ada", &team).await;
        assert_eq!((all.len(), page.pending_invitations.len()), (300, 200));
        assert!(page.pending_invitations == all[..200], "the newest");
    })
    .await;
}
