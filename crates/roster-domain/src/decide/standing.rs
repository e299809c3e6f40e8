//! What an actor may do at all, before what it wants is looked at.

use crate::policy::{Policy, Role, RoleName};
use crate::{MemberState, Membership, Refusal};

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
pub(super) fn refuse_stale(member: &Membership, expected: Option<i64>) -> Result<(), Refusal> {
    match expected {
        Some(version) if version != member.version => Err(Refusal::EtagMismatch),
        _ => Ok(()),
    }
}
