//! Changes of one team at the same time: run as the service is, where nothing may go wrong, and with the facts loaded
//! before the lock, where the same race must be seen to go wrong.

use std::collections::BTreeSet;
use std::sync::Arc;

use roster_proto::v1::event::Change;
use roster_proto::v1::list_members_request::Filter;
use roster_proto::v1::{Event, MemberState};

use crate::data::Options;
use crate::kind::Kind;
use crate::server::Server;

/// What went wrong, a sentence for each.
pub type Violations = Vec<String>;

/// The service as it is.
pub async fn locked(kind: Kind) -> Arc<Server> {
    Arc::new(Server::start_with(kind, with_room()).await)
}

/// The service with the facts loaded before the lock.
pub async fn unlocked(kind: Kind) -> Arc<Server> {
    Arc::new(Server::start_with(kind, without_lock(with_room())).await)
}

/// Room for one person to race itself.
fn with_room() -> Options {
    Options::default().variable("ROSTER_LIMITS__REQUESTS_IN_FLIGHT_PER_ACTOR", "512")
}

/// A run with the facts loaded before the lock.
#[must_use]
pub fn without_lock(options: Options) -> Options {
    options.failpoint("load-before-lock")
}

/// Fails if anything went wrong.
#[track_caller]
pub fn nothing_goes_wrong(violations: &Violations) {
    assert!(
        violations.is_empty(),
        "{} violations: {:#?}",
        violations.len(),
        &violations[..violations.len().min(5)]
    );
}

/// Fails if nothing went wrong.
#[track_caller]
pub fn something_goes_wrong(violations: &Violations) {
    assert!(!violations.is_empty(), "the race was not lost once without the lock: it proves nothing");
}

/// What contradicts itself in what a team's active member can read of it, who may read everything, where somebody must
/// hold that role.
pub async fn faults_of(server: &Server, (reader, kept): (&str, &str), team: &str) -> Violations {
    let mut violations = Violations::new();
    let (read, active) = (server.team(reader, team).await, server.members(reader, team).await);
    let suspended = Filter { state: MemberState::Suspended.into(), ..Filter::default() };
    let suspended = server.page(reader, team, suspended).await.members;
    let events = server.events(reader, team).await;
    let members: Vec<_> = active.iter().chain(&suspended).map(|member| member.user_id.as_str()).collect();
    let people: BTreeSet<_> = members.iter().copied().collect();
    if people.len() != members.len() || i64::try_from(active.len()) != Ok(read.member_count) {
        violations.push(format!("{} memberships, {} people, {read:?}", members.len(), people.len()));
    }
    if !active.iter().any(|member| member.role == kept) {
        violations.push(format!("no {kept} is left of {active:?}"));
    }
    let mut revisions: Vec<_> = events.iter().map(|event| event.revision).collect();
    if !revisions.is_sorted_by(|newer, older| newer >= older) {
        violations.push(format!("the revisions are out of order: {revisions:?}"));
    }
    revisions.reverse();
    revisions.dedup();
    if revisions != (1..=read.revision).collect::<Vec<_>>() {
        violations.push(format!("the revisions up to {} are {revisions:?}", read.revision));
    }
    if replayed(&events) != people {
        violations.push(format!("the events do not lead to the members: {events:?}"));
    }
    violations.extend(members.iter().filter_map(|member| joined_twice(&events, member)));
    violations
}

/// Who is a member, if the events are to be believed.
fn replayed(newest_first: &[Event]) -> BTreeSet<&str> {
    let mut people = BTreeSet::new();
    for event in newest_first.iter().rev() {
        match event.change.as_ref() {
            Some(Change::MemberJoined(joined)) => people.insert(joined.user_id.as_str()),
            Some(Change::MemberRemoved(removed)) => people.remove(removed.user_id.as_str()),
            Some(Change::MemberLeft(left)) => people.remove(left.user_id.as_str()),
            _ => continue,
        };
    }
    people
}

/// Nobody is removed and let in again in these races: each member joined once.
fn joined_twice(events: &[Event], user: &str) -> Option<String> {
    let joins = |event: &&Event| matches!(&event.change, Some(Change::MemberJoined(joined)) if joined.user_id == user);
    let times = events.iter().filter(joins).count();
    (times != 1).then(|| format!("{user} joined {times} times"))
}
