//! Grants: of members, and those that invitations and codes bring.

use std::collections::BTreeMap;

use roster_domain::policy::KindName;
use roster_domain::{Grant, GrantTarget, PersonKey, ResourceId};
use serde::Serialize;
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::Stamp;
use super::part::{Part, Text, array, id};
use crate::convert::resource_text;

/// Those who have a grant of the resource get a new version, unless they have got it by another part: of two that change
/// one row, one would be lost. The limit, which is none, keeps Postgres from looking for the members by their team alone,
/// of whom it expects few in a plan that is made for all teams.
static HOLDERS_CHANGED: Text = Text::each(
    "holders of a purged resource change",
    "UPDATE members SET version = $4
     WHERE (team_id, person) IN (SELECT team_id, person FROM grants WHERE team_id = $1 AND kind = $2 AND resource = $3
       LIMIT 9223372036854775807)
     AND person <> ALL (ARRAY(SELECT r::bigint FROM jsonb_array_elements_text($5) AS r))",
    "UPDATE members SET version = $4
     WHERE (team_id, person) IN (SELECT team_id, person FROM grants WHERE team_id = $1 AND kind = $2 AND resource = $3
       LIMIT 9223372036854775807)
     AND person NOT IN (SELECT value FROM json_each($5))",
);

static GRANTS_PURGED: Text = Text::both(
    "grants of a resource are purged",
    "DELETE FROM grants WHERE team_id = $1 AND kind = $2 AND resource = $3",
);

static INVITATIONS_CHANGED: Text = Text::both(
    "invitations to a purged resource change",
    "UPDATE invitations SET version = $4
     WHERE id IN (SELECT offer_id FROM offered_grants WHERE team_id = $1 AND kind = $2 AND resource = $3)
     AND team_id IS NOT DISTINCT FROM $1",
);

static OFFERS_PURGED: Text = Text::both(
    "offered grants of a resource are purged",
    "DELETE FROM offered_grants WHERE team_id = $1 AND kind = $2 AND resource = $3",
);

static ENDED: Text =
    Text::both("grants of a member end", "DELETE FROM grants WHERE team_id = $1 AND person = $2");

static GIVEN: Text = Text::each(
    "members are granted",
    "INSERT INTO grants (team_id, person, kind, resource, role) SELECT $2, person, kind, resource, role
     FROM jsonb_to_recordset($1) AS r (person bigint, kind text, resource text, role text) WHERE true",
    "INSERT INTO grants (team_id, person, kind, resource, role)
     SELECT $2, value ->> 'person', value ->> 'kind', value ->> 'resource', value ->> 'role'
     FROM json_each($1) WHERE true",
)
.after(&[GRANTS_PURGED.name, ENDED.name]);

static OFFERS_ENDED: Text =
    Text::both("offered grants of a code end", "DELETE FROM offered_grants WHERE offer_id = $1");

static OFFERED: Text = Text::each(
    "grants are offered",
    "INSERT INTO offered_grants (offer_id, team_id, kind, resource, role) SELECT offer_id, $2, kind, resource, role
     FROM jsonb_to_recordset($1) AS r (offer_id uuid, kind text, resource text, role text) WHERE true",
    "INSERT INTO offered_grants (offer_id, team_id, kind, resource, role)
     SELECT unhex(value ->> 'offer_id'), $2, value ->> 'kind', value ->> 'resource', value ->> 'role'
     FROM json_each($1) WHERE true",
)
.after(&[OFFERS_PURGED.name]);

/// What becomes of a team's grants.
#[derive(Default)]
pub(super) struct Grants<'a> {
    of: BTreeMap<PersonKey, OfMember<'a>>,
    offered: Vec<(Uuid, &'a Grant)>,
    purged: Vec<(&'a KindName, &'a ResourceId)>,
}

/// What becomes of one member's grants: those that are there end first, where they do.
#[derive(Default)]
struct OfMember<'a> {
    end: bool,
    given: Vec<&'a Grant>,
}

impl<'a> Grants<'a> {
    /// Gives a new member what they are granted.
    pub(super) fn give(&mut self, person: PersonKey, grants: &'a [Grant]) {
        self.of.entry(person).or_default().given = grants.iter().collect();
    }

    /// Replaces what a member is granted.
    pub(super) fn replace(&mut self, person: PersonKey, grants: &'a [Grant]) {
        self.end(person);
        self.give(person, grants);
    }

    /// Ends every grant of a member.
    pub(super) fn end(&mut self, person: PersonKey) {
        *self.of.entry(person).or_default() = OfMember { end: true, given: Vec::new() };
    }

    /// Lets an invitation or code bring grants.
    pub(super) fn offer(&mut self, offer: Uuid, grants: &'a [Grant]) {
        self.offered.extend(grants.iter().map(|grant| (offer, grant)));
    }

    /// Ends every grant of a resource. Those whom it changes get a new version.
    pub(super) fn purge(&mut self, kind: &'a KindName, resource: &'a ResourceId) {
        let stays = |grant: &Grant| grant.kind != *kind || grant.target != GrantTarget::One(resource.clone());
        self.of.values_mut().for_each(|of| of.given.retain(|grant| stays(grant)));
        self.offered.retain(|(_, grant)| stays(grant));
        self.purged.push((kind, resource));
    }

    /// What must come before memberships end and begin. Those people are changed by other parts.
    pub(super) fn ending_parts(
        &self,
        stamp: Stamp,
        changed: impl Iterator<Item = PersonKey>,
        parts: &mut Vec<Part>,
    ) {
        let changed: Vec<Json> = changed.map(|person| person.0.into()).collect();
        for (kind, resource) in &self.purged {
            let resource = || [stamp.team.into(), kind.as_str().into(), resource.as_str().into()];
            let [team, kind, id] = resource();
            let others = array(changed.iter().cloned());
            parts.push(Part::any(&HOLDERS_CHANGED, [team, kind, id, stamp.revision.into(), others]));
            parts.push(Part::any(&GRANTS_PURGED, resource()));
            let [team, kind, id] = resource();
            parts.push(Part::any(&INVITATIONS_CHANGED, [team, kind, id, stamp.revision.into()]));
            parts.push(Part::any(&OFFERS_PURGED, resource()));
        }
        for (person, _) in self.of.iter().filter(|(_, of)| of.end) {
            parts.push(Part::any(&ENDED, [stamp.team.into(), person.0.into()]));
        }
    }

    /// What must come after memberships have begun.
    pub(super) fn giving_parts(&self, stamp: Stamp, parts: &mut Vec<Part>) {
        let given: Vec<Json> = self
            .of
            .iter()
            .flat_map(|(person, of)| of.given.iter().map(|grant| row("person", person.0, grant)))
            .collect();
        if !given.is_empty() {
            let rows = given.len();
            parts.push(Part::exactly(rows, &GIVEN, [array(given), stamp.team.into()]));
        }
        if !self.offered.is_empty() {
            let rows = self.offered.iter().map(|(offer, grant)| row("offer_id", id(*offer), grant));
            let values = [array(rows), stamp.team.into()];
            parts.push(Part::exactly(self.offered.len(), &OFFERED, values));
        }
    }
}

/// Ends what a code brings.
pub(super) fn end_offers(offer: Uuid) -> Part {
    Part::any(&OFFERS_ENDED, [offer.into()])
}

fn row(of: &str, whose: impl Serialize, grant: &Grant) -> Json {
    json!({
        of: whose,
        "kind": grant.kind.as_str(),
        "resource": resource_text(&grant.target),
        "role": grant.role.as_str(),
    })
}
