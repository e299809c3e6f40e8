//! The role with exactly one holder moves.

use super::access::{entered, refuse_beyond_own};
use super::change_role::access_change;
use super::lowering::lowers;
use super::standing::standing;
use crate::facts::TransferFacts;
use crate::policy::Policy;
use crate::{Change, MemberState, Refusal};

/// Who moves the role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransferBy {
    /// The member who acts: only its holder may.
    Member,
    /// A calling service that administers teams.
    Service,
}

/// Decides whether the role may move to the target. To its holder it has moved already.
pub fn transfer_ownership(
    policy: &Policy,
    facts: &TransferFacts,
    by: TransferBy,
) -> Result<Vec<Change>, Refusal> {
    let actor = match by {
        TransferBy::Member => Some(standing(policy, facts.actor.as_ref())?),
        TransferBy::Service => None,
    };
    let (role, sole) = policy.sole().ok_or(Refusal::MethodNotInPolicy { method: "sole" })?;
    if let Some(actor) = actor {
        if actor.role.name != role.name {
            return Err(Refusal::NotTheHolder { role: role.name.clone() });
        }
        if !sole.transferable {
            return Err(Refusal::NotTransferable { role: role.name.clone() });
        }
    }
    let target = facts.target.as_ref().ok_or(Refusal::MemberNotFound)?;
    let holder = facts.holder.as_ref().ok_or(Refusal::MemberNotFound)?;
    // There is one holder; but a policy that was changed may find two, and neither moves the other's role.
    if actor.is_some_and(|actor| actor.membership.person != holder.person) {
        return Err(Refusal::NotTheHolder { role: role.name.clone() });
    }
    if target.person == holder.person {
        return Ok(Vec::new());
    }
    if target.state == MemberState::Suspended {
        return Err(Refusal::Suspended);
    }
    let holder_after = entered(policy, &sole.former_holder_becomes, &facts.holder_access);
    if by == TransferBy::Member {
        // Dormant grants may wake with the role that it takes.
        let own = (&holder.role, &facts.holder_access);
        refuse_beyond_own(policy, Some(own), (&sole.former_holder_becomes, &holder_after), own)?;
    }
    let target_after = entered(policy, &role.name, &facts.target_access);
    let from_lowered =
        lowers(policy, (&holder.role, &facts.holder_access), (&sole.former_holder_becomes, &holder_after));
    let to_lowered = lowers(policy, (&target.role, &facts.target_access), (&role.name, &target_after));
    let mut changes = vec![Change::OwnershipTransferred {
        role: role.name.clone(),
        from: holder.person,
        from_state: holder.state,
        from_becomes: sole.former_holder_becomes.clone(),
        from_lowered,
        to: target.person,
        to_was: target.role.clone(),
        to_lowered,
    }];
    changes.extend(access_change(holder.person, &facts.holder_access, holder_after, from_lowered));
    changes.extend(access_change(target.person, &facts.target_access, target_after, to_lowered));
    Ok(changes)
}
