//! A person's place in a team ends for good, since its data is erased.
//!
//! Nobody acts: a calling service erases people, and answers for it. What the team may not lose with the person is
//! handed on or ends only as the service says.

use std::fmt;

use super::access::entered;
use super::change_role::access_change;
use super::invitation::invitation_state;
use super::lowering::lowers;
use super::standing::refuse_fixed;
use super::transfer::{TransferBy, transfer_ownership};
use crate::facts::{ErasureFacts, InvitationState, TransferFacts};
use crate::policy::{Policy, RoleName};
use crate::{Change, Holder, MemberState, Refusal, Timestamp};

/// What is to become of a team that depends on the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// The person's role goes to the successor of the facts.
    Transfer,
    /// The team is deleted.
    Delete,
}

/// Why a team cannot simply lose the person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dependence {
    /// The person has the role of which there is exactly one holder.
    SoleRole(RoleName),
    /// The person is the last active holder of a role that must be held.
    LastHolder(RoleName),
    /// The team is the person's own, and others are in it.
    PersonalTeam,
}

impl fmt::Display for Dependence {
    /// What to name for the team.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SoleRole(role) => write!(f, "holds its one {role}: name transfer_to or delete_team"),
            Self::LastHolder(role) => {
                write!(f, "is its last active {role}: name transfer_to or delete_team")
            }
            Self::PersonalTeam => f.write_str("owns it, and others are in it: name delete_team"),
        }
    }
}

/// What stands in the way of ending the person's place in a team.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// The team depends on the person, and nothing was said of what is to become of it.
    Depends(Dependence),
    /// Something was said, and the team does not depend on the person.
    NothingToResolve,
    /// The role cannot go to the successor: why, as what it must be.
    Successor(&'static str),
}

/// Decides what ends in the team with the person: its membership, as a removal ends it, and the pending invitations to
/// its addresses. A personal team of nobody else ends with its person.
pub fn erase_member(
    policy: &Policy,
    facts: &ErasureFacts,
    resolution: Option<Resolution>,
    now: Timestamp,
) -> Result<Vec<Change>, Obstacle> {
    let Some(holder) = &facts.member else {
        let ended = ended(facts, now).collect();
        return if resolution.is_none() { Ok(ended) } else { Err(Obstacle::NothingToResolve) };
    };
    let own = facts.team.personal == Some(holder.membership.person);
    let deleted = match (dependence(policy, facts, holder), resolution) {
        (_, Some(Resolution::Transfer)) if own => {
            return Err(Obstacle::Successor("must be left out: a personal team ends with its person"));
        }
        (None, _) if own => true,
        (Some(_), Some(Resolution::Delete)) => true,
        (Some(dependence), Some(Resolution::Transfer)) => {
            return hand_on(policy, facts, holder, &dependence, now);
        }
        (Some(dependence), None) => return Err(Obstacle::Depends(dependence)),
        (None, Some(_)) => return Err(Obstacle::NothingToResolve),
        (None, None) => false,
    };
    let mut changes = vec![removal(holder)];
    if deleted {
        // Every invitation ends with the team.
        changes.push(Change::TeamDeleted);
    } else {
        changes.extend(ended(facts, now));
    }
    Ok(changes)
}

fn dependence(policy: &Policy, facts: &ErasureFacts, holder: &Holder) -> Option<Dependence> {
    let membership = &holder.membership;
    if facts.team.personal == Some(membership.person) {
        return (facts.members > 1).then_some(Dependence::PersonalTeam);
    }
    let role = policy.role(&membership.role)?;
    if role.sole.is_some() {
        return Some(Dependence::SoleRole(role.name.clone()));
    }
    let last = membership.state == MemberState::Active && facts.holders_of_role <= 1;
    (role.at_least_one && last).then(|| Dependence::LastHolder(role.name.clone()))
}

/// Gives the person's role to the successor, and then ends the person's membership with what it has left.
fn hand_on(
    policy: &Policy,
    facts: &ErasureFacts,
    holder: &Holder,
    dependence: &Dependence,
    now: Timestamp,
) -> Result<Vec<Change>, Obstacle> {
    let successor =
        facts.successor.as_ref().ok_or(Obstacle::Successor("must be an active member of the team"))?;
    let membership = &successor.membership;
    if membership.person == holder.membership.person {
        return Err(Obstacle::Successor("must be another person"));
    }
    if membership.state == MemberState::Suspended {
        return Err(Obstacle::Successor("must be an active member of the team"));
    }
    let unfit = |_: Refusal| Obstacle::Successor("must be a member whose role can become that one");
    let mut left = holder.clone();
    let mut changes = if let Dependence::LastHolder(role) = dependence {
        refuse_fixed(policy, &facts.team, membership).map_err(unfit)?;
        take_role(policy, successor, role)
    } else {
        let transfer = TransferFacts {
            actor: None,
            holder: Some(holder.membership.clone()),
            holder_access: holder.access.clone(),
            target: Some(membership.clone()),
            target_access: successor.access.clone(),
        };
        let changes = transfer_ownership(policy, &transfer, TransferBy::Service).map_err(unfit)?;
        leave_over(&mut left, &changes);
        changes
    };
    changes.push(removal(&left));
    changes.extend(ended(facts, now));
    Ok(changes)
}

/// The successor gets the role that must be held, as a change of role gives it.
fn take_role(policy: &Policy, successor: &Holder, role: &RoleName) -> Vec<Change> {
    let Holder { membership, access } = successor;
    let after = entered(policy, role, access);
    let lowered = lowers(policy, (&membership.role, access), (role, &after));
    let mut changes = vec![Change::MemberRoleChanged {
        person: membership.person,
        state: membership.state,
        old_role: membership.role.clone(),
        new_role: role.clone(),
        lowered,
    }];
    changes.extend(access_change(membership.person, access, after, lowered));
    changes
}

/// What the former holder has after a transfer.
fn leave_over(holder: &mut Holder, transfer: &[Change]) {
    let person = holder.membership.person;
    for change in transfer {
        match change {
            Change::OwnershipTransferred { from, from_becomes, .. } if *from == person => {
                holder.membership.role.clone_from(from_becomes);
            }
            Change::MemberAccessChanged { person: whose, after, .. } if *whose == person => {
                holder.access.clone_from(after);
            }
            _ => {}
        }
    }
}

fn removal(holder: &Holder) -> Change {
    let Holder { membership, access } = holder;
    Change::MemberRemoved {
        person: membership.person,
        state: membership.state,
        role: membership.role.clone(),
        access: access.clone(),
    }
}

/// An invitation ends in one state: one that ran out unnoticed has expired and can no longer be taken back.
fn ended(facts: &ErasureFacts, now: Timestamp) -> impl Iterator<Item = Change> {
    facts.invitations.iter().map(move |one| match invitation_state(one, now) {
        InvitationState::Expired => Change::InvitationExpired { invitation: one.id },
        _ => Change::InvitationCancelled { invitation: one.id },
    })
}
