//! What members reach among the product's resources, and what may be granted to them.
//!
//! The rule behind every check here: nobody's act gives anybody more than the actor itself has.

use std::collections::BTreeSet;

use crate::policy::{Kind, KindRole, Policy, Reach, Role, RoleName};
use crate::refusal::Cap;
use crate::text::ResourceId;
use crate::{Access, AccessRequest, Grant, GrantTarget, Refusal};

/// What becomes of grants when they are given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Giving {
    /// They come with an invitation or a code: a role that reaches all takes none.
    Offered,
    /// They are set on a member: a role that reaches all takes them where the kind lets grants lie dormant.
    Set,
}

/// The role that a member has on a resource, or none. Without a resource it is the role on those that no grant names,
/// future ones included. Whether the member is active is not looked at.
#[must_use]
pub fn role_on<'p>(
    kind: &'p Kind,
    team_role: &RoleName,
    access: &Access,
    resource: Option<&ResourceId>,
) -> Option<&'p KindRole> {
    rank_on(kind, team_role, access, resource).and_then(|rank| kind.roles.get(rank))
}

/// Refuses what is asked for a member with that role where the policy does not have it, or not for that role.
pub(super) fn check_request(
    policy: &Policy,
    role: &Role,
    request: &AccessRequest,
    cap: u64,
) -> Result<(), Refusal> {
    check_grants(policy, role, &request.grants, Giving::Set, cap)?;
    match request.unrestrict.iter().find(|kind| policy.kind(kind).is_none()) {
        Some(kind) => Err(Refusal::KindUnknown { policy: policy.name.clone(), kind: kind.clone() }),
        None => Ok(()),
    }
}

/// Refuses grants that the policy does not have, or not for holders of that role.
pub(super) fn check_grants(
    policy: &Policy,
    role: &Role,
    grants: &[Grant],
    giving: Giving,
    cap: u64,
) -> Result<(), Refusal> {
    if grants.len() as u64 > cap {
        return Err(Refusal::CapReached { cap: Cap::GrantsPerMember, limit: cap });
    }
    grants.iter().try_for_each(|grant| check_grant(policy, role, grant, giving))
}

/// Refuses where somebody would raise what it is granted itself. It matters also where that lies dormant: it would
/// count once the role is another.
pub(super) fn refuse_own_raise(policy: &Policy, before: &Access, after: &Access) -> Result<(), Refusal> {
    let unrestricted = before.restricted.iter().any(|kind| !after.is_restricted(kind));
    let raises = raised(policy, before, after).next().is_some();
    if unrestricted || raises { Err(Refusal::OwnAccess) } else { Ok(()) }
}

/// Refuses grants that are new or raised and above what the actor has there itself, also where they lie dormant.
pub(super) fn refuse_lending(
    policy: &Policy,
    before: &Access,
    after: &Access,
    (role, access): (&RoleName, &Access),
) -> Result<(), Refusal> {
    for grant in raised(policy, before, after) {
        let Some(kind) = policy.kind(&grant.kind) else { continue };
        let resource = match &grant.target {
            GrantTarget::All => None,
            GrantTarget::One(resource) => Some(resource),
        };
        if is_more(kind.rank(&grant.role), rank_on(kind, role, access, resource)) {
            return Err(Refusal::BeyondOwnAccess { kind: kind.name.clone() });
        }
    }
    Ok(())
}

/// The grants that were not there before, or with a lower role or one that the policy lacks.
fn raised<'a>(policy: &'a Policy, before: &'a Access, after: &'a Access) -> impl Iterator<Item = &'a Grant> {
    after.grants.iter().filter(move |grant| {
        let rank = |role: &RoleName| policy.kind(&grant.kind).and_then(|kind| kind.rank(role));
        let same = before.grants.iter().find(|old| (&old.kind, &old.target) == (&grant.kind, &grant.target));
        let had = same.and_then(|old| rank(&old.role));
        had.is_none() || is_more(rank(&grant.role), had)
    })
}

fn check_grant(policy: &Policy, role: &Role, grant: &Grant, giving: Giving) -> Result<(), Refusal> {
    let kind = policy
        .kind(&grant.kind)
        .ok_or_else(|| Refusal::KindUnknown { policy: policy.name.clone(), kind: grant.kind.clone() })?;
    let rank = kind
        .rank(&grant.role)
        .ok_or_else(|| Refusal::KindRoleUnknown { kind: kind.name.clone(), role: grant.role.clone() })?;
    let bounded = |bound: &RoleName| Refusal::GrantRoleNotAllowed {
        role: role.name.clone(),
        kind: kind.name.clone(),
        granted: grant.role.clone(),
        bound: bound.clone(),
    };
    match kind.reach_of(&role.name) {
        Some(Reach::All(_)) if giving == Giving::Set && kind.dormant_grants => Ok(()),
        None | Some(Reach::All(_)) => {
            Err(Refusal::GrantsNotAllowed { role: role.name.clone(), kind: kind.name.clone() })
        }
        Some(Reach::Base(_) | Reach::Granted) => Ok(()),
        Some(Reach::GrantedAs(locked)) if grant.role == *locked => Ok(()),
        // Restricting a member must not raise it.
        Some(Reach::Scoped(most)) if Some(rank) >= kind.rank(most) => Ok(()),
        Some(Reach::GrantedAs(bound) | Reach::Scoped(bound)) => Err(bounded(bound)),
    }
}

