//! Stored records as messages of the contract.

mod event;
mod export;
mod invitation;
mod policy;
mod ways_in;

use prost_types::Timestamp as PbTimestamp;
use roster_domain::decide::{Rewritten, Seats};
use roster_domain::{Grant, GrantTarget, MemberState, Timestamp};
use roster_proto::v1 as pb;
use roster_store::{JoinMethod, Member, Team};

use super::parse::etag;
pub(super) use event::{event, stored_type};
pub(super) use export::export_record;
pub(super) use invitation::{
    answered_invitation, invitation, invitation_ids, only_decided, received_invitation,
};
pub(super) use policy::policy;
pub(super) use ways_in::{invite_link, team_code};

pub(super) fn timestamp(time: Timestamp) -> PbTimestamp {
    let nanos = i32::try_from(time.micros().rem_euclid(1_000_000) * 1_000).unwrap_or_default();
    PbTimestamp { seconds: time.micros().div_euclid(1_000_000), nanos }
}

pub(super) fn team(team: &Team, seats: Option<Seats>) -> pb::Team {
    pb::Team {
        team_id: team.id.to_string(),
        policy: team.policy.to_string(),
        display_name: team.facts.display_name.as_str().to_owned(),
        create_time: Some(timestamp(team.created_at)),
        revision: team.revision,
        member_count: team.member_count,
        tier: team.facts.tier.as_ref().map(ToString::to_string).unwrap_or_default(),
        external_id: team.external_id.clone().unwrap_or_default(),
        personal_user_id: team.personal_user_id.clone().unwrap_or_default(),
        seats: seats.map(self::seats),
        etag: etag(team.facts.version),
    }
}

pub(super) fn seats(seats: Seats) -> pb::Seats {
    let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    pb::Seats {
        limit: number(seats.limit),
        used: number(seats.used),
        available: number(seats.available),
        pending: number(seats.pending),
    }
}

pub(super) fn member(member: Member) -> pb::Member {
    pb::Member {
        user_id: member.user_id.unwrap_or_default(),
        email: member.email.unwrap_or_default(),
        role: member.role.to_string(),
        join_time: Some(timestamp(member.joined_at)),
        join_method: join_method(member.join_method).into(),
        invited_by_user_id: member.invited_by.unwrap_or_default(),
        etag: etag(member.version),
        state: member_state(member.state).into(),
        grants: grants(&member.access.grants),
        restricted_kinds: member.access.restricted.iter().map(ToString::to_string).collect(),
    }
}

fn member_state(state: MemberState) -> pb::MemberState {
    match state {
        MemberState::Active => pb::MemberState::Active,
        MemberState::Suspended => pb::MemberState::Suspended,
    }
}

fn grants(grants: &[Grant]) -> Vec<pb::Grant> {
    grants.iter().map(grant).collect()
}

fn grant(grant: &Grant) -> pb::Grant {
    pb::Grant {
        kind: grant.kind.to_string(),
        target: Some(match &grant.target {
            GrantTarget::All => pb::grant::Target::AllResources(true),
            GrantTarget::One(resource) => pb::grant::Target::ResourceId(resource.as_str().to_owned()),
        }),
        role: grant.role.to_string(),
    }
}

pub(super) fn rewritten_grants(rewritten: &[Rewritten]) -> Vec<pb::RewrittenGrant> {
    let message = |one: &Rewritten| pb::RewrittenGrant {
        grant: Some(grant(&one.grant)),
        old_role: one.old_role.to_string(),
    };
    rewritten.iter().map(message).collect()
}

fn join_method(method: JoinMethod) -> pb::JoinMethod {
    match method {
        JoinMethod::Founder => pb::JoinMethod::Founder,
        JoinMethod::InviteLink => pb::JoinMethod::InviteLink,
        JoinMethod::Invitation => pb::JoinMethod::Invitation,
        JoinMethod::TeamCode => pb::JoinMethod::TeamCode,
        JoinMethod::Import => pb::JoinMethod::Import,
    }
}
