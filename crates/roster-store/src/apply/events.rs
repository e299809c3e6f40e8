//! The events of one commit.

use roster_domain::{Access, Change, ExternalId, GrantTarget, MemberState, PersonKey, Timestamp};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::members::origin;
use super::part::{Part, Text, array, id};
use super::{Context, Stamp};
use crate::error::{Error, Result};
use crate::read::payload::{AccessRecord, EventType, GrantRecord, Payload};

static WRITTEN: Text = Text::each(
    "events are written",
    "INSERT INTO events (id, team_id, revision, position, type, at, actor, target, caller, request_id, payload)
     SELECT id, $2, $3, position, type, $4, $5, target, $6, $7, payload
     FROM jsonb_to_recordset($1) AS r (id uuid, position smallint, type text, target bigint, payload jsonb) WHERE true",
    "INSERT INTO events (id, team_id, revision, position, type, at, actor, target, caller, request_id, payload)
     SELECT unhex(value ->> 'id'), $2, $3, value ->> 'position', value ->> 'type', $4, $5, value ->> 'target', $6, $7,
       value -> 'payload'
     FROM json_each($1) WHERE true",
);

/// The events of the changes, in their order.
pub(super) fn part(by: &Context, stamp: Stamp, changes: &[Change]) -> Result<Part> {
    let rows = changes.iter().enumerate().map(|(position, change)| row(position, change));
    let values = [
        array(rows.collect::<Result<Vec<_>>>()?),
        stamp.team.into(),
        stamp.revision.into(),
        stamp.at.into(),
        by.actor.map(|person| person.0).into(),
        by.caller_text().into(),
        by.request_id.into(),
    ];
    Ok(Part::exactly(changes.len(), &WRITTEN, values))
}

fn row(position: usize, change: &Change) -> Result<Json> {
    let payload = describe(change);
    Ok(json!({
        "id": id(Uuid::now_v7()),
        "position": i16::try_from(position).map_err(|_| Error::internal("too many changes in one commit"))?,
        "type": EventType::of(&payload).as_str(),
        "target": target(change).map(|person| person.0),
        "payload":
            serde_json::to_value(&payload).map_err(|_| Error::internal("an event cannot be written"))?,
    }))
}

/// Whom a change happened to, if it happened to a person.
fn target(change: &Change) -> Option<PersonKey> {
    match change {
        Change::MemberJoined(new) => Some(new.person),
        Change::MemberRoleChanged { person, .. }
        | Change::MemberAccessChanged { person, .. }
        | Change::MemberSuspended { person, .. }
        | Change::MemberRestored { person, .. }
        | Change::MemberRemoved { person, .. }
        | Change::MemberLeft { person, .. }
        | Change::MemberEmailChanged { person, .. }
        | Change::OwnershipTransferred { to: person, .. }
        | Change::InvitationAccepted { person, .. }
        | Change::InvitationDeclined { person, .. } => Some(*person),
        _ => None,
    }
}

