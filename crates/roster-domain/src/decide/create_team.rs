//! A team comes into being.

use crate::policy::{Policy, TierName};
use crate::refusal::Cap;
use crate::{
    Access, Change, DisplayName, EmailAddress, ExternalId, JoinedBy, NewMember, NewTeam, PersonKey, Refusal,
    TeamId,
};

/// How many teams one person may create within 24 hours.
#[derive(Clone, Copy, Debug)]
pub struct TeamCap {
    /// How many are allowed.
    pub limit: u64,
    /// How many were created.
    pub used: u64,
}

/// A team that is asked for.
#[derive(Clone, Debug)]
pub struct TeamRequest {
    /// Its name.
    pub display_name: DisplayName,
    /// Its tier; none is the policy's default.
    pub tier: Option<TierName>,
    /// The product's own key of it.
    pub external_id: Option<ExternalId>,
    /// The other team of the calling service that has that key, if there is one.
    pub external_id_taken_by: Option<TeamId>,
}

/// Decides whether the person may create another team; it becomes the founder.
pub fn create_team(
    policy: &Policy,
    request: TeamRequest,
    creator: PersonKey,
    email: Option<EmailAddress>,
    cap: TeamCap,
) -> Result<Vec<Change>, Refusal> {
    let tier = match request.tier {
        Some(tier) => Some(known_tier(policy, tier)?),
        None => default_tier(policy),
    };
    if let Some(team) = request.external_id_taken_by {
        return Err(Refusal::ExternalIdTaken { team });
    }
    if cap.used >= cap.limit {
        return Err(Refusal::CapReached { cap: Cap::TeamsPerUserAndDay, limit: cap.limit });
    }
    let TeamRequest { display_name, external_id, .. } = request;
    let team =
        NewTeam { policy: policy.name.clone(), display_name, tier, external_id, creator, personal: false };
    Ok(founded(policy, team, email))
}

/// Decides what makes the person's team of one, which it does not have yet. No cap counts it.
pub fn create_personal_team(
    policy: &Policy,
    display_name: DisplayName,
    person: PersonKey,
    email: Option<EmailAddress>,
) -> Result<Vec<Change>, Refusal> {
    if !policy.personal_team {
        return Err(Refusal::MethodNotInPolicy { method: "personal_team" });
    }
    let team = NewTeam {
        policy: policy.name.clone(),
        display_name,
        tier: default_tier(policy),
        external_id: None,
        creator: person,
        personal: true,
    };
    Ok(founded(policy, team, email))
}

fn founded(policy: &Policy, team: NewTeam, email: Option<EmailAddress>) -> Vec<Change> {
    let founder = NewMember {
        person: team.creator,
        role: policy.founder().name.clone(),
        access: Access::default(),
        by: JoinedBy::Founding,
        email,
        joined_at: None,
    };
    vec![Change::TeamCreated(team), Change::MemberJoined(founder)]
}

/// The tier, if the policy has it.
pub(super) fn known_tier(policy: &Policy, tier: TierName) -> Result<TierName, Refusal> {
    let tiers = policy.tiers.as_ref().ok_or(Refusal::MethodNotInPolicy { method: "tiers" })?;
    if tiers.names.contains(&tier) {
        Ok(tier)
    } else {
        Err(Refusal::TierUnknown { policy: policy.name.clone(), tier })
    }
}

fn default_tier(policy: &Policy) -> Option<TierName> {
    policy.tiers.as_ref().map(|tiers| tiers.default.clone())
}
