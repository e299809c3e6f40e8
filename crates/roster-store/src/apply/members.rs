//! Memberships, their counts, and the tombstones of those that ended or became less.

use std::collections::{BTreeMap, BTreeSet};

use roster_domain::{Access, EmailAddress, JoinedBy, MemberState, NewMember, PersonKey, RoleName, Timestamp};
use sea_orm::sea_query::Value;
use serde_json::json;
use uuid::Uuid;

use super::Stamp;
use super::part::{Part, Text, array, contradiction, id};
use crate::convert::{ACTIVE, SUSPENDED, restricted_text, state_number};
use crate::error::Result;
use crate::read::member::JoinMethod;

static ENDED: Text = Text::both(
    "a membership ends",
    "DELETE FROM members WHERE team_id = $1 AND person = $2 AND state = coalesce($3, state)",
);

static JOINED: Text = Text::each(
    "members join",
    "INSERT INTO members (team_id, person, role, state, email, email_key, restricted, joined_at, join_method,
       joined_through, invited_by, version)
     SELECT $2, person, role, state, email, email_key, restricted, joined_at, join_method, joined_through, invited_by, $3
     FROM jsonb_to_recordset($1) AS r (person bigint, role text, state smallint, email text, email_key text,
       restricted text, joined_at bigint, join_method smallint, joined_through uuid, invited_by bigint)
     WHERE true",
    "INSERT INTO members (team_id, person, role, state, email, email_key, restricted, joined_at, join_method,
       joined_through, invited_by, version)
     SELECT $2, value ->> 'person', value ->> 'role', value ->> 'state', value ->> 'email', value ->> 'email_key',
       value ->> 'restricted', value ->> 'joined_at', value ->> 'join_method', unhex(value ->> 'joined_through'),
       value ->> 'invited_by', $3
     FROM json_each($1) WHERE true",
)
.after(&[ENDED.name]);

static CHANGED: Text = Text::both(
    "a member changes",
    "UPDATE members SET role = coalesce($3, role), state = coalesce($4, state), email = coalesce($5, email),
       email_key = coalesce($6, email_key), restricted = coalesce($7, restricted), version = $8
     WHERE team_id = $1 AND person = $2 AND state = coalesce($9, state)",
);

static COUNTED_MORE: Text = Text::each(
    "members are counted",
    "INSERT INTO member_counts (team_id, role, state, count) SELECT $2, role, state, count
     FROM jsonb_to_recordset($1) AS r (role text, state smallint, count bigint) WHERE true",
    "INSERT INTO member_counts (team_id, role, state, count)
     SELECT $2, value ->> 'role', value ->> 'state', value ->> 'count' FROM json_each($1) WHERE true",
)
.tail(" ON CONFLICT (team_id, role, state) DO UPDATE SET count = member_counts.count + excluded.count");

static COUNTED_LESS: Text = Text::both(
    "fewer members are counted",
    "UPDATE member_counts SET count = count - $4 WHERE team_id = $1 AND role = $2 AND state = $3",
);

static LOWERED: Text = Text::each(
    "older invites are closed",
    "INSERT INTO removals (team_id, person, revision) SELECT $2, r::bigint, $3
     FROM jsonb_array_elements_text($1) AS r WHERE true",
    "INSERT INTO removals (team_id, person, revision) SELECT $2, value, $3 FROM json_each($1) WHERE true",
)
.tail(" ON CONFLICT (team_id, person) DO UPDATE SET revision = excluded.revision");

/// What becomes of a team's members.
#[derive(Default)]
pub(super) struct Members<'a> {
    rows: BTreeMap<PersonKey, Row<'a>>,
    /// How many more members, or fewer, have that role in that state.
    counts: BTreeMap<(&'a str, i16), i64>,
    lowered: BTreeSet<PersonKey>,
}

/// What becomes of one person's row: it ends, or comes into being, or both in that order, or changes.
#[derive(Default)]
struct Row<'a> {
    ends: bool,
    joins: Option<&'a NewMember>,
    /// The state that the row must have had.
    was: Option<i16>,
    fields: Option<Fields<'a>>,
}

/// The fields that change, of a row that is there or that comes into being.
#[derive(Default)]
struct Fields<'a> {
    role: Option<&'a RoleName>,
    state: Option<i16>,
    email: Option<&'a EmailAddress>,
    access: Option<&'a Access>,
}

impl<'a> Members<'a> {
    pub(super) fn join(&mut self, new: &'a NewMember) -> Result<()> {
        let row = self.rows.entry(new.person).or_default();
        if row.joins.is_some() {
            return Err(contradiction("a person joins twice"));
        }
        (row.joins, row.fields) = (Some(new), None);
        self.count(&new.role, ACTIVE, 1);
        Ok(())
    }

    pub(super) fn change_role(
        &mut self,
        person: PersonKey,
        state: MemberState,
        (old, new): (&'a RoleName, &'a RoleName),
    ) {
        self.fields(person).role = Some(new);
        self.count(old, state_number(state), -1);
        self.count(new, state_number(state), 1);
    }

    /// The grants themselves are rows of their own.
    pub(super) fn change_access(&mut self, person: PersonKey, after: &'a Access) {
        self.fields(person).access = Some(after);
    }

    pub(super) fn change_email(&mut self, person: PersonKey, email: &'a EmailAddress) {
        self.fields(person).email = Some(email);
    }

