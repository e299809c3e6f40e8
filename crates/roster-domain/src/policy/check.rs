//! What the parts of a policy must hold together. Every check names the value to change and the reason.
//!
//! A check may rely on what it looks at having been read without problems: [`roles`] runs over whole roles,
//! [`kinds`] over whole kinds, [`whole`] over a policy in which nothing else is wrong.

use super::reader::Report;
use super::{Kind, Permission, Permissions, Policy, Reach, Role, RoleName};

/// The checks of roles among themselves.
pub(super) fn roles(roles: &[Role], report: &mut Report<'_>) {
    one_founder(roles, report);
    for (position, role) in roles.iter().enumerate() {
        let path = format!("roles[{position}]");
        if role.sole.is_some() {
            sole(role, &path, roles, report);
        } else if role.at_least_one && !role.founder {
            let reason = "a new team has only its founder, so this role would have no holder at once; \
                          only the founder's role can be kept";
            report.add(&format!("{path}.at_least_one"), reason);
        } else if role.at_least_one && !roles.iter().any(|giver| giver.assigns(&role.name)) {
            let reason = "no role assigns this one, so its first holder could never hand it on; \
                          let a role assign it, or make it a sole role";
            report.add(&format!("{path}.at_least_one"), reason);
        }
        for (element, given) in role.assigns.iter().enumerate() {
            if let Some(given) = roles.iter().find(|other| other.name == *given)
                && let Some(more) = more_than(role, given)
            {
                let message = format!(
                    "{} may {more} and {} may not: nobody gives more than it has",
                    given.name, role.name
                );
                report.add(&format!("{path}.assigns[{element}]"), message);
            }
        }
    }
}

fn one_founder(roles: &[Role], report: &mut Report<'_>) {
    let mut founders = roles.iter().enumerate().filter(|(_, role)| role.founder);
    let Some((_, first)) = founders.next() else {
        report.add(
            "roles",
            "expected one role with founder = true, which whoever creates a team gets; found none",
        );
        return;
    };
    for (position, _) in founders {
        let message = format!("only one role can be the founder's, and {} is already", first.name);
        report.add(&format!("roles[{position}].founder"), message);
    }
}

fn sole(role: &Role, path: &str, roles: &[Role], report: &mut Report<'_>) {
    let name = &role.name;
    if !role.founder {
        let reason =
            "a sole role has a holder from the beginning, so it must be the founder's (founder = true)";
        report.add(&format!("{path}.sole"), reason);
    }
    if role.at_least_one {
        let reason = "a sole role always has one holder; leave at_least_one out";
        report.add(&format!("{path}.at_least_one"), reason);
    }
    if role.sole.as_ref().is_some_and(|sole| sole.former_holder_becomes == *name) {
        let reason = format!("after a transfer {name} would have two holders; name another role");
        report.add(&format!("{path}.sole.former_holder_becomes"), reason);
    }
    let becomes = role.sole.as_ref().map(|sole| &sole.former_holder_becomes);
    if let Some(becomes) = becomes.and_then(|becomes| roles.iter().find(|other| other.name == *becomes))
        && let Some(more) = more_than(role, becomes)
    {
        let reason = format!(
            "{} may {more} and {name} may not: whoever hands the role on would gain by it",
            becomes.name
        );
        report.add(&format!("{path}.sole.former_holder_becomes"), reason);
    }
    for (position, other) in roles.iter().enumerate() {
        if let Some(element) = other.assigns.iter().position(|given| given == name) {
            let reason = format!("{name} is a sole role: it moves only by transfer and cannot be assigned");
            report.add(&format!("roles[{position}].assigns[{element}]"), reason);
        }
        if let Some(element) = other.manages.iter().position(|managed| managed == name) {
            let reason = format!("{name} is a sole role: its holder cannot be changed, suspended or removed");
            report.add(&format!("roles[{position}].manages[{element}]"), reason);
        }
    }
}

/// Whether the first role may do, give or manage anything that the second may not.
pub(crate) fn may_more(one: &Role, other: &Role) -> bool {
    more_than(other, one).is_some()
}

/// Something that one role may do and the role that gives it may not.
///
/// If there were any, a holder of the giving role could have it at once by inviting an accomplice.
fn more_than(giver: &Role, role: &Role) -> Option<String> {
    if let Some(permission) = permission_beyond(&giver.permissions, &role.permissions) {
        return Some(format!("do {permission}"));
    }
    if let Some(further) = role.assigns.iter().find(|further| !giver.assigns(further)) {
        return Some(format!("give the role {further}"));
    }
    let further = role.manages.iter().find(|further| !giver.manages(further))?;
    Some(format!("manage holders of {further}"))
}

/// A permission among the second and not among the first; `*` stands for those that nobody lists.
fn permission_beyond(have: &Permissions, given: &Permissions) -> Option<String> {
    let text = |permission: &Permission| permission.to_string();
    match (have, given) {
        (Permissions::All, _) => None,
        (Permissions::AllBut(_) | Permissions::Only(_), Permissions::Only(list)) => {
            list.iter().find(|one| !have.allow(one.as_str())).map(text)
        }
        (Permissions::AllBut(without), Permissions::All | Permissions::AllBut(_)) => {
            without.iter().find(|one| given.allow(one.as_str())).map(text)
        }
        (Permissions::Only(_), Permissions::All | Permissions::AllBut(_)) => Some("*".to_owned()),
    }
}

