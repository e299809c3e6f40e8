//! What events tell, as it is stored: people by their internal keys, no address, no secret.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::read::member::JoinMethod;

/// What an event tells, as it is stored. People appear by their internal keys.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the fields are those of the messages of the contract's event.proto")]
pub enum Payload {
    TeamCreated {
        policy: String,
        display_name: String,
        tier: Option<String>,
        external_id: Option<String>,
        personal: bool,
    },
    TeamRenamed {
        old: String,
        new: String,
    },
    TeamTierChanged {
        old: Option<String>,
        new: String,
    },
    TeamDeleted {},
    MemberJoined {
        role: String,
        method: JoinMethod,
        through: Option<Uuid>,
        invited_by: Option<i64>,
        access: AccessRecord,
    },
    MemberRoleChanged {
        old_role: String,
        new_role: String,
    },
    MemberAccessChanged {
        before: AccessRecord,
        after: AccessRecord,
    },
    MemberSuspended {
        role: String,
    },
    MemberRestored {
        role: String,
    },
    MemberRemoved {
        role: String,
        suspended: bool,
        access: AccessRecord,
    },
    MemberLeft {
        role: String,
        access: AccessRecord,
    },
    MemberEmailChanged {},
    OwnershipTransferred {
        role: String,
        old_role: String,
        former: i64,
        former_new_role: String,
    },
    ResourcePurged {
        kind: String,
        resource: String,
        members: u64,
    },
    InvitationCreated {
        invitation: Uuid,
        role: String,
        access: AccessRecord,
        expires_at: i64,
    },
    InvitationResent {
        invitation: Uuid,
        expires_at: i64,
    },
    InvitationCancelled {
        invitation: Uuid,
    },
    InvitationAccepted {
        invitation: Uuid,
    },
    InvitationDeclined {
        invitation: Uuid,
    },
    InvitationExpired {
        invitation: Uuid,
    },
    InviteLinkCreated {
        link: Uuid,
        role: String,
        expires_at: i64,
    },
    InviteLinkRevoked {
        link: Uuid,
    },
    InviteLinkAdopted {
        link: Uuid,
    },
    TeamCodeCreated {
        code: Uuid,
        role: String,
        access: AccessRecord,
        expires_at: Option<i64>,
        max_uses: Option<i64>,
    },
    TeamCodeRevoked {
        code: Uuid,
    },
    TeamCodeDeleted {
        code: Uuid,
    },
    TeamCodeAdopted {
        code: Uuid,
    },
}

impl Payload {
    /// The key of the second person whom the event names, if it names one.
    pub(crate) fn other(&self) -> Option<i64> {
        match self {
            Self::MemberJoined { invited_by, .. } => *invited_by,
            Self::OwnershipTransferred { former, .. } => Some(*former),
            _ => None,
        }
    }
}

/// What somebody was granted, as an event tells it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AccessRecord {
    /// The grants.
    pub grants: Vec<GrantRecord>,
    /// The kinds in which it was restricted.
    pub restricted: Vec<String>,
}

/// A grant, as an event tells it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GrantRecord {
    /// The kind of resource.
    pub kind: String,
    /// The resource; none for all of the kind.
    pub resource: Option<String>,
    /// The role on it.
    pub role: String,
}

/// The kinds of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the contract's EventType")]
pub enum EventType {
    TeamCreated,
    TeamRenamed,
    TeamTierChanged,
    TeamDeleted,
    MemberJoined,
    MemberRoleChanged,
    MemberAccessChanged,
    MemberSuspended,
    MemberRestored,
    MemberRemoved,
    MemberLeft,
    MemberEmailChanged,
    OwnershipTransferred,
    ResourcePurged,
    InvitationCreated,
    InvitationResent,
    InvitationCancelled,
    InvitationAccepted,
    InvitationDeclined,
    InvitationExpired,
    InviteLinkCreated,
    InviteLinkRevoked,
    InviteLinkAdopted,
    TeamCodeCreated,
    TeamCodeRevoked,
    TeamCodeDeleted,
    TeamCodeAdopted,
}

