//! The last owner of a team, whom every two verbs could take from it between them, at the same time.

use std::sync::Arc;

use roster_proto::v1::{Member, MemberState};
use roster_testkit::{
    PERSONAL, Server, VIEWER, Violations, all_at_once, both, faults_of, locked, nothing_goes_wrong,
    something_goes_wrong, ten_at_a_time, unlocked,
};
use tonic::Code;

const OWNER: &str = "owner";

/// How many teams run each race that must not be lost.
const MANY: usize = 8;
/// How many suffice to lose it: without the lock nearly every team does.
const FEW: usize = 1;

/// What takes an owner's role from a person.
#[derive(Clone, Copy, Debug)]
enum Verb {
    Demote,
    Remove,
    Suspend,
    Leave,
}

/// Every two of them, each beside itself too.
const PAIRS: [[Verb; 2]; 10] = {
    use Verb::{Demote, Leave, Remove, Suspend};
    [
        [Demote, Demote],
        [Demote, Remove],
        [Demote, Suspend],
        [Demote, Leave],
        [Remove, Remove],
        [Remove, Suspend],
        [Remove, Leave],
        [Suspend, Suspend],
        [Suspend, Leave],
        [Leave, Leave],
    ]
};

#[tokio::test]
async fn no_two_verbs_take_both_owners_of_a_team() {
    both(async |kind| {
        for (_, violations) in races(&locked(kind).await, MANY).await {
            nothing_goes_wrong(&violations);
        }
    })
    .await;
}

#[tokio::test]
async fn every_two_verbs_take_both_owners_without_the_lock() {
    both(async |kind| {
        for (pair, violations) in races(&unlocked(kind).await, FEW).await {
            something_goes_wrong(&violations);
            assert!(violations.iter().any(|text| text.ends_with("left: []")), "{pair:?}: {violations:?}");
        }
    })
    .await;
}

/// Runs the races of all pairs, at the same time.
async fn races(server: &Arc<Server>, teams: usize) -> Vec<([Verb; 2], Violations)> {
    all_at_once(PAIRS.into_iter().map(|pair| {
        let server = Arc::clone(server);
        async move { (pair, race(&server, pair, teams).await) }
    }))
    .await
}

/// In that many teams of two owners, each is taken by one of the verbs, at the same time.
async fn race(server: &Arc<Server>, [first, second]: [Verb; 2], teams: usize) -> Violations {
    let owners =
        |i: usize| (format!("ben-{first:?}-{second:?}-{i}"), format!("bob-{first:?}-{second:?}-{i}"));
    let teams = ten_at_a_time((0..teams).map(|i| {
        let (server, (ben, bob)) = (Arc::clone(server), owners(i));
        async move { server.team_under(PERSONAL, &ben, &[(&bob, OWNER)]).await }
    }))
    .await;
    let mut violations = Violations::new();
    for (i, team) in teams.iter().enumerate() {
        let (ben, bob) = owners(i);
        let outcomes =
            tokio::join!(take(server, first, team, (&bob, &ben)), take(server, second, team, (&ben, &bob)));
        if !matches!(outcomes, (None, Some(late)) | (Some(late), None) if is_too_late(late)) {
            violations.push(format!("one of {first:?} and {second:?} should succeed, not {outcomes:?}"));
        }
        let mut left = Vec::new();
        for owner in [&ben, &bob] {
            let own = server.try_member(owner, team, owner).await;
            let member = own.ok().and_then(|response| response.into_inner().member);
            let holds = |member: &Member| member.role == OWNER && member.state() == MemberState::Active;
            left.extend(member.filter(holds).map(|member| member.user_id));
        }
        match left.as_slice() {
            [owner] => violations.extend(faults_of(server, (owner, OWNER), team).await),
            _ => violations.push(format!("after {first:?} and {second:?} these owners are left: {left:?}")),
        }
    }
    violations
}

/// Takes the person's role by the verb; the other owner does so unless the person has to itself. Yields the refusal.
async fn take(server: &Server, verb: Verb, team: &str, (person, other): (&str, &str)) -> Option<Code> {
    match verb {
        Verb::Demote => server.try_change_role(other, team, person, VIEWER).await.err(),
        Verb::Remove => server.try_remove(other, team, person).await.err(),
        Verb::Suspend => server.try_suspend(other, team, person).await.err(),
        Verb::Leave => server.try_leave(person, team).await.err(),
    }
    .map(|status| status.code())
}

/// The second has lost the authority to act, or is the last owner.
fn is_too_late(code: Code) -> bool {
    matches!(code, Code::PermissionDenied | Code::FailedPrecondition)
}
