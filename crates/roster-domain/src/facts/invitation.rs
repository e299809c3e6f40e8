//! What the decisions over e-mail invitations need to know of the stored state.

use std::collections::BTreeSet;

use super::{JoinFacts, Membership, Occupancy, TeamFacts};
use crate::{
    Access, Change, EmailAddress, InvitationId, NewInvitation, PersonKey, Revision, RoleName, Timestamp,
};

/// An e-mail invitation as it is stored; its secret is not part of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Invitation {
    /// Its id.
    pub id: InvitationId,
    /// Whom it is for; erased where that person's data was. One that is pending has its address.
    pub email: EmailAddress,
    /// The role it gives.
    pub role: RoleName,
    /// What it grants.
    pub access: Access,
    /// Who made it, or last sent it again.
    pub maker: PersonKey,
    /// The team's revision that made it, or last sent it again.
    pub revision: Revision,
    /// The team's revision at its last change of any kind: its etag.
    pub version: Revision,
    /// How many secrets it had before the one that it has now.
    pub generation: u32,
    /// From this very moment on it cannot be accepted.
    pub expires_at: Timestamp,
    /// What became of it, as stored: one that is pending here may have expired unnoticed.
    pub state: InvitationState,
    /// Who accepted or declined it.
    pub answered_by: Option<PersonKey>,
}

/// What became of an invitation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum InvitationState {
    /// Nothing yet.
    Pending,
    /// Somebody joined by it.
    Accepted,
    /// Whom it was for declined it.
    Declined,
    /// It was taken back.
    Cancelled,
    /// Nobody answered in time.
    Expired,
}

/// What making an invitation, and sending one again, needs.
#[derive(Clone, Debug, PartialEq)]
pub struct InvitationFacts {
    /// The team.
    pub team: TeamFacts,
    /// Who acts, if a member.
    pub actor: Option<Membership>,
    /// What the actor was granted.
    pub actor_access: Access,
    /// The invitation that is acted upon, if there is one.
    pub invitation: Option<Invitation>,
    /// The address's invitation that is pending as stored, if there is one; it may have expired.
    pub pending: Option<Invitation>,
    /// Whether a member has the address.
    pub is_member: bool,
    /// What holds seats.
    pub occupancy: Occupancy,
    /// How many invitations of the team are pending, have not expired, and have a maker who could still make them: what
    /// the cap is judged by. The one that is acted upon is not counted.
    pub live_invitations: u64,
}

/// What inviting many addresses at once needs. The rows are decided one after another, each by what [`Self::of`] says
/// and followed by [`Self::note`], so that a row sees what those before it have taken.
#[derive(Clone, Debug, PartialEq)]
pub struct InvitingFacts {
    /// The team.
    pub team: TeamFacts,
    /// Who acts, if a member.
    pub actor: Option<Membership>,
    /// What the actor was granted.
    pub actor_access: Access,
    /// The invitations to the asked addresses that are pending as stored; they may have expired.
    pub pending: Vec<Invitation>,
    /// The keys of those among the asked addresses that members have.
    pub member_addresses: BTreeSet<String>,
    /// What holds seats.
    pub occupancy: Occupancy,
    /// How many invitations the cap is judged by, as in [`InvitationFacts::live_invitations`]. More, if there is room for all
    /// that are asked for beside them.
    pub live_invitations: u64,
}

impl InvitingFacts {
    /// What inviting that address needs, after all that was noted.
    #[must_use]
    pub fn of(&self, email: &EmailAddress) -> InvitationFacts {
        InvitationFacts {
            team: self.team.clone(),
            actor: self.actor.clone(),
            actor_access: self.actor_access.clone(),
            invitation: None,
            pending: self.pending.iter().find(|one| one.email.key() == email.key()).cloned(),
            is_member: self.member_addresses.contains(email.key()),
            occupancy: self.occupancy,
            live_invitations: self.live_invitations,
        }
    }

    /// Moves on as the changes of a row do that was not refused. What a row creates has no revision before the commit:
    /// it is noted with revision and version 0.
    pub fn note(&mut self, changes: &[Change]) {
        for change in changes {
            match change {
                Change::InvitationCreated(new) => {
                    self.pending.push(pending(new));
                    self.occupancy.pending += 1;
                    self.live_invitations += 1;
                }
                // One that ran out was counted no more.
                Change::InvitationExpired { invitation } => self.pending.retain(|one| one.id != *invitation),
                _ => {}
            }
        }
    }
}

/// What accepting and declining an invitation need.
#[derive(Clone, Debug, PartialEq)]
pub struct AnswerFacts {
    /// The invitation.
    pub invitation: Invitation,
    /// Who joins.
    pub joining: JoinFacts,
}

fn pending(new: &NewInvitation) -> Invitation {
    Invitation {
        id: new.id,
        email: new.email.clone(),
        role: new.role.clone(),
        access: new.access.clone(),
        maker: new.maker,
        revision: 0,
        version: 0,
        generation: new.secret.generation,
        expires_at: new.expires_at,
        state: InvitationState::Pending,
        answered_by: None,
    }
}
