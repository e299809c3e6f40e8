//! The event log of a team.

use std::collections::HashMap;

use roster_domain::{EventId, TeamId, Timestamp, UserId};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::entity::{event, person};
use crate::error::{Error, Result};
use crate::open::Store;
use crate::people;
use crate::read::member::JoinMethod;

/// One entry of a team's log, people by their user ids where those were not erased.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Its id.
    pub id: EventId,
    /// The team's revision that it belongs to.
    pub revision: i64,
    /// Its place among the events of that revision, from 0.
    pub position: i16,
    /// When it happened.
    pub at: Timestamp,
    /// Who acted.
    pub actor: Option<String>,
    /// Through which calling service.
    pub caller: String,
    /// The request id of the call.
    pub request_id: Option<Uuid>,
    /// Who was acted upon, if a person was.
    pub target: Option<String>,
    /// Who let the target in, if somebody did.
    pub invited_by: Option<String>,
    /// What changed.
    pub payload: Payload,
}

/// What an event tells, as it is stored. People appear by their internal keys.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the fields are those of the messages of the contract's event.proto")]
pub enum Payload {
    TeamCreated { policy: String, display_name: String },
    MemberJoined { role: String, method: JoinMethod, link: Option<Uuid>, invited_by: Option<i64> },
    MemberRoleChanged { old_role: String, new_role: String },
    MemberRemoved { role: String },
    MemberEmailChanged {},
    InviteLinkCreated { link: Uuid, role: String, expires_at: i64 },
    InviteLinkRevoked { link: Uuid },
}

/// The kinds of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the contract's EventType")]
pub enum EventType {
    TeamCreated,
    MemberJoined,
    MemberRoleChanged,
    MemberRemoved,
    MemberEmailChanged,
    InviteLinkCreated,
    InviteLinkRevoked,
}

impl EventType {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::TeamCreated,
        Self::MemberJoined,
        Self::MemberRoleChanged,
        Self::MemberRemoved,
        Self::MemberEmailChanged,
        Self::InviteLinkCreated,
        Self::InviteLinkRevoked,
    ];

    /// The kind of what an event tells.
    #[must_use]
    pub fn of(payload: &Payload) -> Self {
        match payload {
            Payload::TeamCreated { .. } => Self::TeamCreated,
            Payload::MemberJoined { .. } => Self::MemberJoined,
            Payload::MemberRoleChanged { .. } => Self::MemberRoleChanged,
            Payload::MemberRemoved { .. } => Self::MemberRemoved,
            Payload::MemberEmailChanged {} => Self::MemberEmailChanged,
            Payload::InviteLinkCreated { .. } => Self::InviteLinkCreated,
            Payload::InviteLinkRevoked { .. } => Self::InviteLinkRevoked,
        }
    }

    /// How it is stored.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::TeamCreated => "team_created",
            Self::MemberJoined => "member_joined",
            Self::MemberRoleChanged => "member_role_changed",
            Self::MemberRemoved => "member_removed",
            Self::MemberEmailChanged => "member_email_changed",
            Self::InviteLinkCreated => "invite_link_created",
            Self::InviteLinkRevoked => "invite_link_revoked",
        }
    }
}

/// Which events to list, the newest first.
#[derive(Clone, Debug, Default)]
pub struct EventFilter {
    /// Only these kinds; empty means any.
    pub types: Vec<EventType>,
    /// Only what this person did.
    pub actor: Option<UserId>,
    /// Only at or after this time.
    pub start: Option<Timestamp>,
    /// Only before this time.
    pub end: Option<Timestamp>,
    /// Only events after this revision and position in the list's order.
    pub after: Option<(i64, i16)>,
    /// How many at most.
    pub limit: u64,
}

impl Store {
    /// A page of a team's log.
    pub async fn events(&self, team: TeamId, filter: &EventFilter) -> Result<Vec<Event>> {
        let db = self.connection();
        let mut select = event::Entity::find()
            .filter(event::Column::TeamId.eq(team.uuid()))
            .order_by_desc(event::Column::Revision)
            .order_by_desc(event::Column::Position)
            .limit(filter.limit);
        if !filter.types.is_empty() {
            select = select.filter(event::Column::Type.is_in(filter.types.iter().map(|kind| kind.as_str())));
        }
        if let Some(actor) = &filter.actor {
            let Some(actor) = people::find(db, actor).await? else {
                return Ok(Vec::new());
            };
            select = select.filter(event::Column::Actor.eq(actor.0));
        }
        if let Some(start) = filter.start {
            select = select.filter(event::Column::At.gte(start.micros()));
        }
        if let Some(end) = filter.end {
            select = select.filter(event::Column::At.lt(end.micros()));
        }
        if let Some((revision, position)) = filter.after {
            let key = Expr::tuple([Expr::col(event::Column::Revision), Expr::col(event::Column::Position)]);
            select = select.filter(key.lt(Expr::tuple([Expr::val(revision), Expr::val(position)])));
        }
        self.with_people(select.all(db).await?).await
    }

    /// Adds the user ids, in one statement for a whole page.
    async fn with_people(&self, rows: Vec<event::Model>) -> Result<Vec<Event>> {
        let rows = rows
            .into_iter()
            .map(|row| {
                let payload: Payload = serde_json::from_value(row.payload.clone())
                    .map_err(|_| Error::corrupt("events", "payload", row.seq))?;
                Ok((row, payload))
            })
            .collect::<Result<Vec<_>>>()?;
        let keys =
            rows.iter().flat_map(|(row, payload)| [Some(row.actor), row.target, inviter(payload)]).flatten();
        let people: HashMap<i64, String> = person::Entity::find()
            .filter(person::Column::Id.is_in(keys.collect::<std::collections::BTreeSet<_>>()))
            .all(self.connection())
            .await?
            .into_iter()
            .map(|person| (person.id, person.user_id))
            .collect();
        let user = |key: Option<i64>| key.and_then(|key| people.get(&key).cloned());
        Ok(rows
            .into_iter()
            .map(|(row, payload)| Event {
                id: EventId::from_uuid(row.id),
                revision: row.revision,
                position: row.position,
                at: Timestamp::from_micros(row.at),
                actor: user(Some(row.actor)),
                caller: row.caller,
                request_id: row.request_id,
                target: user(row.target),
                invited_by: user(inviter(&payload)),
                payload,
            })
            .collect())
    }
}

fn inviter(payload: &Payload) -> Option<i64> {
    match payload {
        Payload::MemberJoined { invited_by, .. } => *invited_by,
        _ => None,
    }
}
