//! What members reach, computed once more, and the rules on it.

use roster_domain::policy::{Kind, Policy, Reach};
use roster_domain::{Access, Change, GrantTarget, PersonKey, ResourceId, RoleName};

use super::acts::{Act, RESOURCES, kind_at, resource_at};
use super::admission::{reaches_as_much, way_of};
use super::rules::{Seen, Verdict, active_role, role, unless, within};
use super::team::Team;

/// For each kind how high somebody stands on what no grant names and on each resource: 0 is nothing at all.
pub(crate) fn heights(policy: &Policy, role: &RoleName, access: &Access) -> Vec<usize> {
    let resources = || std::iter::once(None).chain((0..RESOURCES).map(|place| Some(resource_at(place))));
    let of = |kind| resources().map(move |resource| height(kind, role, access, resource));
    policy.kinds.iter().flat_map(of).collect()
}

fn height(kind: &Kind, team_role: &RoleName, access: &Access, resource: Option<&ResourceId>) -> usize {
    let height = |role| height_of(kind, role);
    let granted = granted(kind, access, resource);
    let (_, reach) = kind.reach.iter().find(|(name, _)| name == team_role).expect("a reach for every role");
    match reach {
        Reach::Base(role) => granted.max(height(role)),
        Reach::Granted => granted,
        Reach::GrantedAs(_) if granted == 0 => 0,
        Reach::Scoped(role) if access.restricted.contains(&kind.name) => granted.min(height(role)),
        Reach::All(role) | Reach::GrantedAs(role) | Reach::Scoped(role) => height(role),
    }
}

fn height_of(kind: &Kind, role: &RoleName) -> usize {
    kind.roles.len() - kind.roles.iter().take_while(|one| one.name != *role).count()
}

/// How high the grants alone reach, in force or dormant.
fn granted(kind: &Kind, access: &Access, resource: Option<&ResourceId>) -> usize {
    let here = |target: &GrantTarget| match target {
        GrantTarget::All => true,
        GrantTarget::One(one) => resource == Some(one),
    };
    let grants = access.grants.iter().filter(|grant| grant.kind == kind.name && here(&grant.target));
    grants.map(|grant| height_of(kind, &grant.role)).max().unwrap_or_default()
}

/// For each kind how high the grants alone reach, in the order of [`heights`].
fn lent(policy: &Policy, access: &Access) -> Vec<usize> {
    let resources = || std::iter::once(None).chain((0..RESOURCES).map(|place| Some(resource_at(place))));
    let of = |kind| resources().map(move |resource| granted(kind, access, resource));
    policy.kinds.iter().flat_map(of).collect()
}

/// Holds that whoever hands its role on does not gain by it.
fn former_holder_gains(seen: &Seen<'_>) -> Verdict {
    let policy = seen.before.policy;
    let (before, after) = (seen.before.member(seen.actor), seen.after.member(seen.actor));
    let (before, after) = (before.ok_or("handed on by nobody")?, after.ok_or("gone by handing on")?);
    let roles = (role(policy, &after.place.role), role(policy, &before.place.role));
    unless(!within(policy, roles.0, roles.1), || format!("{} was less than {}", roles.1.name, roles.0.name))?;
    let had = heights(policy, &before.place.role, &before.access);
    let has = heights(policy, &after.place.role, &after.access);
    unless(has.iter().zip(&had).any(|(has, had)| has > had), || {
        format!("{had:?} became {has:?} by handing on")
    })
}

/// Whether one's grants would reach further than they did, once they are in force.
fn lies_higher(policy: &Policy, before: &Access, after: &Access) -> bool {
    policy.kinds.iter().any(|kind| {
        let freed = before.restricted.contains(&kind.name) && !after.restricted.contains(&kind.name);
        let mut resources = std::iter::once(None).chain((0..RESOURCES).map(|place| Some(resource_at(place))));
        freed || resources.any(|one| granted(kind, after, one) > granted(kind, before, one))
    })
}

