//! The rules on who may act at all, and upon whom.

use roster_domain::policy::{Policy, Role, SelfRule};
use roster_domain::{Change, MemberState, Refusal, RoleName};

use super::acts::{Act, Etag};
use super::rules::{Seen, Verdict, active_role, role, unless};

/// Holds that what is done, the actor's role permits, manages and assigns, and the version it read holds.
pub(crate) fn authority(seen: &Seen<'_>) -> Verdict {
    let (Ok(changes), false) = (seen.outcome, seen.act.is_by_service()) else { return Ok(()) };
    if seen.act.is_joining() || matches!(seen.act, Act::Decline(_)) {
        return Ok(());
    }
    let actor = active_role(seen.before, seen.actor).ok_or("done by nobody")?;
    for permission in permissions(seen.act) {
        unless(!actor.permissions.allow(permission), || format!("done without {permission}"))?;
    }
    unless(seen.act.etag() == Etag::Stale, || "done upon what was read before".to_owned())?;
    let has_section = section(seen.before.policy, seen.act);
    for change in changes {
        let may = has_section && may_change(seen, actor, change)?;
        unless(!may, || format!("the actor may not {change:?}"))?;
    }
    Ok(())
}

fn permissions(act: &Act) -> &'static [&'static str] {
    match act {
        Act::Rename { .. } => &["team.update"],
        Act::Delete { .. } => &["team.delete"],
        Act::ChangeRole { access: None, .. } => &["members.change_role"],
        Act::ChangeRole { access: Some(_), .. } => &["members.change_role", "access.manage"],
        Act::SetAccess { .. } | Act::Purge { .. } => &["access.manage"],
        Act::Suspend { .. } | Act::Restore { .. } => &["members.suspend"],
        Act::Remove { .. } => &["members.remove"],
        Act::Invite { .. } | Act::Resend(..) | Act::Cancel(..) => &["members.invite"],
        Act::CreateLink | Act::RevokeLink(_) => &["links.manage"],
        Act::CreateCode { .. } | Act::RevokeCode(_) | Act::DeleteCode(_) => &["codes.manage"],
        _ => &[],
    }
}

/// Whether the policy has what the act is about.
fn section(policy: &Policy, act: &Act) -> bool {
    match act {
        Act::Suspend { .. } | Act::Restore { .. } => policy.suspension,
        Act::SetAccess { .. } | Act::Purge { .. } => !policy.kinds.is_empty(),
        Act::Invite { .. } | Act::Resend(..) => policy.invitations.is_some(),
        Act::CreateLink => policy.invite_links.is_some(),
        Act::CreateCode { .. } => policy.team_codes.is_some(),
        _ => true,
    }
}

