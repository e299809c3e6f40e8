//! Team codes: made, judged, revoked, deleted, redeemed.

use super::access::{Giving, check_grants, offered, refuse_beyond_own};
use super::join::{Redemption, WayIn, may_join, newcomer};
use super::maker::could_give;
use super::seats::Taker;
use super::standing::{givable, standing};
use crate::facts::{CodeCreationFacts, CodeFacts, CodeRedemptionFacts, Holder, TeamCode};
use crate::policy::{Lifetime, Policy, Role, RoleName, TeamCodeRules};
use crate::refusal::Cap;
use crate::{
    Access, Change, CodeId, CodeText, EmailAddress, Grant, JoinedBy, NewTeamCode, PersonKey, Refusal,
    Timestamp,
};

const PERMISSION: &str = "codes.manage";

/// Whether a code admits people, and if not, why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TeamCodeState {
    /// It does.
    Live,
    /// It was revoked.
    Revoked,
    /// Its time is over.
    Expired,
    /// It was used as often as it may be.
    Exhausted,
    /// Whoever made it could not make it now.
    MakerGone,
}

/// A code that is asked for.
#[derive(Clone, Debug)]
pub struct CodeRequest<'a> {
    /// The role that it is to give.
    pub role: &'a RoleName,
    /// What it is to grant.
    pub grants: &'a [Grant],
    /// How long it is to live, one of the policy's choices; none is for ever, where the policy offers that.
    pub lifetime: Option<Lifetime>,
    /// How many memberships it may make; none is any number.
    pub max_uses: Option<i64>,
    /// How many grants it may bring.
    pub grant_cap: u64,
    /// How many live codes a team may have.
    pub code_cap: u64,
}

/// Decides whether the actor may make a code with that id and text, now.
pub fn create_code(
    policy: &Policy,
    facts: &CodeCreationFacts,
    request: &CodeRequest<'_>,
    (id, text): (CodeId, CodeText),
    now: Timestamp,
) -> Result<Vec<Change>, Refusal> {
    let actor = standing(policy, facts.actor.as_ref())?;
    let rules = rules(policy)?;
    actor.require(PERMISSION)?;
    let role = givable(policy, request.role)?;
    actor.require_assigns(&role.name)?;
    if !rules.lifetimes.contains(&request.lifetime) {
        return Err(Refusal::LifetimeNotOffered);
    }
    check_grants(policy, role, request.grants, Giving::Offered, request.grant_cap)?;
    let access = offered(policy, request.grants);
    let own = (&actor.membership.role, &facts.actor_access);
    refuse_beyond_own(policy, None, (&role.name, &access), own)?;
    if facts.live_codes >= request.code_cap {
        return Err(Refusal::CapReached { cap: Cap::LiveCodesPerTeam, limit: request.code_cap });
    }
    let end = |lifetime: Lifetime| Timestamp::from_micros(lifetime.end(now.micros()));
    Ok(vec![Change::TeamCodeCreated(NewTeamCode {
        id,
        text,
        role: role.name.clone(),
        access,
        maker: actor.membership.person,
        expires_at: request.lifetime.map(end),
        max_uses: request.max_uses,
    })])
}

/// Decides whether the actor may revoke the code. One that is revoked already stays as it is.
pub fn revoke_code(policy: &Policy, facts: &CodeFacts) -> Result<Vec<Change>, Refusal> {
    let code = managed(policy, facts)?;
    if code.revoked_at.is_some() {
        return Ok(Vec::new());
    }
    Ok(vec![Change::TeamCodeRevoked { code: code.id }])
}

/// Decides whether the actor may delete the code, which must admit nobody any more.
pub fn delete_code(policy: &Policy, facts: &CodeFacts, now: Timestamp) -> Result<Vec<Change>, Refusal> {
    let code = managed(policy, facts)?;
    if code_state(policy, code, facts.maker.as_ref(), now) == TeamCodeState::Live {
        return Err(Refusal::StillActive);
    }
    Ok(vec![Change::TeamCodeDeleted { code: code.id }])
}

/// The state of a code, given its maker.
#[must_use]
pub fn code_state(policy: &Policy, code: &TeamCode, maker: Option<&Holder>, now: Timestamp) -> TeamCodeState {
    if code.revoked_at.is_some() {
        TeamCodeState::Revoked
    } else if code.expires_at.is_some_and(|end| now >= end) {
        TeamCodeState::Expired
    } else if code.max_uses.is_some_and(|most| code.uses >= most) {
        TeamCodeState::Exhausted
    } else if could_make_code(policy, maker, &code.role, &code.access) {
        TeamCodeState::Live
    } else {
        TeamCodeState::MakerGone
    }
}

/// Whether that member could make a code to that role and access now: its role does, and it reaches as much as the code
/// gives.
#[must_use]
pub fn could_make_code(policy: &Policy, holder: Option<&Holder>, role: &RoleName, access: &Access) -> bool {
    policy.team_codes.is_some() && could_give(policy, holder, (role, access), makes_codes)
}

/// Whether holders of the first role make codes to the second.
#[must_use]
pub fn makes_codes(maker: &Role, role: &RoleName) -> bool {
    maker.permissions.allow(PERMISSION) && maker.assigns(role)
}

/// Decides whether a person may join by the code; a preview asks no more than this.
pub fn may_redeem_code(
    policy: &Policy,
    facts: &CodeRedemptionFacts,
    now: Timestamp,
) -> Result<Redemption, Refusal> {
    may_join(policy, &facts.joining, &way_in(policy, facts, now))
}

/// Decides as [`may_redeem_code`] and answers with the changes: none for a member already.
pub fn redeem_code(
    policy: &Policy,
    facts: &CodeRedemptionFacts,
    person: PersonKey,
    email: Option<EmailAddress>,
    now: Timestamp,
) -> Result<Vec<Change>, Refusal> {
    let way = way_in(policy, facts, now);
    Ok(match may_join(policy, &facts.joining, &way)? {
        Redemption::AlreadyMember => Vec::new(),
        Redemption::Joins => {
            let by = JoinedBy::TeamCode { code: facts.code.id, maker: facts.code.maker };
            vec![Change::MemberJoined(newcomer(&way, by, person, email))]
        }
    })
}

fn way_in<'a>(policy: &Policy, facts: &'a CodeRedemptionFacts, now: Timestamp) -> WayIn<'a> {
    let code = &facts.code;
    let admits = match code_state(policy, code, facts.joining.maker.as_ref(), now) {
        TeamCodeState::Live => Ok(()),
        TeamCodeState::Revoked => Err(Refusal::Revoked),
        TeamCodeState::Expired => Err(Refusal::Expired),
        TeamCodeState::Exhausted => Err(Refusal::Exhausted),
        TeamCodeState::MakerGone => Err(Refusal::MakerGone),
    };
    WayIn { revision: code.revision, admits, role: &code.role, access: &code.access, taker: Taker::Newcomer }
}

fn managed<'a>(policy: &Policy, facts: &'a CodeFacts) -> Result<&'a TeamCode, Refusal> {
    standing(policy, facts.actor.as_ref())?.require(PERMISSION)?;
    facts.code.as_ref().ok_or(Refusal::TeamCodeNotFound)
}

fn rules(policy: &Policy) -> Result<&TeamCodeRules, Refusal> {
    policy.team_codes.as_ref().ok_or(Refusal::MethodNotInPolicy { method: "team_codes" })
}