/// Holds that nobody gets by its own action, and nobody gives, more than the actor has.
pub(crate) fn nobody_gains(seen: &Seen<'_>) -> Verdict {
    if seen.act.is_joining() {
        return joiner_gains(seen);
    }
    if let (Act::Transfer { .. }, false, Ok(changes)) = (&seen.act, seen.act.is_by_service(), seen.outcome) {
        return if changes.is_empty() { Ok(()) } else { former_holder_gains(seen) };
    }
    let aside = matches!(seen.act, Act::Decline(_)) || seen.act.is_by_service();
    let (Ok(changes), false) = (seen.outcome, aside) else {
        return Ok(());
    };
    if changes.is_empty() {
        return Ok(());
    }
    let (before, policy) = (seen.before, seen.before.policy);
    let actor = before.member(seen.actor).ok_or("done by nobody")?;
    let own_role = active_role(before, seen.actor).ok_or("done by nobody")?;
    let own = heights(policy, &actor.place.role, &actor.access);
    for member in &seen.after.members {
        let person = member.place.person;
        let was = before.member(person);
        if was.is_some_and(|was| was.place.role == member.place.role && was.access == member.access) {
            continue;
        }
        let got = role(policy, &member.place.role);
        let same_role = was.is_some_and(|was| was.place.role == member.place.role);
        unless(!same_role && !within(policy, got, own_role), || {
            format!("{person:?} got {} and {:?} has less", got.name, seen.actor)
        })?;
        let raised = person == seen.actor && lies_higher(policy, &actor.access, &member.access);
        unless(raised, || format!("{person:?} raised its own grants to {:?}", member.access))?;
        let lent = |was: &Access| {
            let pairs = lent(policy, &member.access).into_iter().zip(lent(policy, was)).zip(&own);
            pairs.into_iter().any(|((has, had), own)| has > had && has > *own)
        };
        unless(was.is_some_and(|was| lent(&was.access)), || {
            format!("{person:?} was granted more than {:?} has: {:?}", seen.actor, member.access)
        })?;
        let mut most = own.clone();
        if let Some(was) = was.filter(|_| person != seen.actor) {
            let had = heights(policy, &was.place.role, &was.access);
            most.iter_mut().zip(had).for_each(|(most, had)| *most = had.max(*most));
        }
        let has = heights(policy, &member.place.role, &member.access);
        unless(has.iter().zip(&most).any(|(has, most)| has > most), || {
            format!("{person:?} reaches {has:?} where {most:?} is allowed")
        })?;
    }
    for (given, access) in changes.iter().filter_map(|change| offer(before, change)) {
        let brings = heights(policy, given, access);
        unless(!within(policy, role(policy, given), own_role), || format!("{given} is offered by less"))?;
        unless(brings.iter().zip(&own).any(|(brings, own)| brings > own), || {
            format!("{brings:?} is offered by somebody who reaches {own:?}")
        })?;
    }
    Ok(())
}

/// The role and the access that a change lets others have by a way in.
fn offer<'c>(before: &'c Team<'_>, change: &'c Change) -> Option<(&'c RoleName, &'c Access)> {
    const NOTHING: &Access = &Access { grants: Vec::new(), restricted: Vec::new() };
    match change {
        Change::InvitationCreated(new) => Some((&new.role, &new.access)),
        Change::TeamCodeCreated(new) => Some((&new.role, &new.access)),
        Change::InviteLinkCreated(new) => Some((&new.role, NOTHING)),
        Change::InvitationResent { invitation, .. } => {
            let one = before.invitations.iter().find(|one| one.id == *invitation)?;
            Some((&one.role, &one.access))
        }
        Change::InviteLinkAdopted { link, .. } => {
            before.links.iter().find(|one| one.id == *link).map(|link| (&link.role, NOTHING))
        }
        Change::TeamCodeAdopted { code, .. } => {
            before.codes.iter().find(|one| one.id == *code).map(|code| (&code.role, &code.access))
        }
        _ => None,
    }
}

