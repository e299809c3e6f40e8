//! Changes of one team at the same time. Every race is run twice: as the service is, where nothing may go wrong; and
//! with the facts loaded before the lock, where the same race must be seen to go wrong.

use std::collections::BTreeSet;
use std::sync::Arc;

use roster_proto::v1::{Event, EventType, InviteLinkState, Member};
use roster_tests::{ADMIN, Kind, Link, Options, Server, VIEWER, all_at_once, both, ten_at_a_time};
use tonic::Code;

/// How many teams run a race that must not be lost.
const MANY: usize = 200;
/// How many suffice to lose it: without the lock nearly every team does.
const FEW: usize = 20;

/// What went wrong, a sentence for each.
type Violations = Vec<String>;

#[tokio::test]
async fn two_admins_who_demote_each_other_never_leave_a_team_without_an_admin() {
    both(async |kind| nothing_goes_wrong(&demotions(locked(kind).await, MANY).await)).await;
}

#[tokio::test]
async fn the_demotion_race_is_seen_without_the_lock() {
    both(async |kind| something_goes_wrong(&demotions(unlocked(kind).await, FEW).await)).await;
}

#[tokio::test]
async fn two_admins_who_remove_each_other_never_leave_a_team_without_an_admin() {
    both(async |kind| nothing_goes_wrong(&removals(locked(kind).await, MANY).await)).await;
}

#[tokio::test]
async fn the_removal_race_is_seen_without_the_lock() {
    both(async |kind| something_goes_wrong(&removals(unlocked(kind).await, FEW).await)).await;
}

#[tokio::test]
async fn one_person_who_redeems_200_times_at_once_joins_once() {
    both(async |kind| nothing_goes_wrong(&one_person_redeems(locked(kind).await).await)).await;
}

#[tokio::test]
async fn the_race_of_one_persons_redemptions_is_seen_without_the_lock() {
    both(async |kind| something_goes_wrong(&one_person_redeems(unlocked(kind).await).await)).await;
}

#[tokio::test]
async fn a_link_and_its_revocation_never_both_win() {
    both(async |kind| nothing_goes_wrong(&revocations(locked(kind).await, MANY).await)).await;
}

#[tokio::test]
async fn the_race_of_revocations_is_seen_without_the_lock() {
    both(async |kind| something_goes_wrong(&revocations(unlocked(kind).await, FEW).await)).await;
}

#[tokio::test]
async fn links_made_at_once_never_exceed_the_cap() {
    both(async |kind| nothing_goes_wrong(&too_many_links(locked(kind).await).await)).await;
}

#[tokio::test]
async fn the_race_to_the_cap_is_seen_without_the_lock() {
    both(async |kind| something_goes_wrong(&too_many_links(unlocked(kind).await).await)).await;
}

#[tokio::test]
async fn fifty_people_who_redeem_at_once_all_join_and_are_all_counted() {
    both(async |kind| {
        let server = locked(kind).await;
        let team = server.create_team("ada").await;
        let link = server.create_link("ada", &team).await;
        let people: Vec<_> = (0..50).map(|i| format!("person-{i}")).collect();
        let answers = all_at_once(people.iter().cloned().map(|person| {
            let (server, token) = (Arc::clone(&server), link.token.clone());
            async move { server.redeem(&person, &token).await }
        }))
        .await;
        assert!(answers.iter().all(|answer| !answer.already_member), "each is told of joining");
        let members: BTreeSet<_> =
            server.members("ada", &team).await.into_iter().map(|m| m.user_id).collect();
        assert!(people.iter().all(|person| members.contains(person)), "each is a member");
        assert_eq!(server.team("ada", &team).await.member_count, 51);
        assert_eq!(server.link("ada", &team, &link.id).await.0.use_count, 50);
        nothing_goes_wrong(&faults_of(&server, "ada", &team).await);
    })
    .await;
}

/// In every team both admins give each other the viewer's role at the same time.
async fn demotions(server: Arc<Server>, teams: usize) -> Violations {
    in_teams(&server, teams, async |server, team, ben, bob| {
        let (first, second) = tokio::join!(
            server.try_change_role(ben, team, bob, VIEWER),
            server.try_change_role(bob, team, ben, VIEWER),
        );
        successes([first.err().map(|e| e.code()), second.err().map(|e| e.code())])
    })
    .await
}

