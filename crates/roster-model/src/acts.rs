//! What people and calling services try to do to a team.

use std::sync::LazyLock;

use roster_domain::facts::{Invitation, TeamCode};
use roster_domain::policy::{KindName, Lifetime, Policy, TierName};
use roster_domain::{
    AccessRequest, Change, DisplayName, EmailAddress, Grant, GrantTarget, InviteLink, PersonKey, Refusal,
    ResourceId, RoleName,
};

use super::team::{FOUNDER, Team, World, nth_last};

/// How many live links, live codes and pending invitations a team, and grants a member, may have here.
pub(crate) const CAP: u64 = 2;
/// How many people there are.
pub const PEOPLE: i64 = 6;
/// How many resources of each kind are ever named.
pub(crate) const RESOURCES: usize = 3;

/// One for each person, and two that are nobody's.
pub(crate) static ADDRESSES: LazyLock<[EmailAddress; 8]> = LazyLock::new(|| {
    [0, 1, 2, 3, 4, 5, 6, 7].map(|n| EmailAddress::parse(&format!("p{n}@example.org")).expect("an address"))
});

static IDS: LazyLock<[ResourceId; RESOURCES]> =
    LazyLock::new(|| ["r0", "r1", "r2"].map(|id| ResourceId::parse(id).expect("an id")));

/// What comes of an act.
pub(crate) type Outcome = Result<Vec<Change>, Refusal>;

/// One step of a walk.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// Somebody acts, stubbornly or as it makes sense then.
    Act { who: Who, stubborn: bool, act: Act },
    /// Something happens.
    World(World),
}

/// Who acts, as things stand then.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Who {
    Founder,
    /// The member of that place, if there were so many.
    Member(usize),
    /// The person of that place among those who are no members; the last if there is none.
    Outsider(usize),
}

impl Who {
    /// The person that it is.
    pub(crate) fn person(self, team: &Team<'_>) -> PersonKey {
        match self {
            Self::Founder => FOUNDER,
            Self::Member(place) => {
                team.members.get(place % team.members.len().max(1)).map_or(FOUNDER, |one| one.place.person)
            }
            Self::Outsider(place) => {
                let outside: Vec<_> =
                    (0..PEOPLE).map(PersonKey).filter(|person| team.member(*person).is_none()).collect();
                outside.get(place % outside.len().max(1)).copied().unwrap_or(PersonKey(PEOPLE - 1))
            }
        }
    }
}

/// What is tried. Links, codes and invitations are counted backwards from the last; roles, kinds, tiers and lives
/// within the policy.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    Rename {
        name: u8,
        etag: Etag,
    },
    Delete {
        etag: Etag,
    },
    /// A calling service does it, whoever acts.
    SetTier(usize),
    Transfer {
        target: PersonKey,
        service: bool,
    },
    ChangeRole {
        target: PersonKey,
        role: usize,
        access: Option<Asked>,
        etag: Etag,
    },
    SetAccess {
        target: PersonKey,
        access: Asked,
        etag: Etag,
    },
    Purge {
        kind: usize,
        resource: usize,
    },
    Suspend {
        target: PersonKey,
        etag: Etag,
    },
    Restore {
        target: PersonKey,
        etag: Etag,
    },
    Remove {
        target: PersonKey,
        adopt: bool,
        etag: Etag,
    },
    Leave,
    /// A calling service does it, whoever acts.
    AddMembers(Vec<Added>),
    Invite {
        address: usize,
        role: usize,
        grants: Vec<Named>,
    },
    Resend(usize, Etag),
    Cancel(usize, Etag),
    Accept(Answer),
    Decline(Answer),
    CreateLink,
    RevokeLink(usize),
    Redeem(usize),
    CreateCode {
        role: usize,
        grants: Vec<Named>,
        life: usize,
        max_uses: Option<i64>,
    },
    RevokeCode(usize),
    DeleteCode(usize),
    RedeemCode(usize),
}

