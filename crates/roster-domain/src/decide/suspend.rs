//! A member is suspended and restored.

use super::seats::{Taker, require_seat};
use super::standing::{Standing, refuse_fixed, refuse_last_holder, standing, target};
use crate::facts::{MemberFacts, RestorationFacts};
use crate::policy::Policy;
use crate::{Change, MemberState, Refusal, Revision};

/// Decides whether the actor may suspend the target. One that is suspended already stays as it is. `expected` is the
/// version that the caller has read.
pub fn suspend_member(
    policy: &Policy,
    facts: &MemberFacts,
    expected: Option<Revision>,
) -> Result<Vec<Change>, Refusal> {
    let actor = suspender(policy, facts)?;
    let target = target(facts, expected)?;
    if target.state == MemberState::Suspended {
        return Ok(Vec::new());
    }
    if target.person == actor.membership.person {
        return Err(Refusal::OwnSuspension);
    }
    refuse_fixed(policy, &facts.team, target)?;
    actor.require_manages(&target.role)?;
    refuse_last_holder(policy, target, facts.holders_of_target_role)?;
    Ok(vec![Change::MemberSuspended { person: target.person, role: target.role.clone() }])
}

/// Decides whether the actor may restore the target: with the role and the grants that it had, if there is a seat. An
/// active one stays as it is. `expected` is the version that the caller has read.
pub fn restore_member(
    policy: &Policy,
    facts: &RestorationFacts,
    expected: Option<Revision>,
) -> Result<Vec<Change>, Refusal> {
    let RestorationFacts { member: facts, occupancy } = facts;
    let actor = suspender(policy, facts)?;
    let target = target(facts, expected)?;
    if target.state == MemberState::Active {
        return Ok(Vec::new());
    }
    actor.require_manages(&target.role)?;
    require_seat(policy, &facts.team, *occupancy, Taker::Suspended)?;
    Ok(vec![Change::MemberRestored { person: target.person, role: target.role.clone() }])
}

fn suspender<'a>(policy: &'a Policy, facts: &'a MemberFacts) -> Result<Standing<'a>, Refusal> {
    let actor = standing(policy, facts.actor.as_ref())?;
    if !policy.suspension {
        return Err(Refusal::MethodNotInPolicy { method: "suspension" });
    }
    actor.require("members.suspend")?;
    Ok(actor)
}
