//! What the store shows of a team, as the team in memory says it.

use roster_domain::facts::{Invitation, TeamCode};
use roster_domain::{Access, Holder, InviteLink, JoinedBy, PersonKey};
use roster_model::Member as InMemory;
use roster_store::{
    Delivered, DeliveryState, JoinMethod, Member, StoredCode, StoredInvitation, StoredLink, Team,
};

use super::world::World;
use roster_domain::{MemberState, Timestamp};

impl World<'_> {
    /// The team itself, which must not be deleted.
    pub(super) fn team_shown(&self, side: usize) -> Team {
        let side = &self.sides[side];
        let facts = side.team.facts.clone().expect("a team");
        let active = side.team.members.iter().filter(|one| one.place.state == MemberState::Active).count();
        Team {
            id: side.id,
            policy: self.policy.name.clone(),
            external_id: None,
            personal_user_id: facts.personal.map(|person| self.user_id(person)),
            created_at: side.record.log[0].at,
            revision: side.team.revision,
            member_count: i64::try_from(active).unwrap(),
            deleted: false,
            facts,
        }
    }

    /// A member.
    pub(super) fn member_shown(&self, side: usize, one: &InMemory) -> Member {
        let InMemory { place, access } = one;
        let (joined_at, by) = self.sides[side].record.joined[&place.person];
        let (join_method, inviter) = match by {
            JoinedBy::Founding => (JoinMethod::Founder, None),
            JoinedBy::Import => (JoinMethod::Import, None),
            JoinedBy::Invitation { maker, .. } => (JoinMethod::Invitation, Some(maker)),
            JoinedBy::InviteLink { maker, .. } => (JoinMethod::InviteLink, Some(maker)),
            JoinedBy::TeamCode { maker, .. } => (JoinMethod::TeamCode, Some(maker)),
        };
        Member {
            person: place.person,
            user_id: Some(self.user_id(place.person)),
            email: place.email.as_ref().map(|email| email.as_typed().to_owned()),
            role: place.role.clone(),
            state: place.state,
            access: access.clone(),
            joined_at,
            join_method,
            invited_by: inviter.map(|person| self.user_id(person)),
            version: place.version,
        }
    }

    /// All members in the order of a list.
    pub(super) fn members_shown(&self, side: usize) -> Vec<Member> {
        let members = self.sides[side].team.members.iter();
        let mut members: Vec<_> = members.map(|one| self.member_shown(side, one)).collect();
        members.sort_by_key(|one| (one.joined_at, one.person));
        members
    }

    /// An invitation.
    pub(super) fn invitation_shown(&self, side: usize, one: &Invitation) -> StoredInvitation {
        let record = &self.sides[side].record;
        let id = one.id.uuid();
        let queued = Delivered { state: DeliveryState::Queued, failure: None, attempts: 0, sent_at: None };
        let (maker, maker_user_id) = self.inviter(side, one.maker);
        StoredInvitation {
            invitation: one.clone(),
            secret: record.secrets[&id].clone(),
            created_at: record.created[&id],
            maker,
            maker_user_id,
            answered_at: record.answered.get(&id).copied(),
            answered_by_user_id: one.answered_by.map(|person| self.user_id(person)),
            delivery: record.mailed[&id].then_some(queued),
        }
    }

    /// All invitations, the newest first.
    pub(super) fn invitations_shown(&self, side: usize) -> Vec<StoredInvitation> {
        let all = self.sides[side].team.invitations.iter();
        let mut all: Vec<_> = all.map(|one| self.invitation_shown(side, one)).collect();
        all.sort_by_key(|one| std::cmp::Reverse(place(one)));
        all
    }

    /// A link.
    pub(super) fn link_shown(&self, side: usize, link: &InviteLink) -> StoredLink {
        let (maker, maker_user_id) = self.inviter(side, link.maker);
        let secret = self.sides[side].record.secrets[&link.id.uuid()].clone();
        StoredLink { link: link.clone(), secret, maker, maker_user_id }
    }

    /// A code.
    pub(super) fn code_shown(&self, side: usize, code: &TeamCode) -> StoredCode {
        let (maker, maker_user_id) = self.inviter(side, code.maker);
        let record = &self.sides[side].record;
        let (text, created_at) = (record.texts[&code.id.uuid()].clone(), record.created[&code.id.uuid()]);
        StoredCode { code: code.clone(), text, created_at, maker, maker_user_id }
    }

    /// What is shown of an inviter: what they were granted only where grants play a part.
    pub(super) fn inviter(&self, side: usize, person: PersonKey) -> (Option<Holder>, Option<String>) {
        let holder = self.sides[side].team.holder(person).map(|mut holder| {
            if self.policy.kinds.is_empty() {
                holder.access = Access::default();
            }
            holder
        });
        (holder, Some(self.user_id(person)))
    }
}

/// What the order of invitations goes by.
pub(super) fn place(one: &StoredInvitation) -> (Timestamp, uuid::Uuid) {
    (one.created_at, one.invitation.id.uuid())
}