/// In every team both admins remove each other at the same time.
async fn removals(server: Arc<Server>, teams: usize) -> Violations {
    in_teams(&server, teams, async |server, team, ben, bob| {
        let (first, second) =
            tokio::join!(server.try_remove(ben, team, bob), server.try_remove(bob, team, ben));
        successes([first.err().map(|e| e.code()), second.err().map(|e| e.code())])
    })
    .await
}

/// The second of two must come too late, and be refused for it.
fn successes(outcomes: [Option<Code>; 2]) -> Option<String> {
    let one = matches!(outcomes, [None, Some(Code::PermissionDenied)] | [Some(Code::PermissionDenied), None]);
    (!one).then(|| format!("one of two should succeed, not {outcomes:?}"))
}

/// Runs a race of two admins in that many teams, and looks at each team afterwards.
async fn in_teams(
    server: &Arc<Server>,
    teams: usize,
    race: impl AsyncFn(&Server, &str, &str, &str) -> Option<String>,
) -> Violations {
    let admins = |i: usize| (format!("ben-{i}"), format!("bob-{i}"));
    let teams = ten_at_a_time((0..teams).map(|i| {
        let (server, (ben, bob)) = (Arc::clone(server), admins(i));
        async move { server.team_of(&[(&ben, ADMIN), (&bob, ADMIN)]).await }
    }))
    .await;
    let mut violations = Violations::new();
    for (i, team) in teams.iter().enumerate() {
        let (ben, bob) = admins(i);
        violations.extend(race(server, team, &ben, &bob).await);
        match remaining_admins(server, team, [&ben, &bob]).await.as_slice() {
            [admin] => violations.extend(faults_of(server, admin, team).await),
            others => violations.push(format!("a team is left with the admins {others:?}")),
        }
    }
    violations
}

/// Who of these still is an admin of the team.
async fn remaining_admins(server: &Server, team: &str, people: [&String; 2]) -> Vec<String> {
    let mut admins = Vec::new();
    for person in people {
        let request = roster_proto::v1::GetMemberRequest { team_id: team.into(), user_id: person.clone() };
        let own = server.team_as(person).get_member(request).await;
        let member = own.ok().and_then(|response| response.into_inner().member);
        admins.extend(member.filter(|member| member.role == ADMIN).map(|member| member.user_id));
    }
    admins
}

/// One person redeems one link 200 times at the same time.
async fn one_person_redeems(server: Arc<Server>) -> Violations {
    let team = server.create_team("ada").await;
    let link = server.create_link("ada", &team).await;
    let outcomes = all_at_once((0..200).map(|_| {
        let (server, token) = (Arc::clone(&server), link.token.clone());
        async move { server.try_redeem("bob", &token).await }
    }))
    .await;
    let mut violations = Violations::new();
    let mut joined = 0;
    for outcome in outcomes {
        match outcome {
            Ok(answer) if answer.get_ref().already_member => {}
            Ok(_) => joined += 1,
            Err(status) => violations.push(format!("a redemption fails: {status:?}")),
        }
    }
    let uses = server.link("ada", &team, &link.id).await.0.use_count;
    if (joined, uses) != (1, 1) {
        violations.push(format!("{joined} redemptions are said to join, {uses} are counted"));
    }
    violations.extend(faults_of(&server, "ada", &team).await);
    violations
}

