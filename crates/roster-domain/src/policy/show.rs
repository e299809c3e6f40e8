//! A policy as plain text for people: what a reviewer reads instead of the file.
//!
//! The text depends on nothing but the policy, so that two of them can be compared line by line.

mod page;

use page::Page;

use super::{Kind, Permissions, Policy, Reach, Role, SERVICE_PERMISSIONS, SelfRule};

/// What the policy says, for a terminal of at least 110 columns. It ends with a line break.
#[must_use]
pub fn show(policy: &Policy) -> String {
    let mut page = Page::new();
    page.paragraph(&format!("{}: {}", policy.name, policy.title));
    if !policy.description.is_empty() {
        page.blank();
        page.paragraph(&policy.description);
    }
    page.heading("Joining");
    joining(policy, &mut page);
    page.heading("Members");
    members(policy, &mut page);
    if policy.tiers.is_some() {
        page.heading("Tiers");
        tiers(policy, &mut page);
    }
    page.heading("What each role may do");
    actions(policy, &mut page);
    for kind in &policy.kinds {
        page.heading(&format!("Resources of kind {} ({})", kind.name, kind.title));
        resources(kind, &mut page);
    }
    page.into_text()
}

fn joining(policy: &Policy, page: &mut Page) {
    let invitations = policy.invitations.map_or("none".to_owned(), |rules| {
        let who = if rules.address_locked { "the invited address only" } else { "whoever has the token" };
        format!("live {}, accepted by {who}", rules.lifetime.in_words())
    });
    page.fact("E-mail invitations", &invitations);
    let links = policy.invite_links.as_ref().map_or("none".to_owned(), |rules| {
        format!("live {}, for many people, who become {}", rules.lifetime.in_words(), rules.role)
    });
    page.fact("Invite links", &links);
    let codes = policy.team_codes.as_ref().map_or("none".to_owned(), |rules| {
        let lives = rules
            .lifetimes
            .iter()
            .map(|life| life.map_or("without end".to_owned(), super::Lifetime::in_words));
        let lives: Vec<_> = lives.collect();
        format!("{}{}, live {}", rules.prefix, "X".repeat(rules.length.into()), lives.join(", "))
    });
    page.fact("Team codes", &codes);
}

fn members(policy: &Policy, page: &mut Page) {
    for role in &policy.roles {
        page.fact(&format!("Role {}", role.name), &standing(role));
    }
    let own = |rule| match rule {
        SelfRule::Never => "never",
        SelfRule::UnlessLast => "unless the last active holder of a role that must be kept",
    };
    page.fact("Change of own role", own(policy.self_role));
    page.fact("Leaving", own(policy.self_leave));
    let personal = "every user has a team of one, and can make further ones";
    page.fact("Personal teams", if policy.personal_team { personal } else { "none" });
    page.fact("Suspension", if policy.suspension { "members can be suspended and restored" } else { "none" });
}

/// What is special about who holds a role.
fn standing(role: &Role) -> String {
    let mut parts = vec![role.title.clone()];
    if role.founder {
        parts.push("whoever creates a team gets it".to_owned());
    }
    if role.at_least_one {
        parts.push("always kept by one active member".to_owned());
    }
    if let Some(sole) = &role.sole {
        let by = if sole.transferable { "its holder or a calling service" } else { "a calling service only" };
        parts.push("exactly one holder".to_owned());
        parts.push(format!(
            "transferred by {by}, and the former holder becomes {}",
            sole.former_holder_becomes
        ));
    }
    parts.join("; ")
}

