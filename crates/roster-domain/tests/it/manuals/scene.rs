//! A team whose people have names, and what they do to it and to each other.
//!
//! Whatever a decision allows is carried out, so that a test reads like the manual that it holds.

use std::collections::BTreeMap;
use std::rc::Rc;

use roster_domain::decide::{
    Addition, NewRole, Seats, TeamCap, TeamRequest, TransferBy, add_members, change_role,
    create_personal_team, create_team, delete_team, leave_team, remove_member, rename_team, restore_member,
    role_on, seats, set_access, set_tier, standing, suspend_member, transfer_ownership,
};
use roster_domain::facts::{
    ActorFacts, AdditionFacts, Invitation, InvitationState, MemberFacts, Occupancy, RemovalFacts,
    RestorationFacts, TeamCode, TeamFacts, TransferFacts,
};
use roster_domain::policy::{KindName, Policy, TierName, presets};
use roster_domain::{
    Access, AccessRequest, Change, DisplayName, EmailAddress, Grant, GrantTarget, InviteLink, MemberState,
    Membership, PersonKey, Refusal, ResourceId, RoleName, Timestamp,
};

use super::golden_refusals::name;

/// Everybody. The first one creates the team.
const PEOPLE: [&str; 14] =
    ["ada", "bob", "cem", "dan", "eve", "fay", "gil", "hal", "ida", "jon", "kim", "leo", "mia", "nat"];

/// What comes of an act.
pub(crate) type Outcome = Result<Vec<Change>, Refusal>;

/// A team under a policy, at a moment.
#[derive(Clone)]
pub(crate) struct Scene {
    pub(crate) policy: Rc<Policy>,
    pub(crate) now: Timestamp,
    pub(crate) team: TeamFacts,
    pub(crate) revision: i64,
    pub(crate) members: BTreeMap<PersonKey, (Membership, Access)>,
    pub(crate) removals: BTreeMap<PersonKey, i64>,
    pub(crate) invitations: Vec<Invitation>,
    pub(crate) links: Vec<InviteLink>,
    pub(crate) codes: Vec<TeamCode>,
}

impl Scene {
    /// A team that ada has just created under that preset, at noon on 1 March 2026.
    pub(crate) fn of(preset: &str) -> Self {
        let name = DisplayName::parse("Team").expect("a name");
        let request =
            TeamRequest { display_name: name, tier: None, external_id: None, external_id_taken_by: None };
        let cap = TeamCap { limit: 1, used: 0 };
        Self::begun(preset, |policy| create_team(policy, request, person("ada"), Some(address("ada")), cap))
    }

    /// The team of one that ada has.
    pub(crate) fn personal(preset: &str) -> Self {
        let name = DisplayName::parse("Ada").expect("a name");
        Self::begun(preset, |policy| create_personal_team(policy, name, person("ada"), Some(address("ada"))))
    }

    fn begun(preset: &str, create: impl FnOnce(&Policy) -> Outcome) -> Self {
        let policy = presets().into_iter().find(|policy| policy.name.as_str() == preset);
        let policy = Rc::new(policy.expect("a preset"));
        let display_name = DisplayName::parse("Nothing").expect("a name");
        let mut scene = Self {
            now: at("2026-03-01T12:00:00Z"),
            team: TeamFacts { display_name, tier: None, personal: None, version: 1 },
            revision: 0,
            members: BTreeMap::new(),
            removals: BTreeMap::new(),
            invitations: vec![],
            links: vec![],
            codes: vec![],
            policy,
        };
        let created = create(&scene.policy);
        scene.carry_out(created).expect("a new team");
        scene
    }

    /// The same team with one more member, whom a calling service added.
    pub(crate) fn with(mut self, who: &str, role: &str) -> Self {
        let addition = Addition {
            person: person(who),
            role: role_name(role),
            grants: vec![],
            email: Some(address(who)),
            joined_at: None,
        };
        let facts = AdditionFacts { team: self.team.clone(), members: vec![], occupancy: self.occupancy() };
        let added = add_members(&self.policy, &facts, &[addition], 200, self.now);
        let changes = added.into_iter().map(|one| one.map(|change| change.expect("it is no member")));
        self.carry_out(changes.collect()).expect("there is room");
        self
    }

