//! E-mail invitations, and the outbox: a mail is queued in the same commit as the secret that it brings.

use std::collections::BTreeMap;

use roster_domain::facts::InvitationState;
use roster_domain::{Delivery, InvitationId, Locale, NewInvitation, PersonKey, SecretRecord, Timestamp};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::Stamp;
use super::links::generation;
use super::part::{Part, Rows, Text, array, contradiction, hex, id};
use crate::convert::{PENDING, invitation_state_number, restricted_text};
use crate::error::Result;

/// By their ids alone: with `=` for the state, Postgres takes the index of all pending invitations for the shorter way as long as
/// its statistics are older than most of them, and reads all there are.
static ENDED: Text = Text::each(
    "invitations end",
    "UPDATE invitations SET state = $3, version = $4, answered_by = $5, answered_at = $6
     WHERE id = ANY (ARRAY(SELECT r::uuid FROM jsonb_array_elements_text($1) AS r))
     AND team_id IS NOT DISTINCT FROM $2 AND state IS NOT DISTINCT FROM $7",
    "UPDATE invitations SET state = $3, version = $4, answered_by = $5, answered_at = $6
     WHERE id IN (SELECT unhex(value) FROM json_each($1)) AND team_id IS NOT DISTINCT FROM $2 AND state IS NOT DISTINCT FROM $7",
);

static ALL_CANCELLED: Text = Text::both(
    "the invitations of a team are cancelled",
    "UPDATE invitations SET state = $2, version = $3 WHERE team_id = $1 AND state = $4",
);

/// An erasure takes addresses from those that have ended without their teams' locks.
static RESENT: Text = Text::both(
    "an invitation is sent again",
    "UPDATE invitations SET state = 1, maker = $3, revision = $4, version = $4, digest = $5, salt = $6, generation = $7,
       key_id = $8, expires_at = $9
     WHERE id = $1 AND team_id IS NOT DISTINCT FROM $2 AND email_key <> ''
     AND state IS NOT DISTINCT FROM coalesce($10, state)",
)
.after(&[ENDED.name]);

static CREATED: Text = Text::each(
    "invitations are created",
    "INSERT INTO invitations (id, team_id, email, email_key, role, restricted, state, maker, revision, version, digest,
       salt, generation, key_id, created_at, expires_at, answered_by, answered_at)
     SELECT id, $2, email, email_key, role, restricted, state, maker, $3, $3, decode(digest, 'hex'), decode(salt, 'hex'),
       generation, key_id, $4, expires_at, answered_by, answered_at
     FROM jsonb_to_recordset($1) AS r (id uuid, email text, email_key text, role text, restricted text, state smallint,
       maker bigint, digest text, salt text, generation integer, key_id text, expires_at bigint, answered_by bigint,
       answered_at bigint)
     WHERE true",
    "INSERT INTO invitations (id, team_id, email, email_key, role, restricted, state, maker, revision, version, digest,
       salt, generation, key_id, created_at, expires_at, answered_by, answered_at)
     SELECT unhex(value ->> 'id'), $2, value ->> 'email', value ->> 'email_key', value ->> 'role',
       value ->> 'restricted', value ->> 'state', value ->> 'maker', $3, $3, unhex(value ->> 'digest'),
       unhex(value ->> 'salt'), value ->> 'generation', value ->> 'key_id', $4, value ->> 'expires_at',
       value ->> 'answered_by', value ->> 'answered_at'
     FROM json_each($1) WHERE true",
)
.after(&[ENDED.name]);

/// The mails of an invitation, whose secrets are dead: whether they were sent matters no more.
static MAILS_FORGOTTEN: Text =
    Text::both("mails are forgotten", "DELETE FROM mails WHERE invitation_id = $1").after(&[RESENT.name]);

static MAILS_QUEUED: Text = Text::each(
    "mails are queued",
    "INSERT INTO mails (invitation_id, generation, locale, state, failure, attempts, due_at, created_at)
     SELECT invitation_id, generation, locale, 1, 0, 0, $2, $2
     FROM jsonb_to_recordset($1) AS r (invitation_id uuid, generation integer, locale text) WHERE true",
    "INSERT INTO mails (invitation_id, generation, locale, state, failure, attempts, due_at, created_at)
     SELECT unhex(value ->> 'invitation_id'), value ->> 'generation', value ->> 'locale', 1, 0, 0, $2, $2
     FROM json_each($1) WHERE true",
)
.after(&[MAILS_FORGOTTEN.name]);

/// What becomes of a team's invitations.
#[derive(Default)]
pub(super) struct Invitations<'a> {
    rows: BTreeMap<Uuid, Row<'a>>,
}

/// What becomes of one invitation: it is created, and may end at once; or it ends, or is sent again, or both in that order,
/// as one does that is sent again after it ran out unnoticed.
#[derive(Default)]
struct Row<'a> {
    created: Option<&'a NewInvitation>,
    resent: Option<Resent<'a>>,
    ended: Option<Ended>,
}

/// How an invitation ends, and who answered it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Ended {
    state: InvitationState,
    by: Option<PersonKey>,
}

/// What an invitation gets when it is sent again. It is pending from then on, if it was not.
pub(super) struct Resent<'a> {
    pub(super) maker: PersonKey,
    pub(super) expires_at: Timestamp,
    pub(super) secret: &'a SecretRecord,
    pub(super) delivery: &'a Delivery,
}

impl<'a> Invitations<'a> {
    pub(super) fn create(&mut self, new: &'a NewInvitation) -> Result<()> {
        let row = self.rows.entry(new.id.uuid()).or_default();
        if row.created.is_some() || row.resent.is_some() || row.ended.is_some() {
            return Err(contradiction("an invitation is created twice"));
        }
        row.created = Some(new);
        Ok(())
    }