/// What the log tells of a change: no address and no secret, people by their keys.
fn describe(change: &Change) -> Payload {
    match change {
        Change::TeamCreated(team) => Payload::TeamCreated {
            policy: team.policy.to_string(),
            display_name: team.display_name.as_str().to_owned(),
            tier: team.tier.as_ref().map(ToString::to_string),
            external_id: team.external_id.as_ref().map(ExternalId::as_str).map(str::to_owned),
            personal: team.personal,
        },
        Change::TeamRenamed { old, new } => {
            Payload::TeamRenamed { old: old.as_str().to_owned(), new: new.as_str().to_owned() }
        }
        Change::TeamTierChanged { old, new } => {
            Payload::TeamTierChanged { old: old.as_ref().map(ToString::to_string), new: new.to_string() }
        }
        Change::TeamDeleted => Payload::TeamDeleted {},
        Change::MemberJoined(new) => {
            let (method, through, maker) = origin(new.by);
            Payload::MemberJoined {
                role: new.role.to_string(),
                method,
                through,
                invited_by: maker.map(|person| person.0),
                access: record(&new.access),
            }
        }
        Change::MemberRoleChanged { old_role, new_role, .. } => {
            Payload::MemberRoleChanged { old_role: old_role.to_string(), new_role: new_role.to_string() }
        }
        Change::MemberAccessChanged { before, after, .. } => {
            Payload::MemberAccessChanged { before: record(before), after: record(after) }
        }
        Change::MemberSuspended { role, .. } => Payload::MemberSuspended { role: role.to_string() },
        Change::MemberRestored { role, .. } => Payload::MemberRestored { role: role.to_string() },
        Change::MemberRemoved { role, state, access, .. } => Payload::MemberRemoved {
            role: role.to_string(),
            suspended: *state == MemberState::Suspended,
            access: record(access),
        },
        Change::MemberLeft { role, access, .. } => {
            Payload::MemberLeft { role: role.to_string(), access: record(access) }
        }
        Change::MemberEmailChanged { .. } => Payload::MemberEmailChanged {},
        Change::OwnershipTransferred { role, from, from_becomes, to_was, .. } => {
            Payload::OwnershipTransferred {
                role: role.to_string(),
                old_role: to_was.to_string(),
                former: from.0,
                former_new_role: from_becomes.to_string(),
            }
        }
        Change::ResourcePurged { kind, resource, members } => Payload::ResourcePurged {
            kind: kind.to_string(),
            resource: resource.as_str().to_owned(),
            members: *members,
        },
        Change::InvitationCreated(new) => Payload::InvitationCreated {
            invitation: new.id.uuid(),
            role: new.role.to_string(),
            access: record(&new.access),
            expires_at: new.expires_at.micros(),
        },
        Change::InvitationResent { invitation, expires_at, .. } => {
            Payload::InvitationResent { invitation: invitation.uuid(), expires_at: expires_at.micros() }
        }
        Change::InvitationCancelled { invitation } => {
            Payload::InvitationCancelled { invitation: invitation.uuid() }
        }
        Change::InvitationAccepted { invitation, .. } => {
            Payload::InvitationAccepted { invitation: invitation.uuid() }
        }
        Change::InvitationDeclined { invitation, .. } => {
            Payload::InvitationDeclined { invitation: invitation.uuid() }
        }
        Change::InvitationExpired { invitation } => {
            Payload::InvitationExpired { invitation: invitation.uuid() }
        }
        Change::InviteLinkCreated(link) => Payload::InviteLinkCreated {
            link: link.id.uuid(),
            role: link.role.to_string(),
            expires_at: link.expires_at.micros(),
        },
        Change::InviteLinkRevoked { link } => Payload::InviteLinkRevoked { link: link.uuid() },
        Change::InviteLinkAdopted { link, .. } => Payload::InviteLinkAdopted { link: link.uuid() },
        Change::TeamCodeCreated(code) => Payload::TeamCodeCreated {
            code: code.id.uuid(),
            role: code.role.to_string(),
            access: record(&code.access),
            expires_at: code.expires_at.map(Timestamp::micros),
            max_uses: code.max_uses,
        },
        Change::TeamCodeRevoked { code } => Payload::TeamCodeRevoked { code: code.uuid() },
        Change::TeamCodeDeleted { code } => Payload::TeamCodeDeleted { code: code.uuid() },
        Change::TeamCodeAdopted { code, .. } => Payload::TeamCodeAdopted { code: code.uuid() },
    }
}

fn record(access: &Access) -> AccessRecord {
    let grants = access.grants.iter().map(|grant| GrantRecord {
        kind: grant.kind.to_string(),
        resource: match &grant.target {
            GrantTarget::All => None,
            GrantTarget::One(resource) => Some(resource.as_str().to_owned()),
        },
        role: grant.role.to_string(),
    });
    AccessRecord {
        grants: grants.collect(),
        restricted: access.restricted.iter().map(ToString::to_string).collect(),
    }
}
