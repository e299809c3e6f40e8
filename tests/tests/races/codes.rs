//! Team codes at the same time. Every race is run as the service is, where nothing may go wrong, and with the facts
//! loaded before the lock, where it must be seen to go wrong: in what is stored or, where a constraint of the database
//! still keeps that right, in what the callers are told.

use std::sync::Arc;

use roster_proto::v1::event::Change;
use roster_proto::v1::{CreateTeamCodeRequest, ErrorReason, TeamCodeState};
use roster_testkit::{
    Kind, Options, Outcome, Server, Violations, all_at_once, both, code_to, faults_of, nothing_goes_wrong,
    refused, something_goes_wrong, ten_at_a_time, without_lock,
};

/// How many teams run a race that must not be lost.
const MANY: usize = 40;
/// How many suffice to lose it: without the lock nearly every team does.
const FEW: usize = 4;
/// How often a code may be used that everybody wants.
const USES: i64 = 20;

#[tokio::test]
async fn five_hundred_people_use_a_code_of_twenty_uses_twenty_times() {
    both(async |kind| {
        run_on_code(&start(kind, true).await, 500).await.was_held();
    })
    .await;
}

#[tokio::test]
async fn without_the_lock_only_a_constraint_holds_back_a_run_on_a_code() {
    both(async |kind| {
        run_on_code(&start(kind, false).await, 60).await.was_held_by_the_rows_alone();
    })
    .await;
}

#[tokio::test]
async fn one_person_who_types_a_code_nine_times_at_once_joins_once() {
    both(async |kind| {
        typed_often(&start(kind, true).await, MANY).await.was_held();
    })
    .await;
}

#[tokio::test]
async fn without_the_lock_only_a_constraint_keeps_a_person_from_joining_twice_by_a_code() {
    both(async |kind| {
        typed_often(&start(kind, false).await, FEW).await.was_held_by_the_rows_alone();
    })
    .await;
}

#[tokio::test]
async fn nobody_joins_by_a_code_that_is_revoked() {
    both(async |kind| {
        revocations(&start(kind, true).await, MANY).await.was_held();
    })
    .await;
}

#[tokio::test]
async fn without_the_lock_people_join_by_a_code_that_is_revoked() {
    both(async |kind| {
        revocations(&start(kind, false).await, FEW).await.was_lost();
    })
    .await;
}

#[tokio::test]
async fn codes_made_at_once_never_exceed_the_cap() {
    both(async |kind| too_many_codes(&start(kind, true).await).await.was_held()).await;
}

#[tokio::test]
async fn without_the_lock_codes_made_at_once_exceed_the_cap() {
    both(async |kind| too_many_codes(&start(kind, false).await).await.was_lost()).await;
}

/// What went wrong in a race.
#[derive(Default)]
struct Race {
    /// Callers who were told of a fault of the service, although nothing was done that must not be.
    told: Violations,
    /// Callers who were told to try again: calls that no lock puts in order take all connections at once.
    busy: Violations,
    /// What was done that must not be, and answers that are untrue.
    kept: Violations,
}

impl Race {
    /// Whether it succeeded; if not, the reason must be one of these.
    fn succeeded<T>(&mut self, outcome: Outcome<T>, reasons: &[ErrorReason]) -> Option<T> {
        let status = match outcome {
            Ok(answer) => return Some(answer.into_inner()),
            Err(status) => status,
        };
        let refused = refused(Err::<(), _>(status));
        if refused.reason == ErrorReason::Internal.as_str_name() {
            self.told.push(format!("{refused:?}"));
        } else if refused.reason == ErrorReason::DependencyUnavailable.as_str_name() {
            self.busy.push(format!("{refused:?}"));
        } else if reasons.iter().all(|reason| reason.as_str_name() != refused.reason) {
            self.kept.push(format!("refused for another reason: {refused:?}"));
        }
        None
    }

    /// Nothing went wrong.
    #[track_caller]
    fn was_held(&self) {
        nothing_goes_wrong(&self.told);
        nothing_goes_wrong(&self.busy);
        nothing_goes_wrong(&self.kept);
    }

    /// What is stored is right, and somebody was told of a fault.
    #[track_caller]
    fn was_held_by_the_rows_alone(&self) {
        nothing_goes_wrong(&self.kept);
        something_goes_wrong(&self.told);
    }

    /// Something was done that must not be.
    #[track_caller]
    fn was_lost(&self) {
        something_goes_wrong(&self.kept);
    }
}

async fn start(kind: Kind, lock: bool) -> Arc<Server> {
    // Five hundred calls of one team wait for each other, on a busy machine for longer than callers usually would.
    let options = Options::default()
        .variable("ROSTER_SERVER__DEADLINE", "60s")
        .variable("ROSTER_LIMITS__LIVE_CODES_PER_TEAM", "5");
    let options = if lock { options } else { without_lock(options) };
    Arc::new(Server::start_with(kind, options).await)
}

