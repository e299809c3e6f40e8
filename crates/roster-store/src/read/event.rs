//! The event log of a team.

use roster_domain::{EventId, Timestamp, UserId};
use uuid::Uuid;

use crate::ask::{Question, Rows, Sql, Values, json};
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

    fn columns(&self, sql: &mut Sql<'_>) {
        json::rows(sql, columns, |sql| self.events(sql));
    }

    fn facts(&self, _: &Team, rows: &mut Rows<'_>) -> Result<Self::Facts> {
        json::read_rows(rows.one(), "events")?.map(|mut row| read(&mut row)).collect()
    }
}

impl EventFilter {
    /// Adds the events of the page, in their order, as `e`.
    fn events(&self, sql: &mut Sql<'_>) {
        let team = Sql::TEAM;
        sql.add(
            "(SELECT seq, id, revision, position, at, caller, request_id, payload, actor, target FROM events \
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
        sql.bind(i64::try_from(self.limit).unwrap_or(i64::MAX)).add(") e");
    }
}

/// Adds the columns of an event, each after a comma.
fn columns(sql: &mut Sql<'_>) {
    sql.add(", e.seq").either(
        ", e.id, e.revision, e.position, e.at, e.caller, e.request_id, e.payload",
        ", hex(e.id), e.revision, e.position, e.at, e.caller, nullif(hex(e.request_id), ''), json(e.payload)",
    );
    // People one by one, by their keys: a join might read all there are.
    sql.add(
        ", (SELECT user_id FROM people WHERE id = e.actor), (SELECT user_id FROM people WHERE id = e.target), \
         (SELECT user_id FROM people WHERE id = \
         CAST(COALESCE(e.payload ->> 'invited_by', e.payload ->> 'former') AS BIGINT))",
    );
}

fn read(row: &mut impl Values) -> Result<Event> {
    let seq: i64 = row.next()?;
    Ok(Event {
        id: EventId::from_uuid(row.next()?),
        revision: row.next()?,
        position: row.next()?,
        at: Timestamp::from_micros(row.next()?),
        caller: row.next()?,
        request_id: row.next()?,
        payload: serde_json::from_value(row.next()?).map_err(|_| Error::corrupt("events", "payload", seq))?,
        actor: row.next()?,
        target: row.next()?,
        other: row.next()?,
    })
}
