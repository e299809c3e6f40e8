//! The events of one commit.

use roster_domain::{Change, JoinedBy, PersonKey};
use sea_orm::{DatabaseTransaction, EntityTrait, Set};
use uuid::Uuid;

use super::{Context, Stamp};
use crate::entity::event;
use crate::error::{Error, Result};
use crate::read::event::{EventType, Payload};
use crate::read::member::JoinMethod;

pub(super) async fn write(
    txn: &DatabaseTransaction,
    by: &Context,
    stamp: Stamp,
    changes: &[Change],
) -> Result<()> {
    let rows = changes.iter().enumerate().map(|(position, change)| row(by, stamp, position, change));
    let rows = rows.collect::<Result<Vec<_>>>()?;
    event::Entity::insert_many(rows).exec_without_returning(txn).await?;
    Ok(())
}

fn row(by: &Context, stamp: Stamp, position: usize, change: &Change) -> Result<event::ActiveModel> {
    let (target, payload) = describe(change);
    Ok(event::ActiveModel {
        id: Set(Uuid::now_v7()),
        team_id: Set(stamp.team),
        revision: Set(stamp.revision),
        position: Set(i16::try_from(position).map_err(|_| Error::internal("too many changes in one commit"))?),
        r#type: Set(EventType::of(&payload).as_str().to_owned()),
        at: Set(stamp.at),
        actor: Set(by.actor.0),
        target: Set(target.map(|person| person.0)),
        caller: Set(by.caller.as_str().to_owned()),
        request_id: Set(by.request_id),
        payload: Set(
            serde_json::to_value(&payload).map_err(|_| Error::internal("an event cannot be written"))?
        ),
        ..Default::default()
    })
}

/// What the log tells of a change: no address and no secret, people by their keys.
fn describe(change: &Change) -> (Option<PersonKey>, Payload) {
    match change {
        Change::TeamCreated { policy, display_name, .. } => (
            None,
            Payload::TeamCreated {
                policy: policy.to_string(),
                display_name: display_name.as_str().to_owned(),
            },
        ),
        Change::MemberJoined { person, role, by, .. } => {
            let (method, link, invited_by) = match by {
                JoinedBy::Founding => (JoinMethod::Founder, None, None),
                JoinedBy::InviteLink { link, maker } => {
                    (JoinMethod::InviteLink, Some(link.uuid()), Some(maker.0))
                }
            };
            let role = role.to_string();
            (Some(*person), Payload::MemberJoined { role, method, link, invited_by })
        }
        Change::MemberRoleChanged { person, old_role, new_role, .. } => (
            Some(*person),
            Payload::MemberRoleChanged { old_role: old_role.to_string(), new_role: new_role.to_string() },
        ),
        Change::MemberRemoved { person, role, .. } => {
            (Some(*person), Payload::MemberRemoved { role: role.to_string() })
        }
        Change::MemberEmailChanged { person, .. } => (Some(*person), Payload::MemberEmailChanged {}),
        Change::InviteLinkCreated(link) => (
            None,
            Payload::InviteLinkCreated {
                link: link.id.uuid(),
                role: link.role.to_string(),
                expires_at: link.expires_at.micros(),
            },
        ),
        Change::InviteLinkRevoked { link } => (None, Payload::InviteLinkRevoked { link: link.uuid() }),
    }
}
