//! Policies: the rules of a product's teams, as data.
//!
//! A [`Policy`] is what a policy file says once it was read and found consistent: every role that it names exists,
//! its sole role cannot be assigned, nobody gives more than it has, and so on ([`parse()`] refuses the rest, file, line
//! and key). The decisions in [`crate::decide`] read it and nothing else; no rule of a product is code.
//!
//! What a file leaves out never widens access:
//!
//! | absent | means |
//! | --- | --- |
//! | `self_role`, `self_leave` | `never` |
//! | `personal_team`, `suspension`, `founder`, `at_least_one`, `dormant_grants` | `false` |
//! | `permissions`, `assigns`, `manages` of a role, `permissions` of a kind's role | none |
//! | `sole` | the role may have any number of holders; in the table, both keys must be there |
//! | `[invitations]`, `[invite_links]`, `[team_codes]` | nobody joins that way; in the tables, only `address_locked` may be absent, and is `true` |
//! | `pending_invitations_hold`, `suspended_members_hold` | `true`: they hold a seat |
//! | `[seats]` | the product does not count seats; where it does, every tier must have a number |
//! | `reach` of one role in a kind, a tier in a `by_tier` | refused, as there is no narrow guess that is surely meant |
//! | `period` of a meter | the count never begins anew |
//! | `title` of a role or kind | its name, capitalised; a policy must have its own |

mod check;
mod joining;
mod kinds;
mod lifetime;
mod name;
mod parse;
mod period;
mod plan;
mod presets;
mod reader;
mod roles;
mod set;
mod show;

pub(crate) use check::may_more;
pub use lifetime::Lifetime;
pub use name::{KindName, MeterName, Permission, PolicyName, RoleName, TierName};
pub use parse::{PolicyError, Problem, parse};
pub use period::Period;
pub use presets::presets;
pub use set::PolicySet;
pub use show::show;

/// The rules that a team follows from its creation on.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// What a request to create a team names.
    pub name: PolicyName,
    /// A name for people.
    pub title: String,
    /// What the policy is for, in a sentence or two.
    pub description: String,
    /// The roles in order of rank, the highest first. Never empty; exactly one is the founder's.
    pub roles: Vec<Role>,
    /// Whether a member may change its own role.
    pub self_role: SelfRule,
    /// Whether a member may leave.
    pub self_leave: SelfRule,
    /// Whether every user has a team of one.
    pub personal_team: bool,
    /// Whether members can be suspended and restored.
    pub suspension: bool,
    /// E-mail invitations; absent where there are none.
    pub invitations: Option<InvitationRules>,
    /// Invite links; absent where there are none.
    pub invite_links: Option<InviteLinkRules>,
    /// Team codes; absent where there are none.
    pub team_codes: Option<TeamCodeRules>,
    /// Tiers of a plan; absent where teams have none.
    pub tiers: Option<Tiers>,
    /// Seats; absent where their number is unlimited.
    pub seats: Option<SeatRules>,
    /// The kinds of the product's resources that members reach.
    pub kinds: Vec<Kind>,
    /// The meters of shared quotas.
    pub meters: Vec<Meter>,
}

impl Policy {
    /// The role of that name, if the policy has it.
    #[must_use]
    pub fn role(&self, name: &RoleName) -> Option<&Role> {
        self.roles.iter().find(|role| role.name == *name)
    }

    /// The kind of that name, if the policy has it.
    #[must_use]
    pub fn kind(&self, name: &KindName) -> Option<&Kind> {
        self.kinds.iter().find(|kind| kind.name == *name)
    }

    /// The role of which a team has exactly one holder, if there is one, and how it moves.
    #[must_use]
    pub fn sole(&self) -> Option<(&Role, &Sole)> {
        self.roles.iter().find_map(|role| role.sole.as_ref().map(|sole| (role, sole)))
    }

    /// The role of whoever creates a team.
    ///
    /// # Panics
    /// Never: [`parse()`] accepts only policies with exactly one founder role.
    #[must_use]
    pub fn founder(&self) -> &Role {
        self.roles.iter().find(|role| role.founder).expect("a parsed policy has a founder role")
    }
}

/// A role that a member of a team can have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// What calls name.
    pub name: RoleName,
    /// A name for people.
    pub title: String,
    /// What a holder may do.
    pub permissions: Permissions,
    /// The roles that a holder may give: by invitation, link, code or change of role. None of them may do, give,
    /// manage or, without grants, reach what this one may not.
    pub assigns: Vec<RoleName>,
    /// The roles whose holders it may change, suspend, restore and remove.
    pub manages: Vec<RoleName>,
    /// Whether whoever creates a team gets this role.
    pub founder: bool,
    /// Whether a team always has exactly one holder, and how the role then moves. Only the founder's role can be so,
    /// and then no role assigns or manages it, and the policy has no personal teams.
    pub sole: Option<Sole>,
    /// Whether a team must always keep an active holder. Only the founder's role can be so, as a new team has nobody
    /// else, only if some role assigns it, and only if it is not sole, as it then is kept anyway.
    pub at_least_one: bool,
}

impl Role {
    /// Whether a holder may give that role.
    #[must_use]
    pub fn assigns(&self, role: &RoleName) -> bool {
        self.assigns.contains(role)
    }