/// In many teams somebody redeems a link while it is revoked.
async fn revocations(server: Arc<Server>, teams: usize) -> Violations {
    let prepared = ten_at_a_time((0..teams).map(|i| {
        let server = Arc::clone(&server);
        async move {
            let admin = format!("ada-{i}");
            let team = server.create_team(&admin).await;
            let link = server.create_link(&admin, &team).await;
            (admin, team, link)
        }
    }))
    .await;
    let mut violations = Violations::new();
    for (admin, team, link) in &prepared {
        let (redeemed, _) =
            tokio::join!(server.try_redeem("bob", &link.token), server.revoke(admin, team, &link.id));
        if redeemed.as_ref().is_err_and(|status| status.code() != Code::FailedPrecondition) {
            violations.push(format!("a redemption fails: {redeemed:?}"));
        }
        let events = server.events(admin, team).await;
        if events[0].r#type() != EventType::InviteLinkRevoked {
            violations.push(format!("somebody joins by a revoked link: {:?}", events[0]));
        }
        let Link { id, .. } = link;
        if server.link(admin, team, id).await.0.use_count != i64::from(redeemed.is_ok()) {
            violations.push("the count of uses is not that of the members".into());
        }
        violations.extend(faults_of(&server, admin, team).await);
    }
    violations
}

/// An admin makes twice as many links as the cap allows, at the same time.
async fn too_many_links(server: Arc<Server>) -> Violations {
    let team = server.create_team("ada").await;
    let outcomes = all_at_once((0..40).map(|_| {
        let (server, team) = (Arc::clone(&server), team.clone());
        async move { server.try_create_link("ada", &team).await }
    }))
    .await;
    let made = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    let live = server.links("ada", &team).await;
    let live = live.iter().filter(|link| link.state() == InviteLinkState::Live).count();
    let mut violations = faults_of(&server, "ada", &team).await;
    if (made, live) != (20, 20) {
        violations.push(format!("{made} links were made and {live} are live"));
    }
    for status in outcomes.into_iter().filter_map(Result::err) {
        if status.code() != Code::ResourceExhausted {
            violations.push(format!("a creation fails: {status:?}"));
        }
    }
    violations
}

/// What contradicts itself in what a team's admin can read of it.
async fn faults_of(server: &Server, admin: &str, team: &str) -> Violations {
    let mut violations = Violations::new();
    let (read, members) = (server.team(admin, team).await, server.members(admin, team).await);
    let events = server.events(admin, team).await;
    let people: BTreeSet<_> = members.iter().map(|member| &member.user_id).collect();
    if people.len() != members.len() || i64::try_from(members.len()) != Ok(read.member_count) {
        violations.push(format!("{} memberships, {} people, {read:?}", members.len(), people.len()));
    }
    if !members.iter().any(|member| member.role == ADMIN) {
        violations.push(format!("no admin is left of {members:?}"));
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
    if replayed(&events) != people.into_iter().map(String::as_str).collect() {
        violations.push(format!("the events do not lead to the members: {events:?}"));
    }
    violations.extend(members.iter().filter_map(|member| joined_twice(&events, member)));
    violations
}

/// Who is a member, if the events are to be believed.
fn replayed(newest_first: &[Event]) -> BTreeSet<&str> {
    use roster_proto::v1::event::Change;
    let mut people = BTreeSet::new();
    for event in newest_first.iter().rev() {
        match event.change.as_ref() {
            Some(Change::MemberJoined(joined)) => people.insert(joined.user_id.as_str()),
            Some(Change::MemberRemoved(removed)) => people.remove(removed.user_id.as_str()),
            _ => continue,
        };
    }
    people
}

/// Nobody is removed and let in again in these races: each member joined once.
fn joined_twice(events: &[Event], member: &Member) -> Option<String> {
    use roster_proto::v1::event::Change;
    let joins = |event: &&Event| matches!(&event.change, Some(Change::MemberJoined(joined)) if joined.user_id == member.user_id);
    let times = events.iter().filter(joins).count();
    (times != 1).then(|| format!("{} joined {times} times", member.user_id))
}

async fn locked(kind: Kind) -> Arc<Server> {
    Arc::new(Server::start(kind).await)
}

async fn unlocked(kind: Kind) -> Arc<Server> {
    Arc::new(Server::start_with(kind, Options::default().failpoint("load-before-lock")).await)
}

#[track_caller]
fn nothing_goes_wrong(violations: &Violations) {
    assert!(
        violations.is_empty(),
        "{} violations: {:#?}",
        violations.len(),
        &violations[..violations.len().min(5)]
    );
}

#[track_caller]
fn something_goes_wrong(violations: &Violations) {
    assert!(!violations.is_empty(), "the race was not lost once without the lock: it proves nothing");
}
