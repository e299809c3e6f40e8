//! What a commit writes, as parts: all changes of one row are merged before, so that no row is met twice.
//!
//! The parts of one commit may be carried out in their order, or as one statement, in which all of them see the rows as
//! they were before: then a row that one part inserts cannot be changed by another, and of two changes of one row one would
//! be lost without an error.

use roster_domain::facts::InvitationState;
use roster_domain::{
    Access, Change, JoinedBy, MemberState, NewInvitation, NewMember, NewTeamCode, PersonKey,
};

use super::access::Grants;
use super::codes::{self, Codes};
use super::invitations::{self, Invitations, Resent};
use super::links::{self, Links};
use super::members::Members;
use super::part::{Part, contradiction};
use super::teams::TeamRow;
use super::{Context, Stamp, events};
use crate::error::Result;

/// The parts that carry out the changes and write their events.
pub(super) fn parts(by: &Context, stamp: Stamp, changes: &[Change]) -> Result<Vec<Part>> {
    let mut rows = Rows::default();
    for change in changes {
        rows.merge(change)?;
    }
    rows.parts(by, stamp, changes)
}

/// What becomes of the rows of one team.
#[derive(Default)]
struct Rows<'a> {
    team: TeamRow<'a>,
    members: Members<'a>,
    grants: Grants<'a>,
    invitations: Invitations<'a>,
    links: Links<'a>,
    codes: Codes<'a>,
}

impl<'a> Rows<'a> {
    fn merge(&mut self, change: &'a Change) -> Result<()> {
        match change {
            Change::TeamCreated(team) => self.team.create(team),
            Change::TeamRenamed { new, .. } => self.team.rename(new),
            Change::TeamTierChanged { new, .. } => self.team.set_tier(new),
            Change::TeamDeleted => self.team.delete(),
            Change::ResourcePurged { kind, resource, .. } => self.grants.purge(kind, resource),
            Change::InvitationCreated(_)
            | Change::InvitationResent { .. }
            | Change::InvitationCancelled { .. }
            | Change::InvitationAccepted { .. }
            | Change::InvitationDeclined { .. }
            | Change::InvitationExpired { .. } => return self.merge_invitation(change),
            Change::InviteLinkCreated(link) => return self.links.create(link),
            Change::InviteLinkRevoked { link } => self.links.change(*link).revoked = true,
            Change::InviteLinkAdopted { link, maker } => self.links.change(*link).maker = Some(*maker),
            Change::TeamCodeCreated(code) => return self.create_code(code),
            Change::TeamCodeRevoked { code } => self.codes.change(*code).revoked = true,
            Change::TeamCodeAdopted { code, maker } => self.codes.change(*code).maker = Some(*maker),
            Change::TeamCodeDeleted { code } => self.codes.delete(*code),
            _ => return self.merge_member(change),
        }
        Ok(())
    }

    fn merge_member(&mut self, change: &'a Change) -> Result<()> {
        match change {
            Change::MemberJoined(new) => self.join(new)?,
            Change::MemberRoleChanged { person, state, old_role, new_role, lowered } => {
                self.members.change_role(*person, *state, (old_role, new_role));
                self.members.close_older_invites_if(*person, *lowered);
            }
            Change::MemberAccessChanged { person, after, lowered, .. } => {
                self.change_access(*person, after);
                self.members.close_older_invites_if(*person, *lowered);
            }
            Change::MemberSuspended { person, role } => {
                self.members.change_state(*person, role, MemberState::Suspended)?;
            }
            Change::MemberRestored { person, role } => {
                self.members.change_state(*person, role, MemberState::Active)?;
            }
            Change::MemberRemoved { person, state, role, .. } => {
                self.grants.end(*person);
                self.members.end(*person, *state, role)?;
                self.members.close_older_invites_if(*person, true);
            }
            Change::MemberLeft { person, role, access } => {
                self.grants.end(*person);
                self.members.end(*person, MemberState::Active, role)?;
                // Who was restricted, be it by the invite that they took, cannot shed that by an older one.
                self.members.close_older_invites_if(*person, !access.restricted.is_empty());
            }
            Change::MemberEmailChanged { person, email } => self.members.change_email(*person, email),
            Change::OwnershipTransferred {
                role,
                from,
                from_state,
                from_becomes,
                from_lowered,
                to,
                to_was,
                to_lowered,
            } => {
                self.members.change_role(*from, *from_state, (role, from_becomes));
                self.members.change_role(*to, MemberState::Active, (to_was, role));
                self.members.close_older_invites_if(*from, *from_lowered);
                self.members.close_older_invites_if(*to, *to_lowered);
            }
            _ => return Err(contradiction("a change of no row")),
        }
        Ok(())
    }