/// So many people redeem a code that only a few may use, at the same time.
async fn run_on_code(server: &Arc<Server>, people: usize) -> Race {
    let team = server.create_under("ada", "brand").await;
    let request = CreateTeamCodeRequest { max_uses: Some(USES), ..code_to(&team, "member") };
    let code = server.create_code_of("ada", request).await;
    let outcomes = all_at_once((0..people).map(|i| {
        let (server, text) = (Arc::clone(server), code.code.clone());
        async move { server.try_redeem_code(&format!("person-{i}"), &text).await }
    }))
    .await;
    let mut race = Race::default();
    let mut joined = 0;
    for outcome in outcomes {
        if let Some(answer) = race.succeeded(outcome, &[ErrorReason::Exhausted]) {
            joined += 1;
            if answer.already_member {
                race.kept.push("a newcomer is said to be a member already".into());
            }
        }
    }
    let read = server.code("ada", &team, &code.code_id).await;
    let members = server.team("ada", &team).await.member_count - 1;
    if (joined, members, read.use_count) != (USES, USES, USES) || read.state() != TeamCodeState::Exhausted {
        let uses = read.use_count;
        race.kept.push(format!("{joined} are told that they joined, {members} did, {uses} uses are counted"));
    }
    race.kept.extend(audit(server, "ada", &team).await);
    race
}

/// In many teams one person redeems a code as often as the budget for wrong codes lets it at once.
async fn typed_often(server: &Arc<Server>, teams: usize) -> Race {
    let mut race = Race::default();
    for (admin, team, code) in prepared(server, teams).await {
        let outcomes = all_at_once((0..9).map(|_| {
            let (server, code, person) = (Arc::clone(server), code.1.clone(), format!("bob-{admin}"));
            async move { server.try_redeem_code(&person, &code).await }
        }))
        .await;
        let answers: Vec<_> =
            outcomes.into_iter().filter_map(|outcome| race.succeeded(outcome, &[])).collect();
        let joined = answers.iter().filter(|answer| !answer.already_member).count();
        let uses = server.code(&admin, &team, &code.0).await.use_count;
        if (joined, uses) != (1, 1) {
            race.kept.push(format!("{joined} redemptions are said to join, {uses} are counted"));
        }
        race.kept.extend(audit(server, &admin, &team).await);
    }
    race
}

/// In many teams somebody redeems a code while it is revoked.
async fn revocations(server: &Arc<Server>, teams: usize) -> Race {
    let mut race = Race::default();
    for (admin, team, (id, text)) in prepared(server, teams).await {
        let (redeemed, revoked) =
            tokio::join!(server.try_redeem_code("bob", &text), server.try_revoke_code(&admin, &team, &id));
        let redeemed = race.succeeded(redeemed, &[ErrorReason::Revoked]);
        if race.succeeded(revoked, &[]).is_none() {
            race.kept.push("a code was not revoked".into());
        }
        let events = server.events(&admin, &team).await;
        if !matches!(events[0].change, Some(Change::TeamCodeRevoked(_))) {
            race.kept.push(format!("somebody joins by a revoked code: {:?}", events[0]));
        }
        if server.code(&admin, &team, &id).await.use_count != i64::from(redeemed.is_some()) {
            race.kept.push("the count of uses is not that of those who were told that they joined".into());
        }
        race.kept.extend(audit(server, &admin, &team).await);
    }
    race
}

/// An admin makes more codes than the cap of five allows, at the same time.
async fn too_many_codes(server: &Arc<Server>) -> Race {
    let team = server.create_under("ada", "brand").await;
    let outcomes = all_at_once((0..20).map(|_| {
        let (server, request) = (Arc::clone(server), code_to(&team, "member"));
        async move { server.try_create_code("ada", request).await }
    }))
    .await;
    let mut race = Race::default();
    let made: Vec<_> = outcomes
        .into_iter()
        .filter_map(|outcome| race.succeeded(outcome, &[ErrorReason::CapReached]))
        .collect();
    let live = server.codes_in("ada", &team, TeamCodeState::Live).await.len();
    if (made.len(), live) != (5, 5) {
        race.kept.push(format!("{} codes were made and {live} are live", made.len()));
    }
    race.kept.extend(audit(server, "ada", &team).await);
    race
}

/// Teams with an owner and a code each: its id and its text.
async fn prepared(server: &Arc<Server>, teams: usize) -> Vec<(String, String, (String, String))> {
    ten_at_a_time((0..teams).map(|i| {
        let server = Arc::clone(server);
        async move {
            let admin = format!("ada-{i}");
            let team = server.create_under(&admin, "brand").await;
            let code = server.create_code(&admin, &team, "member").await;
            (admin, team, (code.code_id, code.code))
        }
    }))
    .await
}

/// What contradicts itself in a team: above all, that each use of a code is a membership by it.
async fn audit(server: &Server, owner: &str, team: &str) -> Violations {
    let mut violations = faults_of(server, (owner, "owner"), team).await;
    let events = server.events(owner, team).await;
    for code in server.codes(owner, team).await {
        let by_it = |change: &Option<Change>| matches!(change, Some(Change::MemberJoined(by)) if by.code_id == code.code_id);
        let joined = events.iter().filter(|event| by_it(&event.change)).count();
        if i64::try_from(joined) != Ok(code.use_count) {
            violations.push(format!("{joined} joined by a code with {} uses", code.use_count));
        }
        if code.max_uses.is_some_and(|most| code.use_count > most) {
            violations.push(format!("{} uses of a code with {:?}", code.use_count, code.max_uses));
        }
    }
    violations
}
