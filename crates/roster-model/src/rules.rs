//! What must hold after whatever anybody does to a team, said without the decisions' own helpers.

use std::collections::HashMap;

use roster_domain::decide::standing;
use roster_domain::facts::{InviteLink, TeamCode};
use roster_domain::policy::{Permission, Permissions, Policy, Role, SERVICE_PERMISSIONS};
use roster_domain::{Change, MemberState, PersonKey, RoleName};
use uuid::Uuid;

use super::acts::{Act, CAP, Outcome};
use super::admission::{admission, code_admits, invitation_admits, link_admits, removed, seats};
use super::asked::asked;
use super::authority::{authority, no_standing};
use super::endings::{endings, true_changes};
use super::lowering::lowered;
use super::reach::{locked, nobody_gains, purge, restrictions};
use super::team::{Member, Team};

/// One act, seen from both sides.
pub(crate) struct Seen<'a> {
    pub(crate) before: &'a Team<'a>,
    pub(crate) after: &'a Team<'a>,
    pub(crate) actor: PersonKey,
    pub(crate) act: &'a Act,
    pub(crate) outcome: &'a Outcome,
    /// What comes of the same act a second time; none once the team is deleted.
    pub(crate) again: Option<Outcome>,
    /// Memberships that each link and code made, as seen from outside.
    pub(crate) made: &'a HashMap<Uuid, i64>,
}

/// What a rule says: nothing, or what breaks it.
pub(crate) type Verdict = Result<(), String>;

/// A rule, by which a sabotage says what should catch it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Rule {
    /// A role that must be kept has an active holder.
    KeptRoles,
    /// A sole role has exactly one holder.
    SoleRoles,
    /// Nothing takes a seat that the tier does not have.
    Seats,
    /// Nobody gets by its own action, and nobody gives, more than the actor has.
    NobodyGains,
    /// A suspended member and an outsider are refused everything, and learn nothing else.
    NoStanding,
    /// Suspending and restoring keep role and grants.
    SuspensionKeeps,
    /// What is done, the actor's role permits, manages and assigns, and the version it read holds.
    Authority,
    /// A refusal, and asking for what holds already, change nothing; a change changes something, once.
    Quiet,
    /// After an act that was not refused, what it asked for holds.
    AskedFor,
    /// A way in admits whom it should, with what it says, and nobody else.
    Admission,
    /// Nobody returns by a way in that is older than its removal.
    Removed,
    /// Who is less after an act is remembered, and nobody else who stays.
    Lowered,
    /// The uses of a link or code are the memberships that it made, and no more than it may make.
    Uses,
    /// A person has one membership at most.
    OneMembership,
    /// Changes tell what was so, so that the counts of members that follow them stay right.
    TrueChanges,
    /// What is capped stays below its cap.
    Cap,
    /// An address has one pending invitation at most, and an invitation ends once.
    Endings,
    /// Nobody is less restricted but by an explicit request.
    Restrictions,
    /// A purge gives nobody more, be it member or invitee.
    Purge,
    /// Grants to holders of a locked role have that role.
    Locked,
    /// The person whose personal team it is founded it, and is active in it.
    PersonalTeam,
}

/// Every rule.
pub(crate) const RULES: [Rule; 21] = [
    Rule::KeptRoles,
    Rule::SoleRoles,
    Rule::Seats,
    Rule::NobodyGains,
    Rule::NoStanding,
    Rule::SuspensionKeeps,
    Rule::Authority,
    Rule::Quiet,
    Rule::AskedFor,
    Rule::Admission,
    Rule::Removed,
    Rule::Lowered,
    Rule::Uses,
    Rule::OneMembership,
    Rule::TrueChanges,
    Rule::Cap,
    Rule::Endings,
    Rule::Restrictions,
    Rule::Purge,
    Rule::Locked,
    Rule::PersonalTeam,
];

/// Holds one rule, or says what breaks it.
pub(crate) fn hold(rule: Rule, seen: &Seen<'_>) -> Verdict {
    match rule {
        Rule::KeptRoles => every_role(seen.after, |role, active, _| !role.at_least_one || active > 0),
        Rule::SoleRoles => {
            every_role(seen.after, |role, active, all| role.sole.is_none() || (active, all) == (1, 1))
        }
        Rule::Seats => seats(seen),
        Rule::NobodyGains => nobody_gains(seen),
        Rule::NoStanding => no_standing(seen),
        Rule::SuspensionKeeps => suspension_keeps(seen),
        Rule::Authority => authority(seen),
        Rule::Quiet => quiet(seen),
        Rule::AskedFor => asked(seen),
        Rule::Admission => admission(seen),
        Rule::Removed => removed(seen),
        Rule::Lowered => lowered(seen),
        Rule::Uses => uses(seen),
        Rule::OneMembership => {
            let of = |person| seen.after.members.iter().filter(move |one| one.place.person == person);
            let twice = seen.after.members.iter().find(|one| of(one.place.person).count() > 1);
            twice.map_or(Ok(()), |member| Err(format!("{:?} is in twice", member.place.person)))
        }
        Rule::TrueChanges => true_changes(seen),
        Rule::Cap => caps(seen),
        Rule::Endings => endings(seen),
        Rule::Restrictions => restrictions(seen),
        Rule::Purge => purge(seen),
        Rule::Locked => locked(seen.after),
        Rule::PersonalTeam => personal_team(seen),
    }
}

