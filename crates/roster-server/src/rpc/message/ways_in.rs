//! Invite links and team codes.

use roster_domain::decide::{InviteLinkState, TeamCodeState, code_state, link_state};
use roster_domain::{Policy, TeamId, Timestamp};
use roster_proto::v1 as pb;
use roster_store::{StoredCode, StoredLink};

use super::{grants, timestamp};

pub(in crate::rpc) fn invite_link(
    team: TeamId,
    policy: &Policy,
    stored: StoredLink,
    now: Timestamp,
) -> pb::InviteLink {
    let state = match link_state(policy, &stored.link, stored.maker.as_ref(), now) {
        InviteLinkState::Live => pb::InviteLinkState::Live,
        InviteLinkState::Expired => pb::InviteLinkState::Expired,
        InviteLinkState::Revoked => pb::InviteLinkState::Revoked,
        InviteLinkState::MakerGone => pb::InviteLinkState::MakerGone,
    };
    let link = stored.link;
    pb::InviteLink {
        link_id: link.id.to_string(),
        team_id: team.to_string(),
        role: link.role.to_string(),
        state: state.into(),
        maker_user_id: stored.maker_user_id.unwrap_or_default(),
        create_time: Some(timestamp(link.created_at)),
        expire_time: Some(timestamp(link.expires_at)),
        revoke_time: link.revoked_at.map(timestamp),
        use_count: link.uses,
    }
}

/// With the code itself: only for those who manage codes.
pub(in crate::rpc) fn team_code(
    team: TeamId,
    policy: &Policy,
    stored: StoredCode,
    now: Timestamp,
) -> pb::TeamCode {
    let state = match code_state(policy, &stored.code, stored.maker.as_ref(), now) {
        TeamCodeState::Live => pb::TeamCodeState::Live,
        TeamCodeState::Expired => pb::TeamCodeState::Expired,
        TeamCodeState::Revoked => pb::TeamCodeState::Revoked,
        TeamCodeState::Exhausted => pb::TeamCodeState::Exhausted,
        TeamCodeState::MakerGone => pb::TeamCodeState::MakerGone,
    };
    let code = stored.code;
    pb::TeamCode {
        code_id: code.id.to_string(),
        team_id: team.to_string(),
        code: stored.text.reveal().to_owned(),
        role: code.role.to_string(),
        grants: grants(&code.access.grants),
        restricted_kinds: code.access.restricted.iter().map(ToString::to_string).collect(),
        state: state.into(),
        maker_user_id: stored.maker_user_id.unwrap_or_default(),
        create_time: Some(timestamp(stored.created_at)),
        expire_time: code.expires_at.map(timestamp),
        revoke_time: code.revoked_at.map(timestamp),
        use_count: code.uses,
        max_uses: code.max_uses,
    }
}
