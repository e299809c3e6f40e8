//! A member gets another role.

use super::standing::{refuse_last_holder, refuse_sole, refuse_stale, standing};
use crate::facts::MemberFacts;
use crate::policy::{Policy, RoleName, SelfRule};
use crate::{Change, Refusal, Revision};

/// Decides whether the actor may give the target that role. `expected` is the version that the caller has read.
pub fn change_role(
    policy: &Policy,
    facts: &MemberFacts,
    role: &RoleName,
    expected: Option<Revision>,
) -> Result<Vec<Change>, Refusal> {
    let actor = standing(policy, facts.actor.as_ref())?;
    actor.require("members.change_role")?;
    if policy.role(role).is_none() {
        return Err(Refusal::RoleUnknown { policy: policy.name.clone(), role: role.clone() });
    }
    let target = facts.target.as_ref().ok_or(Refusal::MemberNotFound)?;
    refuse_stale(target, expected)?;
    if target.role == *role {
        return Ok(Vec::new());
    }
    if target.person == actor.membership.person && policy.self_role == SelfRule::Never {
        return Err(Refusal::OwnRole);
    }
    refuse_sole(policy, &target.role)?;
    refuse_sole(policy, role)?;
    actor.require_manages(&target.role)?;
    actor.require_assigns(role)?;
    refuse_last_holder(policy, target, facts.holders_of_target_role)?;
    Ok(vec![Change::MemberRoleChanged {
        person: target.person,
        state: target.state,
        old_role: target.role.clone(),
        new_role: role.clone(),
    }])
}
