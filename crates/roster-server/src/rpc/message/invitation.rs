//! Invitations, as those see them who manage them and those whom they are for.

use roster_domain::decide::{ShownInvitationState, shown_invitation_state};
use roster_domain::facts::Invitation;
use roster_domain::{Holder, InvitationId, Policy, TeamId, Timestamp};
use roster_proto::v1 as pb;
use roster_store::{Delivered, DeliveryState, MailFailure, Received, StoredInvitation, Team};

use super::{grants, timestamp};
use crate::rpc::error::Error;
use crate::rpc::parse::etag;

pub(in crate::rpc) fn invitation(
    team: TeamId,
    policy: &Policy,
    stored: StoredInvitation,
    now: Timestamp,
) -> pb::Invitation {
    let state = state(policy, &stored.invitation, stored.maker.as_ref(), now);
    let invitation = stored.invitation;
    pb::Invitation {
        invitation_id: invitation.id.to_string(),
        team_id: team.to_string(),
        email: invitation.email.as_typed().to_owned(),
        role: invitation.role.to_string(),
        grants: grants(&invitation.access.grants),
        state: state.into(),
        inviter_user_id: stored.maker_user_id.unwrap_or_default(),
        create_time: Some(timestamp(stored.created_at)),
        expire_time: Some(timestamp(invitation.expires_at)),
        restricted_kinds: invitation.access.restricted.iter().map(ToString::to_string).collect(),
        delivery: stored.delivery.map(delivery),
        etag: etag(invitation.version),
        answer_time: stored.answered_at.map(timestamp),
        answered_by_user_id: stored.answered_by_user_id.unwrap_or_default(),
    }
}

/// Takes id and etag from an invitation that was only decided.
pub(in crate::rpc) fn only_decided(invitation: &mut pb::Invitation) {
    invitation.invitation_id.clear();
    invitation.etag.clear();
}

/// The team and the id of an invitation in an answer that was kept.
pub(in crate::rpc) fn invitation_ids(shown: &pb::Invitation) -> Result<(TeamId, InvitationId), Error> {
    let ids = (shown.team_id.parse().ok()).zip(shown.invitation_id.parse().ok());
    ids.ok_or(Error::Internal("a stored answer names no invitation"))
}

/// An invitation in a list of received ones.
pub(in crate::rpc) fn received_invitation(
    policy: &Policy,
    received: Received,
    now: Timestamp,
) -> pb::ReceivedInvitation {
    let Received { invitation, created_at, team, team_name, maker, maker_user_id, .. } = received;
    let maker = (maker.as_ref(), maker_user_id);
    of_receiver(policy, (team, team_name.as_str()), &invitation, maker, created_at, now)
}

/// An invitation that was answered just now.
pub(in crate::rpc) fn answered_invitation(
    team: &Team,
    policy: &Policy,
    invitation: &Invitation,
    inviter: (Option<&Holder>, Option<String>),
    (created_at, now): (Timestamp, Timestamp),
) -> pb::ReceivedInvitation {
    let team = (team.id, team.facts.display_name.as_str());
    of_receiver(policy, team, invitation, inviter, created_at, now)
}

fn of_receiver(
    policy: &Policy,
    (team, team_name): (TeamId, &str),
    invitation: &Invitation,
    (maker, maker_user_id): (Option<&Holder>, Option<String>),
    created_at: Timestamp,
    now: Timestamp,
) -> pb::ReceivedInvitation {
    let inviter_email = maker.and_then(|maker| maker.membership.email.as_ref());
    pb::ReceivedInvitation {
        invitation_id: invitation.id.to_string(),
        team_id: team.to_string(),
        team_display_name: team_name.to_owned(),
        role: invitation.role.to_string(),
        role_title: policy.role(&invitation.role).map(|role| role.title.clone()).unwrap_or_default(),
        inviter_user_id: maker_user_id.unwrap_or_default(),
        inviter_email: inviter_email.map(|email| email.as_typed().to_owned()).unwrap_or_default(),
        create_time: Some(timestamp(created_at)),
        expire_time: Some(timestamp(invitation.expires_at)),
        state: state(policy, invitation, maker, now).into(),
    }
}

fn state(
    policy: &Policy,
    invitation: &Invitation,
    maker: Option<&Holder>,
    now: Timestamp,
) -> pb::InvitationState {
    match shown_invitation_state(policy, invitation, maker, now) {
        ShownInvitationState::Pending => pb::InvitationState::Pending,
        ShownInvitationState::Accepted => pb::InvitationState::Accepted,
        ShownInvitationState::Declined => pb::InvitationState::Declined,
        ShownInvitationState::Cancelled => pb::InvitationState::Cancelled,
        ShownInvitationState::Expired => pb::InvitationState::Expired,
        ShownInvitationState::MakerGone => pb::InvitationState::MakerGone,
    }
}

fn delivery(delivered: Delivered) -> pb::Delivery {
    let state = match delivered.state {
        DeliveryState::Queued => pb::DeliveryState::Queued,
        DeliveryState::Sent => pb::DeliveryState::Sent,
        DeliveryState::Failed => pb::DeliveryState::Failed,
        DeliveryState::Skipped => pb::DeliveryState::Skipped,
    };
    let failure = match delivered.failure {
        None => pb::DeliveryFailure::Unspecified,
        Some(MailFailure::Rejected) => pb::DeliveryFailure::Rejected,
        Some(MailFailure::Unreachable) => pb::DeliveryFailure::Unreachable,
        Some(MailFailure::Misconfigured) => pb::DeliveryFailure::Misconfigured,
    };
    pb::Delivery {
        state: state.into(),
        failure: failure.into(),
        attempt_count: i32::try_from(delivered.attempts).unwrap_or(i32::MAX),
        sent_time: delivered.sent_at.map(timestamp),
    }
}
