//! A person joins by an invite link.

use super::invite_link::{InviteLinkState, link_state};
use crate::facts::RedemptionFacts;
use crate::policy::Policy;
use crate::{Change, EmailAddress, JoinedBy, MemberState, PersonKey, Refusal, Timestamp};

/// What comes of a redemption that is not refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redemption {
    /// The person is a member already: nothing changes and no use is counted.
    AlreadyMember,
    /// The person joins.
    Joins,
}

/// Decides whether a person may join by the link; a preview asks no more than this. The order of the refusals is part
/// of the contract: suspended; a member already; removed since; revoked; expired; maker without authority.
pub fn may_redeem(policy: &Policy, facts: &RedemptionFacts, now: Timestamp) -> Result<Redemption, Refusal> {
    match facts.membership.as_ref().map(|member| member.state) {
        Some(MemberState::Suspended) => return Err(Refusal::Suspended),
        Some(MemberState::Active) => return Ok(Redemption::AlreadyMember),
        None => {}
    }
    if facts.removed_at.is_some_and(|removed| facts.link.revision < removed) {
        return Err(Refusal::Removed);
    }
    match link_state(policy, &facts.link, facts.maker.as_ref(), now) {
        InviteLinkState::Live => Ok(Redemption::Joins),
        InviteLinkState::Revoked => Err(Refusal::Revoked),
        InviteLinkState::Expired => Err(Refusal::Expired),
        InviteLinkState::MakerGone => Err(Refusal::MakerGone),
    }
}

/// Decides as [`may_redeem`] and answers with the changes: none for a member already.
pub fn redeem_link(
    policy: &Policy,
    facts: &RedemptionFacts,
    person: PersonKey,
    email: Option<EmailAddress>,
    now: Timestamp,
) -> Result<Vec<Change>, Refusal> {
    Ok(match may_redeem(policy, facts, now)? {
        Redemption::AlreadyMember => Vec::new(),
        Redemption::Joins => vec![Change::MemberJoined {
            person,
            role: facts.link.role.clone(),
            by: JoinedBy::InviteLink { link: facts.link.id, maker: facts.link.maker },
            email,
        }],
    })
}
