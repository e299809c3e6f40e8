//! What is held about a person, as the contract shows it.

use roster_domain::facts::InvitationState;
use roster_proto::v1 as pb;
use roster_proto::v1::export_record::Record;
use roster_store::{Exported, ExportedEvent, ExportedInvitation};

use super::event::event_type;
use super::{grants, member, timestamp};

pub(in crate::rpc) fn export_record(exported: Exported) -> pb::ExportRecord {
    let record = match exported {
        Exported::Person(user_id, first_seen) => {
            Record::Person(pb::ExportedPerson { user_id, first_seen_time: Some(timestamp(first_seen)) })
        }
        Exported::Membership(team, place) => Record::Membership(pb::ExportedMembership {
            team_id: team.id.to_string(),
            policy: team.policy.to_string(),
            team_display_name: team.facts.display_name.as_str().to_owned(),
            team_deleted: team.deleted,
            personal: team.facts.personal == Some(place.person),
            member: Some(member(*place)),
        }),
        Exported::Removal(team, revision) => {
            Record::Removal(pb::ExportedRemoval { team_id: team.to_string(), revision })
        }
        Exported::Invitation(one) => Record::Invitation(invitation(*one)),
        Exported::InviteLink(team, link) => Record::InviteLink(pb::ExportedInviteLink {
            link_id: link.id.to_string(),
            team_id: team.to_string(),
            role: link.role.to_string(),
            create_time: Some(timestamp(link.created_at)),
            expire_time: Some(timestamp(link.expires_at)),
            revoke_time: link.revoked_at.map(timestamp),
            use_count: link.uses,
        }),
        Exported::TeamCode(team, code, created_at) => Record::TeamCode(pb::ExportedTeamCode {
            code_id: code.id.to_string(),
            team_id: team.to_string(),
            role: code.role.to_string(),
            create_time: Some(timestamp(created_at)),
            expire_time: code.expires_at.map(timestamp),
            revoke_time: code.revoked_at.map(timestamp),
            use_count: code.uses,
        }),
        Exported::Event(one) => Record::Event(event(one)),
    };
    pb::ExportRecord { record: Some(record) }
}

fn invitation(one: ExportedInvitation) -> pb::ExportedInvitation {
    let invitation = one.invitation;
    // Whom somebody else is written to is that person's.
    let email = if one.addressed { invitation.email.as_typed().to_owned() } else { String::new() };
    let state = match invitation.state {
        InvitationState::Pending => pb::InvitationState::Pending,
        InvitationState::Accepted => pb::InvitationState::Accepted,
        InvitationState::Declined => pb::InvitationState::Declined,
        InvitationState::Cancelled => pb::InvitationState::Cancelled,
        InvitationState::Expired => pb::InvitationState::Expired,
    };
    pb::ExportedInvitation {
        invitation_id: invitation.id.to_string(),
        team_id: one.team.to_string(),
        email,
        made: one.made,
        answered: one.answered,
        role: invitation.role.to_string(),
        grants: grants(&invitation.access.grants),
        state: state.into(),
        create_time: Some(timestamp(one.created_at)),
        expire_time: Some(timestamp(invitation.expires_at)),
        answer_time: one.answered_at.map(timestamp),
    }
}

fn event(one: ExportedEvent) -> pb::ExportedEvent {
    pb::ExportedEvent {
        event_id: one.id.to_string(),
        team_id: one.team.to_string(),
        revision: one.revision,
        r#type: event_type(one.kind).into(),
        event_time: Some(timestamp(one.at)),
        acted: one.acted,
        targeted: one.targeted,
        caller: one.caller,
        request_id: one.request_id.map(|id| id.to_string()).unwrap_or_default(),
    }
}
