//! A membership is ended by another member.

use super::standing::{refuse_last_holder, refuse_sole, refuse_stale, standing};
use crate::facts::MemberFacts;
use crate::policy::Policy;
use crate::{Change, Refusal, Revision};

/// Decides whether the actor may remove the target. `expected` is the version that the caller has read.
pub fn remove_member(
    policy: &Policy,
    facts: &MemberFacts,
    expected: Option<Revision>,
) -> Result<Vec<Change>, Refusal> {
    let actor = standing(policy, facts.actor.as_ref())?;
    actor.require("members.remove")?;
    let target = facts.target.as_ref().ok_or(Refusal::MemberNotFound)?;
    refuse_stale(target, expected)?;
    if target.person == actor.membership.person {
        return Err(Refusal::OwnRemoval);
    }
    refuse_sole(policy, &target.role)?;
    actor.require_manages(&target.role)?;
    refuse_last_holder(policy, target, facts.holders_of_target_role)?;
    Ok(vec![Change::MemberRemoved { person: target.person, state: target.state, role: target.role.clone() }])
}
