//! What the decisions need to know of the stored state, loaded under the team's lock.

use crate::{EmailAddress, LinkId, PersonKey, Revision, RoleName, Timestamp};

/// One person's place in the team.
#[derive(Clone, Debug, PartialEq)]
pub struct Membership {
    /// The person.
    pub person: PersonKey,
    /// Its role.
    pub role: RoleName,
    /// Whether its access is in force.
    pub state: MemberState,
    /// Its last known verified address.
    pub email: Option<EmailAddress>,
    /// The team's revision at the membership's last change: its etag.
    pub version: Revision,
}

/// Whether a membership gives access.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MemberState {
    /// It does.
    Active,
    /// It is kept, and gives nothing.
    Suspended,
}

/// An invite link as it is stored; its secret is not part of it.
#[derive(Clone, Debug, PartialEq)]
pub struct InviteLink {
    /// Its id.
    pub id: LinkId,
    /// The role it gives.
    pub role: RoleName,
    /// Who made it.
    pub maker: PersonKey,
    /// The team's revision that made it.
    pub revision: Revision,
    /// When it was made.
    pub created_at: Timestamp,
    /// From this very moment on it admits nobody.
    pub expires_at: Timestamp,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// How many memberships it made.
    pub uses: i64,
}

/// What a change of one member by another needs.
#[derive(Clone, Debug, PartialEq)]
pub struct MemberFacts {
    /// Who acts, if a member.
    pub actor: Option<Membership>,
    /// Who is acted upon, if a member.
    pub target: Option<Membership>,
    /// How many active members have the target's role, the target included if it is active.
    pub holders_of_target_role: i64,
}

/// What making an invite link needs.
#[derive(Clone, Debug, PartialEq)]
pub struct LinkCreationFacts {
    /// Who acts, if a member.
    pub actor: Option<Membership>,
    /// How many links of the team are neither revoked nor expired nor without a maker who could make them.
    pub live_links: u64,
}

/// What revoking an invite link needs.
#[derive(Clone, Debug, PartialEq)]
pub struct LinkFacts {
    /// Who acts, if a member.
    pub actor: Option<Membership>,
    /// The link, if the team has it.
    pub link: Option<InviteLink>,
}

/// What redeeming an invite link needs.
#[derive(Clone, Debug, PartialEq)]
pub struct RedemptionFacts {
    /// The membership of whoever wants to join, if it has one already.
    pub membership: Option<Membership>,
    /// The revision at which the person was last removed from the team, if ever.
    pub removed_at: Option<Revision>,
    /// The link.
    pub link: InviteLink,
    /// The membership of the link's maker, if it still has one.
    pub maker: Option<Membership>,
}