    /// The same team on that tier.
    pub(crate) fn on_tier(mut self, tier: &str) -> Self {
        self.tier(tier).expect("a tier of the policy");
        self
    }

    pub(crate) fn tier(&mut self, tier: &str) -> Outcome {
        let tier = TierName::parse(tier).expect("a well-shaped name");
        let outcome = set_tier(&self.policy, &self.team, tier);
        self.carry_out(outcome)
    }

    pub(crate) fn rename(&mut self, who: &str, name: &str) -> Outcome {
        let name = DisplayName::parse(name).expect("a name");
        let outcome = rename_team(&self.policy, &self.actor_facts(who), &name, None);
        self.carry_out(outcome)
    }

    /// Whether the team could be deleted; it stays.
    pub(crate) fn may_delete(&self, who: &str) -> Outcome {
        delete_team(&self.policy, &self.actor_facts(who), None)
    }

    pub(crate) fn make(&mut self, who: &str, whom: &str, role: &str) -> Outcome {
        self.make_with(who, whom, role, None)
    }

    /// Changes a role and what is granted at once.
    pub(crate) fn make_with(
        &mut self,
        who: &str,
        whom: &str,
        role: &str,
        access: Option<&AccessRequest>,
    ) -> Outcome {
        let new = NewRole { role: &role_name(role), access, grant_cap: 200 };
        let outcome = change_role(&self.policy, &self.facts(who, whom), &new, None);
        self.carry_out(outcome)
    }

    pub(crate) fn grant(&mut self, who: &str, whom: &str, request: &AccessRequest) -> Outcome {
        let outcome = set_access(&self.policy, &self.facts(who, whom), request, None, 200);
        self.carry_out(outcome)
    }

    pub(crate) fn suspend(&mut self, who: &str, whom: &str) -> Outcome {
        let outcome = suspend_member(&self.policy, &self.facts(who, whom), None);
        self.carry_out(outcome)
    }

    pub(crate) fn restore(&mut self, who: &str, whom: &str) -> Outcome {
        let facts = RestorationFacts { member: self.facts(who, whom), occupancy: self.occupancy() };
        let outcome = restore_member(&self.policy, &facts, None);
        self.carry_out(outcome)
    }

    pub(crate) fn remove(&mut self, who: &str, whom: &str) -> Outcome {
        let to_them = |one: &&Invitation| {
            one.state == InvitationState::Pending && one.email.key() == address(whom).key()
        };
        let facts = RemovalFacts {
            member: self.facts(who, whom),
            invitations: self.invitations.iter().filter(to_them).cloned().collect(),
            links: vec![],
            codes: vec![],
        };
        let outcome = remove_member(&self.policy, &facts, false, None, self.now);
        self.carry_out(outcome)
    }

    pub(crate) fn leave(&mut self, who: &str) -> Outcome {
        let outcome = leave_team(&self.policy, &self.facts(who, who));
        self.carry_out(outcome)
    }

    pub(crate) fn transfer(&mut self, who: &str, whom: &str) -> Outcome {
        let founder = &self.policy.founder().name;
        let holder = self.members.values().find(|(member, _)| member.role == *founder);
        let facts = self.facts(who, whom);
        let facts = TransferFacts {
            actor: facts.actor,
            holder: holder.map(|(member, _)| member.clone()),
            holder_access: holder.map(|(_, access)| access.clone()).unwrap_or_default(),
            target: facts.target,
            target_access: facts.target_access,
        };
        let outcome = transfer_ownership(&self.policy, &facts, TransferBy::Member);
        self.carry_out(outcome)
    }

    /// Whether a permission of the team is theirs, now.
    pub(crate) fn may(&self, who: &str, permission: &'static str) -> bool {
        let standing = standing(&self.policy, self.member(who));
        standing.is_ok_and(|standing| standing.require(permission).is_ok())
    }

