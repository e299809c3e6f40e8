//! Generated policies for property tests: any that the checks of a policy file allow.
//!
//! A model is drawn, repaired until it holds what policies must hold, written as TOML and read back. So every policy
//! that a test gets is one that a file can say, and the repairs restate the rules of the checks a second time.

use proptest::prelude::*;
use proptest::sample::subsequence;
use roster_domain::policy::{
    InvitationRules, InviteLinkRules, Kind, KindName, KindRole, Lifetime, Meter, MeterName, Period,
    Permission, Permissions, Policy, PolicyName, Reach, Role, RoleName, SERVICE_PERMISSIONS, SeatRules,
    SelfRule, Sole, TeamCodeRules, TierName, Tiers, parse,
};

#[cfg(test)]
mod properties;
mod repair;
mod text;

use self::repair::repair;
pub use self::text::policy_file;

const ROLES: [&str; 5] = ["owner", "admin", "member_2", "guest-x", "z"];
const PRODUCT: [&str; 3] = ["works.edit", "works.view", "a.b.c"];
const KIND_ROLES: [&str; 3] = ["high", "middle", "owner"];
const TIERS: [&str; 2] = ["free", "paid"];

/// A policy as [`parse`] gives it.
pub fn arbitrary_policy() -> impl Strategy<Value = Policy> {
    (1..=ROLES.len())
        .prop_flat_map(|count| {
            (vec_of(count, role(count)), standing(count), flags(), joining(count), plan(), kinds(count))
        })
        .prop_map(|(roles, standing, flags, joining, plan, kinds)| {
            let mut policy = assemble(roles, flags, joining, plan, kinds);
            stand(&mut policy, &standing);
            repair(&mut policy);
            let text = policy_file(&policy);
            let read = parse("generated.toml", &text).unwrap_or_else(|error| panic!("{error}\n{text}"));
            assert_eq!(read, policy, "what was read is not what was written:\n{text}");
            read
        })
}

fn vec_of<T: Strategy>(count: usize, of: T) -> impl Strategy<Value = Vec<T::Value>> {
    proptest::collection::vec(of, count)
}

fn name(text: &str) -> RoleName {
    RoleName::parse(text).expect("a well-shaped name")
}

fn life() -> impl Strategy<Value = Lifetime> {
    prop_oneof![Just("P7D"), Just("P1M"), Just("PT72H"), Just("P1Y2M3DT4H5M6S")]
        .prop_map(|text| Lifetime::parse(text).expect("a lifetime"))
}

/// Some of the roles, in any order.
fn some_roles(count: usize) -> impl Strategy<Value = Vec<RoleName>> {
    subsequence(ROLES[..count].to_vec(), 0..=count)
        .prop_shuffle()
        .prop_map(|names| names.into_iter().map(name).collect())
}

fn role(count: usize) -> impl Strategy<Value = Role> {
    let all: Vec<_> = SERVICE_PERMISSIONS.into_iter().chain(PRODUCT).collect();
    let list = subsequence(all, 0..=8).prop_shuffle();
    let list = list.prop_map(|list| {
        list.into_iter().map(|one| Permission::parse(one).expect("a well-shaped name")).collect::<Vec<_>>()
    });
    let permissions = (0..4_u8, list).prop_map(|(shape, list)| match shape {
        0 => Permissions::All,
        1 if !list.is_empty() => Permissions::AllBut(list),
        _ => Permissions::Only(list),
    });
    let parts = ("[A-Z][a-z \"\\\\é]{0,20}[a-z]", permissions, some_roles(count), some_roles(count));
    parts.prop_map(|(title, permissions, assigns, manages)| Role {
        name: name("unnamed"),
        title,
        permissions,
        assigns,
        manages,
        founder: false,
        sole: None,
        at_least_one: false,
    })
}

/// The founder's role and how it stands out.
#[derive(Clone, Debug)]
struct Standing {
    founder: usize,
    /// Kept by one holder (1), sole (2), or neither.
    how: u8,
    heir: usize,
    transferable: bool,
    /// Whether it may do everything. Of roles that are all drawn, few have something to give that is theirs.
    strong: bool,
}

fn standing(count: usize) -> impl Strategy<Value = Standing> {
    (0..count, 0..3_u8, 0..count, any::<bool>(), prop::bool::weighted(0.75)).prop_map(
        |(founder, how, heir, transferable, strong)| Standing { founder, how, heir, transferable, strong },
    )
}

fn stand(policy: &mut Policy, standing: &Standing) {
    let names: Vec<_> = policy.roles.iter().map(|role| role.name.clone()).collect();
    let role = &mut policy.roles[standing.founder];
    role.founder = true;
    role.at_least_one = standing.how == 1;
    if standing.how == 2 && standing.heir != standing.founder {
        let former_holder_becomes = names[standing.heir].clone();
        role.sole = Some(Sole { transferable: standing.transferable, former_holder_becomes });
    }
    if standing.strong {
        role.permissions = Permissions::All;
        role.assigns.clone_from(&names);
        role.manages = names;
        for kind in &mut policy.kinds {
            kind.reach[standing.founder].1 = Reach::All(kind.roles[0].name.clone());
        }
    }
}

/// `self_role` and `self_leave` by the last, `personal_team`, `suspension`.
fn flags() -> impl Strategy<Value = [bool; 4]> {
    let often = || prop::bool::weighted(0.7);
    [any::<bool>().boxed(), often().boxed(), often().boxed(), often().boxed()]
}

