//! A team's own row.

use roster_domain::policy::TierName;
use roster_domain::{DisplayName, ExternalId, NewTeam};

use super::part::{Part, Text, contradiction};
use super::{Context, Stamp};
use crate::error::Result;

static CREATED: Text = Text::both(
    "a team is created",
    "INSERT INTO teams (id, policy, display_name, tier, external_id, personal_person, caller, creator, revision, version,
       created_at)
     SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10 WHERE true",
);

static CHANGED: Text = Text::both(
    "a team changes",
    "UPDATE teams SET revision = $2, version = coalesce($3, version), display_name = coalesce($4, display_name),
       tier = coalesce($5, tier), deleted_at = coalesce($6, deleted_at)
     WHERE id = $1 AND revision = $2 - 1",
);

/// What becomes of the team's row.
#[derive(Default)]
pub(super) struct TeamRow<'a> {
    created: Option<&'a NewTeam>,
    name: Option<&'a DisplayName>,
    tier: Option<&'a TierName>,
    deleted: bool,
}

impl<'a> TeamRow<'a> {
    pub(super) fn create(&mut self, new: &'a NewTeam) {
        self.created = Some(new);
    }

    pub(super) fn rename(&mut self, name: &'a DisplayName) {
        self.name = Some(name);
    }

    pub(super) fn set_tier(&mut self, tier: &'a TierName) {
        self.tier = Some(tier);
    }

    pub(super) fn delete(&mut self) {
        self.deleted = true;
    }

    pub(super) fn is_deleted(&self) -> bool {
        self.deleted
    }

    pub(super) fn part(&self, by: &Context, stamp: Stamp) -> Result<Part> {
        let changes = self.name.is_some() || self.tier.is_some() || self.deleted;
        let Some(new) = self.created else {
            let values = [
                stamp.team.into(),
                stamp.revision.into(),
                changes.then_some(stamp.revision).into(),
                self.name.map(DisplayName::as_str).into(),
                self.tier.map(TierName::as_str).into(),
                self.deleted.then_some(stamp.at).into(),
            ];
            return Ok(Part::exactly(1, &CHANGED, values));
        };
        if changes {
            return Err(contradiction("a team is created and changed"));
        }
        let values = [
            stamp.team.into(),
            new.policy.as_str().into(),
            new.display_name.as_str().into(),
            new.tier.as_ref().map(TierName::as_str).into(),
            new.external_id.as_ref().map(ExternalId::as_str).into(),
            new.personal.then_some(new.creator.0).into(),
            by.caller_text().into(),
            new.creator.0.into(),
            stamp.revision.into(),
            stamp.at.into(),
        ];
        Ok(Part::exactly(1, &CREATED, values))
    }
}
