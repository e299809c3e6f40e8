//! A membership is ended, by another member or by the member itself.

use super::invitation::invitation_state;
use super::invite_link::could_make;
use super::standing::{Standing, refuse_fixed, refuse_last_holder, standing, target};
use super::team_code::could_make_code;
use crate::facts::{Holder, InvitationState, MemberFacts, RemovalFacts};
use crate::policy::{Policy, SelfRule};
use crate::{Change, Membership, Refusal, Revision, Timestamp};

/// Decides whether the actor may remove the target. The pending invitations to the target's address end with it:
/// those that ran out unnoticed as expired, the others as cancelled. With `adopt_invites` the actor becomes the maker
/// of the target's live links and codes that it could make itself. `expected` is the version that the caller has read.
pub fn remove_member(
    policy: &Policy,
    facts: &RemovalFacts,
    adopt_invites: bool,
    expected: Option<Revision>,
    now: Timestamp,
) -> Result<Vec<Change>, Refusal> {
    let member = &facts.member;
    let actor = standing(policy, member.actor.as_ref())?;
    actor.require("members.remove")?;
    let target = target(member, expected)?;
    if target.person == actor.membership.person {
        return Err(Refusal::OwnRemoval);
    }
    refuse_fixed(policy, &member.team, target)?;
    actor.require_manages(&target.role)?;
    refuse_last_holder(policy, target, member.holders_of_target_role)?;
    let mut changes = vec![Change::MemberRemoved {
        person: target.person,
        state: target.state,
        role: target.role.clone(),
        access: member.target_access.clone(),
    }];
    // An invitation ends in one state: one that ran out unnoticed has expired and can no longer be taken back.
    changes.extend(facts.invitations.iter().map(|one| match invitation_state(one, now) {
        InvitationState::Expired => Change::InvitationExpired { invitation: one.id },
        _ => Change::InvitationCancelled { invitation: one.id },
    }));
    if adopt_invites {
        adopt(policy, facts, actor.membership, &mut changes);
    }
    Ok(changes)
}

/// What the actor could make itself it takes over; the rest ends with its maker.
fn adopt(policy: &Policy, facts: &RemovalFacts, actor: &Membership, changes: &mut Vec<Change>) {
    let maker = actor.person;
    let holder = Holder { membership: actor.clone(), access: facts.member.actor_access.clone() };
    let links = facts.links.iter().filter(|link| could_make(policy, Some(&holder), &link.role));
    changes.extend(links.map(|link| Change::InviteLinkAdopted { link: link.id, maker }));
    let codes = facts.codes.iter();
    let codes = codes.filter(|code| could_make_code(policy, Some(&holder), &code.role, &code.access));
    changes.extend(codes.map(|code| Change::TeamCodeAdopted { code: code.id, maker }));
}

/// Decides whether the actor may end its own membership.
pub fn leave_team(policy: &Policy, facts: &MemberFacts) -> Result<Vec<Change>, Refusal> {
    let Standing { membership, .. } = standing(policy, facts.actor.as_ref())?;
    refuse_fixed(policy, &facts.team, membership)?;
    if policy.self_leave == SelfRule::Never {
        return Err(Refusal::LeavingNotAllowed);
    }
    refuse_last_holder(policy, membership, facts.holders_of_target_role)?;
    Ok(vec![Change::MemberLeft {
        person: membership.person,
        role: membership.role.clone(),
        access: facts.actor_access.clone(),
    }])
}
