//! An in-memory team: what is stored of it, and what the decisions ask of that.

use std::collections::BTreeMap;

use roster_domain::decide::{
    TeamCap, TeamRequest, create_personal_team, create_team, invites, makes_codes, makes_links,
};
use roster_domain::facts::{
    Holder, Invitation, InvitationState, InviteLink, Membership, Occupancy, TeamCode, TeamFacts,
};
use roster_domain::policy::{Policy, Role, TierName};
use roster_domain::{
    Access, Change, DisplayName, EmailAddress, InvitationId, MemberState, PersonKey, Revision, RoleName,
    Timestamp, decide::take_up_email,
};

/// Whoever created the team.
pub const FOUNDER: PersonKey = PersonKey(0);

/// A team under a policy, at a moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Team<'p> {
    /// Its rules.
    pub policy: &'p Policy,
    /// What the clock says.
    pub now: Timestamp,
    /// How many commits changed it.
    pub revision: Revision,
    /// What it says of itself; none before its creation and after its end.
    pub facts: Option<TeamFacts>,
    /// Its members, not kept unique here: that is for the decisions to do.
    pub members: Vec<Member>,
    /// Members by role and state, counted change by change as in the store and never anew.
    pub counts: BTreeMap<(RoleName, MemberState), i64>,
    /// When each person was last removed, or lowered.
    pub removals: BTreeMap<PersonKey, Revision>,
    /// Its links, the oldest first; so are the others.
    pub links: Vec<InviteLink>,
    /// Its codes.
    pub codes: Vec<TeamCode>,
    /// Its invitations.
    pub invitations: Vec<Invitation>,
    /// How many secrets and ids were made.
    pub made: u128,
}

/// A membership with what was granted.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// Their membership.
    pub place: Membership,
    /// Their grants and restrictions.
    pub access: Access,
}

/// What happens to a team without being one of the decisions that are tested.
#[derive(Clone, Debug)]
pub(crate) enum World {
    /// Time passes, in microseconds.
    Wait(i64),
    /// Time passes to the end of a way in, or to so many microseconds before it.
    WaitForEnd { of: Ending, before: i64 },
    /// A call brings a member's verified address.
    Mail(PersonKey, EmailAddress),
}

/// A way in whose time ends, counted backwards from the last.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Ending {
    Link(usize),
    Code(usize),
    Invitation(usize),
}

impl<'p> Team<'p> {
    /// A team that is not created yet, whose ids and secrets are those after so many.
    #[must_use]
    pub fn unborn(policy: &'p Policy, now: Timestamp, made: u128) -> Self {
        Self {
            policy,
            now,
            revision: 0,
            facts: None,
            members: vec![],
            counts: BTreeMap::new(),
            removals: BTreeMap::new(),
            links: vec![],
            codes: vec![],
            invitations: vec![],
            made,
        }
    }

    /// A team as its creation leaves it: the founder's personal one where that is asked for and the policy has such.
    pub(crate) fn founded(policy: &'p Policy, now: Timestamp, personal: bool) -> Self {
        let mut team = Self::unborn(policy, now, 0);
        let display_name = DisplayName::parse("Team").expect("a name");
        let changes = if personal && policy.personal_team {
            create_personal_team(policy, display_name, FOUNDER, None)
        } else {
            let request =
                TeamRequest { display_name, tier: None, external_id: None, external_id_taken_by: None };
            create_team(policy, request, FOUNDER, None, TeamCap { limit: 1, used: 0 })
        };
        team.apply(&changes.expect("below the cap")).expect("a new team");
        team
    }

    /// The member that is that person.
    #[must_use]
    pub fn member(&self, person: PersonKey) -> Option<&Member> {
        self.members.iter().find(|member| member.place.person == person)
    }

    /// The membership of a person.
    #[must_use]
    pub fn place(&self, person: PersonKey) -> Option<&Membership> {
        self.member(person).map(|member| &member.place)
    }

    /// What a person was granted.
    #[must_use]
    pub fn access(&self, person: PersonKey) -> Access {
        self.member(person).map(|member| member.access.clone()).unwrap_or_default()
    }

    /// A person's membership with what it was granted.
    #[must_use]
    pub fn holder(&self, person: PersonKey) -> Option<Holder> {
        let member = self.member(person)?.clone();
        Some(Holder { membership: member.place, access: member.access })
    }

    /// Its tier.
    pub(crate) fn tier(&self) -> Option<&TierName> {
        self.facts.as_ref().and_then(|facts| facts.tier.as_ref())
    }

