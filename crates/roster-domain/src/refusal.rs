//! Why a decision says no.

use std::fmt;

use crate::policy::{PolicyName, RoleName};

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
    /// The policy has no such role.
    RoleUnknown {
        /// The policy.
        policy: PolicyName,
        /// The role that was asked for.
        role: RoleName,
    },
    /// The team has no such member.
    MemberNotFound,
    /// The team has no such invite link.
    InviteLinkNotFound,
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
    /// The policy lets nobody change its own role.
    OwnRole,
    /// Nobody removes itself.
    OwnRemoval,
    /// Whoever wants to join is a suspended member.
    Suspended,
    /// Whoever wants to join was removed after this way in was made.
    Removed,
    /// The way in has expired.
    Expired,
    /// The way in was revoked.
    Revoked,
    /// Whoever made the way in could not make it now.
    MakerGone,
    /// The policy has no such method.
    MethodNotInPolicy {
        /// What it lacks: a section of the policy file, such as `invite_links`.
        method: &'static str,
    },
    /// A cap is reached.
    CapReached {
        /// What is capped.
        cap: Cap,
        /// How many are allowed.
        limit: u64,
    },
    /// The resource has changed since the caller read it.
    EtagMismatch,
}

/// What a deployment caps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cap {
    /// The live invite links of a team.
    LiveLinksPerTeam,
    /// The teams that one person creates within 24 hours.
    TeamsPerUserAndDay,
}

impl Cap {
    /// The name that programs know it by; it is also the setting's.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::LiveLinksPerTeam => "live_links_per_team",
            Self::TeamsPerUserAndDay => "teams_per_user_and_day",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TeamNotAccessible => f.write_str(
                "no such team for this actor: check the team's id, and that the actor is a member",
            ),
            Self::ActorSuspended => {
                f.write_str("the actor is suspended in this team: somebody who may must restore it first")
            }
            Self::RoleLacksPermission { role, permission } => {
                write!(f, "role {role} lacks the permission {permission}: ask a member whose role has it")
            }
            Self::RoleNotAssignable { actor_role, role } => {
                write!(f, "{actor_role} may not assign {role}: ask a member whose role does")
            }
            Self::RoleNotManageable { actor_role, target_role } => {
                write!(f, "{actor_role} may not manage {target_role}: ask a member whose role does")
            }
            Self::RoleUnknown { policy, role } => {
                write!(f, "policy {policy} has no role {role}: GetPolicy lists its roles")
            }
            Self::MemberNotFound => {
                f.write_str("the team has no such member: ListMembers lists those it has")
            }
            Self::InviteLinkNotFound => {
                f.write_str("the team has no such invite link: ListInviteLinks lists those it has")
            }
            Self::LastHolder { role } => {
                write!(
                    f,
                    "a team must keep an active {role}, and this is its last: give another member that role first"
                )
            }
            Self::SoleRole { role } => {
                write!(f, "{role} has exactly one holder and can be neither given nor taken by this call")
            }
            Self::OwnRole => f.write_str("nobody changes its own role under this policy: ask another member"),
            Self::OwnRemoval => f.write_str("nobody removes itself: ask another member"),
            Self::Suspended => {
                f.write_str("this person is suspended in the team: somebody who may must restore it")
            }
            Self::Removed => {
                f.write_str("this person was removed after this invite was made: a newer one is needed")
            }
            Self::Expired => f.write_str("this invite has expired: ask for a new one"),
            Self::Revoked => f.write_str("this invite was revoked: ask for a new one"),
            Self::MakerGone => {
                f.write_str("whoever made this invite may no longer invite to this role: ask for a new one")
            }
            Self::MethodNotInPolicy { method } => write!(f, "the team's policy has no {method}"),
            Self::CapReached { cap: Cap::LiveLinksPerTeam, limit } => {
                write!(f, "the team has {limit} live invite links, the most it may have: revoke one first")
            }
            Self::CapReached { cap: Cap::TeamsPerUserAndDay, limit } => {
                write!(f, "this person created {limit} teams within 24 hours, the most there may be: wait")
            }
            Self::EtagMismatch => f.write_str("the resource changed since this etag was read: read it again"),
        }
    }
}
