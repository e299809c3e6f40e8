//! Teams, members, seats and invites as changes leave them: what a mutation answers.
//!
//! Computed from what was loaded under the lock, rather than read again.

use roster_domain::facts::{Invitation, InvitationState, Occupancy, TeamCode, TeamFacts};
use roster_domain::{
    Access, Change, Delivery, Grant, Holder, InviteLink, MemberState, NewInvitation, NewInviteLink,
    NewMember, NewTeam, NewTeamCode, Revision, TeamId, Timestamp,
};

use crate::apply::origin;
use crate::convert::resource_text;
use crate::read::code::StoredCode;
use crate::read::delivery::{Delivered, DeliveryState};
use crate::read::invitation::StoredInvitation;
use crate::read::link::StoredLink;
use crate::read::member::Member;
use crate::read::team::Team;

impl Team {
    /// The team that is created, before its first member joins.
    #[must_use]
    pub fn created(id: TeamId, new: &NewTeam, creator: &str, (revision, now): (Revision, Timestamp)) -> Self {
        let facts = TeamFacts {
            display_name: new.display_name.clone(),
            tier: new.tier.clone(),
            personal: new.personal.then_some(new.creator),
            version: revision,
        };
        Self {
            id,
            policy: new.policy.clone(),
            facts,
            external_id: new.external_id.as_ref().map(|id| id.as_str().to_owned()),
            personal_user_id: new.personal.then(|| creator.to_owned()),
            created_at: now,
            revision,
            member_count: 0,
            deleted: false,
        }
    }

    /// The team as the changes leave it at that revision.
    #[must_use]
    pub fn after(mut self, changes: &[Change], revision: Revision) -> Self {
        for change in changes {
            match change {
                Change::TeamRenamed { new, .. } => {
                    self.facts.display_name = new.clone();
                    self.facts.version = revision;
                }
                Change::TeamTierChanged { new, .. } => {
                    self.facts.tier = Some(new.clone());
                    self.facts.version = revision;
                }
                _ => {}
            }
            self.member_count += active(change);
        }
        self.revision = revision;
        self
    }
}

/// What holds seats after the changes, none of which ends an invitation but by accepting it: whether another one that ends
/// held a seat is not known.
#[must_use]
pub fn occupancy_after(mut occupancy: Occupancy, changes: &[Change]) -> Occupancy {
    for change in changes {
        occupancy.active = occupancy.active.saturating_add_signed(active(change));
        if let Change::InvitationAccepted { .. } = change {
            occupancy.pending = occupancy.pending.saturating_sub(1);
        }
    }
    occupancy
}

/// How many active members a change makes more.
fn active(change: &Change) -> i64 {
    match change {
        Change::MemberJoined(_) | Change::MemberRestored { .. } => 1,
        Change::MemberRemoved { state: MemberState::Active, .. }
        | Change::MemberLeft { .. }
        | Change::MemberSuspended { .. } => -1,
        _ => 0,
    }
}

impl Member {
    /// The member that joins at that revision. `inviter` is the user id of their inviter, if there was one.
    #[must_use]
    pub fn joined(
        new: &NewMember,
        user_id: &str,
        inviter: Option<String>,
        (revision, now): (Revision, Timestamp),
    ) -> Self {
        let (join_method, _, invited_by) = origin(new.by);
        Self {
            person: new.person,
            user_id: Some(user_id.to_owned()),
            email: new.email.as_ref().map(|email| email.as_typed().to_owned()),
            role: new.role.clone(),
            state: MemberState::Active,
            access: shown(&new.access),
            joined_at: new.joined_at.unwrap_or(now),
            join_method,
            invited_by: invited_by.and(inviter),
            version: revision,
        }
    }

    /// The member as the changes leave them at that revision. One who leaves or is removed is shown as they were.
    #[must_use]
    pub fn after(mut self, changes: &[Change], revision: Revision) -> Self {
        let this = self.person;
        for change in changes {
            match change {
                Change::MemberRoleChanged { person, new_role, .. } if *person == this => {
                    self.role = new_role.clone();
                }
                Change::MemberAccessChanged { person, after, .. } if *person == this => {
                    self.access = shown(after);
                }
                Change::MemberSuspended { person, .. } if *person == this => {
                    self.state = MemberState::Suspended;
                }
                Change::MemberRestored { person, .. } if *person == this => self.state = MemberState::Active,
                Change::MemberEmailChanged { person, email } if *person == this => {
                    self.email = Some(email.as_typed().to_owned());
                }
                Change::OwnershipTransferred { from, from_becomes, .. } if *from == this => {
                    self.role = from_becomes.clone();
                }
                Change::OwnershipTransferred { to, role, .. } if *to == this => self.role = role.clone(),
                _ => continue,
            }
            self.version = revision;
        }
        self
    }
}

/// Access in the order in which it is read.
fn shown(access: &Access) -> Access {
    let mut access = access.clone();
    let key = |grant: &Grant| (grant.kind.clone(), resource_text(&grant.target));
    access.grants.sort_by_key(key);
    access
}

/// A member with what they were granted, as the changes leave their address: all of them that is shown beside an invite whose
/// answer the changes are.
#[must_use]
pub fn holder_after(mut holder: Holder, changes: &[Change]) -> Holder {
    for change in changes {
        if let Change::MemberEmailChanged { person, email } = change
            && *person == holder.membership.person
        {
            holder.membership.email = Some(email.clone());
        }
    }
    holder
}

