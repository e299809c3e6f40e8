//! Events as the contract shows them.

use roster_domain::{CodeId, InvitationId, LinkId, TeamId, Timestamp};
use roster_proto::v1 as pb;
use roster_store::{AccessRecord, Event, EventType, GrantRecord, JoinMethod, Payload};
use uuid::Uuid;

use super::timestamp;

pub(in crate::rpc) fn event(team: TeamId, event: Event) -> pb::Event {
    let (target, other) = (event.target.unwrap_or_default(), event.other.unwrap_or_default());
    pb::Event {
        event_id: event.id.to_string(),
        team_id: team.to_string(),
        revision: event.revision,
        event_time: Some(timestamp(event.at)),
        actor_user_id: event.actor.unwrap_or_default(),
        caller: event.caller,
        request_id: event.request_id.map(|id| id.to_string()).unwrap_or_default(),
        r#type: event_type(EventType::of(&event.payload)).into(),
        change: Some(change(event.payload, target, other)),
    }
}

/// What an event tells; `user_id` is whom it happened to, `other` the second person that it names.
#[expect(clippy::too_many_lines, reason = "one arm a kind of event reads better than parts of a whole")]
fn change(payload: Payload, user_id: String, other: String) -> pb::event::Change {
    use pb::event::Change;
    match payload {
        Payload::TeamCreated { policy, display_name, tier, external_id, personal } => {
            Change::TeamCreated(pb::TeamCreated {
                policy,
                display_name,
                tier: tier.unwrap_or_default(),
                external_id: external_id.unwrap_or_default(),
                personal,
            })
        }
        Payload::TeamRenamed { old, new } => {
            Change::TeamRenamed(pb::TeamRenamed { old_display_name: old, new_display_name: new })
        }
        Payload::TeamTierChanged { old, new } => {
            Change::TeamTierChanged(pb::TeamTierChanged { old_tier: old.unwrap_or_default(), new_tier: new })
        }
        Payload::TeamDeleted {} => Change::TeamDeleted(pb::TeamDeleted {}),
        Payload::MemberJoined { role, method, through, access, .. } => {
            let through = |by: JoinMethod, id: fn(Uuid) -> String| {
                through.filter(|_| method == by).map(id).unwrap_or_default()
            };
            Change::MemberJoined(pb::MemberJoined {
                user_id,
                role,
                join_method: super::join_method(method).into(),
                link_id: through(JoinMethod::InviteLink, link_id),
                invited_by_user_id: other,
                invitation_id: through(JoinMethod::Invitation, invitation_id),
                code_id: through(JoinMethod::TeamCode, code_id),
                restricted_kinds: access.restricted.clone(),
                grants: grants(access),
            })
        }
        Payload::MemberRoleChanged { old_role, new_role } => {
            Change::MemberRoleChanged(pb::MemberRoleChanged { user_id, old_role, new_role })
        }
        Payload::MemberAccessChanged { before, after } => {
            Change::MemberAccessChanged(pb::MemberAccessChanged {
                user_id,
                old_restricted_kinds: before.restricted.clone(),
                new_restricted_kinds: after.restricted.clone(),
                old_grants: grants(before),
                new_grants: grants(after),
            })
        }
        Payload::MemberSuspended { role } => Change::MemberSuspended(pb::MemberSuspended { user_id, role }),
        Payload::MemberRestored { role } => Change::MemberRestored(pb::MemberRestored { user_id, role }),
        Payload::MemberRemoved { role, suspended, access } => Change::MemberRemoved(pb::MemberRemoved {
            user_id,
            role,
            restricted_kinds: access.restricted.clone(),
            grants: grants(access),
            state: if suspended { pb::MemberState::Suspended } else { pb::MemberState::Active }.into(),
        }),
        Payload::MemberLeft { role, access } => {
            let restricted_kinds = access.restricted.clone();
            Change::MemberLeft(pb::MemberLeft { user_id, role, grants: grants(access), restricted_kinds })
        }
        Payload::MemberEmailChanged {} => Change::MemberEmailChanged(pb::MemberEmailChanged { user_id }),
        Payload::OwnershipTransferred { role, old_role, former_new_role, .. } => {
            Change::OwnershipTransferred(pb::OwnershipTransferred {
                user_id,
                former_user_id: other,
                role,
                old_role,
                former_new_role,
            })
        }
        Payload::ResourcePurged { kind, resource, members } => Change::ResourcePurged(pb::ResourcePurged {
            kind,
            resource_id: resource,
            members: i64::try_from(members).unwrap_or(i64::MAX),
        }),
        Payload::InvitationCreated { invitation, role, access, expires_at } => {
            Change::InvitationCreated(pb::InvitationCreated {
                invitation_id: invitation_id(invitation),
                role,
                restricted_kinds: access.restricted.clone(),
                grants: grants(access),
                expire_time: Some(time(expires_at)),
            })
        }
        Payload::InvitationResent { invitation, expires_at } => {
            let invitation_id = invitation_id(invitation);
            Change::InvitationResent(pb::InvitationResent {
                invitation_id,
                expire_time: Some(time(expires_at)),
            })
        }
        Payload::InvitationCancelled { invitation } => {
            Change::InvitationCancelled(pb::InvitationCancelled { invitation_id: invitation_id(invitation) })
        }
        Payload::InvitationAccepted { invitation } => {
            let invitation_id = invitation_id(invitation);
            Change::InvitationAccepted(pb::InvitationAccepted { invitation_id, user_id })
        }
        Payload::InvitationDeclined { invitation } => {
            let invitation_id = invitation_id(invitation);
            Change::InvitationDeclined(pb::InvitationDeclined { invitation_id, user_id })
        }
        Payload::InvitationExpired { invitation } => {
            Change::InvitationExpired(pb::InvitationExpired { invitation_id: invitation_id(invitation) })
        }
        Payload::InviteLinkCreated { link, role, expires_at } => {
            Change::InviteLinkCreated(pb::InviteLinkCreated {
                link_id: link_id(link),
                role,
                expire_time: Some(time(expires_at)),
            })
        }
        Payload::InviteLinkRevoked { link } => {
            Change::InviteLinkRevoked(pb::InviteLinkRevoked { link_id: link_id(link) })
        }
        Payload::InviteLinkAdopted { link } => {
            Change::InviteLinkAdopted(pb::InviteLinkAdopted { link_id: link_id(link) })
        }
        Payload::TeamCodeCreated { code, role, access, expires_at, max_uses } => {
            Change::TeamCodeCreated(pb::TeamCodeCreated {
                code_id: code_id(code),
                role,
                restricted_kinds: access.restricted.clone(),
                grants: grants(access),
                expire_time: expires_at.map(time),
                max_uses: max_uses.unwrap_or_default(),
            })
        }
        Payload::TeamCodeRevoked { code } => {
            Change::TeamCodeRevoked(pb::TeamCodeRevoked { code_id: code_id(code) })
        }
        Payload::TeamCodeDeleted { code } => {
            Change::TeamCodeDeleted(pb::TeamCodeDeleted { code_id: code_id(code) })
        }
        Payload::TeamCodeAdopted { code } => {
            Change::TeamCodeAdopted(pb::TeamCodeAdopted { code_id: code_id(code) })
        }
    }
}

