//! The event log of a team.

use std::collections::HashMap;

use roster_domain::{EventId, Timestamp, UserId};
use uuid::Uuid;

use crate::ask::json::{self, RawRows, Row};
use crate::ask::{Question, Rows, Sql, Values};
use crate::error::{Error, Result};
use crate::read::payload::{EventType, Payload};
use crate::read::team::Team;

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

/// Asks for a page of the team's log.
impl Question for EventFilter {
    type Facts = Vec<Event>;

    /// As one column the events, and all people whom they name: each of them is looked for once, by their key. A join might
    /// read all there are.
    fn columns(&self, sql: &mut Sql<'_>) {
        json::pair(sql, |sql| self.events(sql), |sql| json::list_of(sql, columns, "page"), people);
    }

    fn facts(&self, _: &Team, rows: &mut Rows<'_>) -> Result<Self::Facts> {
        let text = rows.one().next::<Option<String>>()?;
        let (events, people): (Option<RawRows<'_>>, Option<People>) = json::parse(text.as_deref(), WHAT)?;
        let people = people.unwrap_or_default();
        json::rows_of(events.unwrap_or_default(), WHAT).map(|row| read(row, &people)).collect()
    }
}

impl EventFilter {
    /// Adds the events of the page, in their order.
    fn events(&self, sql: &mut Sql<'_>) {
        let team = Sql::TEAM;
        sql.add(
            "SELECT id, revision, position, at, caller, request_id, payload, actor, target FROM events \
             WHERE team_id = ",
        );
        sql.name(team);
        if !self.types.is_empty() {
            let types = sql.list(self.types.iter().map(|kind| kind.as_str().to_owned()));
            sql.add(" AND ").among(types, "type");
        }
        // Of somebody who is not known nothing is told: the subquery gives no key.
        for (user, column) in [(&self.actor, "actor"), (&self.target, "target")] {
            let Some(user) = user else { continue };
            sql.add(" AND ")
                .add(column)
                .add(" = (SELECT id FROM people WHERE user_id = ")
                .bind(user.as_str())
                .add(")");
        }
        if let Some(start) = self.start {
            sql.add(" AND at >= ").bind(start.micros());
        }
        if let Some(end) = self.end {
            sql.add(" AND at < ").bind(end.micros());
        }
        if let Some((revision, position)) = self.after {
            sql.add(" AND (revision, position) < (").bind(revision).add(", ").bind(position).add(")");
        }
        sql.add(" ORDER BY revision DESC, position DESC LIMIT ");
        sql.bind(i64::try_from(self.limit).unwrap_or(i64::MAX));
    }
}

const WHAT: &str = "events";

/// User ids by their keys, of those whose data was not erased.
type People = HashMap<i64, String>;

/// Adds a query of the people whom a page names.
fn people(sql: &mut Sql<'_>) {
    sql.either(
        "SELECT json_object_agg(id, user_id) FROM people WHERE id = ANY (ARRAY(",
        "SELECT json_group_object(CAST(id AS TEXT), user_id) FROM people WHERE id IN (",
    );
    sql.add(
        "SELECT actor FROM page UNION ALL SELECT target FROM page UNION ALL \
         SELECT CAST(COALESCE(payload ->> 'invited_by', payload ->> 'former') AS BIGINT) FROM page",
    );
    sql.either("))", ")");
}

/// Adds the columns of an event, each after a comma.
fn columns(sql: &mut Sql<'_>) {
    sql.either(
        ", id, revision, position, at, caller, request_id, payload, actor, target",
        ", hex(id), revision, position, at, caller, nullif(hex(request_id), ''), json(payload), actor, target",
    );
}

fn read(mut row: Row<'_>, people: &People) -> Result<Event> {
    let user_id = |key: Option<i64>| key.and_then(|key| people.get(&key).cloned());
    let id: Uuid = row.next()?;
    let (revision, position) = (row.next()?, row.next()?);
    let at = Timestamp::from_micros(row.next()?);
    let (caller, request_id) = (row.next()?, row.next()?);
    let payload: Payload = row.json().map_err(|_| Error::corrupt("events", "payload", id))?;
    Ok(Event {
        id: EventId::from_uuid(id),
        revision,
        position,
        at,
        actor: user_id(row.next()?),
        caller,
        request_id,
        target: user_id(row.next()?),
        other: user_id(payload.other()),
        payload,
    })
}
