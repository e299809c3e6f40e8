//! A person joins by an invite link.

use super::invite_link::{InviteLinkState, NOTHING, link_state};
use super::join::{Redemption, WayIn, may_join, newcomer};
use super::seats::Taker;
use crate::facts::RedemptionFacts;
use crate::policy::Policy;
use crate::{Change, EmailAddress, JoinedBy, PersonKey, Refusal, Timestamp};

/// Decides whether a person may join by the link; a preview asks no more than this.
pub fn may_redeem(policy: &Policy, facts: &RedemptionFacts, now: Timestamp) -> Result<Redemption, Refusal> {
    may_join(policy, &facts.joining, &way_in(policy, facts, now))
}

/// Decides as [`may_redeem`] and answers with the changes: none for a member already.
pub fn redeem_link(
    policy: &Policy,
    facts: &RedemptionFacts,
    person: PersonKey,
    email: Option<EmailAddress>,
    now: Timestamp,
) -> Result<Vec<Change>, Refusal> {
    let way = way_in(policy, facts, now);
    Ok(match may_join(policy, &facts.joining, &way)? {
        Redemption::AlreadyMember => Vec::new(),
        Redemption::Joins => {
            let by = JoinedBy::InviteLink { link: facts.link.id, maker: facts.link.maker };
            vec![Change::MemberJoined(newcomer(&way, by, person, email))]
        }
    })
}

fn way_in<'a>(policy: &Policy, facts: &'a RedemptionFacts, now: Timestamp) -> WayIn<'a> {
    let admits = match link_state(policy, &facts.link, facts.joining.maker.as_ref(), now) {
        InviteLinkState::Live => Ok(()),
        InviteLinkState::Revoked => Err(Refusal::Revoked),
        InviteLinkState::Expired => Err(Refusal::Expired),
        InviteLinkState::MakerGone => Err(Refusal::MakerGone),
    };
    let link = &facts.link;
    WayIn { revision: link.revision, admits, role: &link.role, access: NOTHING, taker: Taker::Newcomer }
}
