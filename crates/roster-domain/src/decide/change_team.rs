//! A team's own fields change, or the team ends.

use super::create_team::known_tier;
use super::standing::{refuse_stale, standing};
use crate::facts::{ActorFacts, TeamFacts};
use crate::policy::{Policy, TierName};
use crate::{Change, DisplayName, Refusal, Revision};

/// Decides whether the actor may give the team that name. `expected` is the version that the caller has read.
pub fn rename_team(
    policy: &Policy,
    facts: &ActorFacts,
    name: &DisplayName,
    expected: Option<Revision>,
) -> Result<Vec<Change>, Refusal> {
    standing(policy, facts.actor.as_ref())?.require("team.update")?;
    refuse_stale(facts.team.version, expected)?;
    let old = &facts.team.display_name;
    if old == name {
        return Ok(Vec::new());
    }
    Ok(vec![Change::TeamRenamed { old: old.clone(), new: name.clone() }])
}

/// Decides whether the actor may delete the team. `expected` is the version that the caller has read.
pub fn delete_team(
    policy: &Policy,
    facts: &ActorFacts,
    expected: Option<Revision>,
) -> Result<Vec<Change>, Refusal> {
    standing(policy, facts.actor.as_ref())?.require("team.delete")?;
    refuse_stale(facts.team.version, expected)?;
    if facts.team.personal.is_some() {
        return Err(Refusal::PersonalTeam);
    }
    Ok(vec![Change::TeamDeleted])
}

/// Decides what a calling service that sets tiers changes. A smaller tier evicts nobody.
pub fn set_tier(policy: &Policy, team: &TeamFacts, tier: TierName) -> Result<Vec<Change>, Refusal> {
    let new = known_tier(policy, tier)?;
    if team.tier.as_ref() == Some(&new) {
        return Ok(Vec::new());
    }
    Ok(vec![Change::TeamTierChanged { old: team.tier.clone(), new }])
}
