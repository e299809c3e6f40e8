//! Erasures beside everything else, at the same time: a required role stays held, and nobody who was erased is found in
//! any team.

use std::sync::Arc;

use roster_proto::v1::{EraseUserRequest, GetMemberRequest};
use roster_testkit::{
    ADMIN, Server, VIEWER, Violations, address_of, both, erasing, faults_of, known, locked,
    nothing_goes_wrong, something_goes_wrong, ten_at_a_time, unlocked,
};
use tonic::{Code, Status};

/// How many times each race is run that must not be lost.
const MANY: usize = 40;
/// How many times each way to join is raced for: in as many new teams each.
const SOME: usize = 15;
/// How many suffice to lose it: without the lock nearly every one is.
const FEW: usize = 6;

/// What happens to the other admin of a team of two, while one is erased.
#[derive(Clone, Copy, Debug)]
enum Beside {
    Erase,
    Demote,
    Leave,
}

const ALL: [Beside; 3] = [Beside::Erase, Beside::Demote, Beside::Leave];

#[tokio::test]
async fn an_erasure_never_leaves_a_team_without_an_admin() {
    both(async |kind| {
        let server = locked(kind).await;
        for beside in ALL {
            nothing_goes_wrong(&admins(&server, beside, MANY).await);
        }
    })
    .await;
}

#[tokio::test]
async fn the_races_for_the_last_admin_are_seen_without_the_lock() {
    both(async |kind| {
        let server = unlocked(kind).await;
        for beside in ALL {
            something_goes_wrong(&admins(&server, beside, FEW).await);
        }
    })
    .await;
}

/// In teams of two admins one is erased while the other's role is taken too.
async fn admins(server: &Arc<Server>, beside: Beside, teams: usize) -> Violations {
    let races = ten_at_a_time((0..teams).map(|i| {
        let server = Arc::clone(server);
        async move {
            let (ben, bob) = (format!("ben-{beside:?}-{i}"), format!("bob-{beside:?}-{i}"));
            let cy = format!("cy-{beside:?}-{i}");
            let team = server.team_of(&[(&ben, ADMIN), (&bob, ADMIN), (&cy, VIEWER)]).await;
            let other = async {
                match beside {
                    Beside::Erase => server.try_erase(erasing(&bob)).await.err(),
                    Beside::Demote => server.try_change_role(&bob, &team, &bob, VIEWER).await.err(),
                    Beside::Leave => server.try_leave(&bob, &team).await.err(),
                }
            };
            let (first, second) = tokio::join!(server.try_erase(erasing(&ben)), other);
            let mut violations = unexpected([first.err(), second]);
            let roles = roles(&server, &team, [&ben, &bob]).await;
            if !roles.iter().any(|role| role == ADMIN) {
                violations.push(format!("{beside:?}: left with {roles:?}"));
            }
            violations
        }
    }))
    .await;
    races.into_iter().flatten().collect()
}

/// Failures other than that a team depends on somebody.
fn unexpected(failures: [Option<Status>; 2]) -> Violations {
    let unexpected =
        failures.into_iter().flatten().filter(|status| status.code() != Code::FailedPrecondition);
    unexpected.map(|status| format!("fails: {status:?}")).collect()
}

async fn roles(server: &Server, team: &str, people: [&String; 2]) -> Vec<String> {
    let mut roles = Vec::new();
    for person in people {
        let request = GetMemberRequest { team_id: team.into(), user_id: person.clone() };
        let own = server.team_as(person).get_member(request).await;
        roles.extend(own.ok().and_then(|response| response.into_inner().member).map(|member| member.role));
    }
    roles
}

/// How somebody joins a team that it was not in.
#[derive(Clone, Copy, Debug)]
enum Way {
    Link,
    Code,
    Invitation,
    Import,
    Founding,
}

/// Whoever joins while it is erased has joined before it, and is erased there too, or after it, as somebody new: a
/// pseudonym is in no team.
#[tokio::test]
async fn nobody_joins_as_somebody_who_is_erased() {
    both(async |kind| {
        let server = locked(kind).await;
        for way in [Way::Link, Way::Code, Way::Invitation, Way::Import, Way::Founding] {
            nothing_goes_wrong(&joins(&server, way, SOME).await);
        }
    })
    .await;
}

async fn joins(server: &Arc<Server>, way: Way, times: usize) -> Violations {
    let races = ten_at_a_time((0..times).map(|i| {
        let server = Arc::clone(server);
        async move { join(&server, way, i).await }
    }))
    .await;
    races.into_iter().flatten().collect()
}

async fn join(server: &Server, way: Way, i: usize) -> Violations {
    let (ada, bob) = (format!("ada-{way:?}-{i}"), format!("bob-{way:?}-{i}"));
    // Known already, so that the key is there to be written.
    let first = server.team_of(&[(&ada, ADMIN), (&bob, VIEWER)]).await;
    let policy = match way {
        Way::Link | Way::Founding => "organization",
        Way::Code => "brand",
        Way::Invitation | Way::Import => "studio",
    };
    let kept = if policy == "organization" { ADMIN } else { "owner" };
    let team = server.create_under(&ada, policy).await;
    let joined = async {
        match way {
            Way::Link => {
                let link = server.create_link(&ada, &team).await;
                server.try_redeem(&bob, &link.token).await.err()
            }
            Way::Code => {
                let code = server.create_code(&ada, &team, "guest").await;
                server.try_redeem_code(&bob, &code.code).await.err()
            }
            Way::Invitation => {
                let invite = server.invite(&ada, &team, &address_of(&bob), "viewer").await;
                server.try_accept(known(&bob), &invite).await.err()
            }
            Way::Import => server.try_add(&team, &[roster_testkit::row(&bob, "viewer")]).await.err(),
            Way::Founding => server.try_create(&bob, roster_testkit::new_team(policy)).await.err(),
        }
    };
    let (joined, erased) = tokio::join!(joined, server.try_erase(erasing(&bob)));
    let mut violations = unexpected([joined, erased.err()]);
    for team in [&first, &team] {
        for member in server.members(&ada, team).await {
            if member.user_id.starts_with("erased_") {
                violations.push(format!("{way:?}: {member:?}"));
            }
        }
        violations.extend(faults_of(server, (&ada, if *team == first { ADMIN } else { kept }), team).await);
    }
    violations
}

/// Of two at once one erases, and the other finds nobody.
#[tokio::test]
async fn two_erasures_of_one_person_erase_once() {
    both(async |kind| {
        let server = locked(kind).await;
        let violations = ten_at_a_time((0..MANY).map(|i| {
            let server = Arc::clone(&server);
            async move {
                let (ada, bob) = (format!("ada-{i}"), format!("bob-{i}"));
                for _ in 0..3 {
                    server.team_of(&[(&ada, ADMIN), (&bob, VIEWER)]).await;
                }
                let emails = vec![address_of(&bob)];
                let request = || EraseUserRequest { emails: emails.clone(), ..erasing(&bob) };
                let (first, second) =
                    tokio::join!(server.erase_with(request()), server.erase_with(request()));
                let ended = first.memberships_ended + second.memberships_ended;
                let named = first.pseudonym.is_empty() != second.pseudonym.is_empty();
                (ended != 3 || !named).then(|| format!("{first:?} {second:?}"))
            }
        }))
        .await;
        nothing_goes_wrong(&violations.into_iter().flatten().collect());
    })
    .await;
}