/// An invitation as the changes leave it at that revision.
#[must_use]
pub fn invitation_after(mut one: Invitation, changes: &[Change], revision: Revision) -> Invitation {
    for change in changes {
        match change {
            Change::InvitationCancelled { invitation } if *invitation == one.id => {
                one.state = InvitationState::Cancelled;
            }
            Change::InvitationExpired { invitation } if *invitation == one.id => {
                one.state = InvitationState::Expired;
            }
            Change::InvitationAccepted { invitation, person } if *invitation == one.id => {
                one.state = InvitationState::Accepted;
                one.answered_by = Some(*person);
            }
            Change::InvitationDeclined { invitation, person } if *invitation == one.id => {
                one.state = InvitationState::Declined;
                one.answered_by = Some(*person);
            }
            Change::InvitationResent { invitation, maker, expires_at, secret, .. }
                if *invitation == one.id =>
            {
                one.state = InvitationState::Pending;
                (one.maker, one.expires_at) = (*maker, *expires_at);
                (one.revision, one.generation) = (revision, secret.generation);
            }
            _ => continue,
        }
        one.version = revision;
    }
    one
}

/// A member who makes an invite, with what they were granted.
#[derive(Clone, Debug)]
pub struct Inviter {
    /// The user id.
    pub user_id: String,
    /// The membership, and the grants if they count.
    pub holder: Holder,
}

impl StoredInvitation {
    /// The invitation that is made at that revision.
    #[must_use]
    pub fn created(new: &NewInvitation, inviter: Inviter, (revision, now): (Revision, Timestamp)) -> Self {
        Self {
            invitation: Invitation {
                id: new.id,
                email: new.email.clone(),
                role: new.role.clone(),
                access: shown(&new.access),
                maker: new.maker,
                revision,
                version: revision,
                generation: new.secret.generation,
                expires_at: new.expires_at,
                state: InvitationState::Pending,
                answered_by: None,
            },
            secret: new.secret.clone(),
            created_at: now,
            maker: Some(inviter.holder),
            maker_user_id: Some(inviter.user_id),
            answered_at: None,
            answered_by_user_id: None,
            delivery: delivered(&new.delivery),
        }
    }

    /// The invitation as the changes leave it at that revision, which may cancel it, or send it again: then `inviter` is who
    /// did so.
    #[must_use]
    pub fn after(mut self, changes: &[Change], inviter: Inviter, revision: Revision) -> Self {
        let this = self.invitation.id;
        let resent = changes.iter().find_map(|change| match change {
            Change::InvitationResent { invitation, secret, delivery, .. } if *invitation == this => {
                Some((secret, delivery))
            }
            _ => None,
        });
        if let Some((secret, delivery)) = resent {
            self.secret = secret.clone();
            self.delivery = delivered(delivery);
            (self.maker, self.maker_user_id) = (Some(inviter.holder), Some(inviter.user_id));
        }
        self.invitation = invitation_after(self.invitation, changes, revision);
        self
    }
}

/// How the mail of a new secret fares; none where it is not mailed.
fn delivered(delivery: &Delivery) -> Option<Delivered> {
    let queued = Delivered { state: DeliveryState::Queued, failure: None, attempts: 0, sent_at: None };
    matches!(delivery, Delivery::Mail { .. }).then_some(queued)
}

impl StoredLink {
    /// The link that is made at that revision.
    #[must_use]
    pub fn created(new: &NewInviteLink, inviter: Inviter, (revision, now): (Revision, Timestamp)) -> Self {
        Self {
            link: InviteLink {
                id: new.id,
                role: new.role.clone(),
                maker: new.maker,
                revision,
                created_at: now,
                expires_at: new.expires_at,
                revoked_at: None,
                uses: 0,
            },
            secret: new.secret.clone(),
            maker: Some(inviter.holder),
            maker_user_id: Some(inviter.user_id),
        }
    }

    /// The link as the changes leave it at that time, which may revoke it.
    #[must_use]
    pub fn after(mut self, changes: &[Change], now: Timestamp) -> Self {
        if changes.contains(&Change::InviteLinkRevoked { link: self.link.id }) {
            self.link.revoked_at = Some(now);
        }
        self
    }
}

impl StoredCode {
    /// The code that is made at that revision.
    #[must_use]
    pub fn created(new: &NewTeamCode, inviter: Inviter, (revision, now): (Revision, Timestamp)) -> Self {
        Self {
            code: TeamCode {
                id: new.id,
                role: new.role.clone(),
                access: shown(&new.access),
                maker: new.maker,
                revision,
                expires_at: new.expires_at,
                revoked_at: None,
                uses: 0,
                max_uses: new.max_uses,
            },
            text: new.text.clone(),
            created_at: now,
            maker: Some(inviter.holder),
            maker_user_id: Some(inviter.user_id),
        }
    }

    /// The code as the changes leave it at that time, which may revoke it.
    #[must_use]
    pub fn after(mut self, changes: &[Change], now: Timestamp) -> Self {
        if changes.contains(&Change::TeamCodeRevoked { code: self.code.id }) {
            self.code.revoked_at = Some(now);
        }
        self
    }
}