    /// The role on that resource of the policy's only kind; `-` for none.
    pub(crate) fn reaches(&self, who: &str, resource: &str) -> &str {
        let Ok(standing) = standing(&self.policy, self.member(who)) else { return "-" };
        let resource = ResourceId::parse(resource).expect("an id");
        let access = &self.members[&person(who)].1;
        let role = role_on(&self.policy.kinds[0], &standing.role.name, access, Some(&resource));
        role.map_or("-", |role| role.name.as_str())
    }

    /// Somebody's role, `suspended` before it if they are; `-` for no member.
    pub(crate) fn place(&self, who: &str) -> String {
        match self.member(who) {
            Some(member) if member.state == MemberState::Suspended => format!("suspended {}", member.role),
            Some(member) => member.role.to_string(),
            None => "-".to_owned(),
        }
    }

    pub(crate) fn seats(&self) -> Seats {
        seats(&self.policy, self.team.tier.as_ref(), self.occupancy()).expect("a policy with seats")
    }

    pub(crate) fn member(&self, who: &str) -> Option<&Membership> {
        self.members.get(&person(who)).map(|(member, _)| member)
    }

    pub(crate) fn access(&self, who: &str) -> Access {
        self.members.get(&person(who)).map(|(_, access)| access.clone()).unwrap_or_default()
    }

    pub(crate) fn occupancy(&self) -> Occupancy {
        let members =
            |state| self.members.values().filter(|(member, _)| member.state == state).count() as u64;
        let pending = |one: &&Invitation| one.state == InvitationState::Pending && self.now < one.expires_at;
        Occupancy {
            active: members(MemberState::Active),
            suspended: members(MemberState::Suspended),
            pending: self.invitations.iter().filter(pending).count() as u64,
        }
    }

    fn facts(&self, who: &str, whom: &str) -> MemberFacts {
        let target = self.member(whom);
        let same_role = |member: &&Membership| {
            member.state == MemberState::Active && target.is_some_and(|target| target.role == member.role)
        };
        let holders = self.members.values().map(|(member, _)| member).filter(same_role).count();
        MemberFacts {
            team: self.team.clone(),
            actor: self.member(who).cloned(),
            actor_access: self.access(who),
            target: target.cloned(),
            target_access: self.access(whom),
            holders_of_target_role: i64::try_from(holders).expect("few people"),
        }
    }

    fn actor_facts(&self, who: &str) -> ActorFacts {
        ActorFacts { team: self.team.clone(), actor: self.member(who).cloned() }
    }
}

/// The name of the refusal.
pub(crate) fn refused(outcome: Outcome) -> &'static str {
    name(&outcome.expect_err("it is refused"))
}

pub(crate) fn person(who: &str) -> PersonKey {
    let place = PEOPLE.iter().position(|name| *name == who).expect("somebody");
    PersonKey(i64::try_from(place).expect("few people"))
}

pub(crate) fn address(who: &str) -> EmailAddress {
    EmailAddress::parse(&format!("{who}@example.org")).expect("an address")
}

pub(crate) fn role_name(role: &str) -> RoleName {
    RoleName::parse(role).expect("a well-shaped name")
}

/// A moment, in RFC 3339.
pub(crate) fn at(time: &str) -> Timestamp {
    Timestamp::from_micros(time.parse::<jiff::Timestamp>().expect("a time").as_microsecond())
}

/// What takes the place of somebody's grants: that role on each of those resources.
pub(crate) fn only(grants: &[Grant]) -> AccessRequest {
    AccessRequest { grants: grants.to_vec(), unrestrict: vec![] }
}

/// A grant on one resource, or with `*` on all.
pub(crate) fn on(kind: &str, resource: &str, role: &str) -> Grant {
    let target = match resource {
        "*" => GrantTarget::All,
        id => GrantTarget::One(ResourceId::parse(id).expect("an id")),
    };
    Grant { kind: KindName::parse(kind).expect("a well-shaped name"), target, role: role_name(role) }
}
