//! Teams that two callers want to own, to have or to make at the same time.

use std::collections::BTreeSet;
use std::sync::Arc;

use roster_proto::v1::event::Change;
use roster_proto::v1::{CreateTeamRequest, ErrorReason};
use roster_testkit::{
    PERSONAL, Server, Violations, actor, all_at_once, assert_refused, both, faults_of, locked, new_team,
    nothing_goes_wrong, service, something_goes_wrong, unlocked,
};
use tonic::{Code, Response};

const OWNER: &str = "owner";

/// How many teams run a race that must not be lost.
const MANY: usize = 20;
/// How many suffice to lose it.
const FEW: usize = 2;

#[tokio::test]
async fn an_owner_gives_its_role_away_once() {
    both(async |kind| nothing_goes_wrong(&transfers(&locked(kind).await, MANY).await)).await;
}

#[tokio::test]
async fn an_owner_gives_its_role_away_twice_without_the_lock() {
    both(async |kind| something_goes_wrong(&transfers(&unlocked(kind).await, FEW).await)).await;
}

#[tokio::test]
async fn transfers_by_a_service_happen_one_after_the_other() {
    both(async |kind| nothing_goes_wrong(&administered(&locked(kind).await, MANY / 2).await)).await;
}

#[tokio::test]
async fn transfers_by_a_service_make_two_owners_without_the_lock() {
    both(async |kind| something_goes_wrong(&administered(&unlocked(kind).await, FEW).await)).await;
}

#[tokio::test]
async fn fifty_who_ensure_one_persons_team_at_once_get_one_team() {
    both(async |kind| nothing_goes_wrong(&ensured(&locked(kind).await).await)).await;
}

#[tokio::test]
async fn fifty_who_ensure_one_persons_team_at_once_are_at_odds_without_the_lock() {
    both(async |kind| something_goes_wrong(&ensured(&unlocked(kind).await).await)).await;
}

#[tokio::test]
async fn a_key_that_many_want_at_once_is_one_teams() {
    both(async |kind| {
        let server = locked(kind).await;
        for key in ["first", "second", "third"] {
            let outcomes = all_at_once((0..10).map(|i| {
                let server = Arc::clone(&server);
                let request = CreateTeamRequest { external_id: key.into(), ..new_team("organization") };
                async move { server.try_create(&format!("person-{i}"), request).await }
            }))
            .await;
            let (made, refused): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
            let [Ok(made)] = made.as_slice() else { panic!("{} teams have one key", made.len()) };
            let team = made.get_ref().team.as_ref().expect("CreateTeam returns the team");
            for outcome in refused {
                let refused = assert_refused(outcome, ErrorReason::ExternalIdTaken);
                assert_eq!(refused.metadata.get("team_id"), Some(&team.team_id), "it names the team");
            }
        }
    })
    .await;
}

/// Fifty calls of two services ensure one person's own team at the same time.
async fn ensured(server: &Arc<Server>) -> Violations {
    // Somebody whom the service knows already.
    server.create_team("ada").await;
    let outcomes = all_at_once((0..50).map(|i| {
        let server = Arc::clone(server);
        let ada = actor("ada").through(if i % 2 == 0 { "shop" } else { "desk" });
        async move { server.try_ensure_personal(ada, PERSONAL).await }
    }))
    .await;
    let mut violations = Violations::new();
    let (mut ids, mut created) = (BTreeSet::new(), 0);
    for outcome in outcomes {
        match outcome.map(Response::into_inner) {
            Ok(answer) => {
                created += usize::from(answer.created);
                ids.extend(answer.team.map(|team| team.team_id));
            }
            Err(status) => violations.push(format!("a call fails: {status:?}")),
        }
    }
    if (ids.len(), created) != (1, 1) {
        violations.push(format!("{created} calls made one team of {ids:?}"));
    }
    for team in server.teams("ada").await.into_iter().filter(|team| team.policy == PERSONAL) {
        if !ids.contains(&team.team_id) {
            violations.push(format!("nobody was told of {team:?}"));
        }
        violations.extend(faults_of(server, ("ada", OWNER), &team.team_id).await);
        let events = server.events("ada", &team.team_id).await;
        let joins = events.iter().filter(|event| matches!(event.change, Some(Change::MemberJoined(_))));
        if joins.count() != 1 {
            violations.push(format!("one membership should begin in {events:?}"));
        }
    }
    violations
}

/// In every team the owner gives its role to two others at the same time.
async fn transfers(server: &Arc<Server>, teams: usize) -> Violations {
    let mut violations = Violations::new();
    for _ in 0..teams {
        let team = server.team_under("brand", "ada", &[("ben", "admin"), ("bob", "member")]).await;
        let outcomes =
            tokio::join!(server.try_transfer("ada", &team, "ben"), server.try_transfer("ada", &team, "bob"),);
        let owner = match outcomes {
            (Ok(_), Err(late)) if is_not_the_holder(&late) => "ben",
            (Err(late), Ok(_)) if is_not_the_holder(&late) => "bob",
            other => {
                violations.push(format!("one transfer should succeed, not {other:?}"));
                continue;
            }
        };
        violations.extend(owners_of(server, &team, owner).await);
    }
    violations
}

/// In every team a service gives the owner's role to two others at the same time.
async fn administered(server: &Arc<Server>, teams: usize) -> Violations {
    let mut violations = Violations::new();
    for _ in 0..teams {
        let team = server.team_under("brand", "ada", &[("ben", "admin"), ("bob", "admin")]).await;
        let service = service("teams.administer");
        let outcomes = tokio::join!(
            server.try_transfer(&service, &team, "ben"),
            server.try_transfer(&service, &team, "bob"),
        );
        let (Ok(ben), Ok(bob)) = outcomes else {
            violations.push(format!("both transfers should succeed, not {outcomes:?}"));
            continue;
        };
        let (ben, bob) = (ben.into_inner(), bob.into_inner());
        let (last, former, from) =
            if ben.revision > bob.revision { ("ben", ben, "bob") } else { ("bob", bob, "ben") };
        if former.former_holder.as_ref().is_none_or(|member| member.user_id != from) {
            violations.push(format!("the role came from {from}, not from {former:?}"));
        }
        violations.extend(owners_of(server, &team, last).await);
    }
    violations
}

/// Fails to be empty unless that person alone owns the team.
async fn owners_of(server: &Server, team: &str, owner: &str) -> Violations {
    let members = match server.try_member(owner, team, owner).await {
        Ok(_) => server.members(owner, team).await,
        Err(status) => return vec![format!("the new owner {owner} sees nothing: {status:?}")],
    };
    let owners: Vec<_> = members.iter().filter(|member| member.role == OWNER).collect();
    let mut violations = Violations::new();
    if owners.len() != 1 || owners[0].user_id != owner {
        violations.push(format!("{owner} should be the one owner of {members:?}"));
        return violations;
    }
    violations.extend(faults_of(server, (owner, OWNER), team).await);
    violations
}

fn is_not_the_holder(status: &tonic::Status) -> bool {
    status.code() == Code::PermissionDenied && status.message().contains("only the team's owner")
}
