//! Invitations at the same time. Every race is run as the service is, where nothing may go wrong, and with the facts
//! loaded before the lock, where it must be seen to go wrong: in what is stored or, where a row or a constraint of the
//! database still keeps that right, in that somebody is told of a fault of the service in place of the reason.

mod audit;
mod crowds;
mod expiry;
mod pairs;

use std::sync::Arc;

use roster_proto::v1::ErrorReason;
use roster_testkit::{
    Kind, Options, Outcome, Server, Violations, nothing_goes_wrong, refused, something_goes_wrong,
    ten_at_a_time, without_lock,
};

/// How many teams run a race that must not be lost.
const MANY: usize = 40;
/// How many suffice to lose it: without the lock nearly every team does.
const FEW: usize = 4;

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
    /// The answer of a call that succeeded; if it did not, the reason must be one of these.
    fn answer<T>(&mut self, outcome: Outcome<T>, reasons: &[ErrorReason]) -> Option<T> {
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

    /// Exactly one of two is to succeed, unless somebody was told of a fault.
    fn one_of<A, B>(&mut self, first: Option<&A>, second: Option<&B>) {
        if first.is_some() == second.is_some() && self.told.is_empty() && self.busy.is_empty() {
            self.kept.push(format!("both succeed, or none does: {}", first.is_some()));
        } else if first.is_some() && second.is_some() {
            self.kept.push("both succeed".into());
        }
    }

    /// Nothing went wrong.
    #[track_caller]
    fn was_held(&self) {
        nothing_goes_wrong(&self.told);
        nothing_goes_wrong(&self.busy);
        nothing_goes_wrong(&self.kept);
    }

    /// Takes in what went wrong in one of several rounds.
    fn take(&mut self, round: Self) {
        self.told.extend(round.told);
        self.busy.extend(round.busy);
        self.kept.extend(round.kept);
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

/// The service, with the lock or without.
async fn start(kind: Kind, lock: bool) -> Arc<Server> {
    let options = if lock { Options::default() } else { without_lock(Options::default()) };
    Arc::new(Server::start_with(kind, options).await)
}

/// Teams under the preset `brand`, and their owners.
async fn teams(server: &Arc<Server>, count: usize) -> Vec<(String, String)> {
    ten_at_a_time((0..count).map(|i| {
        let server = Arc::clone(server);
        async move {
            let owner = format!("ada-{i}");
            let team = server.create_under(&owner, "brand").await;
            (owner, team)
        }
    }))
    .await
}
