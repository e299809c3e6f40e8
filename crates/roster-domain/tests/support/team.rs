//! An in-memory team: it answers what the decisions ask and carries out changes as the store does.

use std::collections::BTreeMap;

use roster_domain::decide::{TeamCap, could_make, create_team};
use roster_domain::policy::Policy;
use roster_domain::{
    Change, DisplayName, InviteLink, JoinedBy, MemberState, Membership, PersonKey, Revision, RoleName,
    Timestamp,
};

/// Whoever created the team.
pub(crate) const FOUNDER: PersonKey = PersonKey(0);

/// A team under a policy, at a moment.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Team<'p> {
    /// Its rules.
    pub(crate) policy: &'p Policy,
    /// What the clock says.
    pub(crate) now: Timestamp,
    /// How many commits changed it.
    pub(crate) revision: Revision,
    /// Its memberships, not kept unique here: that is for the decisions to do.
    pub(crate) members: Vec<Membership>,
    /// Members by role and state, counted change by change as in the store and never anew.
    pub(crate) counts: BTreeMap<(RoleName, MemberState), i64>,
    /// When each person was last removed.
    pub(crate) removals: BTreeMap<PersonKey, Revision>,
    /// Its links, the oldest first.
    pub(crate) links: Vec<InviteLink>,
}

/// What happens to a team without being one of the decisions that are tested.
#[derive(Clone, Debug)]
pub(crate) enum World {
    /// Time passes, in microseconds.
    Wait(i64),
    /// Time passes to the link's end, or to so many microseconds before it.
    WaitForEnd { link: usize, before: i64 },
    /// A member is suspended, where its role allows.
    Suspend(PersonKey),
    /// A suspended member is restored.
    Restore(PersonKey),
    /// A person becomes a member some other way. The role is counted within the policy.
    Enrol { person: PersonKey, role: usize },
    /// A member leaves, where its role allows. Nothing remembers that.
    Leave(PersonKey),
}

impl<'p> Team<'p> {
    /// A team as its creation leaves it.
    pub(crate) fn founded(policy: &'p Policy, now: Timestamp) -> Self {
        let mut team = Self {
            policy,
            now,
            revision: 0,
            members: vec![],
            counts: BTreeMap::new(),
            removals: BTreeMap::new(),
            links: vec![],
        };
        let name = DisplayName::parse("Team").expect("a name");
        let changes = create_team(policy, name, FOUNDER, None, TeamCap { limit: 1, used: 0 });
        team.apply(&changes.expect("below the cap")).expect("a new team");
        team
    }

    /// The membership of a person.
    pub(crate) fn member(&self, person: PersonKey) -> Option<&Membership> {
        self.members.iter().find(|member| member.person == person)
    }

    /// How many active members have the role, as counted.
    pub(crate) fn holders(&self, role: &RoleName) -> i64 {
        let counted = self.counts.get(&(role.clone(), MemberState::Active));
        counted.copied().unwrap_or_default()
    }

    /// The link made so many links before the last one.
    pub(crate) fn link(&self, back: usize) -> Option<&InviteLink> {
        self.links.iter().rev().nth(back)
    }

    /// How many links count towards the cap, by the store's rule.
    pub(crate) fn live_links(&self) -> u64 {
        let live = |link: &&InviteLink| {
            link.revoked_at.is_none()
                && link.expires_at > self.now
                && could_make(self.policy, self.member(link.maker), &link.role)
        };
        self.links.iter().filter(live).count() as u64
    }

    /// Carries out the changes of one commit. An error is one that the store would roll back.
    pub(crate) fn apply(&mut self, changes: &[Change]) -> Result<(), String> {
        if !changes.is_empty() {
            self.revision += 1;
        }
        changes.iter().try_for_each(|change| self.carry_out(change))
    }

