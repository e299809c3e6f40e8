//! A walk taken step by step by somebody who loads, decides and writes for themselves.

use std::collections::BTreeSet;

use roster_domain::decide::{Resolution, erase_member, take_up_email};
use roster_domain::facts::{ErasureFacts, InvitationState};
use roster_domain::policy::Policy;
use roster_domain::{Change, CodeText, EmailAddress, MemberState, PersonKey, Refusal, Timestamp};

use crate::acts::{self, ADDRESSES, Act};
use crate::facts::{Facts, Needs, facts, needs};
use crate::load::load;
use crate::scene::{Circumstances, decide_by};
use crate::settle::settle;
use crate::team::{Team, World};

/// A step of a walk.
#[derive(Clone, Debug)]
pub struct Step(pub(crate) acts::Step);

/// What a step does as things stand.
#[derive(Clone, Debug)]
pub enum Turn<'p> {
    /// Somebody acts.
    Act(Box<Taken<'p>>),
    /// A call brings a member's verified address.
    Mail(PersonKey, EmailAddress),
    /// Time passes until then.
    Wait(Timestamp),
}

/// An act, with what is loaded for it and what that is for the team in memory.
#[derive(Clone, Debug)]
pub struct Taken<'p> {
    act: Act,
    by: Circumstances<'p>,
    /// What is loaded for it.
    pub needs: Needs,
    /// What that is for the team in memory.
    pub facts: Facts,
}

impl Taken<'_> {
    /// Who acts, or for whom a calling service does.
    #[must_use]
    pub fn actor(&self) -> PersonKey {
        self.by.actor
    }

    /// Whether a calling service does it by itself.
    #[must_use]
    pub fn is_by_service(&self) -> bool {
        self.act.is_by_service()
    }

    /// Decides the act by these facts. A code that is made gets the text.
    pub fn decide(
        &self,
        policy: &Policy,
        facts: Facts,
        text: Option<CodeText>,
    ) -> Result<Vec<Change>, Refusal> {
        let mut by = self.by.clone();
        by.text = text.unwrap_or(by.text);
        decide_by(policy, facts, &self.act, &by)
    }
}

impl<'p> Team<'p> {
    /// What the step does now.
    #[must_use]
    pub fn turn(&self, Step(step): &Step) -> Turn<'p> {
        match step {
            acts::Step::World(World::Mail(person, email)) => Turn::Mail(*person, email.clone()),
            acts::Step::World(world) => {
                let mut later = self.clone();
                later.happen(world).expect("the world may do what it likes");
                Turn::Wait(later.now)
            }
            acts::Step::Act { who, stubborn, act } => {
                let (actor, act) = settle(self, *who, *stubborn, act);
                let scene = load(self, actor, &act);
                let by = Circumstances {
                    actor,
                    asked: self.policy,
                    now: self.now,
                    expected: scene.expected,
                    shown: scene.shown.clone(),
                    made: self.made,
                    text: CodeText::new(format!("SK-{:06}", self.made % 1_000_000)),
                };
                let needs = needs(self, actor, &act);
                Turn::Act(Box::new(Taken { facts: facts(scene, &act), act, by, needs }))
            }
        }
    }

    /// A member who acts may show another verified address with it, as the service takes it up with whatever they do.
    pub fn show_address(&self, actor: PersonKey, n: usize, changes: &mut Vec<Change>) {
        let Some(member) = self.place(actor).filter(|_| n.is_multiple_of(2) && !changes.is_empty()) else {
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

    /// What the end of a person's data needs, whose addresses have these keys: the first other active member succeeds.
    #[must_use]
    pub fn erasure(&self, person: PersonKey, addresses: &BTreeSet<String>) -> ErasureFacts {
        let pending = self.invitations.iter().filter(|one| one.state == InvitationState::Pending);
        let member = self.holder(person);
        ErasureFacts {
            team: self.facts.clone().expect("the team is there"),
            holders_of_role: member
                .as_ref()
                .map_or(0, |member| self.counted(&member.membership.role, MemberState::Active)),
            members: i64::try_from(self.members.len()).expect("few members"),
            invitations: pending.filter(|one| addresses.contains(one.email.key())).cloned().collect(),
            successor: self.successor(person).and_then(|one| self.holder(one)),
            member,
        }
    }

    /// Who succeeds that person when their data is erased.
    #[must_use]
    pub fn successor(&self, person: PersonKey) -> Option<PersonKey> {
        let active = self.members.iter().filter(|one| one.place.state == MemberState::Active);
        active.map(|one| one.place.person).find(|one| *one != person)
    }
}

/// Decides the end of a person's place in a team, whatever that needs.
#[must_use]
pub fn erased(policy: &Policy, facts: &ErasureFacts, now: Timestamp) -> Vec<Change> {
    [None, Some(Resolution::Transfer), Some(Resolution::Delete)]
        .into_iter()
        .find_map(|resolution| erase_member(policy, facts, resolution, now).ok())
        .unwrap_or_default()
}
