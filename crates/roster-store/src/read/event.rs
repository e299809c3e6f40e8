//! The event log of a team.

use std::collections::HashMap;

use roster_domain::{EventId, TeamId, Timestamp, UserId};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use crate::entity::{event, person};
use crate::error::{Error, Result};
use crate::open::Store;
use crate::people;
use crate::read::payload::{EventType, Payload};

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
    /// The second person whom the event names: who let the target in, or who had the role before it.
    pub other: Option<String>,
    /// What changed.
    pub payload: Payload,
}

/// Which events to list, the newest first.
#[derive(Clone, Debug, Default)]
pub struct EventFilter {
    /// Only these kinds; empty means any.
    pub types: Vec<EventType>,
    /// Only what this person did.
    pub actor: Option<UserId>,
    /// Only what happened to this person.
    pub target: Option<UserId>,
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
        let db = &self.statements("list events");
        let mut select = event::Entity::find()
            .filter(event::Column::TeamId.eq(team.uuid()))
            .order_by_desc(event::Column::Revision)
            .order_by_desc(event::Column::Position)
            .limit(filter.limit);
        if !filter.types.is_empty() {
            select = select.filter(event::Column::Type.is_in(filter.types.iter().map(|kind| kind.as_str())));
        }
        for (user, column) in [(&filter.actor, event::Column::Actor), (&filter.target, event::Column::Target)]
        {
            let Some(user) = user else { continue };
            let Some(person) = people::find(db, user).await? else {
                return Ok(Vec::new());
            };
            select = select.filter(column.eq(person.0));
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
        let keys = rows.iter().flat_map(|(row, payload)| [row.actor, row.target, payload.other()]).flatten();
        let people: HashMap<i64, String> = person::Entity::find()
            .filter(person::Column::Id.is_in(keys.collect::<std::collections::BTreeSet<_>>()))
            .all(&self.statements("find people"))
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
                actor: user(row.actor),
                caller: row.caller,
                request_id: row.request_id,
                target: user(row.target),
                other: user(payload.other()),
                payload,
            })
            .collect())
    }
}
