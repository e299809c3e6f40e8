//! What must hold after whatever anybody does to a team, said without the decisions' own helpers.

use std::collections::HashMap;

use roster_domain::policy::{Permission, Permissions, Policy, Role, SERVICE_PERMISSIONS, SelfRule};
use roster_domain::{
    Change, InviteLink, LinkId, MemberState, Membership, PersonKey, Refusal, Revision, RoleName,
};

use super::team::Team;
use super::team_acts::{Act, CAP, Etag, Outcome};

/// One act, seen from both sides.
pub(crate) struct Seen<'a> {
    pub(crate) before: &'a Team<'a>,
    pub(crate) after: &'a Team<'a>,
    pub(crate) actor: PersonKey,
    pub(crate) act: &'a Act,
    pub(crate) outcome: &'a Outcome,
    /// What comes of the same act a second time.
    pub(crate) again: Outcome,
    /// Memberships that each link made, as seen from outside.
    pub(crate) made: &'a HashMap<LinkId, i64>,
}

/// A rule, by which a sabotage says what should catch it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Rule {
    /// A role that must be kept has an active holder.
    KeptRoles,
    /// A sole role has exactly one holder.
    SoleRoles,
    /// Nobody gets by its own action, and nobody gives, more than the actor has.
    NobodyGains,
    /// What is done, the actor's role permits, manages and assigns, and the version it read holds.
    Authority,
    /// A suspended member and an outsider are refused everything, and learn nothing else.
    NoStanding,
    /// A refusal, and asking for what holds already, change nothing; a change changes something, once.
    Quiet,
    /// A link admits whom it should and nobody else.
    Admission,
    /// A link's uses are the memberships that it made.
    Uses,
    /// A person has one membership at most.
    OneMembership,
    /// Changes tell what was so, so that the counts of members that follow them stay right.
    TrueChanges,
    /// There are never more live links than the cap.
    Cap,
}

/// Holds one rule, or says what breaks it.
pub(crate) fn hold(rule: Rule, seen: &Seen<'_>) -> Result<(), String> {
    match rule {
        Rule::KeptRoles => every_role(seen.after, |role, active, _| !role.at_least_one || active > 0),
        Rule::SoleRoles => {
            every_role(seen.after, |role, active, all| role.sole.is_none() || (active, all) == (1, 1))
        }
        Rule::NobodyGains => nobody_gains(seen),
        Rule::Authority => authority(seen),
        Rule::NoStanding => no_standing(seen),
        Rule::Quiet => quiet(seen),
        Rule::Admission => admission(seen),
        Rule::Uses => {
            let made = |link: &InviteLink| seen.made.get(&link.id).copied().unwrap_or_default();
            let wrong = seen.after.links.iter().find(|link| link.uses != made(link));
            wrong.map_or(Ok(()), |link| Err(format!("{} uses of {:?}", link.uses, link.id)))
        }
        Rule::OneMembership => {
            let twice = |one: &&Membership| {
                let same = seen.after.members.iter().filter(|other| other.person == one.person);
                same.count() > 1
            };
            let twice = seen.after.members.iter().find(twice);
            twice.map_or(Ok(()), |member| Err(format!("{:?} is in twice", member.person)))
        }
        Rule::TrueChanges => true_changes(seen.after),
        Rule::Cap => {
            let created = matches!(seen.act, Act::CreateLink) && seen.outcome.is_ok();
            let admitting = |link: &&InviteLink| would_admit(seen.after, link, None);
            let live = seen.after.links.iter().filter(admitting).count() as u64;
            unless(created && live > CAP, || format!("{live} live links"))
        }
    }
}

fn unless(broken: bool, what: impl FnOnce() -> String) -> Result<(), String> {
    if broken { Err(what()) } else { Ok(()) }
}

/// Counts the members themselves, not the counts.
fn every_role(team: &Team<'_>, good: impl Fn(&Role, usize, usize) -> bool) -> Result<(), String> {
    for role in &team.policy.roles {
        let holders = || team.members.iter().filter(|member| member.role == role.name);
        let active = holders().filter(|member| member.state == MemberState::Active).count();
        let all = holders().count();
        unless(!good(role, active, all), || format!("{} has {active} active holders of {all}", role.name))?;
    }
    Ok(())
}

fn role<'p>(policy: &'p Policy, name: &RoleName) -> &'p Role {
    policy.role(name).expect("a role of the policy")
}

/// The role of an active member.
fn active_role<'p>(team: &Team<'p>, person: PersonKey) -> Option<&'p Role> {
    let member = team.member(person).filter(|member| member.state == MemberState::Active)?;
    team.policy.role(&member.role)
}

fn within(policy: &Policy, small: &Role, big: &Role) -> bool {
    let mut permissions: Vec<&str> = SERVICE_PERMISSIONS.to_vec();
    permissions.push("nobody.lists.this");
    for role in &policy.roles {
        if let Permissions::Only(list) | Permissions::AllBut(list) = &role.permissions {
            permissions.extend(list.iter().map(Permission::as_str));
        }
    }
    let beyond = |one: &&str| small.permissions.allow(one) && !big.permissions.allow(one);
    !permissions.iter().any(beyond)
        && small.assigns.iter().all(|one| big.assigns.contains(one))
        && small.manages.iter().all(|one| big.manages.contains(one))
}