/// The checks of kinds among themselves.
pub(super) fn kinds(kinds: &[Kind], report: &mut Report<'_>) {
    for (position, kind) in kinds.iter().enumerate() {
        let pairs = kind.roles.iter().zip(kind.roles.iter().skip(1));
        for (rank, (higher, lower)) in pairs.enumerate() {
            if let Some(missing) = lower.permissions.iter().find(|one| !higher.permissions.contains(one)) {
                let message = format!(
                    "the roles of a kind are ranked, the highest first, so {} must allow {missing}, which {} does",
                    higher.name, lower.name,
                );
                report.add(&format!("kinds[{position}].roles[{rank}].permissions"), message);
            }
        }
        for (rank, role) in kind.roles.iter().enumerate() {
            for (element, permission) in role.permissions.iter().enumerate() {
                if let Some(other) = kinds[..position].iter().find(|other| has(other, permission)) {
                    let message = format!("{permission} belongs to the kind {} already", other.name);
                    report.add(&format!("kinds[{position}].roles[{rank}].permissions[{element}]"), message);
                }
            }
        }
    }
}

fn has(kind: &Kind, permission: &Permission) -> bool {
    kind.roles.iter().any(|role| role.permissions.contains(permission))
}

/// The checks that look at several parts of a policy.
pub(super) fn whole(policy: &Policy, report: &mut Report<'_>) {
    permissions_of_team_or_kind(policy, report);
    reach_of_given_roles(policy, report);
    if policy.personal_team && policy.founder().sole.is_some() {
        let reason = "a transfer would take the role from the person whose personal team it is; \
                      a policy with personal teams cannot have a sole role";
        report.add("personal_team", reason);
    }
    if let Some(links) = &policy.invite_links {
        let role = &links.role;
        if policy.role(role).is_some_and(|role| role.sole.is_some()) {
            let reason =
                format!("{role} is a sole role: it moves only by transfer and cannot be given by a link");
            report.add("invite_links.role", reason);
        } else if !someone(policy, "links.manage", |maker| maker.assigns(role)) {
            let reason =
                format!("no role both has links.manage and assigns {role}, so nobody could make a link");
            report.add("invite_links.role", reason);
        }
    }
    let gives = |role: &Role| !role.assigns.is_empty();
    if policy.invitations.is_some() && !someone(policy, "members.invite", gives) {
        report.add("invitations", "no role has members.invite and assigns any role, so nobody could invite");
    }
    if policy.team_codes.is_some() && !someone(policy, "codes.manage", gives) {
        report
            .add("team_codes", "no role has codes.manage and assigns any role, so nobody could make a code");
    }
    if policy.suspension && !someone(policy, "members.suspend", |role| !role.manages.is_empty()) {
        report.add("suspension", "no role has members.suspend and manages any role, so nobody could suspend");
    }
}

fn someone(policy: &Policy, permission: &str, and: impl Fn(&Role) -> bool) -> bool {
    policy.roles.iter().any(|role| role.permissions.allow(permission) && and(role))
}

fn permissions_of_team_or_kind(policy: &Policy, report: &mut Report<'_>) {
    for (position, role) in policy.roles.iter().enumerate() {
        let (Permissions::Only(list) | Permissions::AllBut(list)) = &role.permissions else {
            continue;
        };
        for permission in list {
            if let Some(kind) = policy.kinds.iter().find(|kind| has(kind, permission)) {
                let message = format!(
                    "{permission} belongs to the kind {}; a permission is the team's or one kind's, never both",
                    kind.name,
                );
                report.add(&format!("roles[{position}].permissions"), message);
            }
        }
    }
}

/// Nobody may give a role that reaches further than its own, for the reason of [`more_than`]; nor take one so.
fn reach_of_given_roles(policy: &Policy, report: &mut Report<'_>) {
    for (position, role) in policy.roles.iter().enumerate() {
        if let Some(sole) = &role.sole {
            let becomes = &sole.former_holder_becomes;
            if let Some(kind) = kind_of_further_reach(policy, role, becomes) {
                let message = format!(
                    "{becomes} reaches further than {} among resources of kind {}: whoever hands the role on would \
                     gain by it",
                    role.name, kind.name,
                );
                report.add(&format!("roles[{position}].sole.former_holder_becomes"), message);
            }
        }
        for (element, given) in role.assigns.iter().enumerate() {
            if let Some(kind) = kind_of_further_reach(policy, role, given) {
                let message = format!(
                    "{given} reaches further than {} among resources of kind {}: nobody gives more than it has",
                    role.name, kind.name,
                );
                report.add(&format!("roles[{position}].assigns[{element}]"), message);
            }
        }
    }
}

/// A kind in which holders of the second role reach further than those of the first.
fn kind_of_further_reach<'p>(policy: &'p Policy, role: &Role, other: &RoleName) -> Option<&'p Kind> {
    policy.kinds.iter().find(|kind| match (kind.reach_of(&role.name), kind.reach_of(other)) {
        (Some(own), Some(theirs)) => reaches_further(kind, own, theirs),
        _ => false,
    })
}

/// Whether holders with the second reach may have more than such with the first, what was granted to each aside.
fn reaches_further(kind: &Kind, own: &Reach, theirs: &Reach) -> bool {
    // Roles are ranked from the highest, so a smaller rank is more.
    let rank = |role: &RoleName| kind.rank(role);
    match (own, theirs) {
        (_, Reach::Granted | Reach::GrantedAs(_)) => false,
        (Reach::All(own) | Reach::Base(own), Reach::All(role) | Reach::Base(role) | Reach::Scoped(role))
        | (Reach::Scoped(own), Reach::Scoped(role)) => rank(role) < rank(own),
        (Reach::Granted | Reach::GrantedAs(_) | Reach::Scoped(_), _) => true,
    }
}
