//! What is stored of a team beside what decisions ask for: who joined how and when, secrets, texts, and the log.

use std::collections::BTreeMap;

use roster_domain::{Change, CodeText, Delivery, JoinedBy, PersonKey, Revision, SecretRecord, Timestamp};
use uuid::Uuid;

use crate::team::Team;

/// That record, kept change by change.
#[derive(Clone, Debug, Default)]
pub struct Record {
    /// Every change, the oldest first.
    pub log: Vec<Entry>,
    /// When and how each person joined last.
    pub joined: BTreeMap<PersonKey, (Timestamp, JoinedBy)>,
    /// When each invite was made.
    pub created: BTreeMap<Uuid, Timestamp>,
    /// The secret of each link and invitation, the last one.
    pub secrets: BTreeMap<Uuid, SecretRecord>,
    /// The secret before the last of those that have got another.
    pub past: BTreeMap<Uuid, SecretRecord>,
    /// The invitations whose last secret was mailed.
    pub mailed: BTreeMap<Uuid, bool>,
    /// The text of each code.
    pub texts: BTreeMap<Uuid, CodeText>,
    /// When each invitation was accepted or declined.
    pub answered: BTreeMap<Uuid, Timestamp>,
}

/// An entry of the log.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The revision that the change belongs to.
    pub revision: Revision,
    /// Its place among the changes of that revision, from 0.
    pub position: i16,
    /// When it happened.
    pub at: Timestamp,
    /// Who acted; none where a calling service did.
    pub actor: Option<PersonKey>,
    /// What changed.
    pub change: Change,
}

impl Record {
    /// Notes the changes of one commit, by which the team has become what it is.
    pub fn note(&mut self, team: &Team<'_>, actor: Option<PersonKey>, changes: &[Change]) {
        let (revision, at) = (team.revision, team.now);
        for (position, change) in (0..).zip(changes) {
            self.note_one(at, change);
            self.log.push(Entry { revision, position, at, actor, change: change.clone() });
        }
    }

    fn note_one(&mut self, at: Timestamp, change: &Change) {
        match change {
            Change::MemberJoined(new) => {
                self.joined.insert(new.person, (new.joined_at.unwrap_or(at), new.by));
            }
            Change::InvitationCreated(new) => {
                self.created.insert(new.id.uuid(), at);
                self.secret(new.id.uuid(), &new.secret, &new.delivery);
            }
            Change::InvitationResent { invitation, secret, delivery, .. } => {
                self.secret(invitation.uuid(), secret, delivery);
            }
            Change::InvitationAccepted { invitation, .. } | Change::InvitationDeclined { invitation, .. } => {
                self.answered.insert(invitation.uuid(), at);
            }
            Change::InviteLinkCreated(new) => {
                self.created.insert(new.id.uuid(), at);
                self.secret(new.id.uuid(), &new.secret, &Delivery::Token);
            }
            Change::TeamCodeCreated(new) => {
                self.created.insert(new.id.uuid(), at);
                self.texts.insert(new.id.uuid(), new.text.clone());
            }
            _ => {}
        }
    }

    fn secret(&mut self, of: Uuid, secret: &SecretRecord, delivery: &Delivery) {
        let past = self.secrets.insert(of, secret.clone());
        self.past.extend(past.map(|past| (of, past)));
        self.mailed.insert(of, matches!(delivery, Delivery::Mail { .. }));
    }
}
