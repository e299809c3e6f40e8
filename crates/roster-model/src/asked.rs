//! The rule that after an act that was not refused, what it asked for holds.

use roster_domain::facts::InvitationState;
use roster_domain::{Access, GrantTarget, MemberState, PersonKey};

use super::acts::{
    ADDRESSES, Act, Added, Asked, grants_of, kind_at, life_at, name_at, resource_at, role_at, tier_at,
};
use super::rules::{Seen, Verdict, unless};
use super::team::{Member, Team};

/// Holds it.
pub(crate) fn asked(seen: &Seen<'_>) -> Verdict {
    let Ok(changes) = seen.outcome else { return Ok(()) };
    let team = seen.after;
    let holds = match seen.act {
        Act::Rename { name, .. } => {
            team.facts.as_ref().is_some_and(|facts| facts.display_name == name_at(*name))
        }
        Act::Delete { .. } => team.facts.is_none(),
        Act::SetTier(tier) => team.tier() == Some(&tier_at(team.policy, *tier)),
        Act::Transfer { target, .. } => {
            let sole = team.policy.sole().map(|(role, _)| &role.name);
            team.place(*target).is_some_and(|place| Some(&place.role) == sole)
        }
        Act::ChangeRole { target, role, access, .. } => team.member(*target).is_some_and(|member| {
            member.place.role == role_at(team.policy, *role)
                && access.as_ref().is_none_or(|access| has_access(team, member, access))
        }),
        Act::SetAccess { target, access, .. } => {
            team.member(*target).is_some_and(|member| has_access(team, member, access))
        }
        Act::Purge { kind, resource } => {
            let kind = kind_at(team.policy, *kind);
            let target = GrantTarget::One(resource_at(*resource).clone());
            let named =
                |access: &Access| access.grants.iter().any(|one| one.kind == kind && one.target == target);
            !team.members.iter().any(|one| named(&one.access))
                && !team.codes.iter().any(|one| named(&one.access))
                && !team.invitations.iter().any(|one| named(&one.access))
        }
        Act::Suspend { target, .. } => state(team, *target) == Some(MemberState::Suspended),
        Act::Restore { target, .. } => state(team, *target) == Some(MemberState::Active),
        Act::Remove { target, .. } => state(team, *target).is_none() && nothing_open_to(seen, *target),
        Act::Leave => state(team, seen.actor).is_none(),
        // Some rows may have been refused, unless nothing changed at all.
        Act::AddMembers(added) => !changes.is_empty() || added.iter().all(|one| is_added(team, one)),
        _ => way_holds(seen),
    };
    unless(!holds, || "what was asked for does not hold".to_owned())
}

fn way_holds(seen: &Seen<'_>) -> bool {
    let (before, team) = (seen.before, seen.after);
    let link = || before_and_after(seen.act.link(before), &team.links, |one| one.id);
    let code = || before_and_after(seen.act.code(before), &team.codes, |one| one.id);
    let invitation = || before_and_after(seen.act.invitation(before), &team.invitations, |one| one.id);
    let ended = |as_| invitation().is_some_and(|one| one.state == as_);
    let answered = |as_| ended(as_) && invitation().is_some_and(|one| one.answered_by == Some(seen.actor));
    let joined = state(team, seen.actor) == Some(MemberState::Active);
    match seen.act {
        Act::Redeem(_) | Act::RedeemCode(_) => joined,
        Act::Accept(_) => joined && answered(InvitationState::Accepted),
        Act::Decline(_) => answered(InvitationState::Declined),
        Act::Cancel(..) => ended(InvitationState::Cancelled),
        Act::Resend(..) => invitation().is_some_and(|one| {
            team.is_pending(one) && one.maker == seen.actor && one.revision == team.revision
        }),
        Act::Invite { address, role, grants } => team.invitations.last().is_some_and(|one| {
            team.is_pending(one)
                && before.invitations.len() + 1 == team.invitations.len()
                && one.email == ADDRESSES[*address]
                && one.role == role_at(team.policy, *role)
                && brings(team, &one.access, grants)
        }),
        Act::CreateLink => before.links.len() + 1 == team.links.len(),
        Act::CreateCode { role, grants, life, max_uses } => team.codes.last().is_some_and(|one| {
            let life = life_at(team.policy, *life).map(|life| life.end(team.now.micros()));
            one.role == role_at(team.policy, *role)
                && one.expires_at.map(roster_domain::Timestamp::micros) == life
                && one.max_uses == *max_uses
                && brings(team, &one.access, grants)
                && before.codes.len() + 1 == team.codes.len()
        }),
        Act::RevokeLink(_) => link().is_some_and(|one| one.revoked_at.is_some()),
        Act::RevokeCode(_) => code().is_some_and(|one| one.revoked_at.is_some()),
        Act::DeleteCode(_) => seen.act.code(before).is_some() && code().is_none(),
        _ => false,
    }
}

/// What became of the one that was acted upon.
fn before_and_after<'t, T, I: PartialEq>(
    was: Option<&T>,
    all: &'t [T],
    id: impl Fn(&T) -> I,
) -> Option<&'t T> {
    let was = id(was?);
    all.iter().find(|one| id(one) == was)
}

fn state(team: &Team<'_>, person: PersonKey) -> Option<MemberState> {
    team.place(person).map(|place| place.state)
}

fn has_access(team: &Team<'_>, member: &Member, asked: &Asked) -> bool {
    let unrestricted = asked.unrestrict.iter().map(|place| kind_at(team.policy, *place));
    // To name resources of a kind restricts, also whoever asks for the contrary in the same breath.
    let mut free = unrestricted.filter(|kind| !member.access.grants.iter().any(|grant| grant.kind == *kind));
    brings(team, &member.access, &asked.grants) && !free.any(|kind| member.access.restricted.contains(&kind))
}

/// Whether an access has these grants, and the restrictions that naming them brings.
fn brings(team: &Team<'_>, access: &Access, named: &[super::acts::Named]) -> bool {
    let mut grants = grants_of(team.policy, named);
    grants.sort();
    let scoped = |kind| team.policy.kind(kind).is_some_and(roster_domain::policy::Kind::is_scoped);
    let mut restricting = grants.iter().filter(|grant| scoped(&grant.kind));
    access.grants == grants && restricting.all(|grant| access.restricted.contains(&grant.kind))
}

fn is_added(team: &Team<'_>, added: &Added) -> bool {
    team.member(added.person).is_some_and(|member| {
        member.place.role == role_at(team.policy, added.role)
            && member.place.state == MemberState::Active
            && brings(team, &member.access, &added.grants)
    })
}

fn nothing_open_to(seen: &Seen<'_>, person: PersonKey) -> bool {
    let email = seen.before.place(person).and_then(|place| place.email.as_ref());
    let key = email.map(roster_domain::EmailAddress::key);
    let open = |state| state == InvitationState::Pending;
    !seen.after.invitations.iter().any(|one| open(one.state) && Some(one.email.key()) == key)
}
