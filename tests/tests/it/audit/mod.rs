//! The audit log whole: teams to which everything happens that can, and every event of them, field by field.

mod chapters;
mod ways_in;

use std::collections::BTreeSet;

use roster_proto::v1::event::Change;
use roster_proto::v1::list_events_request::Filter;
use roster_proto::v1::{ErrorReason, Event, EventType, JoinMethod, ListEventsRequest, MemberJoined};
use roster_testkit::{
    Actor, Kind, OwnPolicy, Server, assert_refused, both, connect_postgres, dump, micros, service,
};

use chapters::{beginning, end, middle};

/// A policy in which everything can happen.
const EVERYTHING: &str = r#"
name = "everything"
title = "Everything"
suspension = true
self_role = "unless_last"
self_leave = "unless_last"

[[roles]]
name = "owner"
founder = true
sole = { transferable = true, former_holder_becomes = "admin" }
permissions = ["*"]
assigns = ["admin", "guest"]
manages = ["admin", "guest"]

[[roles]]
name = "admin"
permissions = ["*"]
assigns = ["admin", "guest"]
manages = ["admin", "guest"]

[[roles]]
name = "guest"
permissions = ["team.read"]

[invite_links]
lifetime = "P1D"
role = "guest"

[invitations]
lifetime = "P7D"
address_locked = true

[team_codes]
prefix = "EV-"
length = 6
lifetimes = ["P7D", "never"]

[tiers]
names = ["small", "large"]
default = "small"

[[kinds]]
name = "brand"
dormant_grants = true

[[kinds.roles]]
name = "editor"
permissions = ["brand.view", "brand.edit"]

[[kinds.roles]]
name = "viewer"
permissions = ["brand.view"]

[kinds.reach]
owner = { all = "editor" }
admin = { all = "editor" }
guest = { scoped = "viewer" }
"#;

const WATCHER: &str = "events.watch-all";

/// An event as it should be; what the service makes up is left out.
fn event(revision: i64, actor: &str, caller: &str, request: &str, change: Change) -> Event {
    Event {
        revision,
        actor_user_id: actor.into(),
        caller: caller.into(),
        request_id: request.into(),
        r#type: type_of(&change).into(),
        change: Some(change),
        ..Event::default()
    }
}

fn type_of(change: &Change) -> EventType {
    match change {
        Change::TeamCreated(_) => EventType::TeamCreated,
        Change::MemberJoined(_) => EventType::MemberJoined,
        Change::MemberRoleChanged(_) => EventType::MemberRoleChanged,
        Change::MemberRemoved(_) => EventType::MemberRemoved,
        Change::MemberEmailChanged(_) => EventType::MemberEmailChanged,
        Change::InviteLinkCreated(_) => EventType::InviteLinkCreated,
        Change::InviteLinkRevoked(_) => EventType::InviteLinkRevoked,
        Change::TeamRenamed(_) => EventType::TeamRenamed,
        Change::TeamTierChanged(_) => EventType::TeamTierChanged,
        Change::TeamDeleted(_) => EventType::TeamDeleted,
        Change::MemberAccessChanged(_) => EventType::MemberAccessChanged,
        Change::MemberSuspended(_) => EventType::MemberSuspended,
        Change::MemberRestored(_) => EventType::MemberRestored,
        Change::MemberLeft(_) => EventType::MemberLeft,
        Change::OwnershipTransferred(_) => EventType::OwnershipTransferred,
        Change::ResourcePurged(_) => EventType::ResourcePurged,
        Change::InviteLinkAdopted(_) => EventType::InviteLinkAdopted,
        Change::InvitationCreated(_) => EventType::InvitationCreated,
        Change::InvitationResent(_) => EventType::InvitationResent,
        Change::InvitationCancelled(_) => EventType::InvitationCancelled,
        Change::InvitationAccepted(_) => EventType::InvitationAccepted,
        Change::InvitationDeclined(_) => EventType::InvitationDeclined,
        Change::InvitationExpired(_) => EventType::InvitationExpired,
        Change::TeamCodeCreated(_) => EventType::TeamCodeCreated,
        Change::TeamCodeRevoked(_) => EventType::TeamCodeRevoked,
        Change::TeamCodeDeleted(_) => EventType::TeamCodeDeleted,
        Change::TeamCodeAdopted(_) => EventType::TeamCodeAdopted,
    }
}

fn joined(user: &str, role: &str, method: JoinMethod) -> MemberJoined {
    MemberJoined {
        user_id: user.into(),
        role: role.into(),
        join_method: method.into(),
        ..MemberJoined::default()
    }
}

/// What happened to the team: the events that must be there, the oldest first.
struct Story {
    team: String,
    events: Vec<Event>,
}

