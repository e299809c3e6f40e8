//! Stored records as messages of the contract.

use prost_types::Timestamp as PbTimestamp;
use roster_domain::decide::{InviteLinkState, link_state};
use roster_domain::policy::{Permissions, Policy, Role, SelfRule};
use roster_domain::{LinkId, TeamId, Timestamp};
use roster_proto::v1 as pb;
use roster_store::{Event, EventType, JoinMethod, Member, Payload, StoredLink, Team};

use super::parse::etag;

pub(super) fn timestamp(time: Timestamp) -> PbTimestamp {
    let nanos = i32::try_from(time.micros().rem_euclid(1_000_000) * 1_000).unwrap_or_default();
    PbTimestamp { seconds: time.micros().div_euclid(1_000_000), nanos }
}

pub(super) fn team(team: &Team) -> pb::Team {
    pb::Team {
        team_id: team.id.to_string(),
        policy: team.policy.to_string(),
        display_name: team.display_name.clone(),
        create_time: Some(timestamp(team.created_at)),
        revision: team.revision,
        member_count: team.member_count,
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
    }
}

fn join_method(method: JoinMethod) -> pb::JoinMethod {
    match method {
        JoinMethod::Founder => pb::JoinMethod::Founder,
        JoinMethod::InviteLink => pb::JoinMethod::InviteLink,
    }
}

pub(super) fn invite_link(
    team: TeamId,
    policy: &Policy,
    stored: StoredLink,
    now: Timestamp,
) -> pb::InviteLink {
    let state = link_state(policy, &stored.link, stored.maker.as_ref(), now);
    let link = stored.link;
    pb::InviteLink {
        link_id: link.id.to_string(),
        team_id: team.to_string(),
        role: link.role.to_string(),
        state: invite_link_state(state).into(),
        maker_user_id: stored.maker_user_id.unwrap_or_default(),
        create_time: Some(timestamp(link.created_at)),
        expire_time: Some(timestamp(link.expires_at)),
        revoke_time: link.revoked_at.map(timestamp),
        use_count: link.uses,
    }
}

fn invite_link_state(state: InviteLinkState) -> pb::InviteLinkState {
    match state {
        InviteLinkState::Live => pb::InviteLinkState::Live,
        InviteLinkState::Expired => pb::InviteLinkState::Expired,
        InviteLinkState::Revoked => pb::InviteLinkState::Revoked,
        InviteLinkState::MakerGone => pb::InviteLinkState::MakerGone,
    }
}

pub(super) fn policy(policy: &Policy) -> pb::Policy {
    pb::Policy {
        name: policy.name.to_string(),
        title: policy.title.clone(),
        description: policy.description.clone(),
        roles: policy.roles.iter().map(role).collect(),
        self_role: match policy.self_role {
            SelfRule::Never => pb::SelfRule::Never,
            SelfRule::UnlessLast => pb::SelfRule::UnlessLast,
        }
        .into(),
        invite_links: policy.invite_links.as_ref().map(|rules| pb::InviteLinkRules {
            lifetime: rules.lifetime.to_string(),
            role: rules.role.to_string(),
        }),
    }
}

fn role(role: &Role) -> pb::Role {
    let names = |names: &[roster_domain::RoleName]| names.iter().map(ToString::to_string).collect();
    pb::Role {
        name: role.name.to_string(),
        title: role.title.clone(),
        permissions: match &role.permissions {
            Permissions::All => vec!["*".to_owned()],
            Permissions::Only(list) => list.iter().map(ToString::to_string).collect(),
            Permissions::AllBut(list) => {
                std::iter::once("*".to_owned()).chain(list.iter().map(|one| format!("!{one}"))).collect()
            }
        },
        assigns: names(&role.assigns),
        manages: names(&role.manages),
        founder: role.founder,
        sole: role.sole.is_some(),
        at_least_one: role.at_least_one,
    }
}

pub(super) fn event(team: TeamId, event: Event) -> pb::Event {
    let target = event.target.unwrap_or_default();
    pb::Event {
        event_id: event.id.to_string(),
        team_id: team.to_string(),
        revision: event.revision,
        event_time: Some(timestamp(event.at)),
        actor_user_id: event.actor.unwrap_or_default(),
        caller: event.caller,
        request_id: event.request_id.map(|id| id.to_string()).unwrap_or_default(),
        r#type: event_type(EventType::of(&event.payload)).into(),
        change: Some(change(event.payload, target, event.invited_by)),
    }
}

fn change(payload: Payload, user_id: String, invited_by: Option<String>) -> pb::event::Change {
    use pb::event::Change;
    let link_id = |link: uuid::Uuid| LinkId::from_uuid(link).to_string();
    match payload {
        Payload::TeamCreated { policy, display_name } => {
            Change::TeamCreated(pb::TeamCreated { policy, display_name })
        }
        Payload::MemberJoined { role, method, link, .. } => Change::MemberJoined(pb::MemberJoined {
            user_id,
            role,
            join_method: join_method(method).into(),
            link_id: link.map(link_id).unwrap_or_default(),
            invited_by_user_id: invited_by.unwrap_or_default(),
        }),
        Payload::MemberRoleChanged { old_role, new_role } => {
            Change::MemberRoleChanged(pb::MemberRoleChanged { user_id, old_role, new_role })
        }
        Payload::MemberRemoved { role } => Change::MemberRemoved(pb::MemberRemoved { user_id, role }),
        Payload::MemberEmailChanged {} => Change::MemberEmailChanged(pb::MemberEmailChanged { user_id }),
        Payload::InviteLinkCreated { link, role, expires_at } => {
            Change::InviteLinkCreated(pb::InviteLinkCreated {
                link_id: link_id(link),
                role,
                expire_time: Some(timestamp(Timestamp::from_micros(expires_at))),
            })
        }
        Payload::InviteLinkRevoked { link } => {
            Change::InviteLinkRevoked(pb::InviteLinkRevoked { link_id: link_id(link) })
        }
    }
}

fn event_type(kind: EventType) -> pb::EventType {
    match kind {
        EventType::TeamCreated => pb::EventType::TeamCreated,
        EventType::MemberJoined => pb::EventType::MemberJoined,
        EventType::MemberRoleChanged => pb::EventType::MemberRoleChanged,
        EventType::MemberRemoved => pb::EventType::MemberRemoved,
        EventType::MemberEmailChanged => pb::EventType::MemberEmailChanged,
        EventType::InviteLinkCreated => pb::EventType::InviteLinkCreated,
        EventType::InviteLinkRevoked => pb::EventType::InviteLinkRevoked,
    }
}

/// The stored kind that a filter asks for; none for the unspecified one.
pub(super) fn stored_type(kind: pb::EventType) -> Option<EventType> {
    EventType::ALL.into_iter().find(|stored| event_type(*stored) == kind)
}