fn nobody_gains(seen: &Seen<'_>) -> Result<(), String> {
    let policy = seen.before.policy;
    if matches!(seen.act, Act::Redeem(_)) && seen.before.member(seen.actor).is_some() {
        return unless(seen.after != seen.before, || "a link changed a member".to_owned());
    }
    // Whoever joins by a link gets what the link's maker gives.
    let giver = match (seen.act, seen.outcome) {
        (Act::Redeem(back), Ok(_)) => seen.before.link(*back).map(|link| link.maker),
        _ => Some(seen.actor),
    };
    let giver = giver.and_then(|giver| active_role(seen.before, giver));
    for member in &seen.after.members {
        if seen.before.member(member.person).is_some_and(|before| before.role == member.role) {
            continue;
        }
        let got = role(policy, &member.role);
        unless(!giver.is_some_and(|giver| within(policy, got, giver)), || {
            format!("{:?} got {} and the giver has less", member.person, got.name)
        })?;
    }
    Ok(())
}

fn authority(seen: &Seen<'_>) -> Result<(), String> {
    let (Ok(changes), false) = (seen.outcome, matches!(seen.act, Act::Redeem(_))) else {
        return Ok(());
    };
    let policy = seen.before.policy;
    let actor = active_role(seen.before, seen.actor).ok_or("done by nobody")?;
    let (permission, etag) = match seen.act {
        Act::CreateLink | Act::RevokeLink(_) => ("links.manage", Etag::None),
        Act::ChangeRole { etag, .. } => ("members.change_role", *etag),
        Act::Remove { etag, .. } => ("members.remove", *etag),
        Act::Redeem(_) => unreachable!("left above"),
    };
    unless(!actor.permissions.allow(permission), || format!("done without {permission}"))?;
    unless(etag == Etag::Stale, || "done upon what was read before".to_owned())?;
    for change in changes {
        let may = match change {
            Change::MemberRoleChanged { person, old_role, new_role, .. } => {
                let own = *person == seen.actor;
                actor.manages.contains(old_role)
                    && actor.assigns.contains(new_role)
                    && (!own || policy.self_role == SelfRule::UnlessLast)
                    && [old_role, new_role].iter().all(|one| role(policy, one).sole.is_none())
            }
            Change::MemberRemoved { person, role: of, .. } => {
                *person != seen.actor && actor.manages.contains(of) && role(policy, of).sole.is_none()
            }
            Change::InviteLinkCreated(link) => {
                let rules = policy.invite_links.as_ref().ok_or("a link under a policy without")?;
                link.role == rules.role
                    && link.maker == seen.actor
                    && link.expires_at.micros() == rules.lifetime.end(seen.before.now.micros())
                    && actor.assigns.contains(&link.role)
            }
            Change::InviteLinkRevoked { .. } => true,
            _ => false,
        };
        unless(!may, || format!("the actor may not {change:?}"))?;
    }
    Ok(())
}

fn no_standing(seen: &Seen<'_>) -> Result<(), String> {
    let redeems = match seen.act {
        Act::Redeem(back) => Some(seen.before.link(*back)),
        _ => None,
    };
    let expected = match (seen.before.member(seen.actor).map(|member| member.state), redeems) {
        (_, Some(None)) => Refusal::InviteLinkNotFound,
        (None, None) => Refusal::TeamNotAccessible,
        (Some(MemberState::Suspended), None) => Refusal::ActorSuspended,
        (Some(MemberState::Suspended), Some(_)) => Refusal::Suspended,
        (None | Some(MemberState::Active), _) => return Ok(()),
    };
    unless(*seen.outcome != Err(expected.clone()), || format!("expected {expected:?}"))
}

fn quiet(seen: &Seen<'_>) -> Result<(), String> {
    let changes = seen.outcome.as_deref().unwrap_or_default();
    if changes.is_empty() {
        return unless(seen.before != seen.after, || "something changed".to_owned());
    }
    let mut bumped = seen.before.clone();
    bumped.revision += 1;
    unless(bumped == *seen.after, || "a change without an effect".to_owned())?;
    unless(bumped.revision != seen.after.revision, || "not one revision".to_owned())?;
    let repeats = !matches!(seen.act, Act::CreateLink);
    let twice = repeats && seen.again.as_ref().is_ok_and(|changes| !changes.is_empty());
    unless(twice, || format!("the same once more: {:?}", seen.again))
}

/// Whether the link should admit an outsider who was last removed at that revision.
fn would_admit(team: &Team<'_>, link: &InviteLink, removed_at: Option<Revision>) -> bool {
    let maker = active_role(team, link.maker);
    link.revoked_at.is_none()
        && team.now < link.expires_at
        && removed_at.is_none_or(|removed| removed < link.revision)
        && team.policy.invite_links.is_some()
        && maker.is_some_and(|maker| {
            maker.permissions.allow("links.manage") && maker.assigns.contains(&link.role)
        })
}

fn admission(seen: &Seen<'_>) -> Result<(), String> {
    let Act::Redeem(back) = seen.act else {
        return Ok(());
    };
    let (Some(link), None) = (seen.before.link(*back), seen.before.member(seen.actor)) else {
        return Ok(());
    };
    let should = would_admit(seen.before, link, seen.before.removals.get(&seen.actor).copied());
    let joined = seen.after.member(seen.actor);
    unless(joined.is_some() != should, || format!("should it admit: {should}"))?;
    unless(joined.is_some_and(|member| member.role != link.role), || {
        format!("joined with another role than {}", link.role)
    })
}

fn true_changes(team: &Team<'_>) -> Result<(), String> {
    for Role { name: role, .. } in &team.policy.roles {
        for state in [MemberState::Active, MemberState::Suspended] {
            let alike = |member: &&Membership| member.role == *role && member.state == state;
            let there = i64::try_from(team.members.iter().filter(alike).count()).expect("few");
            let counted = team.counts.get(&(role.clone(), state)).copied().unwrap_or_default();
            unless(there != counted, || {
                format!("{there} {state:?} members are {role}, and {counted} were counted")
            })?;
        }
    }
    Ok(())
}
