//! Policies as the contract shows them.

use roster_domain::policy::{
    Kind, Lifetime, Meter, Permission, Permissions, Policy, Reach, Role, RoleName, SelfRule, TierName,
};
use roster_proto::v1 as pb;

pub(in crate::rpc) fn policy(policy: &Policy) -> pb::Policy {
    pb::Policy {
        name: policy.name.to_string(),
        title: policy.title.clone(),
        description: policy.description.clone(),
        roles: policy.roles.iter().map(role).collect(),
        self_role: self_rule(policy.self_role).into(),
        invite_links: policy.invite_links.as_ref().map(|rules| pb::InviteLinkRules {
            lifetime: rules.lifetime.to_string(),
            role: rules.role.to_string(),
        }),
        self_leave: self_rule(policy.self_leave).into(),
        personal_team: policy.personal_team,
        suspension: policy.suspension,
        invitations: policy.invitations.map(|rules| pb::InvitationRules {
            lifetime: rules.lifetime.to_string(),
            address_locked: rules.address_locked,
        }),
        team_codes: policy.team_codes.as_ref().map(|rules| pb::TeamCodeRules {
            prefix: rules.prefix.clone(),
            length: rules.length.into(),
            lifetimes: rules.lifetimes.iter().map(|life| lifetime(*life)).collect(),
        }),
        tiers: tiers(policy),
        default_tier: policy.tiers.as_ref().map(|tiers| tiers.default.to_string()).unwrap_or_default(),
        seats: policy.seats.as_ref().map(|rules| pb::SeatRules {
            pending_invitations_hold: rules.pending_invitations_hold,
            suspended_members_hold: rules.suspended_members_hold,
        }),
        kinds: policy.kinds.iter().map(kind).collect(),
        meters: policy.meters.iter().map(meter).collect(),
    }
}

fn self_rule(rule: SelfRule) -> pb::SelfRule {
    match rule {
        SelfRule::Never => pb::SelfRule::Never,
        SelfRule::UnlessLast => pb::SelfRule::UnlessLast,
    }
}

fn lifetime(life: Option<Lifetime>) -> String {
    life.map_or_else(|| "never".to_owned(), |life| life.to_string())
}

fn role(role: &Role) -> pb::Role {
    let names = |names: &[RoleName]| names.iter().map(ToString::to_string).collect();
    pb::Role {
        name: role.name.to_string(),
        title: role.title.clone(),
        permissions: match &role.permissions {
            Permissions::All => vec!["*".to_owned()],
            Permissions::Only(list) => list.iter().map(ToString::to_string).collect(),
            Permissions::AllBut(list) => {
                std::iter::once("*".to_owned()).chain(list.iter().map(|one| format!("!{one}"))).collect()
            }
        },
        assigns: names(&role.assigns),
        manages: names(&role.manages),
        founder: role.founder,
        sole: role.sole.is_some(),
        at_least_one: role.at_least_one,
        transferable: role.sole.as_ref().is_some_and(|sole| sole.transferable),
        former_holder_becomes: role
            .sole
            .as_ref()
            .map(|sole| sole.former_holder_becomes.to_string())
            .unwrap_or_default(),
    }
}

fn tiers(policy: &Policy) -> Vec<pb::Tier> {
    let seats = |tier: &TierName| {
        let by_tier = policy.seats.as_ref().map_or(&[][..], |rules| &rules.by_tier);
        by_tier.iter().find(|(name, _)| name == tier).map_or(0, |(_, seats)| i64::from(*seats))
    };
    let names = policy.tiers.as_ref().map_or(&[][..], |tiers| &tiers.names);
    names.iter().map(|tier| pb::Tier { name: tier.to_string(), seats: seats(tier) }).collect()
}

fn kind(kind: &Kind) -> pb::Kind {
    let roles = kind.roles.iter().map(|role| pb::KindRole {
        name: role.name.to_string(),
        title: role.title.clone(),
        permissions: role.permissions.iter().map(Permission::as_str).map(str::to_owned).collect(),
    });
    pb::Kind {
        name: kind.name.to_string(),
        title: kind.title.clone(),
        roles: roles.collect(),
        reach: kind.reach.iter().map(|(role, reach)| self::reach(role, reach)).collect(),
        dormant_grants: kind.dormant_grants,
    }
}

fn reach(team_role: &RoleName, reach: &Reach) -> pb::Reach {
    let (kind_role, r#type) = match reach {
        Reach::All(role) => (role.to_string(), pb::ReachType::All),
        Reach::Base(role) => (role.to_string(), pb::ReachType::Base),
        Reach::Granted => (String::new(), pb::ReachType::Granted),
        Reach::GrantedAs(role) => (role.to_string(), pb::ReachType::GrantedAs),
        Reach::Scoped(role) => (role.to_string(), pb::ReachType::Scoped),
    };
    pb::Reach { team_role: team_role.to_string(), r#type: r#type.into(), kind_role }
}

fn meter(meter: &Meter) -> pb::Meter {
    let limits = meter.by_tier.iter().map(|(tier, limit)| pb::MeterLimit {
        tier: tier.to_string(),
        limit: i64::try_from(*limit).unwrap_or(i64::MAX),
    });
    pb::Meter {
        name: meter.name.to_string(),
        limits: limits.collect(),
        period: meter.period.map(|period| period.to_string()).unwrap_or_default(),
    }
}