    fn carry_out(&mut self, change: &Change) -> Result<(), String> {
        let stamp = self.revision;
        match change {
            Change::TeamCreated { .. } => Ok(()),
            Change::MemberJoined { person, role, by, .. } => {
                self.join(*person, role);
                match by {
                    JoinedBy::Founding => Ok(()),
                    JoinedBy::InviteLink { link, .. } => {
                        let link = self.links.iter_mut().find(|one| one.id == *link);
                        link.ok_or("a use of no link")?.uses += 1;
                        Ok(())
                    }
                }
            }
            Change::MemberRoleChanged { person, state, old_role, new_role } => {
                let member = self.members.iter_mut().find(|one| one.person == *person);
                let member = member.ok_or("a change of role of no member")?;
                member.role.clone_from(new_role);
                member.version = stamp;
                self.count(old_role, *state, -1);
                self.count(new_role, *state, 1);
                Ok(())
            }
            Change::MemberRemoved { person, state, role } => {
                let place = self.members.iter().position(|one| one.person == *person);
                self.members.remove(place.ok_or("a removal of no member")?);
                self.removals.insert(*person, stamp);
                self.count(role, *state, -1);
                Ok(())
            }
            Change::MemberEmailChanged { .. } => Err("no act here brings an address".to_owned()),
            Change::InviteLinkCreated(link) => {
                self.links.push(InviteLink {
                    id: link.id,
                    role: link.role.clone(),
                    maker: link.maker,
                    revision: stamp,
                    created_at: self.now,
                    expires_at: link.expires_at,
                    revoked_at: None,
                    uses: 0,
                });
                Ok(())
            }
            Change::InviteLinkRevoked { link } => {
                let now = self.now;
                let link = self.links.iter_mut().find(|one| one.id == *link);
                link.ok_or("a revocation of no link")?.revoked_at = Some(now);
                Ok(())
            }
        }
    }

    /// Lets something happen, or nothing where the rules of roles do not allow it.
    pub(crate) fn happen(&mut self, world: &World) {
        match world {
            World::Wait(micros) => self.now = Timestamp::from_micros(self.now.micros() + micros),
            World::WaitForEnd { link, before } => {
                if let Some(end) = self.link(*link).map(|link| link.expires_at) {
                    self.now = self.now.max(Timestamp::from_micros(end.micros() - before));
                }
            }
            World::Suspend(person) if self.can_spare(*person) => {
                self.put_state(*person, MemberState::Suspended);
            }
            World::Restore(person) => self.put_state(*person, MemberState::Active),
            World::Enrol { person, role } => {
                let role = &self.policy.roles[role % self.policy.roles.len()];
                if self.member(*person).is_none() && role.sole.is_none() {
                    self.revision += 1;
                    self.join(*person, &role.name);
                }
            }
            World::Leave(person) if self.can_spare(*person) => {
                if let Some(place) = self.members.iter().position(|one| one.person == *person) {
                    let member = self.members.remove(place);
                    self.revision += 1;
                    self.count(&member.role, member.state, -1);
                }
            }
            World::Suspend(_) | World::Leave(_) => {}
        }
    }

    fn can_spare(&self, person: PersonKey) -> bool {
        let Some(member) = self.member(person) else {
            return false;
        };
        let role = self.policy.role(&member.role).expect("a role of the policy");
        let last = member.state == MemberState::Active && self.holders(&role.name) <= 1;
        role.sole.is_none() && !(role.at_least_one && last)
    }

    fn put_state(&mut self, person: PersonKey, state: MemberState) {
        let revision = self.revision + 1;
        let member = self.members.iter_mut().find(|one| one.person == person);
        if let Some(member) = member.filter(|member| member.state != state) {
            let (role, before) = (member.role.clone(), member.state);
            member.state = state;
            member.version = revision;
            self.revision = revision;
            self.count(&role, before, -1);
            self.count(&role, state, 1);
        }
    }

    fn join(&mut self, person: PersonKey, role: &RoleName) {
        self.members.push(Membership {
            person,
            role: role.clone(),
            state: MemberState::Active,
            email: None,
            version: self.revision,
        });
        self.count(role, MemberState::Active, 1);
    }

    fn count(&mut self, role: &RoleName, state: MemberState, more: i64) {
        *self.counts.entry((role.clone(), state)).or_default() += more;
    }
}
