//! Random walks of a team through the real decisions: the commits that they make, and what the team is then.
//!
//! The team in memory, and what is tried on it, are those of the property tests.

use proptest::prelude::*;
use roster_domain::decide::{TeamCap, TeamRequest, create_personal_team, create_team, take_up_email};
use roster_domain::policy::{Policy, parse, presets};
use roster_domain::{Change, DisplayName, PersonKey, Timestamp};

use crate::acts::{self, ADDRESSES, Act, Etag, PEOPLE, Who};
use crate::policies::arbitrary_policy;
use crate::steps::steps;
use crate::team::{Ending, FOUNDER, Team, World};
use crate::turn::{Step, Turn, erased};

/// 1 March 2026, 12:00 UTC.
const START: Timestamp = Timestamp::from_micros(1_772_366_400_000_000);

/// A commit: who acts, and what changes.
pub type Commit = (PersonKey, Vec<Change>);

/// Steps to be taken by a team from its creation on.
#[derive(Clone, Debug)]
pub struct Walk(crate::steps::Walk);

/// A policy, and steps to be taken under it.
pub fn walk() -> impl Strategy<Value = (Policy, Walk)> {
    let walked = parse("walked.toml", include_str!("../../roster-domain/tests/policies/walked.toml"));
    let walked = walked.unwrap_or_else(|error| panic!("{error}"));
    let policy = prop_oneof![
        3 => Just(walked),
        1 => prop::sample::select(presets()),
        3 => arbitrary_policy()
    ];
    (policy, steps().prop_map(Walk))
}

impl Walk {
    /// What creates the team, by its founder: as their personal one where that may be, and the walk wants it.
    #[must_use]
    pub fn creation(&self, policy: &Policy, may_be_personal: bool) -> Vec<Change> {
        creation(policy, self.0.0 && may_be_personal)
    }

    /// The steps after its creation.
    #[must_use]
    pub fn steps(&self) -> Vec<Step> {
        self.0.1.iter().cloned().chain(successions()).map(Step).collect()
    }
}

/// The commits of a walk, the team's creation first, and the team after them.
#[must_use]
pub fn commits<'p>(policy: &'p Policy, walk: &Walk) -> (Vec<Commit>, Team<'p>) {
    let mut commits = vec![];
    let mut team = Team::unborn(policy, START, 0);
    commit(&mut commits, &mut team, (FOUNDER, walk.creation(policy, true)));
    let steps = walk.steps();
    for (n, step) in steps.iter().enumerate() {
        if team.facts.is_none() {
            break;
        }
        let (actor, mut changes) = match team.turn(step) {
            Turn::Act(taken) => {
                let outcome = taken.decide(policy, taken.facts.clone(), None);
                (taken.actor(), outcome.unwrap_or_default())
            }
            Turn::Mail(person, email) => {
                let change = team.place(person).and_then(|member| take_up_email(member, Some(&email)));
                (person, change.into_iter().collect())
            }
            Turn::Wait(until) => {
                team.now = until;
                continue;
            }
        };
        team.show_address(actor, n, &mut changes);
        commit(&mut commits, &mut team, (actor, changes));
    }
    if team.facts.is_some() {
        let person = PersonKey(i64::try_from(steps.len()).expect("few steps") % PEOPLE);
        let email = team.place(person).and_then(|place| place.email.as_ref());
        let addresses = email.iter().map(|email| email.key().to_owned()).collect();
        let changes = erased(policy, &team.erasure(person, &addresses), team.now);
        commit(&mut commits, &mut team, (person, changes));
    }
    (commits, team)
}

/// An address is invited again and again, each time when the invitation before has run out unnoticed; then the first of
/// these is sent again. Left to chance alone, hardly any commit would end an invitation for its successor.
fn successions() -> Vec<acts::Step> {
    let step = |act| acts::Step::Act { who: Who::Founder, stubborn: false, act };
    let invite = || step(Act::Invite { address: ADDRESSES.len() - 1, role: 1, grants: vec![] });
    let wait = || acts::Step::World(World::WaitForEnd { of: Ending::Invitation(0), before: 0 });
    vec![invite(), wait(), invite(), wait(), step(Act::Resend(1, Etag::None))]
}

fn creation(policy: &Policy, personal: bool) -> Vec<Change> {
    let display_name = DisplayName::parse("Team").expect("a name");
    if personal && policy.personal_team {
        return create_personal_team(policy, display_name, FOUNDER, None).expect("the first one");
    }
    let request = TeamRequest { display_name, tier: None, external_id: None, external_id_taken_by: None };
    create_team(policy, request, FOUNDER, None, TeamCap { limit: 1, used: 0 }).expect("below the cap")
}

fn commit(commits: &mut Vec<Commit>, team: &mut Team<'_>, (actor, changes): Commit) {
    if changes.is_empty() {
        return;
    }
    team.apply(&changes).expect("changes that fit");
    commits.push((actor, changes));
}
