//! An in-memory team: what is stored of it, and what the decisions ask of that.

use std::collections::BTreeMap;

use roster_domain::decide::{
    TeamCap, TeamCodeState, TeamRequest, code_state, could_invite, could_make, create_personal_team,
    create_team,
};
use roster_domain::facts::{
    Holder, Invitation, InvitationState, InviteLink, Membership, Occupancy, TeamCode, TeamFacts,
};
use roster_domain::policy::{Policy, TierName};
use roster_domain::{
    Access, Change, DisplayName, EmailAddress, InvitationId, MemberState, PersonKey, Revision, RoleName,
    Timestamp, decide::take_up_email,
};

/// Whoever created the team.
pub(crate) const FOUNDER: PersonKey = PersonKey(0);

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
    /// A team as its creation leaves it: the founder's personal one where that is asked for and the policy has such.
    pub(crate) fn founded(policy: &'p Policy, now: Timestamp, personal: bool) -> Self {
        let mut team = Self {
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
            made: 0,
        };
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
    pub(crate) fn member(&self, person: PersonKey) -> Option<&Member> {
        self.members.iter().find(|member| member.place.person == person)
    }

    /// The membership of a person.
    pub(crate) fn place(&self, person: PersonKey) -> Option<&Membership> {
        self.member(person).map(|member| &member.place)
    }

    /// What a person was granted.
    pub(crate) fn access(&self, person: PersonKey) -> Access {
        self.member(person).map(|member| member.access.clone()).unwrap_or_default()
    }

    /// A person's membership with what it was granted.
    pub(crate) fn holder(&self, person: PersonKey) -> Option<Holder> {
        let member = self.member(person)?.clone();
        Some(Holder { membership: member.place, access: member.access })
    }

    /// Its tier.
    pub(crate) fn tier(&self) -> Option<&TierName> {
        self.facts.as_ref().and_then(|facts| facts.tier.as_ref())
    }

    /// How many members have the role and the state, as counted.
    pub(crate) fn counted(&self, role: &RoleName, state: MemberState) -> i64 {
        self.counts.get(&(role.clone(), state)).copied().unwrap_or_default()
    }

    /// What holds seats: members as counted, invitations as they are now.
    pub(crate) fn occupancy(&self) -> Occupancy {
        let members = |state| {
            let all = self.counts.iter().filter(|((_, one), _)| *one == state).map(|(_, count)| count);
            u64::try_from(all.sum::<i64>()).unwrap_or_default()
        };
        let pending = self.invitations.iter().filter(|one| self.is_pending(one)).count();
        Occupancy {
            active: members(MemberState::Active),
            suspended: members(MemberState::Suspended),
            pending: pending as u64,
        }
    }

    /// Whether an invitation can still be answered.
    pub(crate) fn is_pending(&self, invitation: &Invitation) -> bool {
        invitation.state == InvitationState::Pending && self.now < invitation.expires_at
    }

    /// How many links count towards the cap, by the store's rule.
    pub(crate) fn live_links(&self) -> u64 {
        let live = |link: &&InviteLink| {
            link.revoked_at.is_none()
                && link.expires_at > self.now
                && could_make(self.policy, self.holder(link.maker).as_ref(), &link.role)
        };
        self.links.iter().filter(live).count() as u64
    }

    /// How many codes count towards the cap.
    pub(crate) fn live_codes(&self) -> u64 {
        let state =
            |code: &TeamCode| code_state(self.policy, code, self.holder(code.maker).as_ref(), self.now);
        self.codes.iter().filter(|code| state(code) == TeamCodeState::Live).count() as u64
    }

    /// How many invitations count towards the cap, beside that one.
    pub(crate) fn live_invitations(&self, beside: Option<InvitationId>) -> u64 {
        let live = |one: &&Invitation| {
            let maker = self.holder(one.maker);
            Some(one.id) != beside
                && self.is_pending(one)
                && could_invite(self.policy, maker.as_ref(), &one.role, &one.access)
        };
        self.invitations.iter().filter(live).count() as u64
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
