//! Invite links.

use std::collections::BTreeMap;

use roster_domain::{LinkId, NewInviteLink, PersonKey, SecretRecord};
use uuid::Uuid;

use super::Stamp;
use super::part::{Part, Text, array, contradiction, id};
use crate::error::{Error, Result};

static CREATED: Text = Text::both(
    "a link is created",
    "INSERT INTO invite_links (id, team_id, role, maker, revision, digest, salt, generation, key_id, created_at,
       expires_at, revoked_at, uses)
     SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13 WHERE true",
);

static CHANGED: Text = Text::each(
    "links change",
    "UPDATE invite_links SET maker = coalesce($3, maker), revoked_at = coalesce($4, revoked_at), uses = uses + $5
     WHERE id = ANY (ARRAY(SELECT r::uuid FROM jsonb_array_elements_text($1) AS r))
     AND team_id IS NOT DISTINCT FROM $2",
    "UPDATE invite_links SET maker = coalesce($3, maker), revoked_at = coalesce($4, revoked_at), uses = uses + $5
     WHERE id IN (SELECT unhex(value) FROM json_each($1)) AND team_id IS NOT DISTINCT FROM $2",
);

static ALL_REVOKED: Text = Text::both(
    "the links of a team are revoked",
    "UPDATE invite_links SET revoked_at = $2 WHERE team_id = $1 AND revoked_at IS NULL",
);

/// What becomes of a team's links.
#[derive(Default)]
pub(super) struct Links<'a> {
    created: BTreeMap<Uuid, &'a NewInviteLink>,
    changed: BTreeMap<Uuid, Change>,
}

/// What changes of a link, or of a code.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Change {
    pub(super) maker: Option<PersonKey>,
    pub(super) revoked: bool,
    pub(super) uses: i64,
}

impl<'a> Links<'a> {
    pub(super) fn create(&mut self, new: &'a NewInviteLink) -> Result<()> {
        match self.created.insert(new.id.uuid(), new) {
            Some(_) => Err(contradiction("a link is created twice")),
            None => Ok(()),
        }
    }

    /// What becomes of a link, which may have been created in this commit.
    pub(super) fn change(&mut self, link: LinkId) -> &mut Change {
        self.changed.entry(link.uuid()).or_default()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.created.is_empty() && self.changed.is_empty()
    }

    pub(super) fn parts(&self, stamp: Stamp, parts: &mut Vec<Part>) -> Result<()> {
        for (id, new) in &self.created {
            let change = self.changed.get(id).copied().unwrap_or_default();
            let values = [
                (*id).into(),
                stamp.team.into(),
                new.role.as_str().into(),
                change.maker.unwrap_or(new.maker).0.into(),
                stamp.revision.into(),
                new.secret.digest.to_vec().into(),
                new.secret.salt.to_vec().into(),
                generation(&new.secret)?.into(),
                new.secret.key_id.as_str().into(),
                stamp.at.into(),
                new.expires_at.micros().into(),
                change.revoked.then_some(stamp.at).into(),
                change.uses.into(),
            ];
            parts.push(Part::exactly(1, &CREATED, values));
        }
        let changed = self.changed.iter().filter(|(id, _)| !self.created.contains_key(id));
        change_parts(&CHANGED, stamp, changed, parts);
        Ok(())
    }
}

/// The changes of links, or of codes: one part for all that change alike.
pub(super) fn change_parts<'a>(
    text: &'static Text,
    stamp: Stamp,
    changed: impl Iterator<Item = (&'a Uuid, &'a Change)>,
    parts: &mut Vec<Part>,
) {
    let mut alike: BTreeMap<Change, Vec<Uuid>> = BTreeMap::new();
    for (id, change) in changed {
        alike.entry(*change).or_default().push(*id);
    }
    for (change, ids) in alike {
        let values = [
            array(ids.iter().map(|one| id(*one).into())),
            stamp.team.into(),
            change.maker.map(|person| person.0).into(),
            change.revoked.then_some(stamp.at).into(),
            change.uses.into(),
        ];
        parts.push(Part::exactly(ids.len(), text, values));
    }
}

/// Ends every link of a team that has not ended.
pub(super) fn revoke_all(stamp: Stamp) -> Part {
    Part::any(&ALL_REVOKED, [stamp.team.into(), stamp.at.into()])
}

/// How the count of tokens that were derived for a record is stored.
pub(super) fn generation(secret: &SecretRecord) -> Result<i32> {
    i32::try_from(secret.generation).map_err(|_| Error::internal("a secret's generation is out of range"))
}
