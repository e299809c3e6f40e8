//! The audit log of a team.

use std::collections::BTreeSet;

use roster_proto::v1::event::Change;
use roster_proto::v1::list_events_request::Filter;
use roster_proto::v1::{Event, EventType, JoinMethod, ListEventsRequest};
use roster_testkit::{ADMIN, Link, POLICY, Server, VIEWER, actor, both, micros, request_id};

/// A team with an event of nearly every kind, one commit each.
async fn eventful_team(server: &Server) -> (String, Link) {
    let team = server.create_team(actor("ada").through("shop")).await;
    let link = server.create_link("ada", &team).await;
    server.redeem("bob", &link.token).await;
    server.change_role("ada", &team, "bob", ADMIN).await;
    server.redeem("cyd", &link.token).await;
    server.revoke("bob", &team, &link.id).await;
    server.remove("bob", &team, "cyd").await;
    (team, link)
}

#[tokio::test]
async fn every_change_is_an_event_the_newest_first() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let (team, link) = eventful_team(&server).await;
        let events = server.events("ada", &team).await;
        let row = |event: &Event| {
            (event.revision, event.r#type(), event.actor_user_id.clone(), event.caller.clone())
        };
        let expected = [
            (7, EventType::MemberRemoved, "bob", "dev"),
            (6, EventType::InviteLinkRevoked, "bob", "dev"),
            (5, EventType::MemberJoined, "cyd", "dev"),
            (4, EventType::MemberRoleChanged, "ada", "dev"),
            (3, EventType::MemberJoined, "bob", "dev"),
            (2, EventType::InviteLinkCreated, "ada", "dev"),
            (1, EventType::MemberJoined, "ada", "shop"),
            (1, EventType::TeamCreated, "ada", "shop"),
        ];
        let expected = expected.map(|(at, kind, who, by)| (at, kind, who.to_owned(), by.to_owned()));
        assert_eq!(events.iter().map(row).collect::<Vec<_>>(), expected);
        assert!(events.iter().all(|event| event.team_id == team));
        let ids: BTreeSet<_> = events.iter().map(|event| event.event_id.as_str()).collect();
        assert!(ids.len() == 8 && ids.iter().all(|id| id.starts_with("evt_")), "an id each: {ids:?}");
        assert!(events.is_sorted_by(|newer, older| micros(newer.event_time) >= micros(older.event_time)));

        let all: Vec<_> = events.into_iter().filter_map(|event| event.change).collect();
        let [
            Change::MemberRemoved(removed),
            Change::InviteLinkRevoked(revoked),
            _,
            Change::MemberRoleChanged(changed),
            Change::MemberJoined(joined),
            Change::InviteLinkCreated(created),
            Change::MemberJoined(founder),
            Change::TeamCreated(team_created),
        ] = all.as_slice()
        else {
            panic!("{all:?}")
        };
        assert_eq!((removed.user_id.as_str(), removed.role.as_str()), ("cyd", VIEWER));
        assert_eq!((&revoked.link_id, &created.link_id, &joined.link_id), (&link.id, &link.id, &link.id));
        assert_eq!((changed.old_role.as_str(), changed.new_role.as_str()), (VIEWER, ADMIN));
        assert_eq!((joined.user_id.as_str(), joined.invited_by_user_id.as_str()), ("bob", "ada"));
        assert_eq!((joined.role.as_str(), joined.join_method()), (VIEWER, JoinMethod::InviteLink));
        assert_eq!((founder.role.as_str(), founder.join_method()), (ADMIN, JoinMethod::Founder));
        assert_eq!((team_created.policy.as_str(), team_created.display_name.as_str()), (POLICY, "Team"));
        assert_eq!(created.expire_time, server.link("ada", &team, &link.id).await.0.expire_time);
    })
    .await;
}

#[tokio::test]
async fn an_event_names_the_request_that_made_it() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.create_team("ada").await;
        let id = request_id();
        server.try_create_link_once("ada", &team, &id).await.unwrap();
        server.create_link("ada", &team).await;
        let ids: Vec<_> =
            server.events("ada", &team).await.into_iter().map(|event| event.request_id).collect();
        assert_eq!(ids[..2], [String::new(), id]);
    })
    .await;
}

#[tokio::test]
async fn events_are_filtered_by_type_actor_and_time() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let (team, _) = eventful_team(&server).await;
        let events = server.events("ada", &team).await;
        let check = async |filter: Filter, expected: &[i64]| {
            let what = format!("{filter:?}");
            let filter = Some(filter);
            let request = ListEventsRequest { team_id: team.clone(), filter, ..ListEventsRequest::default() };
            let page = server.team_as("ada").list_events(request).await.unwrap().into_inner();
            let revisions: Vec<_> = page.events.iter().map(|event| event.revision).collect();
            assert_eq!(revisions, expected, "{what}");
        };
        let all = Filter::default();
        let types = vec![EventType::MemberJoined.into(), EventType::TeamCreated.into()];
        check(Filter { types, ..all.clone() }, &[5, 3, 1, 1]).await;
        check(Filter { actor_user_id: "bob".into(), ..all.clone() }, &[7, 6, 3]).await;
        check(Filter { actor_user_id: "nobody".into(), ..all.clone() }, &[]).await;
        // From the first moment to before the last.
        let (start_time, end_time) = (events[4].event_time, events[1].event_time);
        check(Filter { start_time, end_time, ..all.clone() }, &[5, 4, 3]).await;
        check(Filter { start_time, ..all.clone() }, &[7, 6, 5, 4, 3]).await;
        check(Filter { end_time, ..all.clone() }, &[5, 4, 3, 2, 1, 1]).await;
        let types = vec![EventType::MemberJoined.into()];
        check(Filter { types, actor_user_id: "bob".into(), start_time, end_time, ..Filter::default() }, &[3])
            .await;
    })
    .await;
}

#[tokio::test]
async fn events_hold_no_address_and_no_token() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let [ada, bob] = ["ada", "bob"].map(|name| actor(name).email(&format!("{name}.canary@example.org")));
        let team = server.create_team(&ada).await;
        let link = server.create_link(&ada, &team).await;
        server.redeem(&bob, &link.token).await;
        server.change_role(&ada, &team, "bob", ADMIN).await;
        let moved = actor("bob").email("bob.moved.canary@example.org");
        server.create_link(&moved, &team).await;
        let events = server.events(&ada, &team).await;
        assert!(events.iter().any(|event| event.r#type() == EventType::MemberEmailChanged));
        let all = format!("{events:?}");
        assert!(!all.contains("canary"), "an address in {all}");
        assert!(!all.contains("rst_link_"), "a token in an event");
    })
    .await;
}