fn tiers(policy: &Policy, page: &mut Page) {
    if let Some(tiers) = &policy.tiers {
        page.fact("Default", tiers.default.as_str());
    }
    if let Some(seats) = &policy.seats {
        let numbers: Vec<_> = seats.by_tier.iter().map(|(tier, seats)| format!("{tier} {seats}")).collect();
        page.fact("Seats", &numbers.join(", "));
        let mut holders = vec!["active members"];
        holders.extend(seats.suspended_members_hold.then_some("suspended members"));
        holders.extend(seats.pending_invitations_hold.then_some("unexpired pending invitations"));
        page.fact("Seats are held by", &holders.join(", "));
    }
    for meter in &policy.meters {
        let numbers: Vec<_> = meter.by_tier.iter().map(|(tier, limit)| format!("{tier} {limit}")).collect();
        let period = meter.period.map_or("in all".to_owned(), |period| format!("a {}", period.in_words()));
        page.fact(&format!("Meter {}", meter.name), &format!("{}, {period}", numbers.join(", ")));
    }
}

/// The table of roles and actions.
fn actions(policy: &Policy, page: &mut Page) {
    let mut rows: Vec<(String, Vec<bool>)> = Vec::new();
    let mut row = |label: String, may: &dyn Fn(&Role) -> bool| {
        rows.push((label, policy.roles.iter().map(may).collect()));
    };
    for permission in SERVICE_PERMISSIONS {
        let off = if is_off(policy, permission) { " (off)" } else { "" };
        row(format!("{permission}{off}"), &|role| role.permissions.allow(permission));
    }
    for permission in product_permissions(policy) {
        row(permission.to_owned(), &|role| role.permissions.allow(permission));
    }
    row("any other of the product".to_owned(), &|role| !matches!(role.permissions, Permissions::Only(_)));
    for given in policy.roles.iter().filter(|role| role.sole.is_none()) {
        row(format!("give the role {}", given.name), &|role| role.assigns(&given.name));
    }
    for managed in policy.roles.iter().filter(|role| role.sole.is_none()) {
        row(format!("manage holders of {}", managed.name), &|role| role.manages(&managed.name));
    }
    let columns: Vec<_> = policy.roles.iter().map(|role| role.name.as_str()).collect();
    page.table(&columns, &rows);
}

/// Whether a permission is for something that this policy does not have, so that holding it changes nothing.
fn is_off(policy: &Policy, permission: &str) -> bool {
    match permission {
        "members.invite" | "invitations.read" => policy.invitations.is_none(),
        "links.manage" => policy.invite_links.is_none(),
        "codes.manage" => policy.team_codes.is_none(),
        "members.suspend" => !policy.suspension,
        "access.manage" => policy.kinds.is_empty(),
        _ => false,
    }
}

/// The product's permissions that any role lists, each once, in the order of the file.
fn product_permissions(policy: &Policy) -> Vec<&str> {
    let mut permissions = Vec::new();
    for role in &policy.roles {
        let (Permissions::Only(list) | Permissions::AllBut(list)) = &role.permissions else {
            continue;
        };
        for permission in list.iter().map(super::Permission::as_str) {
            if !permissions.contains(&permission) && !SERVICE_PERMISSIONS.contains(&permission) {
                permissions.push(permission);
            }
        }
    }
    permissions
}

fn resources(kind: &Kind, page: &mut Page) {
    for role in &kind.roles {
        let permissions: Vec<_> = role.permissions.iter().map(super::Permission::as_str).collect();
        let permissions = if permissions.is_empty() { "nothing".to_owned() } else { permissions.join(", ") };
        page.fact(&format!("As {}", role.name), &permissions);
    }
    for (role, reach) in &kind.reach {
        let reach = match reach {
            Reach::All(with) => format!("all, as {with}"),
            Reach::Base(with) => format!("all, as {with} or higher where granted"),
            Reach::Granted => "what was granted".to_owned(),
            Reach::GrantedAs(with) => format!("what was granted, always as {with}"),
            Reach::Scoped(with) => format!("all, as {with}; once restricted, what was granted"),
        };
        page.fact(&format!("A team's {role} reaches"), &reach);
    }
    if kind.reach.iter().any(|(_, reach)| matches!(reach, Reach::All(_))) {
        let dormant = "lie dormant until its role is another";
        page.fact("Grants to who reaches all", if kind.dormant_grants { dormant } else { "are refused" });
    }
}
