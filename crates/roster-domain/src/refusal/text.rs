//! What refusals say to people.

use std::fmt;

use super::{Cap, Refusal};
use crate::facts::InvitationState;
use crate::policy::PolicyName;

impl fmt::Display for Refusal {
    #[expect(clippy::too_many_lines, reason = "one arm a refusal reads better than parts of a whole")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TeamNotAccessible => f.write_str(
                "no such team for this actor: check the team's id, and that the actor is a member",
            ),
            Self::ActorSuspended => {
                f.write_str("the actor is suspended in this team: a member who may has to restore it first")
            }
            Self::RoleLacksPermission { role, permission } => {
                write!(f, "role {role} lacks the permission {permission}: ask a member whose role has it")
            }
            Self::RoleNotAssignable { actor_role, role } => {
                write!(f, "{actor_role} may not assign {role}: ask a member whose role does")
            }
            Self::RoleNotManageable { actor_role, target_role } => {
                write!(f, "{actor_role} may not manage {target_role}: ask a member whose role may, if there is one")
            }
            Self::BeyondOwnAccess { kind } => write!(
                f,
                "this would give more on resources of kind {kind} than the actor itself has: ask a member who \
                 has as much"
            ),
            Self::NotTheHolder { role } => write!(f, "only the team's {role} may do this: ask that member"),
            Self::EmailMismatch => f.write_str(
                "this invitation is for another address: sign in with the invited one, or ask for a new invitation",
            ),
            Self::RoleUnknown { policy, role } => {
                write!(f, "policy {policy} has no role {role}: GetPolicy lists its roles")
            }
            Self::KindUnknown { policy, kind } => {
                write!(f, "policy {policy} has no kind of resource {kind}: GetPolicy lists its kinds")
            }
            Self::KindRoleUnknown { kind, role } => {
                write!(f, "kind {kind} has no role {role}: GetPolicy lists its roles")
            }
            Self::TierUnknown { policy, tier } => {
                write!(f, "policy {policy} has no tier {tier}: GetPolicy lists its tiers")
            }
            Self::GrantsNotAllowed { role, kind } => write!(
                f,
                "{role} reaches every resource of kind {kind} already and takes no grants: leave them out"
            ),
            Self::GrantRoleNotAllowed { role, kind, granted, bound } => write!(
                f,
                "members who are {role} cannot have the role {granted} on a {kind}: {bound} is what they may have"
            ),
            Self::MemberNotFound => {
                f.write_str("the team has no such member: ListMembers lists those it has")
            }
            Self::InviteLinkNotFound => {
                f.write_str("the team has no such invite link: ListInviteLinks lists those it has")
            }
            Self::TeamCodeNotFound => {
                f.write_str("the team has no such code: ListTeamCodes lists those it has")
            }
            Self::InvitationNotFound => {
                f.write_str("the team has no such invitation: ListInvitations lists those it has")
            }
            Self::AlreadyMember => {
                f.write_str("this person is a member already: change its role or access instead")
            }
            Self::InvitationPending { .. } => {
                f.write_str("this address has a pending invitation: send that one again, or cancel it first")
            }
            Self::ExternalIdTaken { .. } => {
                f.write_str("another team has this external_id: use that team, or choose another key")
            }
            Self::LastHolder { role } => {
                write!(
                    f,
                    "a team must keep an active {role}, and this is its last: give another member that role first"
                )
            }
            Self::SoleRole { role } => write!(
                f,
                "{role} has exactly one holder and is neither given nor taken here: TransferOwnership moves it"
            ),
            Self::NotTransferable { role } => {
                write!(f, "{role} cannot give its role away under this policy: ask whoever runs the service")
            }
            Self::OwnRole => f.write_str("nobody changes its own role under this policy: ask another member"),
            Self::OwnAccess => f.write_str("nobody raises its own access: ask another member"),
            Self::OwnRemoval => f.write_str("nobody removes itself: leave the team where its policy lets members leave, or ask another member"),
            Self::OwnSuspension => f.write_str("nobody suspends itself: ask another member"),
            Self::LeavingNotAllowed => {
                f.write_str("nobody leaves a team by itself under this policy: ask to be removed")
            }
            Self::PersonalTeam => f.write_str(
                "this is a person's own team: it stays, and its person keeps its place and role in it",
            ),
            Self::Suspended => {
                f.write_str("this person is suspended in the team: a member who may has to restore it first")
            }
            Self::Removed => f.write_str(
                "this person was removed, or lowered, after this invite was made: ask for a new one",
            ),
            Self::Expired => f.write_str("this invite has expired: a new one is needed"),
            Self::Revoked => f.write_str("this invite was revoked: ask for a new one"),
            Self::Exhausted => f.write_str("this code was used as often as it may be: ask for a new one"),
            Self::StillActive => f.write_str("this code still admits people: revoke it first"),
            Self::NotPending { state } => write!(f, "this invitation {}", became(*state)),
            Self::EmailNotVerified => f.write_str(
                "the invitation is for a verified address and the call states none: verify the address first",
            ),
            Self::MakerGone => {
                f.write_str("whoever made this invite may no longer give what it gives: ask for a new one")
            }
            Self::MethodNotInPolicy { method } => write!(
                f,
                "the team's policy does not have this ({method}): GetPolicy says what it has"
            ),
            Self::NoSeat { limit } => write!(
                f,
                "no seat of the team's {limit} is free: remove a member, cancel an invitation, or raise the tier"
            ),
            Self::CapReached { cap, limit } => cap_reached(*cap, *limit, f),
            Self::JoinTimeAhead => f.write_str("nobody has joined at a time that is still to come: give one that is past"),
            Self::LifetimeNotOffered => {
                f.write_str("the policy offers no codes of this life: GetPolicy lists those on offer")
            }
            Self::ErasureBlocked { teams } => write!(
                f,
                "teams depend on this person, {} of them: name a resolution for each",
                teams.len()
            ),
            Self::PolicyNotServed { policies } => {
                let names: Vec<&str> = policies.iter().map(PolicyName::as_str).collect();
                write!(
                    f,
                    "teams of this person follow policies that are not served: add {} to enabled_policies, and then \
                     erase it",
                    names.join(" and ")
                )
            }
            Self::EtagMismatch => f.write_str("the resource changed since this etag was read: read it again"),
        }
    }
}

fn became(state: InvitationState) -> &'static str {
    match state {
        InvitationState::Pending => "is still pending",
        InvitationState::Accepted => "was accepted already: a new one is needed to join",
        InvitationState::Declined => "was declined: a new one is needed",
        InvitationState::Cancelled => "was cancelled: a new one is needed",
        InvitationState::Expired => "has expired: it can be sent again",
    }
}

fn cap_reached(cap: Cap, limit: u64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match cap {
        Cap::LiveLinksPerTeam => {
            write!(f, "the team has {limit} live invite links, the most it may have: revoke one first")
        }
        Cap::LiveCodesPerTeam => {
            write!(f, "the team has {limit} live codes, the most it may have: revoke one first")
        }
        Cap::PendingInvitationsPerTeam => {
            write!(f, "the team has {limit} pending invitations, the most it may have: cancel one first")
        }
        Cap::GrantsPerMember => write!(f, "a member may have {limit} grants at most: grant fewer"),
        Cap::TeamsPerUserAndDay => {
            write!(f, "this person created {limit} teams within 24 hours, the most there may be: wait")
        }
        Cap::TeamsPerErasure => {
            write!(
                f,
                "this person is in more than {limit} teams, or invited to them: end some of its memberships or \
                 cancel invitations first"
            )
        }
    }
}