/// A grant that is asked for; without a resource it is for all of them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Named {
    pub(crate) kind: usize,
    pub(crate) resource: Option<usize>,
    pub(crate) role: usize,
}

/// An access that is asked for.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) grants: Vec<Named>,
    pub(crate) unrestrict: Vec<usize>,
}

/// A member that is to be added. Its join time is so many seconds ahead.
#[derive(Clone, Debug)]
pub(crate) struct Added {
    pub(crate) person: PersonKey,
    pub(crate) role: usize,
    pub(crate) grants: Vec<Named>,
    pub(crate) ahead: Option<i64>,
}

/// How an invitation is answered: which, with what verified address, and whether by its token.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Answer {
    pub(crate) back: usize,
    pub(crate) shows: Shows,
    pub(crate) by_token: bool,
}

/// Which verified address a call states.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Shows {
    Own,
    Invited,
    Nothing,
}

/// Which version the caller has read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Etag {
    None,
    Current,
    Stale,
}

impl Act {
    /// Whether a calling service does it by itself.
    pub(crate) fn is_by_service(&self) -> bool {
        matches!(self, Self::SetTier(_) | Self::AddMembers(_) | Self::Transfer { service: true, .. })
    }

    /// Whether somebody joins, or tries to.
    pub(crate) fn is_joining(&self) -> bool {
        matches!(self, Self::Redeem(_) | Self::RedeemCode(_) | Self::Accept(_))
    }

    /// Who is acted upon.
    pub(crate) fn target(&self) -> Option<PersonKey> {
        self.clone().target_mut().map(|target| *target)
    }

    /// The same, to be changed.
    pub(crate) fn target_mut(&mut self) -> Option<&mut PersonKey> {
        match self {
            Self::Transfer { target, .. }
            | Self::ChangeRole { target, .. }
            | Self::SetAccess { target, .. }
            | Self::Suspend { target, .. }
            | Self::Restore { target, .. }
            | Self::Remove { target, .. } => Some(target),
            _ => None,
        }
    }

    /// Which version the caller says that it has read.
    pub(crate) fn etag(&self) -> Etag {
        match self {
            Self::Rename { etag, .. }
            | Self::Delete { etag }
            | Self::ChangeRole { etag, .. }
            | Self::SetAccess { etag, .. }
            | Self::Suspend { etag, .. }
            | Self::Restore { etag, .. }
            | Self::Remove { etag, .. }
            | Self::Resend(_, etag)
            | Self::Cancel(_, etag) => *etag,
            _ => Etag::None,
        }
    }

    /// The link that is acted upon or redeemed.
    pub(crate) fn link<'t>(&self, team: &'t Team<'_>) -> Option<&'t InviteLink> {
        match self {
            Self::RevokeLink(back) | Self::Redeem(back) => nth_last(&team.links, *back),
            _ => None,
        }
    }

    /// The code that is acted upon or redeemed.
    pub(crate) fn code<'t>(&self, team: &'t Team<'_>) -> Option<&'t TeamCode> {
        match self {
            Self::RevokeCode(back) | Self::DeleteCode(back) | Self::RedeemCode(back) => {
                nth_last(&team.codes, *back)
            }
            _ => None,
        }
    }

    /// The invitation that is acted upon or answered.
    pub(crate) fn invitation<'t>(&self, team: &'t Team<'_>) -> Option<&'t Invitation> {
        match self {
            Self::Resend(back, _) | Self::Cancel(back, _) => nth_last(&team.invitations, *back),
            Self::Accept(answer) | Self::Decline(answer) => nth_last(&team.invitations, answer.back),
            _ => None,
        }
    }

    /// The address that whoever joins or answers shows.
    pub(crate) fn shown(&self, team: &Team<'_>, actor: PersonKey) -> Option<EmailAddress> {
        let own = || Some(address_of(actor));
        match self {
            Self::Accept(Answer { shows, .. }) | Self::Decline(Answer { shows, .. }) => match shows {
                Shows::Own => own(),
                Shows::Invited => self.invitation(team).map(|one| one.email.clone()),
                Shows::Nothing => None,
            },
            Self::Redeem(_) | Self::RedeemCode(_) => own(),
            _ => None,
        }
    }
}

