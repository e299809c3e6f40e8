//! All that can come of each act.

/// What the lists call an act that changes nothing.
pub(crate) const UNCHANGED: &str = "Unchanged";

/// What the lists call the refusal of a way in whose maker's role could still make it, and whose maker reaches less than
/// it gives.
pub(crate) const NARROWED: &str = "MakerNarrowed";

/// Acts, and in words what can come of each.
type Outcomes = &'static [(&'static str, &'static str)];

/// What walks must have met.
pub(crate) const OFTEN: Outcomes = &[
    (
        "Accept",
        "EmailMismatch EmailNotVerified Expired InvitationAccepted InvitationNotFound MakerGone \
         MakerNarrowed NoSeat NotPending Removed Unchanged",
    ),
    (
        "AddMembers",
        "AlreadyMember GrantsNotAllowed JoinTimeAhead KindRoleUnknown KindUnknown MemberJoined \
         NoSeat RoleUnknown SoleRole Unchanged",
    ),
    (
        "Cancel",
        "EtagMismatch InvitationCancelled InvitationNotFound NotPending RoleLacksPermission TeamNotAccessible",
    ),
    (
        "ChangeRole",
        "ActorSuspended CapReached EtagMismatch KindRoleUnknown KindUnknown LastHolder \
         MemberAccessChanged MemberNotFound MemberRoleChanged OwnRole PersonalTeam \
         RoleLacksPermission RoleNotAssignable RoleNotManageable RoleUnknown SoleRole \
         TeamNotAccessible Unchanged",
    ),
    (
        "CreateCode",
        "ActorSuspended BeyondOwnAccess CapReached GrantRoleNotAllowed GrantsNotAllowed \
         KindRoleUnknown KindUnknown LifetimeNotOffered MethodNotInPolicy RoleLacksPermission \
         RoleNotAssignable RoleUnknown SoleRole TeamCodeCreated TeamNotAccessible",
    ),
    (
        "CreateLink",
        "ActorSuspended CapReached InviteLinkCreated MethodNotInPolicy RoleLacksPermission \
         RoleNotAssignable TeamNotAccessible",
    ),
    (
        "Decline",
        "EmailMismatch EmailNotVerified Expired InvitationDeclined InvitationNotFound NotPending \
         Unchanged",
    ),
    ("Delete", "EtagMismatch PersonalTeam RoleLacksPermission TeamDeleted TeamNotAccessible"),
    (
        "DeleteCode",
        "ActorSuspended RoleLacksPermission StillActive TeamCodeDeleted TeamCodeNotFound \
         TeamNotAccessible",
    ),
    (
        "Invite",
        "ActorSuspended AlreadyMember BeyondOwnAccess CapReached GrantRoleNotAllowed \
         GrantsNotAllowed InvitationCreated InvitationExpired InvitationPending KindRoleUnknown \
         KindUnknown MethodNotInPolicy NoSeat RoleLacksPermission RoleNotAssignable RoleUnknown \
         SoleRole TeamNotAccessible",
    ),
    ("Leave", "LastHolder LeavingNotAllowed MemberLeft PersonalTeam SoleRole TeamNotAccessible"),
    (
        "Purge",
        "ActorSuspended KindUnknown MethodNotInPolicy ResourcePurged RoleLacksPermission \
         TeamNotAccessible Unchanged",
    ),
    (
        "Redeem",
        "Expired InviteLinkNotFound MakerGone MakerNarrowed MemberJoined NoSeat Removed Revoked Suspended \
         Unchanged",
    ),
    (
        "RedeemCode",
        "Exhausted Expired MakerGone MakerNarrowed MemberJoined NoSeat Removed Revoked Suspended TeamCodeNotFound \
         Unchanged",
    ),
    (
        "Remove",
        "ActorSuspended EtagMismatch MemberNotFound MemberRemoved OwnRemoval RoleLacksPermission \
         RoleNotManageable SoleRole TeamNotAccessible",
    ),
    ("Rename", "ActorSuspended EtagMismatch RoleLacksPermission TeamNotAccessible TeamRenamed Unchanged"),
    (
        "Resend",
        "ActorSuspended EtagMismatch InvitationExpired InvitationNotFound InvitationResent NotPending \
         RoleLacksPermission TeamNotAccessible",
    ),
    (
        "Restore",
        "ActorSuspended EtagMismatch MemberNotFound MemberRestored MethodNotInPolicy NoSeat \
         RoleLacksPermission TeamNotAccessible Unchanged",
    ),
    (
        "RevokeCode",
        "ActorSuspended RoleLacksPermission TeamCodeNotFound TeamCodeRevoked TeamNotAccessible \
         Unchanged",
    ),
    (
        "RevokeLink",
        "ActorSuspended InviteLinkNotFound InviteLinkRevoked RoleLacksPermission TeamNotAccessible \
         Unchanged",
    ),
    (
        "SetAccess",
        "ActorSuspended BeyondOwnAccess CapReached EtagMismatch GrantsNotAllowed KindRoleUnknown \
         KindUnknown MemberAccessChanged MemberNotFound MethodNotInPolicy RoleLacksPermission \
         RoleNotManageable TeamNotAccessible Unchanged OwnAccess",
    ),
    ("SetTier", "MethodNotInPolicy TeamTierChanged TierUnknown Unchanged"),
    (
        "Suspend",
        "ActorSuspended EtagMismatch MemberNotFound MemberSuspended MethodNotInPolicy OwnSuspension \
         PersonalTeam RoleLacksPermission RoleNotManageable SoleRole TeamNotAccessible Unchanged",
    ),
    (
        "Transfer",
        "MemberNotFound MethodNotInPolicy NotTheHolder NotTransferable OwnershipTransferred \
         Suspended TeamNotAccessible Unchanged",
    ),
];

/// What few walks meet, and many may go without.
pub(crate) const SELDOM: Outcomes = &[
    ("Accept", "Suspended"),
    ("AddMembers", "GrantRoleNotAllowed"),
    ("Cancel", "ActorSuspended Unchanged"),
    ("ChangeRole", "BeyondOwnAccess GrantsNotAllowed GrantRoleNotAllowed OwnAccess"),
    ("CreateLink", "BeyondOwnAccess"),
    ("Leave", "ActorSuspended"),
    ("Remove", "PersonalTeam LastHolder"),
    ("Resend", "AlreadyMember BeyondOwnAccess InvitationPending RoleNotAssignable NoSeat CapReached"),
    ("Restore", "RoleNotManageable"),
    ("SetAccess", "GrantRoleNotAllowed"),
    ("Suspend", "LastHolder"),
    ("Transfer", "ActorSuspended"),
    ("Delete", "ActorSuspended"),
];
