//! What `GetPolicy` says of each preset, every field of it, as a page that can be read beside the normative tables.

use std::fmt::Write as _;

use roster_proto::v1::{GetPolicyRequest, Kind, ListPoliciesRequest, Policy, ReachType, Role, SelfRule};
use roster_testkit::{Actor, Server, both};

const PAGES: [(&str, &str); 5] = [
    ("account", include_str!("pages/account.txt")),
    ("brand", include_str!("pages/brand.txt")),
    ("organization", include_str!("pages/organization.txt")),
    ("studio", include_str!("pages/studio.txt")),
    ("workspace", include_str!("pages/workspace.txt")),
];

#[tokio::test]
async fn get_policy_shows_each_preset_fully() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let mut nobody = server.team_as(Actor::nobody());
        let listed =
            nobody.list_policies(ListPoliciesRequest::default()).await.unwrap().into_inner().policies;
        assert_eq!(
            listed.iter().map(|policy| policy.name.as_str()).collect::<Vec<_>>(),
            PAGES.map(|page| page.0)
        );
        for ((name, expected), listed) in PAGES.into_iter().zip(listed) {
            let request = GetPolicyRequest { name: name.into() };
            let policy = nobody.get_policy(request).await.unwrap().into_inner().policy.unwrap();
            assert!(
                !policy.title.is_empty() && !policy.description.is_empty(),
                "{name} has words for people"
            );
            let page = page(&policy);
            assert!(page == expected, "{name} is shown as\n{page}\nrather than as\n{expected}");
            assert_eq!(policy, listed, "the list has the same");
        }
    })
    .await;
}

fn page(policy: &Policy) -> String {
    let mut page = String::new();
    for role in &policy.roles {
        self::role(role, &mut page);
    }
    let rule = |rule: SelfRule| match rule {
        SelfRule::Unspecified => "?",
        SelfRule::Never => "never",
        SelfRule::UnlessLast => "unless last",
    };
    line(
        &mut page,
        &format!("own role: {}; leaving: {}", rule(policy.self_role()), rule(policy.self_leave())),
    );
    for (named, is) in [("personal team", policy.personal_team), ("suspension", policy.suspension)] {
        if is {
            line(&mut page, named);
        }
    }
    if let Some(rules) = &policy.invitations {
        let whom = if rules.address_locked { "the address" } else { "the token" };
        line(&mut page, &format!("invitations: {}, by {whom}", rules.lifetime));
    }
    if let Some(rules) = &policy.invite_links {
        line(&mut page, &format!("links: {}, {}", rules.lifetime, rules.role));
    }
    if let Some(rules) = &policy.team_codes {
        line(
            &mut page,
            &format!("codes: {} + {}, {}", rules.prefix, rules.length, rules.lifetimes.join(" ")),
        );
    }
    let tiers: Vec<_> = policy.tiers.iter().map(|tier| format!("{} {}", tier.name, tier.seats)).collect();
    if !tiers.is_empty() {
        line(&mut page, &format!("tiers: {}; default {}", tiers.join(", "), policy.default_tier));
    }
    if let Some(rules) = &policy.seats {
        let held = [("pending", rules.pending_invitations_hold), ("suspended", rules.suspended_members_hold)];
        let held: Vec<_> = held.iter().filter(|(_, is)| *is).map(|(who, _)| *who).collect();
        line(&mut page, &format!("seats: active {}", held.join(" ")));
    }
    for meter in &policy.meters {
        let limits: Vec<_> = meter.limits.iter().map(|one| format!("{} {}", one.tier, one.limit)).collect();
        line(&mut page, &format!("meter {}: {}; each {}", meter.name, limits.join(", "), meter.period));
    }
    for kind in &policy.kinds {
        self::kind(kind, &mut page);
    }
    page
}

fn role(role: &Role, page: &mut String) {
    let mut flags = Vec::new();
    for (flag, is) in [("founder", role.founder), ("sole", role.sole), ("at least one", role.at_least_one)] {
        if is {
            flags.push(flag.to_owned());
        }
    }
    if role.transferable {
        flags.push("transferable".to_owned());
    }
    if !role.former_holder_becomes.is_empty() {
        flags.push(format!("then {}", role.former_holder_becomes));
    }
    line(page, &format!("{} \"{}\" {}", role.name, role.title, flags.join(", ")));
    line(page, &format!("  may {}", role.permissions.join(" ")));
    line(page, &format!("  assigns {}; manages {}", role.assigns.join(" "), role.manages.join(" ")));
}

fn kind(kind: &Kind, page: &mut String) {
    let dormant = if kind.dormant_grants { ", grants lie dormant" } else { "" };
    line(page, &format!("kind {} \"{}\"{dormant}", kind.name, kind.title));
    for role in &kind.roles {
        line(page, &format!("  {} \"{}\": {}", role.name, role.title, role.permissions.join(" ")));
    }
    for reach in &kind.reach {
        let how = match reach.r#type() {
            ReachType::Unspecified => "?",
            ReachType::All => "all as",
            ReachType::Base => "base",
            ReachType::Granted => "granted",
            ReachType::GrantedAs => "granted as",
            ReachType::Scoped => "scoped",
        };
        line(page, &format!("  {} reaches {how} {}", reach.team_role, reach.kind_role));
    }
}

/// Adds a line without white space at its end.
fn line(page: &mut String, text: &str) {
    writeln!(page, "{}", text.trim_end()).expect("a text takes a line");
}