/// The address that is a person's own.
pub(crate) fn address_of(person: PersonKey) -> EmailAddress {
    ADDRESSES[usize::try_from(person.0).expect("a person")].clone()
}

/// The resource of that place.
pub(crate) fn resource_at(place: usize) -> &'static ResourceId {
    &IDS[place % RESOURCES]
}

/// The last of the places that are drawn, which names something that the policy lacks.
pub(crate) const UNKNOWN: usize = 15;

/// The role of that place in the policy, most of them such as can be given.
pub(crate) fn role_at(policy: &Policy, place: usize) -> RoleName {
    let given = policy.roles.iter().filter(|role| place > 11 || role.sole.is_none());
    let roles: Vec<_> = given.map(|role| &role.name).collect();
    let role = roles.get(place % roles.len().max(1)).filter(|_| place != UNKNOWN);
    role.map_or_else(|| RoleName::parse("no-such-role").expect("a name"), |role| (*role).clone())
}

/// The kind of that place in the policy.
pub(crate) fn kind_at(policy: &Policy, place: usize) -> KindName {
    let kind = policy.kinds.get(place % policy.kinds.len().max(1)).filter(|_| place != UNKNOWN);
    kind.map_or_else(|| KindName::parse("no-such-kind").expect("a name"), |kind| kind.name.clone())
}

/// The tier of that place in the policy.
pub(crate) fn tier_at(policy: &Policy, place: usize) -> TierName {
    let names = policy.tiers.as_ref().map_or(&[][..], |tiers| &tiers.names);
    let tier = names.get(place % names.len().max(1)).filter(|_| place != UNKNOWN);
    tier.cloned().unwrap_or_else(|| TierName::parse("no-such-tier").expect("a name"))
}

/// The life of that place among those on offer, or one that hardly any policy offers.
pub(crate) fn life_at(policy: &Policy, place: usize) -> Option<Lifetime> {
    let lives = policy.team_codes.as_ref().map_or(&[][..], |rules| &rules.lifetimes);
    let life = lives.get(place % lives.len().max(1)).filter(|_| place != UNKNOWN);
    life.copied().unwrap_or_else(|| Lifetime::parse("P11D"))
}

/// One of a few names.
pub(crate) fn name_at(place: u8) -> DisplayName {
    DisplayName::parse(["Team", "Crew"][usize::from(place % 2)]).expect("a name")
}

/// The grants that are asked for, no two for the same, as a call's reader lets through.
pub(crate) fn grants_of(policy: &Policy, named: &[Named]) -> Vec<Grant> {
    let mut grants: Vec<Grant> = Vec::new();
    let sensible = |one: &&Named| !policy.kinds.is_empty() || one.kind == UNKNOWN;
    for one in named.iter().filter(sensible) {
        let kind = kind_at(policy, one.kind);
        let roles = policy.kind(&kind).map_or(&[][..], |kind| &kind.roles);
        let role = roles.get(one.role % roles.len().max(1)).filter(|_| one.role != UNKNOWN);
        let role = role.map(|role| role.name.clone());
        let target =
            one.resource.map_or(GrantTarget::All, |place| GrantTarget::One(resource_at(place).clone()));
        if !grants.iter().any(|grant| grant.kind == kind && grant.target == target) {
            let role = role.unwrap_or_else(|| RoleName::parse("no-such-role").expect("a name"));
            grants.push(Grant { kind, target, role });
        }
    }
    grants
}

/// The access that is asked for.
pub(crate) fn request_of(policy: &Policy, asked: &Asked) -> AccessRequest {
    AccessRequest {
        grants: grants_of(policy, &asked.grants),
        unrestrict: asked.unrestrict.iter().map(|place| kind_at(policy, *place)).collect(),
    }
}
