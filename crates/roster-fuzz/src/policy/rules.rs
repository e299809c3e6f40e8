//! The rules that every policy keeps, said a second time and in another way than the service checks them: it compares
//! lists, this asks for each permission, role and tier.

use std::collections::BTreeSet;
use std::fmt::Display;

use roster_domain::policy::{
    Kind, Lifetime, Permission, Permissions, Policy, Reach, Role, RoleName, SERVICE_PERMISSIONS, TierName,
};
use roster_domain::{CodeKey, CodeText};

/// A permission that no file lists.
const UNLISTED: &str = "unlisted-by-anyone.at-all";

/// Ten years and what months may vary by, in microseconds.
const LONGEST_LIFE: i64 = 3_660 * 86_400 * 1_000_000;

pub(super) fn hold(policy: &Policy) {
    names_are_distinct(policy);
    assert_eq!(policy.roles.iter().filter(|role| role.founder).count(), 1);
    assert!(policy.founder().founder);
    policy.roles.iter().for_each(|role| nobody_gains(policy, role));
    policy.roles.iter().for_each(|role| stands(policy, role));
    joining(policy);
    counted(policy);
    policy.kinds.iter().for_each(|kind| reached(policy, kind));
    permissions_have_one_place(policy);
}

fn names_are_distinct(policy: &Policy) {
    distinct(policy.roles.iter().map(|role| &role.name));
    distinct(policy.kinds.iter().map(|kind| &kind.name));
    distinct(policy.meters.iter().map(|meter| &meter.name));
    distinct(policy.tiers.iter().flat_map(|tiers| &tiers.names));
    policy.kinds.iter().for_each(|kind| distinct(kind.roles.iter().map(|role| &role.name)));
}

fn distinct<T: Display>(names: impl IntoIterator<Item = T>) {
    let mut seen = BTreeSet::new();
    for name in names {
        assert!(seen.insert(name.to_string()), "{name} stands there twice");
    }
}

/// Whoever gives a role, or hands its own on, gets nothing by it that it did not have.
fn nobody_gains(policy: &Policy, role: &Role) {
    for managed in &role.manages {
        assert!(of(policy, managed).sole.is_none(), "{managed} is held by one and managed by {}", role.name);
    }
    for given in role.assigns.iter().chain(role.sole.as_ref().map(|sole| &sole.former_holder_becomes)) {
        let given = of(policy, given);
        assert!(given.sole.is_none(), "{} is held by one and given by {}", given.name, role.name);
        for permission in every_permission(policy) {
            let beyond = given.permissions.allow(permission) && !role.permissions.allow(permission);
            assert!(!beyond, "{} may {permission}, and {} gives it", given.name, role.name);
        }
        for further in &policy.roles {
            assert!(!given.assigns(&further.name) || role.assigns(&further.name), "{}", role.name);
            assert!(!given.manages(&further.name) || role.manages(&further.name), "{}", role.name);
        }
        for kind in &policy.kinds {
            let (own, theirs) = (reach_alone(kind, &role.name), reach_alone(kind, &given.name));
            let within = theirs.0 <= own.0 && theirs.1 <= own.1;
            assert!(within, "{} reaches further than {}, who gives it", given.name, role.name);
        }
    }
}

/// How high a role reaches on every resource of a kind without a grant, before and after its holder was restricted: 0 is
/// not at all.
fn reach_alone(kind: &Kind, role: &RoleName) -> (usize, usize) {
    let height = |role: &RoleName| kind.roles.len() - kind.rank(role).expect("a role of the kind");
    match kind.reach_of(role).expect("a reach of every role") {
        Reach::All(role) | Reach::Base(role) => (height(role), height(role)),
        Reach::Scoped(role) => (height(role), 0),
        Reach::Granted | Reach::GrantedAs(_) => (0, 0),
    }
}

fn stands(policy: &Policy, role: &Role) {
    if let Some(sole) = &role.sole {
        assert!(role.founder && !role.at_least_one && !policy.personal_team);
        assert_ne!(sole.former_holder_becomes, role.name);
    }
    if role.at_least_one {
        assert!(role.founder && policy.roles.iter().any(|giver| giver.assigns(&role.name)));
    }
}