/// An error where something is broken.
pub(crate) fn unless(broken: bool, what: impl FnOnce() -> String) -> Verdict {
    if broken { Err(what()) } else { Ok(()) }
}

/// Counts the members themselves, not the counts.
fn every_role(team: &Team<'_>, good: impl Fn(&Role, usize, usize) -> bool) -> Verdict {
    if team.facts.is_none() {
        return Ok(());
    }
    for role in &team.policy.roles {
        let holders = || team.members.iter().filter(|member| member.place.role == role.name);
        let active = holders().filter(|member| member.place.state == MemberState::Active).count();
        let all = holders().count();
        unless(!good(role, active, all), || format!("{} has {active} active holders of {all}", role.name))?;
    }
    Ok(())
}

/// The role of that name.
pub(crate) fn role<'p>(policy: &'p Policy, name: &RoleName) -> &'p Role {
    policy.role(name).expect("a role of the policy")
}

/// The role of an active member.
pub(crate) fn active_role<'p>(team: &Team<'p>, person: PersonKey) -> Option<&'p Role> {
    let member = team.place(person).filter(|member| member.state == MemberState::Active)?;
    team.policy.role(&member.role)
}

/// Whether the first role may do, give and manage nothing that the second may not.
pub(crate) fn within(policy: &Policy, small: &Role, big: &Role) -> bool {
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

fn suspension_keeps(seen: &Seen<'_>) -> Verdict {
    let suspended = seen.after.members.iter().filter(|one| one.place.state == MemberState::Suspended);
    for member in suspended {
        let stands = standing(seen.after.policy, Some(&member.place)).is_ok();
        unless(stands, || format!("{:?} is suspended and has standing", member.place.person))?;
    }
    let (Act::Suspend { target, .. } | Act::Restore { target, .. }, Ok(_)) = (seen.act, seen.outcome) else {
        return Ok(());
    };
    let kept = |one: &Member| (one.place.person, one.place.role.clone(), one.access.clone());
    let others = |team: &Team<'_>| -> Vec<_> {
        let states = team.members.iter().map(|one| (kept(one), one.place.state));
        states.filter(|((person, ..), _)| person != target).collect()
    };
    let (was, is) = (seen.before.member(*target).map(kept), seen.after.member(*target).map(kept));
    unless(was != is, || format!("{was:?} became {is:?}"))?;
    unless(others(seen.before) != others(seen.after), || "somebody else changed".to_owned())
}

fn quiet(seen: &Seen<'_>) -> Verdict {
    let changes = seen.outcome.as_deref().unwrap_or_default();
    if changes.is_empty() {
        return unless(seen.before != seen.after, || "something changed".to_owned());
    }
    let mut bumped = seen.before.clone();
    bumped.revision += 1;
    bumped.made = seen.after.made;
    unless(bumped == *seen.after, || "a change without an effect".to_owned())?;
    unless(bumped.revision != seen.after.revision, || "not one revision".to_owned())?;
    // Another is made, the same is sent again, and what is counted backwards is another once one is gone.
    let anew =
        matches!(seen.act, Act::CreateLink | Act::CreateCode { .. } | Act::Resend(..) | Act::DeleteCode(_));
    let again = seen.again.as_ref().and_then(|again| again.as_ref().ok());
    let twice = !anew && again.is_some_and(|changes| !changes.is_empty());
    unless(twice, || format!("the same once more: {:?}", seen.again))
}

fn uses(seen: &Seen<'_>) -> Verdict {
    let made = |id: Uuid| seen.made.get(&id).copied().unwrap_or_default();
    let links = seen.after.links.iter().map(|link: &InviteLink| (link.id.uuid(), link.uses, None));
    let codes = seen.after.codes.iter().map(|code: &TeamCode| (code.id.uuid(), code.uses, code.max_uses));
    for (id, uses, most) in links.chain(codes) {
        unless(uses != made(id), || format!("{uses} uses of {id}, which made {} members", made(id)))?;
        unless(most.is_some_and(|most| made(id) > most), || format!("{id} was used too often"))?;
    }
    Ok(())
}

fn caps(seen: &Seen<'_>) -> Verdict {
    let team = seen.after;
    if seen.outcome.as_ref().is_ok_and(|changes| !changes.is_empty()) {
        let count = match seen.act {
            Act::CreateLink => team.links.iter().filter(|link| link_admits(team, link)).count(),
            Act::CreateCode { .. } => team.codes.iter().filter(|code| code_admits(team, code)).count(),
            Act::Invite { .. } | Act::Resend(..) => {
                team.invitations.iter().filter(|one| invitation_admits(team, one)).count()
            }
            _ => 0,
        };
        unless(count as u64 > CAP, || format!("{count} live ones"))?;
    }
    let accesses = team.members.iter().map(|one| &one.access);
    let accesses = accesses.chain(team.codes.iter().map(|one| &one.access));
    let mut accesses = accesses.chain(team.invitations.iter().map(|one| &one.access));
    unless(accesses.any(|access| access.grants.len() as u64 > CAP), || "too many grants".to_owned())
}

fn personal_team(seen: &Seen<'_>) -> Verdict {
    let Some(person) = seen.before.facts.as_ref().and_then(|facts| facts.personal) else { return Ok(()) };
    let deleted = matches!(seen.outcome.as_deref(), Ok([Change::TeamDeleted]));
    let founds = active_role(seen.after, person).is_some_and(|role| role.founder);
    unless(deleted || !founds, || format!("{person:?} does not lead its own team"))
}
