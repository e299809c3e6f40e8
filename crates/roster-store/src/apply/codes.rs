//! Team codes.

use std::collections::{BTreeMap, BTreeSet};

use roster_domain::{CodeId, CodeKey, NewTeamCode};
use uuid::Uuid;

use super::Stamp;
use super::access::end_offers;
use super::links::{Change, change_parts};
use super::part::{Part, Text, contradiction, micros};
use crate::convert::restricted_text;
use crate::error::Result;

static DELETED: Text = Text::both(
    "a code is deleted",
    "DELETE FROM team_codes WHERE id = $1 AND team_id IS NOT DISTINCT FROM $2",
);

static CREATED: Text = Text::both(
    "a code is created",
    "INSERT INTO team_codes (id, team_id, code, code_key, role, restricted, maker, revision, created_at, expires_at,
       revoked_at, uses, max_uses)
     SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13 WHERE true",
)
.after(&[DELETED.name]);

static CHANGED: Text = Text::each(
    "codes change",
    "UPDATE team_codes SET maker = coalesce($3, maker), revoked_at = coalesce($4, revoked_at), uses = uses + $5
     WHERE id = ANY (ARRAY(SELECT r::uuid FROM jsonb_array_elements_text($1) AS r))
     AND team_id IS NOT DISTINCT FROM $2",
    "UPDATE team_codes SET maker = coalesce($3, maker), revoked_at = coalesce($4, revoked_at), uses = uses + $5
     WHERE id IN (SELECT unhex(value) FROM json_each($1)) AND team_id IS NOT DISTINCT FROM $2",
);

static ALL_REVOKED: Text = Text::both(
    "the codes of a team are revoked",
    "UPDATE team_codes SET revoked_at = $2 WHERE team_id = $1 AND revoked_at IS NULL",
);

/// What becomes of a team's codes.
#[derive(Default)]
pub(super) struct Codes<'a> {
    created: BTreeMap<Uuid, &'a NewTeamCode>,
    changed: BTreeMap<Uuid, Change>,
    deleted: BTreeSet<Uuid>,
}

impl<'a> Codes<'a> {
    pub(super) fn create(&mut self, new: &'a NewTeamCode) -> Result<()> {
        match self.created.insert(new.id.uuid(), new) {
            Some(_) => Err(contradiction("a code is created twice")),
            None => Ok(()),
        }
    }

    /// What becomes of a code, which may have been created in this commit.
    pub(super) fn change(&mut self, code: CodeId) -> &mut Change {
        self.changed.entry(code.uuid()).or_default()
    }

    pub(super) fn delete(&mut self, code: CodeId) {
        self.deleted.insert(code.uuid());
    }

    pub(super) fn is_empty(&self) -> bool {
        self.created.is_empty() && self.changed.is_empty() && self.deleted.is_empty()
    }

    pub(super) fn parts(&self, stamp: Stamp, parts: &mut Vec<Part>) -> Result<()> {
        for code in &self.deleted {
            if self.created.contains_key(code) || self.changed.contains_key(code) {
                return Err(contradiction("a code is changed and deleted"));
            }
            parts.push(end_offers(*code));
            parts.push(Part::exactly(1, &DELETED, [(*code).into(), stamp.team.into()]));
        }
        for (id, new) in &self.created {
            let change = self.changed.get(id).copied().unwrap_or_default();
            let values = [
                (*id).into(),
                stamp.team.into(),
                new.text.reveal().into(),
                CodeKey::of(&new.text).reveal().into(),
                new.role.as_str().into(),
                restricted_text(&new.access).into(),
                change.maker.unwrap_or(new.maker).0.into(),
                stamp.revision.into(),
                stamp.at.into(),
                micros(new.expires_at).into(),
                change.revoked.then_some(stamp.at).into(),
                change.uses.into(),
                new.max_uses.into(),
            ];
            parts.push(Part::exactly(1, &CREATED, values));
        }
        let changed = self.changed.iter().filter(|(id, _)| !self.created.contains_key(id));
        change_parts(&CHANGED, stamp, changed, parts);
        Ok(())
    }
}

/// Ends every code of a team that has not ended.
pub(super) fn revoke_all(stamp: Stamp) -> Part {
    Part::any(&ALL_REVOKED, [stamp.team.into(), stamp.at.into()])
}