    /// How many members have the role and the state, as counted.
    #[must_use]
    pub fn counted(&self, role: &RoleName, state: MemberState) -> i64 {
        self.counts.get(&(role.clone(), state)).copied().unwrap_or_default()
    }

    /// What holds seats, if the policy counts them: members as counted, invitations as they are now.
    #[must_use]
    pub fn occupancy(&self) -> Occupancy {
        if self.policy.seats.is_none() {
            return Occupancy::default();
        }
        let members = |state| {
            let all = self.counts.iter().filter(|((_, one), _)| *one == state).map(|(_, count)| count);
            u64::try_from(all.sum::<i64>()).unwrap_or_default()
        };
        Occupancy {
            active: members(MemberState::Active),
            suspended: members(MemberState::Suspended),
            pending: self.pending(),
        }
    }

    /// Whether an invitation can still be answered.
    #[must_use]
    pub fn is_pending(&self, invitation: &Invitation) -> bool {
        invitation.state == InvitationState::Pending && self.now < invitation.expires_at
    }

    /// How many invitations can still be answered.
    pub(crate) fn pending(&self) -> u64 {
        self.invitations.iter().filter(|one| self.is_pending(one)).count() as u64
    }

    /// Whether that person is an active member whose role makes such invites to that role, wherever it reaches.
    fn makes(&self, person: PersonKey, role: &RoleName, by: fn(&Role, &RoleName) -> bool) -> bool {
        let place = self.place(person).filter(|place| place.state == MemberState::Active);
        let own = place.and_then(|place| self.policy.roles.iter().find(|one| one.name == place.role));
        own.is_some_and(|own| by(own, role))
    }

    /// Whether a link counts towards the cap, and is listed as live, by the store's rule.
    #[must_use]
    pub fn is_live_link(&self, link: &InviteLink) -> bool {
        link.revoked_at.is_none()
            && link.expires_at > self.now
            && self.makes(link.maker, &link.role, makes_links)
    }

    /// Whether a code does.
    #[must_use]
    pub fn is_live_code(&self, code: &TeamCode) -> bool {
        code.revoked_at.is_none()
            && code.expires_at.is_none_or(|end| end > self.now)
            && code.max_uses.is_none_or(|most| code.uses < most)
            && self.makes(code.maker, &code.role, makes_codes)
    }

    /// Whether an invitation does.
    #[must_use]
    pub fn is_live_invitation(&self, one: &Invitation) -> bool {
        self.is_pending(one) && self.makes(one.maker, &one.role, invites)
    }

    /// How many links count towards the cap.
    pub(crate) fn live_links(&self) -> u64 {
        self.links.iter().filter(|link| self.is_live_link(link)).count() as u64
    }

    /// How many codes count towards the cap.
    pub(crate) fn live_codes(&self) -> u64 {
        self.codes.iter().filter(|code| self.is_live_code(code)).count() as u64
    }

    /// How many invitations count towards the cap, beside that one.
    pub(crate) fn live_invitations(&self, beside: Option<InvitationId>) -> u64 {
        let live = self.invitations.iter().filter(|one| self.is_live_invitation(one));
        live.filter(|one| Some(one.id) != beside).count() as u64
    }

    /// Lets something happen.
    pub(crate) fn happen(&mut self, world: &World) -> Result<(), String> {
        let reached = match world {
            World::Wait(micros) => Some(self.now.micros() + micros),
            World::WaitForEnd { of, before } => self.end(*of).map(|end| end.micros() - before),
            World::Mail(person, email) => {
                let change = self.place(*person).and_then(|member| take_up_email(member, Some(email)));
                return self.apply(&change.into_iter().collect::<Vec<Change>>());
            }
        };
        self.now = self.now.max(reached.map_or(self.now, Timestamp::from_micros));
        Ok(())
    }

    fn end(&self, of: Ending) -> Option<Timestamp> {
        match of {
            Ending::Link(back) => nth_last(&self.links, back).map(|link| link.expires_at),
            Ending::Code(back) => nth_last(&self.codes, back).and_then(|code| code.expires_at),
            Ending::Invitation(back) => nth_last(&self.invitations, back).map(|one| one.expires_at),
        }
    }
}

/// The one that many places before the last.
pub(crate) fn nth_last<T>(all: &[T], back: usize) -> Option<&T> {
    all.iter().rev().nth(back)
}