    /// Withholds a member's access, or puts it in force again.
    pub(super) fn change_state(
        &mut self,
        person: PersonKey,
        role: &'a RoleName,
        to: MemberState,
    ) -> Result<()> {
        let (from, to) = match to {
            MemberState::Active => (SUSPENDED, ACTIVE),
            MemberState::Suspended => (ACTIVE, SUSPENDED),
        };
        let row = self.rows.entry(person).or_default();
        let changed = row.fields.as_ref().and_then(|fields| fields.state);
        match changed.or(row.joins.map(|_| ACTIVE)) {
            Some(now) if now != from => return Err(contradiction("a member's state is another")),
            Some(_) => {}
            None => row.was = Some(from),
        }
        row.fields.get_or_insert_default().state = Some(to);
        self.count(role, from, -1);
        self.count(role, to, 1);
        Ok(())
    }

    pub(super) fn end(&mut self, person: PersonKey, state: MemberState, role: &'a RoleName) -> Result<()> {
        let row = self.rows.entry(person).or_default();
        row.fields = None;
        if row.joins.take().is_none() {
            if row.ends {
                return Err(contradiction("a membership ends twice"));
            }
            row.ends = true;
        }
        self.count(role, state_number(state), -1);
        Ok(())
    }

    /// Leaves the tombstone by which older invites do not admit the person: once it is gone or is less than it was. Who
    /// is still a member is told so before anybody looks at it.
    pub(super) fn close_older_invites_if(&mut self, person: PersonKey, less: bool) {
        if less {
            self.lowered.insert(person);
        }
    }

    /// Whose rows these are.
    pub(super) fn people(&self) -> impl Iterator<Item = PersonKey> {
        self.rows.keys().copied()
    }

    fn fields(&mut self, person: PersonKey) -> &mut Fields<'a> {
        self.rows.entry(person).or_default().fields.get_or_insert_default()
    }

    fn count(&mut self, role: &'a RoleName, state: i16, more: i64) {
        *self.counts.entry((role.as_str(), state)).or_default() += more;
    }

    pub(super) fn parts(&self, stamp: Stamp, parts: &mut Vec<Part>) {
        for (person, row) in self.rows.iter().filter(|(_, row)| row.ends) {
            parts.push(Part::exactly(1, &ENDED, [stamp.team.into(), person.0.into(), row.was.into()]));
        }
        let joined: Vec<_> = self.rows.values().filter_map(|row| row.joined(stamp)).collect();
        if !joined.is_empty() {
            let rows = joined.len();
            let values = [array(joined), stamp.team.into(), stamp.revision.into()];
            parts.push(Part::exactly(rows, &JOINED, values));
        }
        parts.extend(self.rows.iter().filter_map(|(person, row)| row.changed(stamp, *person)));
        self.count_parts(stamp, parts);
        if !self.lowered.is_empty() {
            let people = array(self.lowered.iter().map(|person| person.0.into()));
            let values = [people, stamp.team.into(), stamp.revision.into()];
            parts.push(Part::exactly(self.lowered.len(), &LOWERED, values));
        }
    }

    fn count_parts(&self, stamp: Stamp, parts: &mut Vec<Part>) {
        let more: Vec<_> = self
            .counts
            .iter()
            .filter(|(_, count)| **count > 0)
            .map(|((role, state), count)| json!({ "role": role, "state": state, "count": count }))
            .collect();
        if !more.is_empty() {
            let rows = more.len();
            parts.push(Part::exactly(rows, &COUNTED_MORE, [array(more), stamp.team.into()]));
        }
        for ((role, state), count) in self.counts.iter().filter(|(_, count)| **count < 0) {
            let values = [stamp.team.into(), (*role).into(), (*state).into(), (-count).into()];
            parts.push(Part::exactly(1, &COUNTED_LESS, values));
        }
    }
}

impl Row<'_> {
    fn joined(&self, stamp: Stamp) -> Option<serde_json::Value> {
        let new = self.joins?;
        let unchanged = Fields::default();
        let fields = self.fields.as_ref().unwrap_or(&unchanged);
        let email = fields.email.or(new.email.as_ref());
        let (method, through, invited_by) = origin(new.by);
        Some(json!({
            "person": new.person.0,
            "role": fields.role.unwrap_or(&new.role).as_str(),
            "state": fields.state.unwrap_or(ACTIVE),
            "email": email.map(EmailAddress::as_typed),
            "email_key": email.map(EmailAddress::key),
            "restricted": restricted_text(fields.access.unwrap_or(&new.access)),
            "joined_at": new.joined_at.map_or(stamp.at, Timestamp::micros),
            "join_method": method.number(),
            "joined_through": through.map(id),
            "invited_by": invited_by.map(|person| person.0),
        }))
    }

    fn changed(&self, stamp: Stamp, person: PersonKey) -> Option<Part> {
        let fields = self.fields.as_ref().filter(|_| self.joins.is_none())?;
        let values: [Value; 9] = [
            stamp.team.into(),
            person.0.into(),
            fields.role.map(RoleName::as_str).into(),
            fields.state.into(),
            fields.email.map(EmailAddress::as_typed).into(),
            fields.email.map(EmailAddress::key).into(),
            fields.access.map(restricted_text).into(),
            stamp.revision.into(),
            self.was.into(),
        ];
        Some(Part::exactly(1, &CHANGED, values))
    }
}

/// How a person came, through what, and who let it in.
pub(crate) fn origin(by: JoinedBy) -> (JoinMethod, Option<Uuid>, Option<PersonKey>) {
    match by {
        JoinedBy::Founding => (JoinMethod::Founder, None, None),
        JoinedBy::Import => (JoinMethod::Import, None, None),
        JoinedBy::Invitation { invitation, maker } => {
            (JoinMethod::Invitation, Some(invitation.uuid()), Some(maker))
        }
        JoinedBy::InviteLink { link, maker } => (JoinMethod::InviteLink, Some(link.uuid()), Some(maker)),
        JoinedBy::TeamCode { code, maker } => (JoinMethod::TeamCode, Some(code.uuid()), Some(maker)),
    }
}