/// What a member's access becomes when that is asked for. Naming resources of a kind restricts the member to them
/// where some role is scoped; only an explicit request lifts a restriction.
pub(super) fn replaced(policy: &Policy, before: &Access, request: &AccessRequest) -> Access {
    let mut grants = request.grants.clone();
    grants.sort();
    let mut restricted: BTreeSet<_> =
        before.restricted.iter().filter(|kind| !request.unrestrict.contains(kind)).cloned().collect();
    let scoped = |grant: &&Grant| policy.kind(&grant.kind).is_some_and(Kind::is_scoped);
    restricted.extend(grants.iter().filter(scoped).map(|grant| grant.kind.clone()));
    Access { grants, restricted: restricted.into_iter().collect() }
}

/// What an invitation or a code brings that names these grants.
pub(super) fn offered(policy: &Policy, grants: &[Grant]) -> Access {
    let request = AccessRequest { grants: grants.to_vec(), unrestrict: Vec::new() };
    replaced(policy, &Access::default(), &request)
}

/// What a member's access becomes when it enters a role: where the role is locked to one role on resources, every
/// grant has that one for good.
pub(super) fn entered(policy: &Policy, role: &RoleName, access: &Access) -> Access {
    let mut access = access.clone();
    for grant in &mut access.grants {
        let reach = policy.kind(&grant.kind).and_then(|kind| kind.reach_of(role));
        if let Some(Reach::GrantedAs(locked)) = reach {
            grant.role.clone_from(locked);
        }
    }
    access
}

/// A team role with what was granted beside it; nothing for somebody who is no member.
pub(super) type Held<'a> = Option<(&'a RoleName, &'a Access)>;

/// Refuses where somebody would have more on a resource than before, and more than the actor has.
pub(super) fn refuse_beyond_own(
    policy: &Policy,
    before: Held<'_>,
    after: (&RoleName, &Access),
    actor: (&RoleName, &Access),
) -> Result<(), Refusal> {
    for kind in &policy.kinds {
        let accesses = [before.map(|(_, access)| access), Some(after.1), Some(actor.1)];
        for resource in told_apart(kind, accesses.into_iter().flatten()) {
            let rank = |(role, access): (&RoleName, &Access)| rank_on(kind, role, access, resource);
            let after = rank(after);
            if is_more(after, before.and_then(rank)) && is_more(after, rank(actor)) {
                return Err(Refusal::BeyondOwnAccess { kind: kind.name.clone() });
            }
        }
    }
    Ok(())
}

/// Whether somebody with the second role and access has less on some resource than with the first.
pub(super) fn reaches_less(
    policy: &Policy,
    before: (&RoleName, &Access),
    after: (&RoleName, &Access),
) -> bool {
    policy.kinds.iter().any(|kind| {
        let rank = |(role, access): (&RoleName, &Access), resource| rank_on(kind, role, access, resource);
        told_apart(kind, [before.1, after.1])
            .into_iter()
            .any(|resource| is_more(rank(before, resource), rank(after, resource)))
    })
}

/// The resources of a kind that grants name, and none for all others: on these somebody has the same everywhere.
fn told_apart<'a>(
    kind: &Kind,
    accesses: impl IntoIterator<Item = &'a Access>,
) -> BTreeSet<Option<&'a ResourceId>> {
    let mut resources = BTreeSet::from([None]);
    for grant in accesses.into_iter().flat_map(|access| &access.grants) {
        if let (GrantTarget::One(resource), true) = (&grant.target, grant.kind == kind.name) {
            resources.insert(Some(resource));
        }
    }
    resources
}

/// Whether the first rank is above the second; ranks count from the highest, and none is nothing at all.
fn is_more(one: Option<usize>, other: Option<usize>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => one < other,
        (one, None) => one.is_some(),
        (None, Some(_)) => false,
    }
}

fn rank_on(
    kind: &Kind,
    team_role: &RoleName,
    access: &Access,
    resource: Option<&ResourceId>,
) -> Option<usize> {
    let applies = |grant: &&Grant| {
        grant.kind == kind.name
            && match &grant.target {
                GrantTarget::All => true,
                GrantTarget::One(one) => Some(one) == resource,
            }
    };
    let granted = access.grants.iter().filter(applies).filter_map(|grant| kind.rank(&grant.role)).min();
    match kind.reach_of(team_role)? {
        Reach::Base(role) => kind.rank(role).into_iter().chain(granted).min(),
        Reach::Granted => granted,
        Reach::GrantedAs(locked) => granted.and(kind.rank(locked)),
        Reach::Scoped(role) if access.is_restricted(&kind.name) => granted.max(granted.and(kind.rank(role))),
        Reach::All(role) | Reach::Scoped(role) => kind.rank(role),
    }
}
