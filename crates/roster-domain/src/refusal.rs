//! Why a decision says no.

mod text;

use crate::decide::Dependence;
use crate::facts::InvitationState;
use crate::policy::{KindName, PolicyName, RoleName, TierName};
use crate::{InvitationId, TeamId};

/// A rule that refused, with what a person needs to understand it. Its text says what would have to hold; it never
/// holds a secret or an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The actor is not a member, or there is no such team; the two look the same on purpose.
    TeamNotAccessible,
    /// The actor is a suspended member.
    ActorSuspended,
    /// The actor's role does not hold the permission.
    RoleLacksPermission {
        /// The actor's role.
        role: RoleName,
        /// What it lacks.
        permission: &'static str,
    },
    /// The actor's role does not assign the role.
    RoleNotAssignable {
        /// The actor's role.
        actor_role: RoleName,
        /// The role it may not give.
        role: RoleName,
    },
    /// The actor's role does not manage the target's.
    RoleNotManageable {
        /// The actor's role.
        actor_role: RoleName,
        /// The role whose holders it may not change.
        target_role: RoleName,
    },
    /// Somebody would get more on resources of the kind than the actor itself has.
    BeyondOwnAccess {
        /// The kind.
        kind: KindName,
    },
    /// Only the holder of the role may do this.
    NotTheHolder {
        /// The role.
        role: RoleName,
    },
    /// The invitation is for another address than the actor's verified one.
    EmailMismatch,
    /// The policy has no such role.
    RoleUnknown {
        /// The policy.
        policy: PolicyName,
        /// The role that was asked for.
        role: RoleName,
    },
    /// The policy has no such kind of resource.
    KindUnknown {
        /// The policy.
        policy: PolicyName,
        /// The kind that was asked for.
        kind: KindName,
    },
    /// The kind of resource has no such role.
    KindRoleUnknown {
        /// The kind.
        kind: KindName,
        /// The role that was asked for.
        role: RoleName,
    },
    /// The policy has no such tier.
    TierUnknown {
        /// The policy.
        policy: PolicyName,
        /// The tier that was asked for.
        tier: TierName,
    },
    /// Holders of the role reach all of the kind, and grants are not taken for them here.
    GrantsNotAllowed {
        /// The role.
        role: RoleName,
        /// The kind.
        kind: KindName,
    },
    /// A grant to holders of the role cannot have that role on a resource.
    GrantRoleNotAllowed {
        /// The role in the team.
        role: RoleName,
        /// The kind.
        kind: KindName,
        /// The role on a resource that was asked for.
        granted: RoleName,
        /// The one that it must be, or the highest that it may be.
        bound: RoleName,
    },
    /// The team has no such member.
    MemberNotFound,
    /// The team has no such invite link.
    InviteLinkNotFound,
    /// The team has no such team code.
    TeamCodeNotFound,
    /// The team has no such invitation.
    InvitationNotFound,
    /// The person, or somebody with that address, is a member already.
    AlreadyMember,
    /// The address has a pending invitation already.
    InvitationPending {
        /// That invitation.
        invitation: InvitationId,
    },
    /// Another team of the calling service has that external id.
    ExternalIdTaken {
        /// That team.
        team: TeamId,
    },
    /// The team would be left without an active holder of the role.
    LastHolder {
        /// The role that must stay held.
        role: RoleName,
    },
    /// The role has exactly one holder and can be neither given nor taken here.
    SoleRole {
        /// The role.
        role: RoleName,
    },
    /// The holder of the role cannot give it away.
    NotTransferable {
        /// The role.
        role: RoleName,
    },
    /// The policy lets nobody change its own role.
    OwnRole,
    /// Nobody raises what it is granted itself, not even where it counts for nothing yet.
    OwnAccess,
    /// Nobody removes itself.
    OwnRemoval,
    /// Nobody suspends itself.
    OwnSuspension,
    /// The policy lets nobody leave.
    LeavingNotAllowed,
    /// The team is a person's own and cannot be deleted, nor can that person leave it or be changed in it.
    PersonalTeam,
    /// The person who wants to join, or who is to get the role, is a suspended member.
    Suspended,
    /// Whoever wants to join was removed, or made less, after this way in was made.
    Removed,
    /// The way in has expired.
    Expired,
    /// The way in was revoked.
    Revoked,
    /// The code was used as often as it may be.
    Exhausted,
    /// The code still admits people.
    StillActive,
    /// The invitation is no longer pending.
    NotPending {
        /// What became of it.
        state: InvitationState,
    },
    /// The actor has no verified address to show.
    EmailNotVerified,
    /// Whoever made the way in could not make it now.
    MakerGone,
    /// The policy has no such method.
    MethodNotInPolicy {
        /// What it lacks: a section of the policy file, such as `invite_links`.
        method: &'static str,
    },
    /// All of the team's seats are taken.
    NoSeat {
        /// How many seats it has.
        limit: u64,
    },
    /// A cap is reached.
    CapReached {
        /// What is capped.
        cap: Cap,
        /// How many are allowed.
        limit: u64,
    },
    /// Somebody cannot have joined then.
    JoinTimeAhead,
    /// The policy offers no codes of that life.
    LifetimeNotOffered,
    /// Teams depend on the person whose data is to be erased, and nothing was said of what is to become of them.
    ErasureBlocked {
        /// The teams, in the order of their ids, each with what depends on the person. Never empty.
        teams: Vec<(TeamId, Dependence)>,
    },
    /// Teams of the person whose data is to be erased follow policies that are not served, without which nobody can say
    /// whether they depend on it.
    PolicyNotServed {
        /// The policies, in the order of their names. Never empty.
        policies: Vec<PolicyName>,
    },
    /// The resource has changed since the caller read it.
    EtagMismatch,
}

/// What is capped, nearly always by a setting of the deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cap {
    /// The live invite links of a team.
    LiveLinksPerTeam,
    /// The live team codes of a team.
    LiveCodesPerTeam,
    /// The pending invitations of a team.
    PendingInvitationsPerTeam,
    /// The grants of a member, an invitation or a code.
    GrantsPerMember,
    /// The teams that one person creates within 24 hours.
    TeamsPerUserAndDay,
    /// The teams that one erasure changes. No setting changes this one.
    TeamsPerErasure,
}

impl Cap {
    /// The name that programs know it by; it is also the setting's, where there is one.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::LiveLinksPerTeam => "live_links_per_team",
            Self::LiveCodesPerTeam => "live_codes_per_team",
            Self::PendingInvitationsPerTeam => "pending_invitations_per_team",
            Self::GrantsPerMember => "grants_per_member",
            Self::TeamsPerUserAndDay => "teams_per_user_and_day",
            Self::TeamsPerErasure => "teams_per_erasure",
        }
    }
}
