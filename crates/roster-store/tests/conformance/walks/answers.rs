//! What a mutation answers, computed before it is written, is what is shown afterwards.

use roster_domain::facts::Occupancy;
use roster_domain::{Change, PersonKey};
use roster_store::{Inviter, Member, StoredCode, StoredInvitation, StoredLink, Team, occupancy_after};

use super::held::Shown;
use super::world::World;

impl World<'_> {
    /// Compares what was shown before and went through the changes with the team in memory as it is now.
    pub(super) fn check_answer(
        &self,
        side: usize,
        changes: &[Change],
        (team, occupancy): (Team, Occupancy),
        shown: Shown,
    ) {
        let (now, after) = (self.now(), &self.sides[side].team);
        let revision = after.revision;
        if after.facts.is_none() {
            return;
        }
        assert_eq!(team.after(changes, revision), self.team_shown(side), "{changes:?}");
        let ends = |change: &Change| {
            matches!(
                change,
                Change::InvitationCancelled { .. }
                    | Change::InvitationExpired { .. }
                    | Change::InvitationDeclined { .. }
                    | Change::InvitationResent { .. }
                    | Change::InvitationCreated(_)
            )
        };
        let counts_suspended = |change: &Change| {
            matches!(
                change,
                Change::MemberSuspended { .. } | Change::MemberRestored { .. } | Change::MemberRemoved { .. }
            )
        };
        if self.policy.seats.is_some() && !changes.iter().any(|one| ends(one) || counts_suspended(one)) {
            assert_eq!(occupancy_after(occupancy, changes), after.occupancy(), "{changes:?}");
        }
        match shown {
            Shown::Member(Some(member)) => self.check_members(side, changes, vec![member]),
            Shown::Members(members) => self.check_members(side, changes, members),
            Shown::Joiner(member, inviter) => self.check_joiner(side, changes, member, inviter.as_deref()),
            Shown::Invitation(Some(one)) => {
                let Some(inviter) = resent_by(changes).or(Some(one.invitation.maker)) else { return };
                let id = one.invitation.id;
                let is = after.invitations.iter().find(|one| one.id == id).unwrap();
                let ended = changes.iter().any(|change| !matches!(change, Change::MemberEmailChanged { .. }));
                if ended && let Some(inviter) = self.as_inviter(side, inviter) {
                    // What a change of address does to the inviter who is shown, `holder_after` says elsewhere.
                    let answered = one.after(changes, inviter, revision);
                    let shown = self.invitation_shown(side, is);
                    assert_eq!(StoredInvitation { maker: shown.maker.clone(), ..answered }, shown);
                }
            }
            Shown::Link(Some(one)) => {
                let is = after.links.iter().find(|link| link.id == one.link.id).unwrap();
                let (answered, shown) = (one.after(changes, now), self.link_shown(side, is));
                assert_eq!(StoredLink { maker: shown.maker.clone(), ..answered }, shown);
            }
            Shown::Code(Some(one)) => {
                if let Some(is) = after.codes.iter().find(|code| code.id == one.code.id) {
                    let (answered, shown) = (one.after(changes, now), self.code_shown(side, is));
                    assert_eq!(StoredCode { maker: shown.maker.clone(), ..answered }, shown);
                }
            }
            _ => {}
        }
        self.check_what_is_made(side, changes);
    }

    fn check_members(&self, side: usize, changes: &[Change], members: Vec<Member>) {
        let team = &self.sides[side].team;
        for member in members {
            if let Some(is) = team.member(member.person) {
                assert_eq!(member.after(changes, team.revision), self.member_shown(side, is), "{changes:?}");
            }
        }
    }

    fn check_joiner(&self, side: usize, changes: &[Change], member: Option<Member>, inviter: Option<&str>) {
        let team = &self.sides[side].team;
        for change in changes {
            let Change::MemberJoined(new) = change else { continue };
            let user = self.user_id(new.person);
            let answered =
                Member::joined(new, &user, inviter.map(str::to_owned), (team.revision, self.now()));
            assert_eq!(answered, self.member_shown(side, team.member(new.person).unwrap()));
        }
        self.check_members(side, changes, member.into_iter().collect());
    }

    fn check_what_is_made(&self, side: usize, changes: &[Change]) {
        let (team, now) = (&self.sides[side].team, self.now());
        let at = (team.revision, now);
        for change in changes {
            match change {
                Change::InvitationCreated(new) => {
                    let inviter = self.as_inviter(side, new.maker).unwrap();
                    let is = team.invitations.iter().find(|one| one.id == new.id).unwrap();
                    assert_eq!(StoredInvitation::created(new, inviter, at), self.invitation_shown(side, is));
                }
                Change::InviteLinkCreated(new) => {
                    let inviter = self.as_inviter(side, new.maker).unwrap();
                    let is = team.links.iter().find(|one| one.id == new.id).unwrap();
                    assert_eq!(StoredLink::created(new, inviter, at), self.link_shown(side, is));
                }
                Change::TeamCodeCreated(new) => {
                    let inviter = self.as_inviter(side, new.maker).unwrap();
                    let is = team.codes.iter().find(|one| one.id == new.id).unwrap();
                    assert_eq!(StoredCode::created(new, inviter, at), self.code_shown(side, is));
                }
                _ => {}
            }
        }
    }

    fn as_inviter(&self, side: usize, person: PersonKey) -> Option<Inviter> {
        let (holder, user_id) = self.inviter(side, person);
        Some(Inviter { user_id: user_id?, holder: holder? })
    }
}

fn resent_by(changes: &[Change]) -> Option<PersonKey> {
    changes.iter().find_map(|change| match change {
        Change::InvitationResent { maker, .. } => Some(*maker),
        _ => None,
    })
}
