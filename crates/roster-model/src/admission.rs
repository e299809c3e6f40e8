//! Whom the ways in admit, and the rules on that and on seats.

use roster_domain::facts::{Invitation, InviteLink, TeamCode};
use roster_domain::{Access, Change, JoinedBy, MemberState, NewMember, PersonKey, Revision, RoleName};

use super::acts::{Act, Answer};
use super::reach::heights;
use super::rules::{Seen, Verdict, active_role, unless};
use super::team::Team;

/// A way in, as it was before somebody came by it.
pub(crate) struct Way<'t> {
    pub(crate) maker: PersonKey,
    /// What its maker's role must allow.
    permission: &'static str,
    role: &'t RoleName,
    access: Access,
    revision: Revision,
    /// Whether it admits anybody.
    admits: bool,
    by: JoinedBy,
}

/// The way in by which the act comes.
pub(crate) fn way_of<'a>(team: &'a Team<'_>, act: &Act) -> Option<Way<'a>> {
    let (link, code, invitation) = (act.link(team), act.code(team), act.invitation(team));
    let by_link = link.map(|link| Way {
        maker: link.maker,
        permission: "links.manage",
        role: &link.role,
        access: Access::default(),
        revision: link.revision,
        admits: link_admits(team, link),
        by: JoinedBy::InviteLink { link: link.id, maker: link.maker },
    });
    let by_code = || {
        code.map(|code| Way {
            maker: code.maker,
            permission: "codes.manage",
            role: &code.role,
            access: code.access.clone(),
            revision: code.revision,
            admits: code_admits(team, code),
            by: JoinedBy::TeamCode { code: code.id, maker: code.maker },
        })
    };
    let by_invitation = || {
        invitation.map(|one| Way {
            maker: one.maker,
            permission: "members.invite",
            role: &one.role,
            access: one.access.clone(),
            revision: one.revision,
            admits: invitation_admits(team, one),
            by: JoinedBy::Invitation { invitation: one.id, maker: one.maker },
        })
    };
    by_link.or_else(by_code).or_else(by_invitation)
}

/// Whether a link admits outsiders.
pub(crate) fn link_admits(team: &Team<'_>, link: &InviteLink) -> bool {
    team.policy.invite_links.is_some()
        && link.revoked_at.is_none()
        && team.now < link.expires_at
        && may_give(team, link.maker, "links.manage", &link.role)
        && reaches_as_much(team, link.maker, &link.role, &Access::default())
}

/// Whether a code admits outsiders.
pub(crate) fn code_admits(team: &Team<'_>, code: &TeamCode) -> bool {
    team.policy.team_codes.is_some()
        && code.revoked_at.is_none()
        && code.expires_at.is_none_or(|end| team.now < end)
        && code.max_uses.is_none_or(|most| code.uses < most)
        && may_give(team, code.maker, "codes.manage", &code.role)
        && reaches_as_much(team, code.maker, &code.role, &code.access)
}

/// Whether an invitation admits outsiders.
pub(crate) fn invitation_admits(team: &Team<'_>, invitation: &Invitation) -> bool {
    team.policy.invitations.is_some()
        && team.is_pending(invitation)
        && may_give(team, invitation.maker, "members.invite", &invitation.role)
        && reaches_as_much(team, invitation.maker, &invitation.role, &invitation.access)
}

fn may_give(team: &Team<'_>, maker: PersonKey, permission: &str, role: &RoleName) -> bool {
    active_role(team, maker)
        .is_some_and(|maker| maker.permissions.allow(permission) && maker.assigns.contains(role))
}

/// Whether a way in reaches no further than its maker does now.
pub(crate) fn reaches_as_much(team: &Team<'_>, maker: PersonKey, role: &RoleName, access: &Access) -> bool {
    let Some(maker) = team.member(maker) else { return false };
    let own = heights(team.policy, &maker.place.role, &maker.access);
    heights(team.policy, role, access).iter().zip(own).all(|(gives, own)| *gives <= own)
}