fn joining(policy: &Policy) {
    let someone = |permission: &str, and: &dyn Fn(&Role) -> bool| {
        policy.roles.iter().any(|role| role.permissions.allow(permission) && and(role))
    };
    if let Some(invitations) = policy.invitations {
        lives(invitations.lifetime);
        assert!(someone("members.invite", &|role| !role.assigns.is_empty()));
    }
    if let Some(links) = &policy.invite_links {
        lives(links.lifetime);
        assert!(of(policy, &links.role).sole.is_none());
        assert!(someone("links.manage", &|role| role.assigns(&links.role)));
    }
    if let Some(codes) = &policy.team_codes {
        assert!(!codes.lifetimes.is_empty());
        codes.lifetimes.iter().flatten().for_each(|life| lives(*life));
        assert!(someone("codes.manage", &|role| !role.assigns.is_empty()));
        // Every code that such a policy makes can be typed in.
        for random in [[0; 32], [31; 32], [0xa5; 32]] {
            let code = CodeText::make(codes, &random).expect("a code");
            assert!(CodeKey::read(code.reveal()).is_some_and(|key| key == CodeKey::of(&code)), "{codes:?}");
        }
    }
    if policy.suspension {
        assert!(someone("members.suspend", &|role| !role.manages.is_empty()));
    }
}

/// A life ends after it began and within ten years, and its text says it again.
fn lives(life: Lifetime) {
    assert_eq!(Lifetime::parse(&life.to_string()), Some(life), "{life}");
    for start in [0, 1_700_000_000_000_000, 951_782_400_000_000, -1] {
        assert!((1..=LONGEST_LIFE).contains(&(life.end(start) - start)), "{life} from {start}");
    }
    assert!(life.end(i64::MAX - 1) >= i64::MAX - 1 && !life.in_words().is_empty());
}

/// What is counted by tier has a number for each, in the order of the tiers.
fn counted(policy: &Policy) {
    let names: Vec<&TierName> = policy.tiers.iter().flat_map(|tiers| &tiers.names).collect();
    if let Some(tiers) = &policy.tiers {
        assert!(tiers.names.contains(&tiers.default));
    }
    if let Some(seats) = &policy.seats {
        assert!(!names.is_empty());
        assert_eq!(seats.by_tier.iter().map(|(tier, _)| tier).collect::<Vec<_>>(), names);
    }
    for meter in &policy.meters {
        assert!(!names.is_empty());
        assert_eq!(meter.by_tier.iter().map(|(tier, _)| tier).collect::<Vec<_>>(), names);
    }
}

fn reached(policy: &Policy, kind: &Kind) {
    assert!(!kind.roles.is_empty());
    assert_eq!(kind.reach.len(), policy.roles.len());
    for role in &policy.roles {
        assert!(kind.reach_of(&role.name).is_some());
    }
    for (_, reach) in &kind.reach {
        match reach {
            Reach::All(role) | Reach::Base(role) | Reach::GrantedAs(role) | Reach::Scoped(role) => {
                assert!(kind.rank(role).is_some());
            }
            Reach::Granted => {}
        }
    }
    for (higher, lower) in kind.roles.iter().zip(kind.roles.iter().skip(1)) {
        assert!(lower.permissions.iter().all(|one| higher.permissions.contains(one)), "{}", higher.name);
    }
}

/// A permission is the service's, the product's for the team, or of one kind.
fn permissions_have_one_place(policy: &Policy) {
    let of_team: BTreeSet<&str> = listed(policy).map(Permission::as_str).collect();
    let mut of_kinds = BTreeSet::new();
    for kind in &policy.kinds {
        let own: BTreeSet<&str> =
            kind.roles.iter().flat_map(|role| &role.permissions).map(Permission::as_str).collect();
        for permission in own {
            assert!(!of_team.contains(permission) && !SERVICE_PERMISSIONS.contains(&permission));
            assert!(of_kinds.insert(permission), "{permission} belongs to two kinds");
        }
    }
}

fn listed(policy: &Policy) -> impl Iterator<Item = &Permission> {
    policy.roles.iter().flat_map(|role| match &role.permissions {
        Permissions::All => &[][..],
        Permissions::Only(list) | Permissions::AllBut(list) => list,
    })
}

fn every_permission(policy: &Policy) -> impl Iterator<Item = &str> {
    listed(policy).map(Permission::as_str).chain(SERVICE_PERMISSIONS).chain([UNLISTED])
}

fn of<'p>(policy: &'p Policy, name: &RoleName) -> &'p Role {
    policy.role(name).unwrap_or_else(|| panic!("{name} is no role of the policy"))
}
