//! What an actor may do at all, and whom nobody may touch, before what is wanted is looked at.

use crate::facts::{MemberFacts, TeamFacts};
use crate::policy::{Policy, Role, RoleName};
use crate::{MemberState, Membership, Refusal, Revision};

/// An active member with a role of the policy.
#[derive(Clone, Copy, Debug)]
pub struct Standing<'a> {
    /// The membership.
    pub membership: &'a Membership,
    /// Its role, as the policy has it.
    pub role: &'a Role,
}

/// The standing of whoever acts. An outsider, and a member whose role the policy lacks, have none; a suspended
/// member is told so.
pub fn standing<'a>(policy: &'a Policy, actor: Option<&'a Membership>) -> Result<Standing<'a>, Refusal> {
    let membership = actor.ok_or(Refusal::TeamNotAccessible)?;
    if membership.state == MemberState::Suspended {
        return Err(Refusal::ActorSuspended);
    }
    let role = policy.role(&membership.role).ok_or(Refusal::TeamNotAccessible)?;
    Ok(Standing { membership, role })
}

impl Standing<'_> {
    /// Refuses unless the role holds the permission.
    pub fn require(&self, permission: &'static str) -> Result<(), Refusal> {
        if self.role.permissions.allow(permission) {
            Ok(())
        } else {
            Err(Refusal::RoleLacksPermission { role: self.role.name.clone(), permission })
        }
    }

    /// Refuses unless the role assigns that role.
    pub fn require_assigns(&self, role: &RoleName) -> Result<(), Refusal> {
        if self.role.assigns(role) {
            Ok(())
        } else {
            Err(Refusal::RoleNotAssignable { actor_role: self.role.name.clone(), role: role.clone() })
        }
    }

    /// Refuses unless the role manages that role.
    pub fn require_manages(&self, role: &RoleName) -> Result<(), Refusal> {
        if self.role.manages(role) {
            Ok(())
        } else {
            Err(Refusal::RoleNotManageable { actor_role: self.role.name.clone(), target_role: role.clone() })
        }
    }
}

/// The member that is acted upon, in the version that the caller has read.
pub(super) fn target(facts: &MemberFacts, expected: Option<Revision>) -> Result<&Membership, Refusal> {
    let target = facts.target.as_ref().ok_or(Refusal::MemberNotFound)?;
    refuse_stale(target.version, expected)?;
    Ok(target)
}

/// A role of the policy that can be given: one that it has, and not the one with exactly one holder.
pub(super) fn givable<'p>(policy: &'p Policy, name: &RoleName) -> Result<&'p Role, Refusal> {
    let role = known(policy, name)?;
    refuse_sole(policy, name)?;
    Ok(role)
}

/// A role that the policy has.
pub(super) fn known<'p>(policy: &'p Policy, name: &RoleName) -> Result<&'p Role, Refusal> {
    let unknown = || Refusal::RoleUnknown { policy: policy.name.clone(), role: name.clone() };
    policy.role(name).ok_or_else(unknown)
}

/// Refuses where the member's place is fixed: it has a role of exactly one holder, or the team is its own.
pub(super) fn refuse_fixed(policy: &Policy, team: &TeamFacts, member: &Membership) -> Result<(), Refusal> {
    refuse_sole(policy, &member.role)?;
    if team.personal == Some(member.person) {
        return Err(Refusal::PersonalTeam);
    }
    Ok(())
}

/// Refuses where the role is one of exactly one holder.
pub(super) fn refuse_sole(policy: &Policy, name: &RoleName) -> Result<(), Refusal> {
    match policy.role(name) {
        Some(role) if role.sole.is_some() => Err(Refusal::SoleRole { role: name.clone() }),
        _ => Ok(()),
    }
}

/// Refuses where the member is the last active holder of a role that the team must keep.
pub(super) fn refuse_last_holder(policy: &Policy, member: &Membership, holders: i64) -> Result<(), Refusal> {
    let required = policy.role(&member.role).is_some_and(|role| role.at_least_one);
    if required && member.state == MemberState::Active && holders <= 1 {
        return Err(Refusal::LastHolder { role: member.role.clone() });
    }
    Ok(())
}

/// Refuses where the caller has read another version than the one that holds.
pub(super) fn refuse_stale(version: Revision, expected: Option<Revision>) -> Result<(), Refusal> {
    match expected {
        Some(expected) if expected != version => Err(Refusal::EtagMismatch),
        _ => Ok(()),
    }
}