/// Whether the act comes by a way in whose maker's role could still make it, and whose maker reaches less than it gives.
pub(crate) fn is_narrowed(team: &Team<'_>, act: &Act) -> bool {
    way_of(team, act).is_some_and(|way| {
        may_give(team, way.maker, way.permission, way.role)
            && !reaches_as_much(team, way.maker, way.role, &way.access)
    })
}

/// Holds that a way in admits whom it should, with what it says, and nobody else.
pub(crate) fn admission(seen: &Seen<'_>) -> Verdict {
    let (true, Some(way), None) =
        (seen.act.is_joining(), way_of(seen.before, seen.act), seen.before.member(seen.actor))
    else {
        return Ok(());
    };
    let removed = seen.before.removals.get(&seen.actor);
    let should = way.admits
        && removed.is_none_or(|removed| *removed <= way.revision)
        && has_room(seen)
        && shows_address(seen);
    let joined = seen.after.member(seen.actor);
    unless(joined.is_some() != should, || format!("should it admit: {should}"))?;
    let Some(member) = joined else { return Ok(()) };
    unless(member.place.role != *way.role || member.access != way.access, || {
        format!("joined as {} with {:?}", member.place.role, member.access)
    })?;
    let shown = seen.act.shown(seen.before, seen.actor);
    unless(member.place.email != shown, || "joined with another address than it showed".to_owned())?;
    let by = |change: &Change| matches!(change, Change::MemberJoined(NewMember { by, .. }) if *by == way.by);
    unless(!seen.outcome.iter().flatten().any(by), || "joined by another way".to_owned())
}

fn shows_address(seen: &Seen<'_>) -> bool {
    let (Act::Accept(Answer { by_token, .. }), Some(one)) = (seen.act, seen.act.invitation(seen.before))
    else {
        return true;
    };
    let open = seen.before.policy.invitations.is_some_and(|rules| !rules.address_locked);
    let shown = seen.act.shown(seen.before, seen.actor);
    *by_token && open || shown.is_some_and(|email| email.key() == one.email.key())
}

/// Holds that nobody returns by a way in that is older than its removal, or than what made it less.
pub(crate) fn removed(seen: &Seen<'_>) -> Verdict {
    let joins = seen.act.is_joining() && seen.before.member(seen.actor).is_none();
    let (true, Some(way)) = (joins && seen.after.member(seen.actor).is_some(), way_of(seen.before, seen.act))
    else {
        return Ok(());
    };
    let removed = seen.before.removals.get(&seen.actor);
    unless(removed.is_some_and(|removed| *removed > way.revision), || {
        format!("{:?} was removed at {removed:?}, the way in is of {}", seen.actor, way.revision)
    })
}

/// What a team's members, and what these and its invitations hold, of how many seats.
pub(crate) fn counted(team: &Team<'_>) -> Option<(usize, usize, usize)> {
    let rules = team.policy.seats.as_ref()?;
    let tier = team.tier()?;
    let (_, limit) = rules.by_tier.iter().find(|(name, _)| name == tier)?;
    let in_state = |state| team.members.iter().filter(|one| one.place.state == state).count();
    let suspended = if rules.suspended_members_hold { in_state(MemberState::Suspended) } else { 0 };
    let used = in_state(MemberState::Active) + suspended;
    let pending = team.invitations.iter().filter(|one| team.is_pending(one)).count();
    let held = used + if rules.pending_invitations_hold { pending } else { 0 };
    Some((used, held, usize::try_from(*limit).expect("few")))
}

/// Whether there is a seat for whoever comes; one that is invited competes with the members only.
fn has_room(seen: &Seen<'_>) -> bool {
    counted(seen.before).is_none_or(|(used, held, limit)| match seen.act {
        Act::Accept(_) => used < limit,
        _ => held < limit,
    })
}

/// Holds that nothing takes a seat that the tier does not have. A smaller tier may leave more taken than there are;
/// these never become more.
pub(crate) fn seats(seen: &Seen<'_>) -> Verdict {
    let (Some((used, held, _)), Some((now_used, now_held, limit))) =
        (counted(seen.before), counted(seen.after))
    else {
        return Ok(());
    };
    unless(now_used > used && now_used > limit, || format!("{now_used} members on {limit} seats"))?;
    unless(now_held > held && now_held > limit, || format!("{now_held} seats held of {limit}"))
}