/// What a policy has more often than not, so that few walks meet nothing but what it lacks.
fn often<T: Strategy>(of: T) -> impl Strategy<Value = Option<T::Value>>
where
    T::Value: Clone,
{
    proptest::option::weighted(0.75, of)
}

type Joining = (Option<InvitationRules>, Option<InviteLinkRules>, Option<TeamCodeRules>);

fn joining(count: usize) -> impl Strategy<Value = Joining> {
    let invitations = (life(), any::<bool>())
        .prop_map(|(lifetime, address_locked)| InvitationRules { lifetime, address_locked });
    let links =
        (life(), 0..count).prop_map(|(lifetime, role)| InviteLinkRules { lifetime, role: name(ROLES[role]) });
    let lives = subsequence(vec![None, Lifetime::parse("P1D"), Lifetime::parse("P30D")], 1..=3);
    let codes = ("[A-Z0-9-]{0,16}", 6..=32_u8, lives);
    let codes = codes.prop_map(|(prefix, length, lifetimes)| TeamCodeRules { prefix, length, lifetimes });
    (often(invitations), often(links), often(codes))
}

type Plan = Option<(Tiers, Option<SeatRules>, Vec<Meter>)>;

fn plan() -> impl Strategy<Value = Plan> {
    let tier = |text: &str| TierName::parse(text).expect("a well-shaped name");
    let seats = (1..5_u32, prop_oneof![3 => 1..9_u32, 1 => Just(1_000_000)], any::<[bool; 2]>()).prop_map(
        move |(free, paid, hold)| SeatRules {
            by_tier: vec![(tier(TIERS[0]), free), (tier(TIERS[1]), paid)],
            pending_invitations_hold: hold[0],
            suspended_members_hold: hold[1],
        },
    );
    let period =
        proptest::option::of(prop_oneof![Just(Period::Day), Just(Period::Month), Just(Period::Year)]);
    let meter = (0..3_u64, 0..i64::MAX.cast_unsigned(), period).prop_map(move |(free, paid, period)| Meter {
        name: MeterName::parse("exports").expect("a well-shaped name"),
        by_tier: vec![(tier(TIERS[0]), free), (tier(TIERS[1]), paid)],
        period,
    });
    let all = (0..2_usize, often(seats), proptest::collection::vec(meter, 0..=1));
    let all = all.prop_map(move |(default, seats, meters)| {
        (Tiers { names: TIERS.map(tier).to_vec(), default: tier(TIERS[default]) }, seats, meters)
    });
    often(all)
}

fn kinds(count: usize) -> impl Strategy<Value = Vec<Kind>> {
    let reach = (0..5_u8, any::<prop::sample::Index>());
    let kind = (1..=KIND_ROLES.len(), vec_of(count, reach), any::<bool>());
    proptest::collection::vec(kind, 0..=2).prop_map(|kinds| {
        let kinds = kinds.into_iter().enumerate();
        let kinds = kinds.map(|(position, (roles, reach, dormant_grants))| Kind {
            dormant_grants,
            ..one_kind(position, roles, &reach)
        });
        kinds.collect()
    })
}

fn one_kind(position: usize, roles: usize, reach: &[(u8, prop::sample::Index)]) -> Kind {
    let permission =
        |rank: usize| Permission::parse(&format!("kind_{position}.act_{rank}")).expect("a well-shaped name");
    let role = |rank: usize| KindRole {
        name: name(KIND_ROLES[rank]),
        title: format!("Rank {rank}"),
        permissions: (rank..roles).map(permission).collect(),
    };
    let reach = reach.iter().enumerate().map(|(team, (shape, rank))| {
        let with = name(KIND_ROLES[rank.index(roles)]);
        let reach = match shape {
            0 => Reach::All(with),
            1 => Reach::Base(with),
            2 => Reach::Scoped(with),
            3 => Reach::GrantedAs(with),
            _ => Reach::Granted,
        };
        (name(ROLES[team]), reach)
    });
    Kind {
        name: KindName::parse(&format!("kind_{position}")).expect("a well-shaped name"),
        title: format!("Kind {position}"),
        roles: (0..roles).map(role).collect(),
        reach: reach.collect(),
        dormant_grants: false,
    }
}

fn assemble(roles: Vec<Role>, flags: [bool; 4], joining: Joining, plan: Plan, kinds: Vec<Kind>) -> Policy {
    let rule = |last: bool| {
        if last { SelfRule::UnlessLast } else { SelfRule::Never }
    };
    let (tiers, seats, meters) = match plan {
        Some((tiers, seats, meters)) => (Some(tiers), seats, meters),
        None => (None, None, Vec::new()),
    };
    let named = |(role, name): (Role, &str)| Role { name: self::name(name), ..role };
    Policy {
        name: PolicyName::parse("generated").expect("a well-shaped name"),
        title: "Generated \"policy\"".to_owned(),
        description: "It says: a\\b.".to_owned(),
        roles: roles.into_iter().zip(ROLES).map(named).collect(),
        self_role: rule(flags[0]),
        self_leave: rule(flags[1]),
        personal_team: flags[2],
        suspension: flags[3],
        invitations: joining.0,
        invite_links: joining.1,
        team_codes: joining.2,
        tiers,
        seats,
        kinds,
        meters,
    }
}
