//! Random walks of a team through the real decisions: the commits that they make, and what the team is then.
//!
//! The team in memory, and what is tried on it, are those of the property tests.

use proptest::prelude::*;
use roster_domain::decide::{Resolution, create_team, erase_member, take_up_email};
use roster_domain::decide::{TeamCap, TeamRequest, create_personal_team};
use roster_domain::facts::{ErasureFacts, InvitationState};
use roster_domain::policy::{Policy, parse, presets};
use roster_domain::{
    Change, CodeText, Delivery, DisplayName, Locale, MemberState, PersonKey, SecretRecord, Timestamp,
};

use crate::acts::{ADDRESSES, Act, Etag, PEOPLE, Step, Who};
use crate::policies::arbitrary_policy;
use crate::scene::decide;
use crate::settle::settle;
use crate::steps::steps;
use crate::team::{Ending, FOUNDER, Member, Team, World};

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

/// The commits of a walk, the team's creation first, and the team after them.
#[must_use]
pub fn commits<'p>(policy: &'p Policy, Walk((personal, steps)): &Walk) -> (Vec<Commit>, Team<'p>) {
    let mut commits = vec![(FOUNDER, creation(policy, *personal))];
    let mut team = Team::founded(policy, START, *personal);
    for (n, step) in steps.iter().chain(&successions()).enumerate() {
        if team.facts.is_none() {
            break;
        }
        let (actor, mut changes) = match step {
            Step::Act { who, stubborn, act } => {
                let (actor, act) = settle(&team, *who, *stubborn, act);
                (actor, decide(&team, None, actor, &act).unwrap_or_default())
            }
            Step::World(World::Mail(person, email)) => {
                let change = team.place(*person).and_then(|member| take_up_email(member, Some(email)));
                (*person, change.into_iter().collect())
            }
            Step::World(world) => {
                team.happen(world).expect("the world may do what it likes");
                continue;
            }
        };
        show_address(&team, actor, n, &mut changes);
        commit(&mut commits, &mut team, (actor, changes));
    }
    if team.facts.is_some() {
        let erased = PersonKey(i64::try_from(steps.len()).expect("few steps") % PEOPLE);
        let changes = erase(&team, erased);
        commit(&mut commits, &mut team, (erased, changes));
    }
    (commits, team)
}

/// An address is invited again and again, each time when the invitation before has run out unnoticed; then the first of
/// these is sent again. Left to chance alone, hardly any commit would end an invitation for its successor.
fn successions() -> Vec<Step> {
    let step = |act| Step::Act { who: Who::Founder, stubborn: false, act };
    let invite = || step(Act::Invite { address: ADDRESSES.len() - 1, role: 1, grants: vec![] });
    let wait = || Step::World(World::WaitForEnd { of: Ending::Invitation(0), before: 0 });
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

fn commit(commits: &mut Vec<Commit>, team: &mut Team<'_>, (actor, mut changes): Commit) {
    if changes.is_empty() {
        return;
    }
    for change in &mut changes {
        distinguish(change, commits.len());
    }
    team.apply(&changes).expect("changes that fit");
    commits.push((actor, changes));
}

/// A member who acts may show another verified address with it, as the service takes it up with whatever they do.
fn show_address(team: &Team<'_>, actor: PersonKey, n: usize, changes: &mut Vec<Change>) {
    let Some(member) = team.place(actor).filter(|_| n.is_multiple_of(2) && !changes.is_empty()) else {
        return;
    };
    let goes = |change: &Change| match change {
        Change::MemberLeft { person, .. } | Change::MemberEmailChanged { person, .. } => *person == actor,
        _ => false,
    };
    if !changes.iter().any(goes) {
        changes.extend(take_up_email(member, Some(&ADDRESSES[n / 2 % ADDRESSES.len()])));
    }
}

/// What ends with the person's data, whatever that needs.
fn erase(team: &Team<'_>, person: PersonKey) -> Vec<Change> {
    let pending = team.invitations.iter().filter(|one| one.state == InvitationState::Pending);
    let member = team.holder(person);
    let email = member.as_ref().and_then(|member| member.membership.email.clone());
    let is_active = |one: &&Member| one.place.state == MemberState::Active && one.place.person != person;
    let successor = team.members.iter().find(is_active);
    let facts = ErasureFacts {
        team: team.facts.clone().expect("the team is there"),
        holders_of_role: member
            .as_ref()
            .map_or(0, |member| team.counted(&member.membership.role, MemberState::Active)),
        members: i64::try_from(team.members.len()).expect("few members"),
        invitations: pending.filter(|one| Some(&one.email) == email.as_ref()).cloned().collect(),
        successor: successor.and_then(|one| team.holder(one.place.person)),
        member,
    };
    [None, Some(Resolution::Transfer), Some(Resolution::Delete)]
        .into_iter()
        .find_map(|resolution| erase_member(team.policy, &facts, resolution, team.now).ok())
        .unwrap_or_default()
}

/// Gives each secret and each code its own, where the walk makes all of them alike, and lets every other one be mailed.
fn distinguish(change: &mut Change, n: usize) {
    let by = |delivery: &mut Delivery, secret: &mut SecretRecord| {
        secret.digest[..8].copy_from_slice(&n.to_be_bytes());
        secret.generation = u32::try_from(n).expect("few commits");
        if !n.is_multiple_of(3) {
            let locale = (n % 3 == 1).then(|| Locale::parse("de-CH").expect("a locale"));
            *delivery = Delivery::Mail { locale };
        }
    };
    match change {
        Change::InvitationCreated(new) => by(&mut new.delivery, &mut new.secret),
        Change::InvitationResent { delivery, secret, .. } => by(delivery, secret),
        Change::InviteLinkCreated(new) => new.secret.digest[..8].copy_from_slice(&n.to_be_bytes()),
        Change::TeamCodeCreated(new) => new.text = CodeText::new(format!("SK-{n:06}")),
        _ => {}
    }
}
