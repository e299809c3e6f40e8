//! The rules that an invitation ends once, and that changes tell what was so.

use roster_domain::facts::{Invitation, InvitationState};
use roster_domain::policy::Role;
use roster_domain::{Access, Change, MemberState, PersonKey, RoleName};

use super::acts::Act;
use super::rules::{Seen, Verdict, unless};
use super::team::Team;

/// Holds that an address has one pending invitation at most, and that an invitation ends in one state, once.
pub(crate) fn endings(seen: &Seen<'_>) -> Verdict {
    let open = |one: &&Invitation| one.state == InvitationState::Pending;
    for invitation in seen.after.invitations.iter().filter(open) {
        let same = |one: &&Invitation| one.email.key() == invitation.email.key();
        let all = seen.after.invitations.iter().filter(open).filter(same).count();
        unless(all > 1, || format!("{all} invitations of an address are pending"))?;
    }
    for was in &seen.before.invitations {
        let is = seen.after.invitations.iter().find(|one| one.id == was.id).ok_or("one is gone")?;
        let late = seen.before.now >= was.expires_at;
        let resent = matches!(seen.act, Act::Resend(..)) && is.revision == seen.after.revision;
        let kept = (was.maker, was.revision, was.expires_at) == (is.maker, is.revision, is.expires_at);
        let good = match (was.state, is.state) {
            (InvitationState::Pending, InvitationState::Pending) => kept || resent,
            (InvitationState::Pending, InvitationState::Cancelled) => kept && !late,
            (InvitationState::Pending, InvitationState::Expired) => kept && late,
            (InvitationState::Pending, InvitationState::Accepted | InvitationState::Declined) => {
                kept && !late && is.answered_by == Some(seen.actor)
            }
            (InvitationState::Expired, InvitationState::Pending) => resent,
            (was_state, is_state) => was_state == is_state && kept && was.answered_by == is.answered_by,
        };
        unless(!good, || format!("{was:?} became {is:?}"))?;
    }
    Ok(())
}

/// Holds that changes tell what was so, so that the counts of members that follow them stay right.
pub(crate) fn true_changes(seen: &Seen<'_>) -> Verdict {
    for change in seen.outcome.iter().flatten() {
        unless(!tells_truth(seen.before, change), || format!("it was not so: {change:?}"))?;
    }
    let team = seen.after;
    for Role { name: role, .. } in &team.policy.roles {
        for state in [MemberState::Active, MemberState::Suspended] {
            let alike = team.members.iter().filter(|one| one.place.role == *role && one.place.state == state);
            let there = i64::try_from(alike.count()).expect("few");
            let counted = team.counted(role, state);
            unless(there != counted, || {
                format!("{there} {state:?} members are {role}, and {counted} were counted")
            })?;
        }
    }
    Ok(())
}

fn tells_truth(before: &Team<'_>, change: &Change) -> bool {
    let member = |person: PersonKey| before.member(person);
    let has = |person, role: &RoleName| member(person).is_some_and(|one| one.place.role == *role);
    let is = |person, state| member(person).is_some_and(|one| one.place.state == state);
    let granted = |person, access: &Access| member(person).is_some_and(|one| one.access == *access);
    match change {
        Change::TeamRenamed { old, .. } => {
            before.facts.as_ref().is_some_and(|facts| facts.display_name == *old)
        }
        Change::TeamTierChanged { old, .. } => before.tier() == old.as_ref(),
        Change::MemberRoleChanged { person, state, old_role, .. } => {
            has(*person, old_role) && is(*person, *state)
        }
        Change::MemberAccessChanged { person, before, .. } => granted(*person, before),
        Change::MemberSuspended { person, role } => has(*person, role) && is(*person, MemberState::Active),
        Change::MemberRestored { person, role } => has(*person, role) && is(*person, MemberState::Suspended),
        Change::MemberRemoved { person, state, role, access } => {
            has(*person, role) && is(*person, *state) && granted(*person, access)
        }
        Change::MemberLeft { person, role, access } => {
            has(*person, role) && is(*person, MemberState::Active) && granted(*person, access)
        }
        Change::OwnershipTransferred { role, from, from_state, to, to_was, .. } => {
            has(*from, role) && has(*to, to_was) && is(*from, *from_state) && is(*to, MemberState::Active)
        }
        _ => true,
    }
}