    fn merge_invitation(&mut self, change: &'a Change) -> Result<()> {
        let (invitation, state, by) = match change {
            Change::InvitationCreated(new) => return self.create_invitation(new),
            Change::InvitationResent { invitation, maker, expires_at, secret, delivery } => {
                let resent = Resent { maker: *maker, expires_at: *expires_at, secret, delivery };
                return self.invitations.resend(*invitation, resent);
            }
            Change::InvitationCancelled { invitation } => (invitation, InvitationState::Cancelled, None),
            Change::InvitationExpired { invitation } => (invitation, InvitationState::Expired, None),
            Change::InvitationAccepted { invitation, person } => {
                (invitation, InvitationState::Accepted, Some(*person))
            }
            Change::InvitationDeclined { invitation, person } => {
                (invitation, InvitationState::Declined, Some(*person))
            }
            _ => return Err(contradiction("a change of no invitation")),
        };
        self.invitations.end(*invitation, state, by)
    }

    fn join(&mut self, new: &'a NewMember) -> Result<()> {
        self.members.join(new)?;
        self.grants.give(new.person, &new.access.grants);
        match new.by {
            JoinedBy::InviteLink { link, .. } => self.links.change(link).uses += 1,
            JoinedBy::TeamCode { code, .. } => self.codes.change(code).uses += 1,
            JoinedBy::Founding | JoinedBy::Import | JoinedBy::Invitation { .. } => {}
        }
        Ok(())
    }

    /// Replaces what a member is granted.
    fn change_access(&mut self, person: PersonKey, after: &'a Access) {
        self.grants.replace(person, &after.grants);
        self.members.change_access(person, after);
    }

    fn create_invitation(&mut self, new: &'a NewInvitation) -> Result<()> {
        self.grants.offer(new.id.uuid(), &new.access.grants);
        self.invitations.create(new)
    }

    fn create_code(&mut self, new: &'a NewTeamCode) -> Result<()> {
        self.grants.offer(new.id.uuid(), &new.access.grants);
        self.codes.create(new)
    }

    /// In an order in which each may be carried out after the other.
    fn parts(&self, by: &Context, stamp: Stamp, changes: &[Change]) -> Result<Vec<Part>> {
        let mut parts = vec![self.team.part(by, stamp)?];
        self.grants.ending_parts(stamp, self.members.people(), &mut parts);
        self.members.parts(stamp, &mut parts);
        self.invitations.parts(stamp, &mut parts)?;
        self.links.parts(stamp, &mut parts)?;
        self.codes.parts(stamp, &mut parts)?;
        self.grants.giving_parts(stamp, &mut parts);
        if self.team.is_deleted() {
            // Every invite ends with the team. The rest stays: a deleted team is not found, and the log needs the
            // members' keys.
            if !(self.invitations.is_empty() && self.links.is_empty() && self.codes.is_empty()) {
                return Err(contradiction("invites change while their team is deleted"));
            }
            parts.extend([
                invitations::cancel_all(stamp),
                links::revoke_all(stamp),
                codes::revoke_all(stamp),
            ]);
        }
        parts.push(events::part(by, stamp, changes)?);
        Ok(parts)
    }
}
