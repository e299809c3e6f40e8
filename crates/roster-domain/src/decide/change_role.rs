//! A member gets another role.

use super::access::{check_request, entered, refuse_beyond_own, refuse_lending, refuse_own_raise, replaced};
use super::lowering::lowers;
use super::standing::{known, refuse_fixed, refuse_last_holder, refuse_sole, standing, target};
use crate::facts::MemberFacts;
use crate::policy::{Policy, RoleName, SelfRule};
use crate::{Access, AccessRequest, Change, Grant, PersonKey, Refusal, Revision};

/// What a member is to become.
#[derive(Clone, Debug)]
pub struct NewRole<'a> {
    /// Its role.
    pub role: &'a RoleName,
    /// What it is to be granted; none keeps what it was granted.
    pub access: Option<&'a AccessRequest>,
    /// How many grants a member may have.
    pub grant_cap: u64,
}

/// Decides whether the actor may give the target that role. `expected` is the version that the caller has read.
pub fn change_role(
    policy: &Policy,
    facts: &MemberFacts,
    new: &NewRole<'_>,
    expected: Option<Revision>,
) -> Result<Vec<Change>, Refusal> {
    let actor = standing(policy, facts.actor.as_ref())?;
    actor.require("members.change_role")?;
    let role = known(policy, new.role)?;
    let target = target(facts, expected)?;
    let before = &facts.target_access;
    let asked = match new.access {
        Some(request) => {
            actor.require("access.manage")?;
            check_request(policy, role, request, new.grant_cap)?;
            replaced(policy, before, request)
        }
        None => before.clone(),
    };
    let changes_role = target.role != role.name;
    let after = if changes_role { entered(policy, &role.name, &asked) } else { asked };
    if !changes_role && after == *before {
        return Ok(Vec::new());
    }
    if changes_role {
        if target.person == actor.membership.person && policy.self_role == SelfRule::Never {
            return Err(Refusal::OwnRole);
        }
        refuse_fixed(policy, &facts.team, target)?;
        refuse_sole(policy, &role.name)?;
    }
    actor.require_manages(&target.role)?;
    if changes_role {
        actor.require_assigns(&role.name)?;
        refuse_last_holder(policy, target, facts.holders_of_target_role)?;
    }
    if target.person == actor.membership.person && new.access.is_some() {
        refuse_own_raise(policy, before, &after)?;
    }
    let own = (&actor.membership.role, &facts.actor_access);
    if new.access.is_some() {
        refuse_lending(policy, before, &after, own)?;
    }
    refuse_beyond_own(policy, Some((&target.role, before)), (&role.name, &after), own)?;

    let lowered = lowers(policy, (&target.role, before), (&role.name, &after));
    let mut changes = Vec::new();
    if changes_role {
        changes.push(Change::MemberRoleChanged {
            person: target.person,
            state: target.state,
            old_role: target.role.clone(),
            new_role: role.name.clone(),
            lowered,
        });
    }
    changes.extend(access_change(target.person, before, after, lowered));
    Ok(changes)
}

/// The change of what a member is granted, if it is one. `lowered` is of the whole act, a change of role included.
pub(super) fn access_change(
    person: PersonKey,
    before: &Access,
    after: Access,
    lowered: bool,
) -> Option<Change> {
    (after != *before).then(|| Change::MemberAccessChanged { person, before: before.clone(), after, lowered })
}

/// A grant whose role is another than it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rewritten {
    /// The grant as it is now.
    pub grant: Grant,
    /// The role that it had.
    pub old_role: RoleName,
}

/// The grants that both have, with another role: what a change of role lowers.
#[must_use]
pub fn rewritten(before: &Access, after: &Access) -> Vec<Rewritten> {
    let same_place = |one: &Grant, other: &Grant| (&one.kind, &one.target) == (&other.kind, &other.target);
    let now = |old: &Grant| after.grants.iter().find(|grant| same_place(grant, old)).cloned();
    let pairs = before.grants.iter().filter_map(|old| Some((now(old)?, old.role.clone())));
    let pairs = pairs.filter(|(grant, old_role)| grant.role != *old_role);
    pairs.map(|(grant, old_role)| Rewritten { grant, old_role }).collect()
}