/// Every kind with the text that it is stored as.
const TYPES: [(EventType, &str); 27] = [
    (EventType::TeamCreated, "team_created"),
    (EventType::TeamRenamed, "team_renamed"),
    (EventType::TeamTierChanged, "team_tier_changed"),
    (EventType::TeamDeleted, "team_deleted"),
    (EventType::MemberJoined, "member_joined"),
    (EventType::MemberRoleChanged, "member_role_changed"),
    (EventType::MemberAccessChanged, "member_access_changed"),
    (EventType::MemberSuspended, "member_suspended"),
    (EventType::MemberRestored, "member_restored"),
    (EventType::MemberRemoved, "member_removed"),
    (EventType::MemberLeft, "member_left"),
    (EventType::MemberEmailChanged, "member_email_changed"),
    (EventType::OwnershipTransferred, "ownership_transferred"),
    (EventType::ResourcePurged, "resource_purged"),
    (EventType::InvitationCreated, "invitation_created"),
    (EventType::InvitationResent, "invitation_resent"),
    (EventType::InvitationCancelled, "invitation_cancelled"),
    (EventType::InvitationAccepted, "invitation_accepted"),
    (EventType::InvitationDeclined, "invitation_declined"),
    (EventType::InvitationExpired, "invitation_expired"),
    (EventType::InviteLinkCreated, "invite_link_created"),
    (EventType::InviteLinkRevoked, "invite_link_revoked"),
    (EventType::InviteLinkAdopted, "invite_link_adopted"),
    (EventType::TeamCodeCreated, "team_code_created"),
    (EventType::TeamCodeRevoked, "team_code_revoked"),
    (EventType::TeamCodeDeleted, "team_code_deleted"),
    (EventType::TeamCodeAdopted, "team_code_adopted"),
];

impl EventType {
    /// Every kind.
    pub fn all() -> impl Iterator<Item = Self> {
        TYPES.into_iter().map(|(kind, _)| kind)
    }

    /// The kind of what an event tells.
    #[must_use]
    pub fn of(payload: &Payload) -> Self {
        match payload {
            Payload::TeamCreated { .. } => Self::TeamCreated,
            Payload::TeamRenamed { .. } => Self::TeamRenamed,
            Payload::TeamTierChanged { .. } => Self::TeamTierChanged,
            Payload::TeamDeleted { .. } => Self::TeamDeleted,
            Payload::MemberJoined { .. } => Self::MemberJoined,
            Payload::MemberRoleChanged { .. } => Self::MemberRoleChanged,
            Payload::MemberAccessChanged { .. } => Self::MemberAccessChanged,
            Payload::MemberSuspended { .. } => Self::MemberSuspended,
            Payload::MemberRestored { .. } => Self::MemberRestored,
            Payload::MemberRemoved { .. } => Self::MemberRemoved,
            Payload::MemberLeft { .. } => Self::MemberLeft,
            Payload::MemberEmailChanged { .. } => Self::MemberEmailChanged,
            Payload::OwnershipTransferred { .. } => Self::OwnershipTransferred,
            Payload::ResourcePurged { .. } => Self::ResourcePurged,
            Payload::InvitationCreated { .. } => Self::InvitationCreated,
            Payload::InvitationResent { .. } => Self::InvitationResent,
            Payload::InvitationCancelled { .. } => Self::InvitationCancelled,
            Payload::InvitationAccepted { .. } => Self::InvitationAccepted,
            Payload::InvitationDeclined { .. } => Self::InvitationDeclined,
            Payload::InvitationExpired { .. } => Self::InvitationExpired,
            Payload::InviteLinkCreated { .. } => Self::InviteLinkCreated,
            Payload::InviteLinkRevoked { .. } => Self::InviteLinkRevoked,
            Payload::InviteLinkAdopted { .. } => Self::InviteLinkAdopted,
            Payload::TeamCodeCreated { .. } => Self::TeamCodeCreated,
            Payload::TeamCodeRevoked { .. } => Self::TeamCodeRevoked,
            Payload::TeamCodeDeleted { .. } => Self::TeamCodeDeleted,
            Payload::TeamCodeAdopted { .. } => Self::TeamCodeAdopted,
        }
    }

    /// How it is stored.
    pub(crate) fn as_str(self) -> &'static str {
        TYPES.iter().find(|(kind, _)| *kind == self).map_or("", |(_, text)| text)
    }
}
