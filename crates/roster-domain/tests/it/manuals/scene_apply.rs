//! Carries out what was decided.

use roster_domain::facts::{Invitation, InvitationState, TeamCode};
use roster_domain::{
    Access, Change, InviteLink, JoinedBy, MemberState, Membership, NewInvitation, NewInviteLink, NewMember,
    NewTeamCode, PersonKey,
};

use super::scene::{Outcome, Scene};

impl Scene {
    /// Carries out the changes, if it was not refused, and says what was decided.
    pub(crate) fn carry_out(&mut self, outcome: Outcome) -> Outcome {
        let changes = outcome?;
        if !changes.is_empty() {
            self.revision += 1;
        }
        for change in &changes {
            self.apply(change);
        }
        Ok(changes)
    }

    fn apply(&mut self, change: &Change) {
        match change {
            Change::TeamCreated(new) => {
                self.team.display_name.clone_from(&new.display_name);
                self.team.tier.clone_from(&new.tier);
                self.team.personal = new.personal.then_some(new.creator);
            }
            Change::TeamRenamed { new, .. } => self.team.display_name.clone_from(new),
            Change::TeamTierChanged { new, .. } => self.team.tier = Some(new.clone()),
            Change::MemberJoined(new) => self.join(new),
            Change::MemberRoleChanged { person, new_role, lowered, .. } => {
                self.place_of(*person).0.role.clone_from(new_role);
                self.remember_if(*person, *lowered);
            }
            Change::MemberAccessChanged { person, after, lowered, .. } => {
                self.place_of(*person).1.clone_from(after);
                self.remember_if(*person, *lowered);
            }
            Change::MemberSuspended { person, .. } => self.place_of(*person).0.state = MemberState::Suspended,
            Change::MemberRestored { person, .. } => self.place_of(*person).0.state = MemberState::Active,
            Change::MemberRemoved { person, .. } => {
                self.members.remove(person);
                self.remember_if(*person, true);
            }
            Change::MemberLeft { person, access, .. } => {
                self.members.remove(person);
                self.remember_if(*person, !access.restricted.is_empty());
            }
            Change::OwnershipTransferred {
                role, from, from_becomes, from_lowered, to, to_lowered, ..
            } => {
                self.place_of(*from).0.role.clone_from(from_becomes);
                self.place_of(*to).0.role.clone_from(role);
                self.remember_if(*from, *from_lowered);
                self.remember_if(*to, *to_lowered);
            }
            Change::InvitationCreated(new) => self.invite_made(new),
            Change::InvitationCancelled { invitation } => {
                self.settle(InvitationState::Cancelled, |one| one.id == *invitation);
            }
            Change::InvitationAccepted { invitation, .. } => {
                self.settle(InvitationState::Accepted, |one| one.id == *invitation);
            }
            Change::InvitationDeclined { invitation, .. } => {
                self.settle(InvitationState::Declined, |one| one.id == *invitation);
            }
            Change::InvitationExpired { invitation } => {
                self.settle(InvitationState::Expired, |one| one.id == *invitation);
            }
            Change::InviteLinkCreated(new) => self.link_made(new),
            Change::TeamCodeCreated(new) => self.code_made(new),
            Change::TeamCodeRevoked { code } => {
                let now = self.now;
                let code = self.codes.iter_mut().find(|one| one.id == *code);
                code.expect("a code").revoked_at = Some(now);
            }
            Change::TeamCodeDeleted { code } => self.codes.retain(|one| one.id != *code),
            other => panic!("no manual speaks of {other:?}"),
        }
    }

    fn remember_if(&mut self, person: PersonKey, less: bool) {
        if less {
            self.removals.insert(person, self.revision);
        }
    }

    fn join(&mut self, new: &NewMember) {
        let member = Membership {
            person: new.person,
            role: new.role.clone(),
            state: MemberState::Active,
            email: new.email.clone(),
            version: self.revision,
        };
        self.members.insert(new.person, (member, new.access.clone()));
        match new.by {
            JoinedBy::InviteLink { link, .. } => {
                self.links.iter_mut().find(|one| one.id == link).expect("a link").uses += 1;
            }
            JoinedBy::TeamCode { code, .. } => {
                self.codes.iter_mut().find(|one| one.id == code).expect("a code").uses += 1;
            }
            JoinedBy::Founding | JoinedBy::Import | JoinedBy::Invitation { .. } => {}
        }
    }

    fn place_of(&mut self, person: PersonKey) -> &mut (Membership, Access) {
        self.members.get_mut(&person).expect("a member")
    }

    fn settle(&mut self, state: InvitationState, which: impl Fn(&Invitation) -> bool) {
        let invitation = self.invitations.iter_mut().find(|one| which(one));
        invitation.expect("an invitation").state = state;
    }

    fn invite_made(&mut self, new: &NewInvitation) {
        self.invitations.push(Invitation {
            id: new.id,
            email: new.email.clone(),
            role: new.role.clone(),
            access: new.access.clone(),
            maker: new.maker,
            revision: self.revision,
            version: self.revision,
            generation: new.secret.generation,
            expires_at: new.expires_at,
            state: InvitationState::Pending,
            answered_by: None,
        });
    }

    fn link_made(&mut self, new: &NewInviteLink) {
        self.links.push(InviteLink {
            id: new.id,
            role: new.role.clone(),
            maker: new.maker,
            revision: self.revision,
            created_at: self.now,
            expires_at: new.expires_at,
            revoked_at: None,
            uses: 0,
        });
    }

    fn code_made(&mut self, new: &NewTeamCode) {
        self.codes.push(TeamCode {
            id: new.id,
            role: new.role.clone(),
            access: new.access.clone(),
            maker: new.maker,
            revision: self.revision,
            expires_at: new.expires_at,
            revoked_at: None,
            uses: 0,
            max_uses: new.max_uses,
        });
    }
}