fn may_change(seen: &Seen<'_>, actor: &Role, change: &Change) -> Result<bool, String> {
    let policy = seen.before.policy;
    let sole = |name: &RoleName| role(policy, name).sole.is_some();
    let personal = seen.before.facts.as_ref().and_then(|facts| facts.personal);
    let moves = matches!(seen.act, Act::Transfer { .. });
    Ok(match change {
        Change::MemberRoleChanged { person, old_role, new_role, .. } => {
            let own = *person == seen.actor;
            actor.manages.contains(old_role)
                && actor.assigns.contains(new_role)
                && (!own || policy.self_role == SelfRule::UnlessLast)
                && personal != Some(*person)
                && ![old_role, new_role].into_iter().any(sole)
        }
        Change::MemberAccessChanged { person, .. } => {
            let of = &seen.before.place(*person).ok_or("the access of nobody")?.role;
            moves || actor.manages.contains(of)
        }
        Change::MemberRestored { role: of, .. } => actor.manages.contains(of),
        Change::MemberSuspended { person, role: of } | Change::MemberRemoved { person, role: of, .. } => {
            *person != seen.actor && personal != Some(*person) && actor.manages.contains(of) && !sole(of)
        }
        Change::MemberLeft { person, role: of, .. } => {
            *person == seen.actor
                && policy.self_leave == SelfRule::UnlessLast
                && personal != Some(*person)
                && !sole(of)
        }
        Change::OwnershipTransferred { role: of, from, from_becomes, .. } => {
            let rules = actor.sole.as_ref().ok_or("moved by another than the holder")?;
            *of == actor.name
                && *from == seen.actor
                && rules.transferable
                && *from_becomes == rules.former_holder_becomes
        }
        Change::InviteLinkCreated(link) => {
            let rules = policy.invite_links.as_ref().ok_or("a link under a policy without")?;
            link.role == rules.role
                && link.maker == seen.actor
                && link.expires_at.micros() == rules.lifetime.end(seen.before.now.micros())
                && actor.assigns.contains(&link.role)
        }
        Change::TeamCodeCreated(code) => code.maker == seen.actor && actor.assigns.contains(&code.role),
        Change::InvitationCreated(one) => one.maker == seen.actor && actor.assigns.contains(&one.role),
        Change::InvitationResent { invitation, maker, expires_at, .. } => {
            let one = seen.before.invitations.iter().find(|one| one.id == *invitation);
            let rules = policy.invitations.ok_or("an invitation under a policy without")?;
            *maker == seen.actor
                && expires_at.micros() == rules.lifetime.end(seen.before.now.micros())
                && one.is_some_and(|one| actor.assigns.contains(&one.role))
        }
        Change::InviteLinkAdopted { maker, .. } | Change::TeamCodeAdopted { maker, .. } => {
            let adopts = matches!(seen.act, Act::Remove { adopt: true, .. });
            let permission = match change {
                Change::TeamCodeAdopted { .. } => "codes.manage",
                _ => "links.manage",
            };
            adopts && *maker == seen.actor && actor.permissions.allow(permission)
        }
        Change::TeamRenamed { .. }
        | Change::TeamDeleted
        | Change::ResourcePurged { .. }
        | Change::InvitationExpired { .. }
        | Change::InvitationCancelled { .. }
        | Change::InviteLinkRevoked { .. }
        | Change::TeamCodeRevoked { .. }
        | Change::TeamCodeDeleted { .. } => true,
        _ => false,
    })
}

/// Holds that a suspended member and an outsider are refused everything, and learn nothing else.
pub(crate) fn no_standing(seen: &Seen<'_>) -> Verdict {
    // A calling service acts without a member; whoever declines need not be one.
    if seen.act.is_by_service() || matches!(seen.act, Act::Decline(_)) {
        return Ok(());
    }
    let state = seen.before.place(seen.actor).map(|place| place.state);
    let there = match seen.act {
        Act::Redeem(_) => seen.act.link(seen.before).is_some(),
        Act::RedeemCode(_) => seen.act.code(seen.before).is_some(),
        Act::Accept(_) => seen.act.invitation(seen.before).is_some(),
        _ => true,
    };
    let expected = match (state, seen.act) {
        (_, Act::Redeem(_)) if !there => Refusal::InviteLinkNotFound,
        (_, Act::RedeemCode(_)) if !there => Refusal::TeamCodeNotFound,
        (_, Act::Accept(_)) if !there => Refusal::InvitationNotFound,
        (Some(MemberState::Suspended), Act::Accept(_)) => {
            // Whoever is not meant learns no more than that.
            return unless(seen.outcome.is_ok(), || "a suspended member was let in".to_owned());
        }
        (Some(MemberState::Suspended), Act::Redeem(_) | Act::RedeemCode(_)) => Refusal::Suspended,
        (Some(MemberState::Suspended), _) => Refusal::ActorSuspended,
        (None, Act::Redeem(_) | Act::RedeemCode(_) | Act::Accept(_)) | (Some(MemberState::Active), _) => {
            return Ok(());
        }
        (None, _) => Refusal::TeamNotAccessible,
    };
    unless(*seen.outcome != Err(expected.clone()), || format!("expected {expected:?}"))
}
