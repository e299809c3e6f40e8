//! What the decisions need to know of the stored state, loaded under the team's lock.

mod invitation;

pub use invitation::{AnswerFacts, Invitation, InvitationFacts, InvitationState, InvitingFacts};

use crate::policy::TierName;
use crate::{Access, CodeId, DisplayName, EmailAddress, LinkId, PersonKey, Revision, RoleName, Timestamp};

/// What a team says of itself.
#[derive(Clone, Debug, PartialEq)]
pub struct TeamFacts {
    /// Its name.
    pub display_name: DisplayName,
    /// Its tier; none where the policy has none, or had none when the team was created.
    pub tier: Option<TierName>,
    /// Whose personal team it is, if it is one.
    pub personal: Option<PersonKey>,
    /// The revision at which any of this last changed: its etag.
    pub version: Revision,
}

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

/// A member and what it was granted.
#[derive(Clone, Debug, PartialEq)]
pub struct Holder {
    /// Its place in the team.
    pub membership: Membership,
    /// What it was granted.
    pub access: Access,
}

/// What may hold a seat of the team, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Occupancy {
    /// Active members.
    pub active: u64,
    /// Suspended members.
    pub suspended: u64,
    /// Pending invitations that have not expired.
    pub pending: u64,
}

/// An invite link as it is stored; its secret is not part of it.
#[derive(Clone, Debug, PartialEq)]
pub struct InviteLink {
    /// Its id.
    pub id: LinkId,
    /// The role it gives.
    pub role: RoleName,
    /// Who made it, or took it over.
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

/// A team code as it is stored; its text is not part of it.
#[derive(Clone, Debug, PartialEq)]
pub struct TeamCode {
    /// Its id.
    pub id: CodeId,
    /// The role it gives.
    pub role: RoleName,
    /// What it grants.
    pub access: Access,
    /// Who made it, or took it over.
    pub maker: PersonKey,
    /// The team's revision that made it.
    pub revision: Revision,
    /// From this very moment on it admits nobody; none is never.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// How many memberships it made.
    pub uses: i64,
    /// How many it may make; none is any number.
    pub max_uses: Option<i64>,
}

/// What a change of one member by another, or by itself, needs.
#[derive(Clone, Debug, PartialEq)]
pub struct MemberFacts {
    /// The team.
    pub team: TeamFacts,
    /// Who acts, if a member.
    pub actor: Option<Membership>,
    /// What the actor was granted.
    pub actor_access: Access,
    /// Who is acted upon, if a member.
    pub target: Option<Membership>,
    /// What the target was granted.
    pub target_access: Access,
    /// How many active members have the target's role, the target included if it is active.
    pub holders_of_target_role: i64,
}

/// What restoring a member needs.
#[derive(Clone, Debug, PartialEq)]
pub struct RestorationFacts {
    /// Who restores whom.
    pub member: MemberFacts,
    /// What holds seats.
    pub occupancy: Occupancy,
}

/// What removing a member needs.
#[derive(Clone, Debug, PartialEq)]
pub struct RemovalFacts {
    /// Who removes whom.
    pub member: MemberFacts,
    /// The pending invitations to the target's address, expired ones among them.
    pub invitations: Vec<Invitation>,
    /// The target's links that are neither revoked nor expired.
    pub links: Vec<InviteLink>,
    /// The target's codes that are neither revoked nor expired nor used up.
    pub codes: Vec<TeamCode>,
}

/// What a change of the team itself by a member needs.
#[derive(Clone, Debug, PartialEq)]
pub struct ActorFacts {
    /// The team.
    pub team: TeamFacts,
    /// Who acts, if a member.
    pub actor: Option<Membership>,
}

/// What purging a resource needs.
#[derive(Clone, Debug, PartialEq)]
pub struct PurgeFacts {
    /// Who acts, if a member.
    pub actor: Option<Membership>,
    /// How many members were granted that very resource.
    pub members: u64,
    /// How many invitations and codes bring a grant of it.
    pub offers: u64,
}

/// What moving the role with exactly one holder needs.
#[derive(Clone, Debug, PartialEq)]
pub struct TransferFacts {
    /// Who acts, if a member; none where a calling service acts by itself.
    pub actor: Option<Membership>,
    /// Who has the role.
    pub holder: Option<Membership>,
    /// What the holder was granted.
    pub holder_access: Access,
    /// Who is to get it, if a member.
    pub target: Option<Membership>,
    /// What the target was granted.
    pub target_access: Access,
}

/// What ending a person's place in a team for good needs.
#[derive(Clone, Debug, PartialEq)]
pub struct ErasureFacts {
    /// The team.
    pub team: TeamFacts,
    /// The person's place in it, if it has one.
    pub member: Option<Holder>,
    /// How many active members have the person's role, the person included if it is active.
    pub holders_of_role: i64,
    /// How many members there are, in whatever state.
    pub members: i64,
    /// The pending invitations to the person's addresses, expired ones among them.
    pub invitations: Vec<Invitation>,
    /// Whom the person's role is to go to, if a member; none where nobody was named.
    pub successor: Option<Holder>,
}

/// What adding many members at once needs.
#[derive(Clone, Debug, PartialEq)]
pub struct AdditionFacts {
    /// The team.
    pub team: TeamFacts,
    /// The memberships that those to be added have already.
    pub members: Vec<(Membership, Access)>,
    /// What holds seats.
    pub occupancy: Occupancy,
}

/// What making an invite link needs.
#[derive(Clone, Debug, PartialEq)]
pub struct LinkCreationFacts {
    /// Who acts, if a member.
    pub actor: Option<Membership>,
    /// What the actor was granted.
    pub actor_access: Access,
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

/// What making a team code needs.
#[derive(Clone, Debug, PartialEq)]
pub struct CodeCreationFacts {
    /// Who acts, if a member.
    pub actor: Option<Membership>,
    /// What the actor was granted.
    pub actor_access: Access,
    /// How many codes of the team are neither revoked nor expired nor used up nor without a maker who could make them.
    pub live_codes: u64,
}

/// What revoking and deleting a team code need.
#[derive(Clone, Debug, PartialEq)]
pub struct CodeFacts {
    /// Who acts, if a member.
    pub actor: Option<Membership>,
    /// The code, if the team has it.
    pub code: Option<TeamCode>,
    /// The code's maker, if it is still a member.
    pub maker: Option<Holder>,
}

/// What joining needs, whatever the way in.
#[derive(Clone, Debug, PartialEq)]
pub struct JoinFacts {
    /// The team.
    pub team: TeamFacts,
    /// The membership of whoever wants to join, if it has one already.
    pub membership: Option<Membership>,
    /// The revision at which the person was last removed from the team, or lowered in it, if ever.
    pub removed_at: Option<Revision>,
    /// Whoever made the way in, if it is still a member.
    pub maker: Option<Holder>,
    /// What holds seats.
    pub occupancy: Occupancy,
}

/// What redeeming an invite link needs.
#[derive(Clone, Debug, PartialEq)]
pub struct RedemptionFacts {
    /// The link.
    pub link: InviteLink,
    /// Who joins.
    pub joining: JoinFacts,
}

/// What redeeming a team code needs.
#[derive(Clone, Debug, PartialEq)]
pub struct CodeRedemptionFacts {
    /// The code.
    pub code: TeamCode,
    /// Who joins.
    pub joining: JoinFacts,
}
