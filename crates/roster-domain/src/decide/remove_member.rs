//! A membership is ended, by another member or by the member itself.

use super::access::refuse_beyond_own;
use super::invite_link::makes_links;
use super::redeem_link::NOTHING;
use super::standing::{Standing, refuse_fixed, refuse_last_holder, standing, target};
use super::team_code::makes_codes;
use crate::facts::{MemberFacts, RemovalFacts};
use crate::policy::{Policy, SelfRule};
use crate::{Change, Refusal, Revision};

/// Decides whether the actor may remove the target. The pending invitations to the target's address end with it. With
/// `adopt_invites` the actor becomes the maker of the target's live links and codes that it could make itself.
/// `expected` is the version that the caller has read.
pub fn remove_member(
    policy: &Policy,
    facts: &RemovalFacts,
    adopt_invites: bool,
    expected: Option<Revision>,
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
    let invitations = facts.invitations.iter();
    changes.extend(invitations.map(|one| Change::InvitationCancelled { invitation: one.id }));
    if adopt_invites {
        adopt(policy, facts, &actor, &mut changes);
    }
    Ok(changes)
}

/// What the actor could make itself it takes over; the rest ends with its maker.
fn adopt(policy: &Policy, facts: &RemovalFacts, actor: &Standing<'_>, changes: &mut Vec<Change>) {
    let maker = actor.membership.person;
    let own = (&actor.membership.role, &facts.member.actor_access);
    let reaches = |role, access| refuse_beyond_own(policy, None, (role, access), own).is_ok();
    let links = facts.links.iter();
    let links = links.filter(|link| policy.invite_links.is_some() && makes_links(actor.role, &link.role));
    let links = links.filter(|link| reaches(&link.role, NOTHING));
    changes.extend(links.map(|link| Change::InviteLinkAdopted { link: link.id, maker }));
    let codes = facts.codes.iter();
    let codes = codes.filter(|code| policy.team_codes.is_some() && makes_codes(actor.role, &code.role));
    let codes = codes.filter(|code| reaches(&code.role, &code.access));
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
