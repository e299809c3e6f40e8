//! Changes of one team at the same time. Every race is run twice: as the service is, where nothing may go wrong; and
//! with the facts loaded before the lock, where the same race must be seen to go wrong.

use std::collections::BTreeSet;
use std::sync::Arc;

use roster_proto::v1::{EventType, InviteLinkState};
use roster_testkit::{
    ADMIN, Link, Server, VIEWER, Violations, all_at_once, both, faults_of, locked, nothing_goes_wrong,
    something_goes_wrong, ten_at_a_time, unlocked,
};
use tonic::Code;

/// How many teams run a race that must not be lost.
const MANY: usize = 200;
/// How many suffice to lose it: without the lock nearly every team does.
const FEW: usize = 20;

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
        nothing_goes_wrong(&faults_of(&server, ("ada", ADMIN), &team).await);
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
            [admin] => violations.extend(faults_of(server, (admin, ADMIN), team).await),
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
    violations.extend(faults_of(&server, ("ada", ADMIN), &team).await);
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
        violations.extend(faults_of(&server, (admin, ADMIN), team).await);
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
    let mut violations = faults_of(&server, ("ada", ADMIN), &team).await;
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