impl Story {
    /// Fails unless the log tells this and nothing else; returns the kinds of change that it tells of.
    async fn assert_told(&self, server: &Server) -> BTreeSet<&'static str> {
        let events = server.events(service(WATCHER), &self.team).await;
        assert!(events.is_sorted_by(|newer, older| micros(newer.event_time) >= micros(older.event_time)));
        let mut ids: Vec<_> = events.iter().map(|event| event.event_id.clone()).collect();
        assert!(ids.iter().all(|id| id.starts_with("evt_") && id.len() == 30), "{ids:?}");
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), events.len(), "an id each");
        for (seen, expected) in events.iter().zip(self.events.iter().rev()) {
            let made_up = Event {
                event_id: seen.event_id.clone(),
                event_time: seen.event_time,
                team_id: self.team.clone(),
                ..expected.clone()
            };
            assert_eq!(*seen, made_up);
        }
        assert_eq!(events.len(), self.events.len());
        events.iter().map(|event| event.r#type().as_str_name()).collect()
    }
}

#[tokio::test]
async fn everything_that_happens_to_a_team_is_in_its_log_as_it_was() {
    let policy = OwnPolicy::of(EVERYTHING);
    both(async |kind| {
        let server = Server::start_with(kind, policy.options()).await;
        let (mut story, cast) = beginning(&server).await;
        middle(&server, &mut story, &cast).await;
        end(&server, &mut story, &cast).await;
        let mut told = story.assert_told(&server).await;
        let (server, story) = ways_in::story(server, &policy).await;
        told.extend(story.assert_told(&server).await);

        // What the contract can tell has happened here.
        let every = (1..).map_while(|number| EventType::try_from(number).ok());
        let every: BTreeSet<_> = every.map(|kind| kind.as_str_name()).collect();
        assert!(every.len() >= 27, "{every:?}");
        assert_eq!(told, every);
    })
    .await;
}

#[tokio::test]
async fn the_log_is_filtered_by_whom_something_happened_to() {
    let policy = OwnPolicy::of(EVERYTHING);
    both(async |kind| {
        let server = Server::start_with(kind, policy.options()).await;
        let (mut story, cast) = beginning(&server).await;
        middle(&server, &mut story, &cast).await;
        end(&server, &mut story, &cast).await;
        let check = async |who: &Actor, filter: Filter, expected: &[i64]| {
            let what = format!("{filter:?}");
            let request = ListEventsRequest {
                team_id: story.team.clone(),
                filter: Some(filter),
                ..ListEventsRequest::default()
            };
            let page = server.team_as(who).list_events(request).await.unwrap().into_inner();
            let revisions: Vec<_> = page.events.iter().map(|event| event.revision).collect();
            assert_eq!(revisions, expected, "{what}");
        };
        let watcher = service(WATCHER);
        let to = |user: &str| Filter { target_user_id: user.into(), ..Filter::default() };
        check(&watcher, to("cyd"), &[15, 12, 11, 7, 5]).await;
        check(&watcher, to("ben"), &[13, 2]).await;
        check(&watcher, to("nobody"), &[]).await;
        check(&watcher, Filter { actor_user_id: "ada".into(), ..to("cyd") }, &[12, 11]).await;
        let types = vec![EventType::MemberSuspended.into(), EventType::MemberLeft.into()];
        check(&watcher, Filter { types: types.clone(), ..to("cyd") }, &[15, 11]).await;
        check(&watcher, Filter { types, ..Filter::default() }, &[17, 15, 11]).await;
        check(&watcher, Filter { actor_user_id: "cyd".into(), ..Filter::default() }, &[15, 5]).await;
        let types = vec![EventType::OwnershipTransferred.into()];
        check(&watcher, Filter { types, ..to("bob") }, &[16]).await;
        let request = ListEventsRequest { team_id: story.team.clone(), ..ListEventsRequest::default() };
        let outcome = server.team_as("bob").list_events(request).await;
        assert_refused(outcome, ErrorReason::TeamNotAccessible);
    })
    .await;
}

#[tokio::test]
async fn nothing_that_is_in_the_log_is_ever_changed_or_lost() {
    let policy = OwnPolicy::of(EVERYTHING);
    let server = Server::start_with(Kind::Full, policy.options()).await;
    let database = connect_postgres(&server.data().postgres_url()).await;
    let log = async || {
        let mut rows = dump(&database).await;
        rows.retain(|(table, _)| table == "events");
        rows
    };
    let (mut story, cast) = beginning(&server).await;
    let first = log().await;
    assert_eq!(first.len(), story.events.len());
    middle(&server, &mut story, &cast).await;
    let second = log().await;
    assert!(first.iter().all(|row| second.contains(row)), "what was there is there as it was");
    end(&server, &mut story, &cast).await;
    let third = log().await;
    assert!(second.iter().all(|row| third.contains(row)), "even after the team's end");
    assert_eq!(third.len(), story.events.len());
}
