//! Invite links: made, judged, revoked.

use super::access::refuse_beyond_own;
use super::maker::could_give;
use super::standing::standing;
use crate::facts::{Holder, LinkCreationFacts, LinkFacts};
use crate::policy::{InviteLinkRules, Policy, Role, RoleName};
use crate::refusal::Cap;
use crate::{Access, Change, InviteLink, LinkId, NewInviteLink, Refusal, SecretRecord, Timestamp};

/// A link grants nothing on resources.
pub(super) const NOTHING: &Access = &Access { grants: Vec::new(), restricted: Vec::new() };

const PERMISSION: &str = "links.manage";

/// Whether a link admits people, and if not, why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InviteLinkState {
    /// It does.
    Live,
    /// Its time is over.
    Expired,
    /// It was revoked.
    Revoked,
    /// Whoever made it could not make it now.
    MakerGone,
}

/// Decides whether the actor may make a link with that id and secret, now, where a team may have `cap` live ones.
pub fn create_link(
    policy: &Policy,
    facts: &LinkCreationFacts,
    (id, secret): (LinkId, SecretRecord),
    now: Timestamp,
    cap: u64,
) -> Result<Vec<Change>, Refusal> {
    let actor = standing(policy, facts.actor.as_ref())?;
    let rules = rules(policy)?;
    actor.require(PERMISSION)?;
    actor.require_assigns(&rules.role)?;
    let own = (&actor.membership.role, &facts.actor_access);
    refuse_beyond_own(policy, None, (&rules.role, NOTHING), own)?;
    if facts.live_links >= cap {
        return Err(Refusal::CapReached { cap: Cap::LiveLinksPerTeam, limit: cap });
    }
    Ok(vec![Change::InviteLinkCreated(NewInviteLink {
        id,
        role: rules.role.clone(),
        maker: actor.membership.person,
        expires_at: Timestamp::from_micros(rules.lifetime.end(now.micros())),
        secret,
    })])
}

/// Decides whether the actor may revoke the link. One that is revoked already stays as it is.
pub fn revoke_link(policy: &Policy, facts: &LinkFacts) -> Result<Vec<Change>, Refusal> {
    let actor = standing(policy, facts.actor.as_ref())?;
    actor.require(PERMISSION)?;
    let link = facts.link.as_ref().ok_or(Refusal::InviteLinkNotFound)?;
    if link.revoked_at.is_some() {
        return Ok(Vec::new());
    }
    Ok(vec![Change::InviteLinkRevoked { link: link.id }])
}

/// The state of a link, given its maker.
#[must_use]
pub fn link_state(
    policy: &Policy,
    link: &InviteLink,
    maker: Option<&Holder>,
    now: Timestamp,
) -> InviteLinkState {
    if link.revoked_at.is_some() {
        InviteLinkState::Revoked
    } else if now >= link.expires_at {
        InviteLinkState::Expired
    } else if could_make(policy, maker, &link.role) {
        InviteLinkState::Live
    } else {
        InviteLinkState::MakerGone
    }
}

/// Whether that member could make a link to that role now: its role does, and it reaches as much as the link gives. It
/// decides over links that exist, and over who may see their secrets again.
#[must_use]
pub fn could_make(policy: &Policy, holder: Option<&Holder>, role: &RoleName) -> bool {
    policy.invite_links.is_some() && could_give(policy, holder, (role, NOTHING), makes_links)
}

/// Whether holders of the first role make links to the second.
#[must_use]
pub fn makes_links(maker: &Role, role: &RoleName) -> bool {
    maker.permissions.allow(PERMISSION) && maker.assigns(role)
}

fn rules(policy: &Policy) -> Result<&InviteLinkRules, Refusal> {
    policy.invite_links.as_ref().ok_or(Refusal::MethodNotInPolicy { method: "invite_links" })
}