/// Whoever joins gets what the way's maker gives; whoever is a member already gets nothing.
fn joiner_gains(seen: &Seen<'_>) -> Verdict {
    if seen.before.member(seen.actor).is_some() {
        return unless(seen.after.members != seen.before.members, || "a way in changed a member".to_owned());
    }
    let joined: Vec<PersonKey> = seen.after.members.iter().map(|one| one.place.person).collect();
    let new = joined.iter().filter(|person| seen.before.member(**person).is_none());
    unless(new.clone().any(|person| *person != seen.actor), || "somebody else joined".to_owned())?;
    let (Some(member), Some(way)) = (seen.after.member(seen.actor), way_of(seen.before, seen.act)) else {
        return Ok(());
    };
    let got = role(seen.before.policy, &member.place.role);
    let giver = active_role(seen.before, way.maker);
    unless(!giver.is_some_and(|giver| within(seen.before.policy, got, giver)), || {
        format!("{:?} got {} and the giver has less", seen.actor, got.name)
    })?;
    unless(!reaches_as_much(seen.before, way.maker, &member.place.role, &member.access), || {
        format!("{:?} got {:?} and the giver reaches less", seen.actor, member.access)
    })
}

/// Holds that a purge gives nobody more, and drops what it should.
pub(crate) fn purge(seen: &Seen<'_>) -> Verdict {
    let (Act::Purge { kind, resource }, Ok(_)) = (seen.act, seen.outcome) else { return Ok(()) };
    let policy = seen.before.policy;
    let (kind, target) = (kind_at(policy, *kind), GrantTarget::One(resource_at(*resource).clone()));
    let was = reaches(seen.before);
    let is = reaches(seen.after);
    unless(was.len() != is.len(), || "a purge ended more than grants".to_owned())?;
    for ((role, before), (_, after)) in was.iter().zip(&is) {
        let mut dropped = (*before).clone();
        dropped.grants.retain(|grant| grant.kind != kind || grant.target != target);
        let wider = heights(policy, role, after)
            .into_iter()
            .zip(heights(policy, role, before))
            .any(|(after, before)| after > before);
        unless(wider, || format!("a purge widened {before:?} to {after:?}"))?;
        unless(dropped != **after, || format!("a purge made {after:?} of {before:?}"))?;
    }
    Ok(())
}

/// The roles and accesses of members and of whoever comes by an invitation or a code.
fn reaches<'t>(team: &'t Team<'_>) -> Vec<(&'t RoleName, &'t Access)> {
    let members = team.members.iter().map(|one| (&one.place.role, &one.access));
    let codes = team.codes.iter().map(|code| (&code.role, &code.access));
    members.chain(codes).chain(team.invitations.iter().map(|one| (&one.role, &one.access))).collect()
}

/// Holds that grants to holders of a locked role have that role.
pub(crate) fn locked(team: &Team<'_>) -> Verdict {
    for (role, access) in reaches(team) {
        for grant in &access.grants {
            let kind = team.policy.kind(&grant.kind).ok_or("a grant of no kind")?;
            let reach = kind.reach.iter().find(|(name, _)| name == role).map(|(_, reach)| reach);
            let other = matches!(reach, Some(Reach::GrantedAs(locked)) if *locked != grant.role);
            unless(other, || format!("{role} is locked, and has {grant:?}"))?;
        }
    }
    Ok(())
}

/// Holds that nobody is less restricted but by an explicit request.
pub(crate) fn restrictions(seen: &Seen<'_>) -> Verdict {
    let lifted = match seen.act {
        Act::SetAccess { access, .. } | Act::ChangeRole { access: Some(access), .. } => {
            access.unrestrict.iter().map(|place| kind_at(seen.before.policy, *place)).collect()
        }
        _ => vec![],
    };
    for member in &seen.before.members {
        let person = member.place.person;
        let Some(after) = seen.after.member(person) else { continue };
        for kind in &member.access.restricted {
            let asked = seen.act.target() == Some(person) && lifted.contains(kind);
            unless(!after.access.restricted.contains(kind) && !asked, || {
                format!("{person:?} is no longer restricted in {kind}")
            })?;
        }
    }
    Ok(())
}
