//! What a member is granted is replaced.

use super::access::{check_request, refuse_beyond_own, refuse_lending, refuse_own_raise, replaced};
use super::change_role::access_change;
use super::lowering::lowers;
use super::standing::{known, standing, target};
use crate::facts::{MemberFacts, PurgeFacts};
use crate::policy::{KindName, Policy};
use crate::text::ResourceId;
use crate::{AccessRequest, Change, Refusal, Revision};

const PERMISSION: &str = "access.manage";

/// Decides whether the actor may replace what the target is granted. A member may have `cap` grants; `expected` is the
/// version that the caller has read.
pub fn set_access(
    policy: &Policy,
    facts: &MemberFacts,
    request: &AccessRequest,
    expected: Option<Revision>,
    cap: u64,
) -> Result<Vec<Change>, Refusal> {
    let actor = standing(policy, facts.actor.as_ref())?;
    require_kinds(policy)?;
    actor.require(PERMISSION)?;
    let target = target(facts, expected)?;
    let role = known(policy, &target.role)?;
    check_request(policy, role, request, cap)?;
    let before = &facts.target_access;
    let after = replaced(policy, before, request);
    if after == *before {
        return Ok(Vec::new());
    }
    actor.require_manages(&target.role)?;
    if target.person == actor.membership.person {
        refuse_own_raise(policy, before, &after)?;
    }
    let own = (&actor.membership.role, &facts.actor_access);
    refuse_lending(policy, before, &after, own)?;
    refuse_beyond_own(policy, Some((&target.role, before)), (&role.name, &after), own)?;
    let lowered = lowers(policy, (&role.name, before), (&role.name, &after));
    Ok(access_change(target.person, before, after, lowered).into_iter().collect())
}

/// Decides whether the actor may end every grant of a resource that its owner deleted.
pub fn purge_resource(
    policy: &Policy,
    facts: &PurgeFacts,
    (kind, resource): (&KindName, &ResourceId),
) -> Result<Vec<Change>, Refusal> {
    let actor = standing(policy, facts.actor.as_ref())?;
    require_kinds(policy)?;
    actor.require(PERMISSION)?;
    if policy.kind(kind).is_none() {
        return Err(Refusal::KindUnknown { policy: policy.name.clone(), kind: kind.clone() });
    }
    if facts.members == 0 && facts.offers == 0 {
        return Ok(Vec::new());
    }
    Ok(vec![Change::ResourcePurged {
        kind: kind.clone(),
        resource: resource.clone(),
        members: facts.members,
    }])
}

fn require_kinds(policy: &Policy) -> Result<(), Refusal> {
    if policy.kinds.is_empty() { Err(Refusal::MethodNotInPolicy { method: "kinds" }) } else { Ok(()) }
}
