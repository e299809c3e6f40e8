//! Makes a drawn policy one that the checks of a policy file allow, by rules stated independently of them.

use roster_domain::policy::{Policy, Reach, Role, RoleName, SERVICE_PERMISSIONS};

use super::PRODUCT;

/// Takes away what no policy may have, until nothing is left to take.
pub(crate) fn repair(policy: &mut Policy) {
    if let Some(sole) = policy.roles.iter().find(|role| role.sole.is_some()).map(|role| role.name.clone()) {
        policy.personal_team = false;
        for role in &mut policy.roles {
            role.assigns.retain(|name| *name != sole);
            role.manages.retain(|name| *name != sole);
        }
    }
    loop {
        let before = policy.clone();
        for role in &mut policy.roles {
            let giver = before.role(&role.name).expect("the same roles");
            role.assigns.retain(|given| {
                gives_no_more(&before, giver, before.role(given).expect("a role of the policy"))
            });
        }
        if before == *policy {
            break;
        }
    }
    spoil_no_transfer(policy);
    let assigned: Vec<RoleName> = policy.roles.iter().flat_map(|role| role.assigns.clone()).collect();
    for role in &mut policy.roles {
        role.at_least_one &= assigned.contains(&role.name);
    }
    let someone = |permission: &str, and: &dyn Fn(&Role) -> bool| {
        policy.roles.iter().any(|role| role.permissions.allow(permission) && and(role))
    };
    let gives = |role: &Role| !role.assigns.is_empty();
    let invitations = someone("members.invite", &gives);
    let codes = someone("codes.manage", &gives);
    let links = policy
        .invite_links
        .as_ref()
        .is_some_and(|links| someone("links.manage", &|role| role.assigns(&links.role)));
    let suspension = someone("members.suspend", &|role| !role.manages.is_empty());
    policy.invitations = policy.invitations.filter(|_| invitations);
    policy.team_codes = policy.team_codes.take().filter(|_| codes);
    policy.invite_links = policy.invite_links.take().filter(|_| links);
    policy.suspension &= suspension;
}

/// A holder that would gain by handing its role on keeps it like any other.
fn spoil_no_transfer(policy: &mut Policy) {
    let gains = |role: &Role| {
        let heir = role.sole.as_ref().map(|sole| policy.role(&sole.former_holder_becomes));
        heir.flatten().is_some_and(|heir| !gives_no_more(policy, role, heir))
    };
    let gaining: Vec<RoleName> =
        policy.roles.iter().filter(|role| gains(role)).map(|role| role.name.clone()).collect();
    for role in policy.roles.iter_mut().filter(|role| gaining.contains(&role.name)) {
        role.sole = None;
    }
}

fn gives_no_more(policy: &Policy, giver: &Role, role: &Role) -> bool {
    let every = SERVICE_PERMISSIONS.into_iter().chain(PRODUCT).chain(["nobody.lists.this"]);
    let mut beyond = every.filter(|one| role.permissions.allow(one) && !giver.permissions.allow(one));
    let roles = |have: &[RoleName], want: &[RoleName]| want.iter().all(|role| have.contains(role));
    beyond.next().is_none()
        && roles(&giver.assigns, &role.assigns)
        && roles(&giver.manages, &role.manages)
        && policy.kinds.iter().all(|kind| {
            // What somebody reaches without any grant: as a free, and as a restricted member.
            let reach = |role: &Role| {
                let (_, reach) = kind
                    .reach
                    .iter()
                    .find(|(name, _)| *name == role.name)
                    .expect("a reach or role of the kind");
                let height = |with: &RoleName| {
                    kind.roles.len()
                        - kind
                            .roles
                            .iter()
                            .position(|role| role.name == *with)
                            .expect("a reach or role of the kind")
                };
                match reach {
                    Reach::All(with) | Reach::Base(with) => [height(with); 2],
                    Reach::Scoped(with) => [height(with), 0],
                    Reach::Granted | Reach::GrantedAs(_) => [0, 0],
                }
            };
            reach(giver).iter().zip(reach(role)).all(|(have, want)| *have >= want)
        })
}
