//! Carries changes out upon the team in memory, as the store does upon its rows.

use roster_domain::facts::{Invitation, InvitationState, InviteLink, Membership, TeamCode, TeamFacts};
use roster_domain::policy::KindName;
use roster_domain::{
    Access, Change, CodeId, GrantTarget, InvitationId, JoinedBy, LinkId, MemberState, NewMember, PersonKey,
    ResourceId, RoleName,
};

use super::team::{Member, Team};

/// What the store would roll back.
type Applied = Result<(), String>;

impl Team<'_> {
    /// Carries out the changes of one commit. An error is one that the store would roll back.
    pub fn apply(&mut self, changes: &[Change]) -> Result<(), String> {
        if !changes.is_empty() {
            self.revision += 1;
        }
        self.made += changes.len() as u128;
        changes.iter().try_for_each(|change| {
            self.carry_out(change).map_err(|what| format!("no store carries this out: {what}: {change:?}"))
        })
    }

    fn carry_out(&mut self, change: &Change) -> Applied {
        match change {
            Change::TeamCreated(_)
            | Change::TeamRenamed { .. }
            | Change::TeamTierChanged { .. }
            | Change::TeamDeleted => self.change_team(change),
            Change::InvitationCreated(_)
            | Change::InvitationResent { .. }
            | Change::InvitationCancelled { .. }
            | Change::InvitationAccepted { .. }
            | Change::InvitationDeclined { .. }
            | Change::InvitationExpired { .. } => self.change_invitation(change),
            Change::InviteLinkCreated(_)
            | Change::InviteLinkRevoked { .. }
            | Change::InviteLinkAdopted { .. } => self.change_link(change),
            Change::TeamCodeCreated(_)
            | Change::TeamCodeRevoked { .. }
            | Change::TeamCodeDeleted { .. }
            | Change::TeamCodeAdopted { .. } => self.change_code(change),
            Change::ResourcePurged { kind, resource, .. } => {
                self.purge(kind, resource);
                Ok(())
            }
            _ => self.change_member(change),
        }
    }

    fn change_team(&mut self, change: &Change) -> Applied {
        let version = self.revision;
        if let Change::TeamCreated(new) = change {
            self.facts = Some(TeamFacts {
                display_name: new.display_name.clone(),
                tier: new.tier.clone(),
                personal: new.personal.then_some(new.creator),
                version,
            });
            return Ok(());
        }
        let facts = self.facts.as_mut().ok_or("a change of no team")?;
        facts.version = version;
        match change {
            Change::TeamRenamed { new, .. } => facts.display_name.clone_from(new),
            Change::TeamTierChanged { new, .. } => facts.tier = Some(new.clone()),
            _ => self.facts = None,
        }
        Ok(())
    }

    fn change_member(&mut self, change: &Change) -> Applied {
        match change {
            Change::MemberJoined(new) => self.join(new),
            Change::MemberRoleChanged { person, state, old_role, new_role, lowered } => {
                self.stamped(*person)?.place.role.clone_from(new_role);
                self.remember_if(*person, *lowered);
                self.count(old_role, *state, -1);
                self.count(new_role, *state, 1);
                Ok(())
            }
            Change::MemberAccessChanged { person, after, lowered, .. } => {
                self.stamped(*person)?.access.clone_from(after);
                self.remember_if(*person, *lowered);
                Ok(())
            }
            Change::MemberSuspended { person, role } => {
                self.put_state(*person, role, (MemberState::Active, MemberState::Suspended))
            }
            Change::MemberRestored { person, role } => {
                self.put_state(*person, role, (MemberState::Suspended, MemberState::Active))
            }
            Change::MemberRemoved { person, state, role, .. } => {
                self.part(*person, role, *state)?;
                self.remember_if(*person, true);
                Ok(())
            }
            Change::MemberLeft { person, role, access } => {
                self.remember_if(*person, !access.restricted.is_empty());
                self.part(*person, role, MemberState::Active)
            }
            Change::MemberEmailChanged { person, email } => {
                self.stamped(*person)?.place.email = Some(email.clone());
                Ok(())
            }
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
                self.stamped(*from)?.place.role.clone_from(from_becomes);
                self.stamped(*to)?.place.role.clone_from(role);
                self.remember_if(*from, *from_lowered);
                self.remember_if(*to, *to_lowered);
                let active = MemberState::Active;
                for (role, state, more) in [
                    (role, *from_state, -1),
                    (from_becomes, *from_state, 1),
                    (to_was, active, -1),
                    (role, active, 1),
                ] {
                    self.count(role, state, more);
                }
                Ok(())
            }
            _ => Err("unknown".to_owned()),
        }
    }

    /// Closes older ways in to a person that is gone, or is less than it was.
    fn remember_if(&mut self, person: PersonKey, less: bool) {
        if less {
            self.removals.insert(person, self.revision);
        }
    }

    fn change_invitation(&mut self, change: &Change) -> Applied {
        let revision = self.revision;
        match change {
            Change::InvitationCreated(new) => {
                self.invitations.push(Invitation {
                    id: new.id,
                    email: new.email.clone(),
                    role: new.role.clone(),
                    access: new.access.clone(),
                    maker: new.maker,
                    revision,
                    version: revision,
                    generation: new.secret.generation,
                    expires_at: new.expires_at,
                    state: InvitationState::Pending,
                    answered_by: None,
                });
                Ok(())
            }
            Change::InvitationResent { invitation, maker, expires_at, secret, .. } => {
                let one = self.invitation(*invitation)?;
                one.maker = *maker;
                one.revision = revision;
                one.generation = secret.generation;
                one.expires_at = *expires_at;
                one.state = InvitationState::Pending;
                Ok(())
            }
            Change::InvitationCancelled { invitation } => {
                self.close(*invitation, InvitationState::Cancelled, None)
            }
            Change::InvitationAccepted { invitation, person } => {
                self.close(*invitation, InvitationState::Accepted, Some(*person))
            }
            Change::InvitationDeclined { invitation, person } => {
                self.close(*invitation, InvitationState::Declined, Some(*person))
            }
            Change::InvitationExpired { invitation } => {
                self.close(*invitation, InvitationState::Expired, None)
            }
            _ => Err("unknown".to_owned()),
        }
    }

    fn change_link(&mut self, change: &Change) -> Applied {
        match change {
            Change::InviteLinkCreated(new) => self.links.push(InviteLink {
                id: new.id,
                role: new.role.clone(),
                maker: new.maker,
                revision: self.revision,
                created_at: self.now,
                expires_at: new.expires_at,
                revoked_at: None,
                uses: 0,
            }),
            Change::InviteLinkRevoked { link } => self.link(*link)?.revoked_at = Some(self.now),
            Change::InviteLinkAdopted { link, maker } => self.link(*link)?.maker = *maker,
            _ => return Err("unknown".to_owned()),
        }
        Ok(())
    }

    fn change_code(&mut self, change: &Change) -> Applied {
        match change {
            Change::TeamCodeCreated(new) => self.codes.push(TeamCode {
                id: new.id,
                role: new.role.clone(),
                access: new.access.clone(),
                maker: new.maker,
                revision: self.revision,
                expires_at: new.expires_at,
                revoked_at: None,
                uses: 0,
                max_uses: new.max_uses,
            }),
            Change::TeamCodeRevoked { code } => self.code(*code)?.revoked_at = Some(self.now),
            Change::TeamCodeAdopted { code, maker } => self.code(*code)?.maker = *maker,
            Change::TeamCodeDeleted { code } => {
                self.code(*code)?;
                self.codes.retain(|one| one.id != *code);
            }
            _ => return Err("unknown".to_owned()),
        }
        Ok(())
    }

    fn join(&mut self, new: &NewMember) -> Applied {
        self.members.push(Member {
            place: Membership {
                person: new.person,
                role: new.role.clone(),
                state: MemberState::Active,
                email: new.email.clone(),
                version: self.revision,
            },
            access: new.access.clone(),
        });
        self.count(&new.role, MemberState::Active, 1);
        match new.by {
            JoinedBy::InviteLink { link, .. } => self.link(link)?.uses += 1,
            JoinedBy::TeamCode { code, .. } => self.code(code)?.uses += 1,
            JoinedBy::Founding | JoinedBy::Import | JoinedBy::Invitation { .. } => {}
        }
        Ok(())
    }

    fn part(&mut self, person: PersonKey, role: &RoleName, state: MemberState) -> Applied {
        let place = self.members.iter().position(|one| one.place.person == person);
        self.members.remove(place.ok_or("no such member")?);
        self.count(role, state, -1);
        Ok(())
    }

    fn put_state(
        &mut self,
        person: PersonKey,
        role: &RoleName,
        (old, new): (MemberState, MemberState),
    ) -> Applied {
        self.stamped(person)?.place.state = new;
        self.count(role, old, -1);
        self.count(role, new, 1);
        Ok(())
    }

    fn purge(&mut self, kind: &KindName, resource: &ResourceId) {
        let (target, revision) = (GrantTarget::One(resource.clone()), self.revision);
        let keep = |access: &mut Access| {
            let before = access.grants.len();
            access.grants.retain(|grant| grant.kind != *kind || grant.target != target);
            access.grants.len() < before
        };
        for member in &mut self.members {
            if keep(&mut member.access) {
                member.place.version = revision;
            }
        }
        for invitation in &mut self.invitations {
            if keep(&mut invitation.access) {
                invitation.version = revision;
            }
        }
        for code in &mut self.codes {
            keep(&mut code.access);
        }
    }

    /// The member, whose etag changes.
    fn stamped(&mut self, person: PersonKey) -> Result<&mut Member, String> {
        let version = self.revision;
        let member = self.members.iter_mut().find(|one| one.place.person == person);
        let member = member.ok_or("no such member")?;
        member.place.version = version;
        Ok(member)
    }

    fn link(&mut self, id: LinkId) -> Result<&mut InviteLink, String> {
        self.links.iter_mut().find(|link| link.id == id).ok_or_else(|| "no such link".to_owned())
    }

    fn code(&mut self, id: CodeId) -> Result<&mut TeamCode, String> {
        self.codes.iter_mut().find(|code| code.id == id).ok_or_else(|| "no such code".to_owned())
    }

    /// Whatever its state: whether it may change is for the decisions to say.
    /// Its etag changes.
    fn invitation(&mut self, id: InvitationId) -> Result<&mut Invitation, String> {
        let version = self.revision;
        let one = self.invitations.iter_mut().find(|one| one.id == id).ok_or("no such invitation")?;
        one.version = version;
        Ok(one)
    }

    fn close(&mut self, id: InvitationId, state: InvitationState, by: Option<PersonKey>) -> Applied {
        let one = self.invitation(id)?;
        one.state = state;
        one.answered_by = by;
        Ok(())
    }

    fn count(&mut self, role: &RoleName, state: MemberState, more: i64) {
        *self.counts.entry((role.clone(), state)).or_default() += more;
    }
}
