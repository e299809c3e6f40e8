//! Pages: what one has that the others have not, and how they go on while things change.

use std::collections::BTreeSet;

use roster_proto::v1::ListMembersRequest;
use roster_proto::v1::list_members_request::Filter;
use roster_testkit::{Server, both, row};

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

#[tokio::test]
async fn the_first_page_alone_carries_the_seats() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.account("ada", "agency").await;
        server.add(&team, &[row("vic", "viewer")]).await;
        let mut request =
            ListMembersRequest { team_id: team.clone(), page_size: 1, ..ListMembersRequest::default() };
        let mut list = async |actor: &str, token: String| {
            request.page_token = token;
            server.team_as(actor).list_members(request.clone()).await.unwrap().into_inner()
        };
        for actor in ["ada", "vic"] {
            let first = list(actor, String::new()).await;
            let seats = first.seats.unwrap();
            assert_eq!(
                (seats.limit, seats.used, seats.available, seats.pending),
                (3, 2, 1, 0),
                "for {actor}"
            );
            assert!(first.pending_invitations.is_empty(), "there are none");
            let second = list(actor, first.next_page_token).await;
            assert_eq!((second.members.len(), second.seats, second.total_size), (1, None, Some(2)));
        }
        let uncounted = server.create_under("ada", "brand").await;
        assert_eq!(server.page("ada", &uncounted, Filter::default()).await.seats, None);
    })
    .await;
}