fn link_id(id: Uuid) -> String {
    LinkId::from_uuid(id).to_string()
}

fn invitation_id(id: Uuid) -> String {
    InvitationId::from_uuid(id).to_string()
}

fn code_id(id: Uuid) -> String {
    CodeId::from_uuid(id).to_string()
}

fn time(micros: i64) -> prost_types::Timestamp {
    timestamp(Timestamp::from_micros(micros))
}

fn grants(access: AccessRecord) -> Vec<pb::Grant> {
    let grant = |GrantRecord { kind, resource, role }| {
        let target = match resource {
            Some(id) => pb::grant::Target::ResourceId(id),
            None => pb::grant::Target::AllResources(true),
        };
        pb::Grant { kind, target: Some(target), role }
    };
    access.grants.into_iter().map(grant).collect()
}

pub(super) fn event_type(kind: EventType) -> pb::EventType {
    match kind {
        EventType::TeamCreated => pb::EventType::TeamCreated,
        EventType::TeamRenamed => pb::EventType::TeamRenamed,
        EventType::TeamTierChanged => pb::EventType::TeamTierChanged,
        EventType::TeamDeleted => pb::EventType::TeamDeleted,
        EventType::MemberJoined => pb::EventType::MemberJoined,
        EventType::MemberRoleChanged => pb::EventType::MemberRoleChanged,
        EventType::MemberAccessChanged => pb::EventType::MemberAccessChanged,
        EventType::MemberSuspended => pb::EventType::MemberSuspended,
        EventType::MemberRestored => pb::EventType::MemberRestored,
        EventType::MemberRemoved => pb::EventType::MemberRemoved,
        EventType::MemberLeft => pb::EventType::MemberLeft,
        EventType::MemberEmailChanged => pb::EventType::MemberEmailChanged,
        EventType::OwnershipTransferred => pb::EventType::OwnershipTransferred,
        EventType::ResourcePurged => pb::EventType::ResourcePurged,
        EventType::InvitationCreated => pb::EventType::InvitationCreated,
        EventType::InvitationResent => pb::EventType::InvitationResent,
        EventType::InvitationCancelled => pb::EventType::InvitationCancelled,
        EventType::InvitationAccepted => pb::EventType::InvitationAccepted,
        EventType::InvitationDeclined => pb::EventType::InvitationDeclined,
        EventType::InvitationExpired => pb::EventType::InvitationExpired,
        EventType::InviteLinkCreated => pb::EventType::InviteLinkCreated,
        EventType::InviteLinkRevoked => pb::EventType::InviteLinkRevoked,
        EventType::InviteLinkAdopted => pb::EventType::InviteLinkAdopted,
        EventType::TeamCodeCreated => pb::EventType::TeamCodeCreated,
        EventType::TeamCodeRevoked => pb::EventType::TeamCodeRevoked,
        EventType::TeamCodeDeleted => pb::EventType::TeamCodeDeleted,
        EventType::TeamCodeAdopted => pb::EventType::TeamCodeAdopted,
    }
}

/// The stored kind that a filter asks for; none for the unspecified one.
pub(in crate::rpc) fn stored_type(kind: pb::EventType) -> Option<EventType> {
    EventType::all().find(|stored| event_type(*stored) == kind)
}
