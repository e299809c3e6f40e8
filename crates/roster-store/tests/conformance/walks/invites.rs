//! What the store reads of invites: each, all, in every state, page by page; and what those see who come by one.

use roster_domain::decide::{InviteLinkState, ShownInvitationState, TeamCodeState};
use roster_domain::facts::{Invitation, InvitationState, TeamCode};
use roster_domain::{EmailAddress, InvitationId, InviteLink};
use roster_store::{
    CodeQuery, InvitationQuery, InviteOf, InvitesOf, LinkQuery, PendingInvitations, Received, ReceivedQuery,
};

use super::shown::place;
use super::world::World;

const PAGE: usize = 2;

impl World<'_> {
    pub(super) async fn look_at_invitations(&self, side: usize, n: usize) {
        let team = &self.sides[side].team;
        let all = self.invitations_shown(side);
        for one in all.iter().rev().skip(n / 5 % 3).take(2) {
            assert_eq!(self.ask(side, InviteOf(one.invitation.id)).await.unwrap().as_ref(), Some(one));
            let other = self.ask(1 - side, InviteOf(one.invitation.id)).await;
            assert!(other.is_none_or(|found| found.is_none()), "shown by another team");
        }
        let ids: Vec<InvitationId> = all.iter().step_by(2).map(|one| one.invitation.id).collect();
        let mut some = self.ask(side, InvitesOf(&ids)).await.unwrap();
        some.sort_by_key(|one| std::cmp::Reverse(place(one)));
        assert_eq!(some, all.iter().step_by(2).cloned().collect::<Vec<_>>());
        let pending = PendingInvitations { now: self.now(), limit: 3 };
        let expected = all.iter().filter(|one| team.is_pending(&one.invitation)).take(3);
        assert_eq!(self.ask(side, pending).await.unwrap(), expected.cloned().collect::<Vec<_>>());
        let email = all.get(n % all.len().max(1)).map(|one| one.invitation.email.clone());
        for state in [None].into_iter().chain(INVITATION_STATES.map(Some)) {
            for email in [None, email.as_ref()] {
                let fits = |one: &&roster_store::StoredInvitation| {
                    state.is_none_or(|state| state == self.invitation_state(side, &one.invitation))
                        && email.is_none_or(|email| email.key() == one.invitation.email.key())
                };
                let expected: Vec<_> = all.iter().filter(fits).cloned().collect();
                let mut after = None;
                for page in expected.chunks(PAGE).chain((expected.len() % PAGE == 0).then_some(&[][..])) {
                    let query = InvitationQuery { state, email, after, limit: PAGE as u64 };
                    let listed = self.ask(side, query.clone()).await.unwrap();
                    assert_eq!(listed, page, "{query:?}");
                    after = page.last().map(place);
                }
            }
        }
    }

    pub(super) async fn look_at_links_and_codes(&self, side: usize, n: usize) {
        let (limit, team) = (PAGE as u64, &self.sides[side].team);
        let links: Vec<_> = team.links.iter().rev().map(|one| self.link_shown(side, one)).collect();
        if let Some(one) = links.get(n / 5 % links.len().max(1)) {
            assert_eq!(self.ask(side, InviteOf(one.link.id)).await.unwrap().as_ref(), Some(one));
            let other = self.ask(1 - side, InviteOf(one.link.id)).await;
            assert!(other.is_none_or(|found| found.is_none()), "shown by another team");
        }
        for state in [None].into_iter().chain(LINK_STATES.map(Some)) {
            let is = |link: &InviteLink| state.is_none_or(|state| state == self.link_state(side, link));
            let expected: Vec<_> = links.iter().filter(|one| is(&one.link)).cloned().collect();
            let mut after = None;
            for page in expected.chunks(PAGE).chain((expected.len() % PAGE == 0).then_some(&[][..])) {
                let listed = self.ask(side, LinkQuery { state, after, limit }).await.unwrap();
                assert_eq!(listed, page, "{state:?} after {after:?}");
                after = page.last().map(|last| last.link.revision);
            }
        }
        let codes: Vec<_> = team.codes.iter().rev().map(|one| self.code_shown(side, one)).collect();
        if let Some(one) = codes.get(n / 5 % codes.len().max(1)) {
            assert_eq!(self.ask(side, InviteOf(one.code.id)).await.unwrap().as_ref(), Some(one));
            let other = self.ask(1 - side, InviteOf(one.code.id)).await;
            assert!(other.is_none_or(|found| found.is_none()), "shown by another team");
        }
        for state in [None].into_iter().chain(CODE_STATES.map(Some)) {
            let is = |code: &TeamCode| state.is_none_or(|state| state == self.code_state(side, code));
            let expected: Vec<_> = codes.iter().filter(|one| is(&one.code)).cloned().collect();
            let mut after = None;
            for page in expected.chunks(PAGE).chain((expected.len() % PAGE == 0).then_some(&[][..])) {
                let listed = self.ask(side, CodeQuery { state, after, limit }).await.unwrap();
                assert_eq!(listed, page, "{state:?} after {after:?}");
                after = page.last().map(|last| last.code.revision);
            }
        }
    }

    /// The invitations that each address has received, of both teams.
    pub(super) async fn look_at_received(&self) {
        for address in 0..8 {
            let email = EmailAddress::parse(&format!("P{address}@example.org")).unwrap();
            let mut expected: Vec<Received> = vec![];
            for (n, side) in self.sides.iter().enumerate() {
                let Some(facts) = &side.team.facts else { continue };
                let open = side.team.invitations.iter().filter(|one| side.team.is_pending(one));
                for one in open.filter(|one| one.email.key() == email.key()) {
                    let (maker, maker_user_id) = self.inviter(n, one.maker);
                    expected.push(Received {
                        invitation: one.clone(),
                        created_at: side.record.created[&one.id.uuid()],
                        team: side.id,
                        team_name: facts.display_name.clone(),
                        policy: self.policy.name.clone(),
                        maker,
                        maker_user_id,
                    });
                }
            }
            expected.sort_by_key(|one| std::cmp::Reverse((one.created_at, one.invitation.id.uuid())));
            let policies = [self.policy];
            let query = |after, limit| ReceivedQuery {
                email: &email,
                policies: &policies,
                now: self.now(),
                after,
                limit,
            };
            assert_eq!(self.store.received_invitations(&query(None, 10)).await.unwrap(), expected);
            if let Some(first) = expected.first() {
                let after = Some((first.created_at, first.invitation.id.uuid()));
                assert_eq!(self.store.received_invitations(&query(after, 10)).await.unwrap(), expected[1..]);
            }
        }
    }

    /// A mail waits for the last secret of each invitation that was mailed, and for no earlier one.
    pub(super) async fn look_at_mails(&self) {
        let mailed = self.sides.iter().flat_map(|side| side.record.mailed.values()).filter(|mailed| **mailed);
        let waiting = self.db.number("SELECT count(*) FROM mails").await;
        assert_eq!(waiting, i64::try_from(mailed.count()).unwrap());
    }

    /// The teams whose invitations ran out unnoticed.
    pub(super) async fn look_at_overdue(&self) {
        let found = self.store.teams_with_overdue_invitations(None, 100).await.unwrap();
        let is_overdue =
            |one: &Invitation| one.state == InvitationState::Pending && one.expires_at <= self.now();
        let expected = self.sides.iter().filter(|side| side.team.facts.is_some());
        let expected =
            expected.filter(|side| side.team.invitations.iter().any(is_overdue)).map(|side| side.id);
        assert_eq!(found.teams, expected.collect::<Vec<_>>());
    }

    /// By the inviter's role alone, as lists are filtered.
    fn invitation_state(&self, side: usize, one: &Invitation) -> ShownInvitationState {
        let team = &self.sides[side].team;
        match one.state {
            InvitationState::Accepted => ShownInvitationState::Accepted,
            InvitationState::Declined => ShownInvitationState::Declined,
            InvitationState::Cancelled => ShownInvitationState::Cancelled,
            InvitationState::Pending if team.is_live_invitation(one) => ShownInvitationState::Pending,
            InvitationState::Pending if team.is_pending(one) => ShownInvitationState::MakerGone,
            _ => ShownInvitationState::Expired,
        }
    }

    fn link_state(&self, side: usize, link: &InviteLink) -> InviteLinkState {
        if link.revoked_at.is_some() {
            InviteLinkState::Revoked
        } else if link.expires_at <= self.now() {
            InviteLinkState::Expired
        } else if self.sides[side].team.is_live_link(link) {
            InviteLinkState::Live
        } else {
            InviteLinkState::MakerGone
        }
    }

    fn code_state(&self, side: usize, code: &TeamCode) -> TeamCodeState {
        if code.revoked_at.is_some() {
            TeamCodeState::Revoked
        } else if code.expires_at.is_some_and(|end| end <= self.now()) {
            TeamCodeState::Expired
        } else if code.max_uses.is_some_and(|most| code.uses >= most) {
            TeamCodeState::Exhausted
        } else if self.sides[side].team.is_live_code(code) {
            TeamCodeState::Live
        } else {
            TeamCodeState::MakerGone
        }
    }
}

const INVITATION_STATES: [ShownInvitationState; 6] = [
    ShownInvitationState::Pending,
    ShownInvitationState::MakerGone,
    ShownInvitationState::Accepted,
    ShownInvitationState::Declined,
    ShownInvitationState::Cancelled,
    ShownInvitationState::Expired,
];

const LINK_STATES: [InviteLinkState; 4] =
    [InviteLinkState::Live, InviteLinkState::Expired, InviteLinkState::Revoked, InviteLinkState::MakerGone];

const CODE_STATES: [TeamCodeState; 5] = [
    TeamCodeState::Live,
    TeamCodeState::Expired,
    TeamCodeState::Revoked,
    TeamCodeState::Exhausted,
    TeamCodeState::MakerGone,
];