    /// Gives an invitation a new secret and its full life again.
    pub(super) fn resend(&mut self, id: InvitationId, resent: Resent<'a>) -> Result<()> {
        let row = self.rows.entry(id.uuid()).or_default();
        let answered = row.ended.is_some_and(|ended| ended.by.is_some());
        if row.created.is_some() || row.resent.is_some() || answered {
            return Err(contradiction("an invitation is created or answered, and sent again"));
        }
        row.resent = Some(resent);
        Ok(())
    }

    /// Ends a pending invitation.
    pub(super) fn end(
        &mut self,
        id: InvitationId,
        state: InvitationState,
        by: Option<PersonKey>,
    ) -> Result<()> {
        let row = self.rows.entry(id.uuid()).or_default();
        if row.resent.is_some() || row.ended.is_some() {
            return Err(contradiction("an invitation ends twice, or is sent again and ends"));
        }
        row.ended = Some(Ended { state, by });
        Ok(())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(super) fn parts(&self, stamp: Stamp, parts: &mut Vec<Part>) -> Result<()> {
        let mut ends: BTreeMap<Ended, Vec<Uuid>> = BTreeMap::new();
        for (id, row) in self.rows.iter().filter(|(_, row)| row.created.is_none() && row.resent.is_none()) {
            if let Some(ended) = row.ended {
                ends.entry(ended).or_default().push(*id);
            }
        }
        parts.extend(ends.iter().map(|(ended, ids)| ended.part(stamp, ids)));
        for (id, row) in &self.rows {
            if let Some(resent) = &row.resent {
                parts.push(resent.part(stamp, *id, row.ended.is_some())?);
                parts.push(Part::any(&MAILS_FORGOTTEN, [(*id).into()]));
            }
        }
        let created: Vec<Json> =
            self.rows.values().filter_map(|row| row.created(stamp)).collect::<Result<_>>()?;
        if !created.is_empty() {
            let rows = created.len();
            let values = [array(created), stamp.team.into(), stamp.revision.into(), stamp.at.into()];
            parts.push(Part::exactly(rows, &CREATED, values));
        }
        let mails: Vec<Json> =
            self.rows.iter().filter_map(|(id, row)| row.mail(*id)).collect::<Result<_>>()?;
        if !mails.is_empty() {
            let rows = mails.len();
            parts.push(Part::exactly(rows, &MAILS_QUEUED, [array(mails), stamp.at.into()]));
        }
        Ok(())
    }
}

/// Ends every pending invitation of a team.
pub(super) fn cancel_all(stamp: Stamp) -> Part {
    let cancelled = invitation_state_number(InvitationState::Cancelled);
    let values = [stamp.team.into(), cancelled.into(), stamp.revision.into(), PENDING.into()];
    Part::any(&ALL_CANCELLED, values)
}

impl Ended {
    fn part(self, stamp: Stamp, ids: &[Uuid]) -> Part {
        let values = [
            array(ids.iter().map(|invitation| id(*invitation).into())),
            stamp.team.into(),
            invitation_state_number(self.state).into(),
            stamp.revision.into(),
            self.by.map(|person| person.0).into(),
            self.answered_at(stamp).into(),
            PENDING.into(),
        ];
        Part::exactly(ids.len(), &ENDED, values)
    }

    fn answered_at(self, stamp: Stamp) -> Option<i64> {
        self.by.map(|_| stamp.at)
    }
}

impl Resent<'_> {
    /// One that ended before, within the commit, was pending: nobody takes its address.
    fn part(&self, stamp: Stamp, id: Uuid, ended: bool) -> Result<Part> {
        let rows = if ended { Rows::Exactly(1) } else { Rows::OneUnlessErased };
        let values = vec![
            id.into(),
            stamp.team.into(),
            self.maker.0.into(),
            stamp.revision.into(),
            self.secret.digest.to_vec().into(),
            self.secret.salt.to_vec().into(),
            generation(self.secret)?.into(),
            self.secret.key_id.as_str().into(),
            self.expires_at.micros().into(),
            ended.then_some(PENDING).into(),
        ];
        Ok(Part { text: &RESENT, values, rows })
    }
}

impl Row<'_> {
    fn created(&self, stamp: Stamp) -> Option<Result<Json>> {
        let new = self.created?;
        let row = |generation: i32| {
            json!({
                "id": id(new.id.uuid()),
                "email": new.email.as_typed(),
                "email_key": new.email.key(),
                "role": new.role.as_str(),
                "restricted": restricted_text(&new.access),
                "state": self.ended.map_or(PENDING, |ended| invitation_state_number(ended.state)),
                "maker": new.maker.0,
                "digest": hex(&new.secret.digest),
                "salt": hex(&new.secret.salt),
                "generation": generation,
                "key_id": new.secret.key_id,
                "expires_at": new.expires_at.micros(),
                "answered_by": self.ended.and_then(|ended| ended.by).map(|person| person.0),
                "answered_at": self.ended.and_then(|ended| ended.answered_at(stamp)),
            })
        };
        Some(generation(&new.secret).map(row))
    }

    /// The mail of its new secret, where that is to be mailed.
    fn mail(&self, invitation: Uuid) -> Option<Result<Json>> {
        let created = self.created.map(|new| (&new.delivery, &new.secret));
        let resent = self.resent.as_ref().map(|again| (again.delivery, again.secret));
        let (Delivery::Mail { locale }, secret) = created.or(resent)? else { return None };
        let locale = locale.as_ref().map(Locale::as_str).unwrap_or_default();
        let row = |generation: i32| json!({ "invitation_id": id(invitation), "generation": generation, "locale": locale });
        Some(generation(secret).map(row))
    }
}