    /// Whether a holder may change holders of that role.
    #[must_use]
    pub fn manages(&self, role: &RoleName) -> bool {
        self.manages.contains(role)
    }
}

/// How a role with exactly one holder moves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sole {
    /// Whether the holder may transfer the role. A calling service that administers teams always may.
    pub transferable: bool,
    /// The role that the former holder takes after a transfer, whoever made it.
    pub former_holder_becomes: RoleName,
}

/// What a holder of a role may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Permissions {
    /// Everything, the product's own permissions included.
    All,
    /// These only.
    Only(Vec<Permission>),
    /// Everything except these.
    AllBut(Vec<Permission>),
}

impl Permissions {
    /// Whether the permission is among them.
    #[must_use]
    pub fn allow(&self, permission: &str) -> bool {
        let among = |list: &[Permission]| list.iter().any(|one| one.as_str() == permission);
        match self {
            Self::All => true,
            Self::Only(list) => among(list),
            Self::AllBut(list) => !among(list),
        }
    }
}

/// When a member may do something to itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SelfRule {
    /// Not at all.
    Never,
    /// Unless it is the last active holder of a role that the team must keep.
    UnlessLast,
}

/// How e-mail invitations work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvitationRules {
    /// How long an invitation can be accepted.
    pub lifetime: Lifetime,
    /// Whether only the invited address may accept by token.
    pub address_locked: bool,
}

/// How invite links work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InviteLinkRules {
    /// How long a link admits people.
    pub lifetime: Lifetime,
    /// The role of whoever joins by one.
    pub role: RoleName,
}

/// How team codes work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TeamCodeRules {
    /// What every code begins with, such as `SK-`.
    pub prefix: String,
    /// How many random characters follow the prefix: 6 to 32.
    pub length: u8,
    /// The lives on offer, in the file's order; `None` is a code that never expires.
    pub lifetimes: Vec<Option<Lifetime>>,
}

/// The tiers of a product's plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tiers {
    /// Their names, in the file's order.
    pub names: Vec<TierName>,
    /// The tier of a team for which no other was set.
    pub default: TierName,
}

/// How many people a team has room for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeatRules {
    /// The number of seats of each tier, for every tier of the policy.
    pub by_tier: Vec<(TierName, u32)>,
    /// Whether an unexpired pending invitation holds a seat.
    pub pending_invitations_hold: bool,
    /// Whether a suspended member holds a seat.
    pub suspended_members_hold: bool,
}

/// A kind of the product's resources, such as `brand` or `project`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kind {
    /// What grants name.
    pub name: KindName,
    /// A name for people.
    pub title: String,
    /// The roles that a grant can give on one resource, ranked, the highest first. Never empty; each allows whatever
    /// the ones below it allow.
    pub roles: Vec<KindRole>,
    /// How far each role of the team reaches, for every role of the policy.
    pub reach: Vec<(RoleName, Reach)>,
    /// Whether grants can be set on a member whose role reaches every resource anyway. They lie dormant until its
    /// role is another. Invitations and codes to such a role never take grants.
    pub dormant_grants: bool,
}

impl Kind {
    /// How far holders of that team role reach; none for a role that the policy lacks.
    #[must_use]
    pub fn reach_of(&self, team_role: &RoleName) -> Option<&Reach> {
        self.reach.iter().find(|(name, _)| name == team_role).map(|(_, reach)| reach)
    }

    /// The rank of one of the kind's roles, 0 the highest; none for a role that the kind lacks.
    #[must_use]
    pub fn rank(&self, role: &RoleName) -> Option<usize> {
        self.roles.iter().position(|one| one.name == *role)
    }

    /// Whether naming a member's resources of this kind can restrict it to them.
    #[must_use]
    pub fn is_scoped(&self) -> bool {
        self.reach.iter().any(|(_, reach)| matches!(reach, Reach::Scoped(_)))
    }
}

/// A role on resources of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KindRole {
    /// What grants name.
    pub name: RoleName,
    /// A name for people.
    pub title: String,
    /// What it allows on the resource. A permission belongs to the team or to one kind, never to both.
    pub permissions: Vec<Permission>,
}

/// How far holders of a team role reach among the resources of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Every resource, present and future, with this role; grants lie dormant.
    All(RoleName),
    /// Every resource with this role, raised by grants; the highest wins.
    Base(RoleName),
    /// Only what was granted.
    Granted,
    /// Only what was granted, and every grant has this role.
    GrantedAs(RoleName),
    /// Every resource with this role, unless the member is restricted: then only what was granted.
    Scoped(RoleName),
}

/// A shared quota of the team.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meter {
    /// What quota calls name.
    pub name: MeterName,
    /// The limit of each tier, for every tier of the policy.
    pub by_tier: Vec<(TierName, u64)>,
    /// How often the count begins anew; `None` is never.
    pub period: Option<Period>,
}

/// The permissions that are the service's own. Any other belongs to the product.
pub const SERVICE_PERMISSIONS: [&str; 14] = [
    "team.read",
    "team.update",
    "team.delete",
    "members.read",
    "members.invite",
    "members.change_role",
    "members.remove",
    "members.suspend",
    "invitations.read",
    "links.manage",
    "codes.manage",
    "access.manage",
    "events.read",
    "quota.read",
];
