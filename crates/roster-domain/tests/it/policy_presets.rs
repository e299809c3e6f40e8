//! What the policies of six products say, held against their manuals and against each other.
//!
//! The text of each, as people read it, stands beside it: a role × action table to review without reading code.

use roster_domain::policy::{
    Lifetime, Period, Permissions, Policy, Reach, RoleName, SelfRule, parse, presets, show,
};

/// The one policy that ships beside the binary, not in it: an example for a deployment's own.
const CODE_HOST: &str = include_str!("../../../../deploy/policies/code-host.toml");

const TEXTS: [(&str, &str); 6] = [
    ("studio", include_str!("../policies/studio.txt")),
    ("organization", include_str!("../policies/organization.txt")),
    ("account", include_str!("../policies/account.txt")),
    ("brand", include_str!("../policies/brand.txt")),
    ("workspace", include_str!("../policies/workspace.txt")),
    ("code-host", include_str!("../policies/code-host.txt")),
];

/// All six, the presets in their order first.
fn policies() -> Vec<Policy> {
    let mut policies = presets();
    policies.push(parse("code-host.toml", CODE_HOST).unwrap_or_else(|error| panic!("{error}")));
    policies
}

fn policy(name: &str) -> Policy {
    policies().into_iter().find(|policy| policy.name.as_str() == name).expect("there is such a policy")
}

fn role(name: &str) -> RoleName {
    RoleName::parse(name).expect("the policy has it")
}

/// One role as a row of the products' tables: permissions, assigns, manages.
#[track_caller]
fn check_role(policy: &Policy, name: &str, permissions: &[&str], assigns: &[&str], manages: &[&str]) {
    let role = policy.role(&role(name)).expect("the policy has it");
    let texts: Vec<String> = match &role.permissions {
        Permissions::All => vec!["*".to_owned()],
        Permissions::Only(list) => list.iter().map(ToString::to_string).collect(),
        Permissions::AllBut(list) => list.iter().map(|one| format!("!{one}")).collect(),
    };
    assert_eq!(texts, permissions, "{name}");
    assert_eq!(role.assigns.iter().map(RoleName::as_str).collect::<Vec<_>>(), assigns, "{name}");
    assert_eq!(role.manages.iter().map(RoleName::as_str).collect::<Vec<_>>(), manages, "{name}");
}

/// The roles in their order, and what is special about them.
#[track_caller]
fn check_standing(policy: &Policy, expected: &[&str]) {
    let standing = policy.roles.iter().map(|role| {
        let founder = if role.founder { " founder" } else { "" };
        let kept = if role.at_least_one { " at_least_one" } else { "" };
        let sole = role.sole.as_ref().map_or(String::new(), |sole| {
            let fixed = if sole.transferable { "" } else { " fixed" };
            format!(" sole{fixed} then {}", sole.former_holder_becomes)
        });
        format!("{}{founder}{kept}{sole}", role.name)
    });
    assert_eq!(standing.collect::<Vec<_>>(), expected);
}

#[track_caller]
fn check_invitations(policy: &Policy, lifetime: &str, address_locked: bool) {
    let rules = policy.invitations.expect("the policy has it");
    assert_eq!((rules.lifetime.to_string().as_str(), rules.address_locked), (lifetime, address_locked));
}

#[test]
fn studio() {
    let policy = policy("studio");
    let all = ["owner", "editor", "viewer"];
    check_standing(&policy, &["owner founder at_least_one", "editor", "viewer"]);
    check_role(&policy, "owner", &["*"], &all, &all);
    let editor = ["team.read", "members.read", "works.view", "works.add", "works.edit", "works.delete"];
    check_role(&policy, "editor", &editor, &[], &[]);
    check_role(&policy, "viewer", &["team.read", "members.read", "works.view"], &[], &[]);
    check_invitations(&policy, "P7D", true);
    assert!(policy.personal_team && policy.suspension);
    assert_eq!((policy.self_role, policy.self_leave), (SelfRule::UnlessLast, SelfRule::UnlessLast));
    assert!(policy.invite_links.is_none() && policy.team_codes.is_none() && policy.seats.is_none());
}

#[test]
fn organization() {
    let policy = policy("organization");
    let all = ["admin", "editor", "viewer"];
    check_standing(&policy, &["admin founder at_least_one", "editor", "viewer"]);
    check_role(&policy, "admin", &["*"], &all, &all);
    check_role(&policy, "editor", &["team.read", "members.read", "assets.view", "assets.edit"], &[], &[]);
    check_role(&policy, "viewer", &["team.read", "members.read", "assets.view"], &[], &[]);
    let links = policy.invite_links.unwrap();
    assert_eq!((links.lifetime.fixed_seconds(), links.role), (Some(72 * 3600), role("viewer")));
    assert!(policy.invitations.is_none() && policy.team_codes.is_none());
    assert!(!policy.personal_team && !policy.suspension);
    assert_eq!((policy.self_role, policy.self_leave), (SelfRule::UnlessLast, SelfRule::UnlessLast));
    assert!(
        policy.tiers.is_none()
            && policy.seats.is_none()
            && policy.meters.is_empty()
            && policy.kinds.is_empty()
    );
}

#[test]
fn account() {
    let policy = policy("account");
    let three = ["admin", "editor", "viewer"];
    check_standing(&policy, &["owner founder sole then admin", "admin", "editor", "viewer"]);
    check_role(&policy, "owner", &["*"], &three, &three);
    check_role(&policy, "admin", &["*"], &three, &three);
    let editor = ["team.read", "members.read", "quota.read", "validations.run", "exports.create"];
    check_role(&policy, "editor", &editor, &[], &[]);
    check_role(&policy, "viewer", &["team.read", "members.read", "quota.read"], &[], &[]);
    check_invitations(&policy, "P1M", false);
    assert_eq!((policy.self_role, policy.self_leave), (SelfRule::Never, SelfRule::UnlessLast));
    assert_eq!(policy.tiers.unwrap().default.as_str(), "free");
    let seats = policy.seats.unwrap();
    let by_tier: Vec<_> = seats.by_tier.iter().map(|(tier, seats)| (tier.as_str(), *seats)).collect();
    assert_eq!(by_tier, [("free", 1), ("pro", 1), ("agency", 3), ("enterprise", 10)]);
    assert!(!seats.pending_invitations_hold);
    let meter = &policy.meters[0];
    let by_tier: Vec<_> = meter.by_tier.iter().map(|(tier, limit)| (tier.as_str(), *limit)).collect();
    assert_eq!(by_tier, [("free", 100), ("pro", 1_000), ("agency", 10_000), ("enterprise", 100_000)]);
    assert_eq!((meter.name.as_str(), meter.period), ("validations", Some(Period::Month)));
    let reach = &policy.kinds[0].reach;
    assert_eq!(reach[0], (role("owner"), Reach::All(role("manager"))));
    assert_eq!(reach[2], (role("editor"), Reach::All(role("manager"))));
    assert_eq!(reach[3], (role("viewer"), Reach::Scoped(role("viewer"))));
}

#[test]
fn brand() {
    let policy = policy("brand");
    let three = ["admin", "member", "guest"];
    check_standing(&policy, &["owner founder sole then admin", "admin", "member", "guest"]);
    check_role(&policy, "owner", &["*"], &three, &three);
    check_role(&policy, "admin", &["!team.delete"], &three, &three);
    check_role(&policy, "member", &["team.read", "members.read"], &[], &[]);
    check_role(&policy, "guest", &["team.read", "members.read"], &[], &[]);
    check_invitations(&policy, "P7D", true);
    assert_eq!((policy.self_role, policy.self_leave), (SelfRule::Never, SelfRule::Never));
    let codes = policy.team_codes.unwrap();
    assert_eq!((codes.prefix.as_str(), codes.length), ("SK-", 6));
    assert_eq!(
        codes.lifetimes,
        [Lifetime::parse("P1D"), Lifetime::parse("P7D"), Lifetime::parse("P30D"), None]
    );
    let kind = &policy.kinds[0];
    assert_eq!(kind.roles.iter().map(|role| role.permissions.len()).collect::<Vec<_>>(), [3, 2, 1]);
    let reach: Vec<_> = kind.reach.iter().map(|(_, reach)| reach.clone()).collect();
    let all = Reach::All(role("admin"));
    assert_eq!(reach, [all.clone(), all, Reach::Granted, Reach::GrantedAs(role("viewer"))]);
}

#[test]
fn workspace() {
    let policy = policy("workspace");
    check_standing(&policy, &["creator founder sole fixed then admin", "admin", "user"]);
    check_role(&policy, "creator", &["*"], &["admin", "user"], &["admin", "user"]);
    let admin = [
        "team.read",
        "team.update",
        "members.read",
        "members.invite",
        "invitations.read",
        "members.change_role",
        "members.remove",
        "bvs.manage",
    ];
    check_role(&policy, "admin", &admin, &["admin", "user"], &["user"]);
    check_role(&policy, "user", &["team.read", "members.read"], &[], &[]);
    check_invitations(&policy, "P7D", true);
    assert_eq!((policy.self_role, policy.self_leave), (SelfRule::Never, SelfRule::Never));
    let seats = policy.seats.unwrap();
    assert_eq!(seats.by_tier.iter().map(|(_, seats)| *seats).collect::<Vec<_>>(), [5, 25]);
    assert_eq!(policy.tiers.unwrap().default, seats.by_tier[0].0);
    assert!(seats.pending_invitations_hold);
}

#[test]
fn code_host() {
    let policy = policy("code-host");
    check_standing(&policy, &["owner founder at_least_one", "member"]);
    let kind = &policy.kinds[0];
    let roles: Vec<_> = kind.roles.iter().map(|role| role.name.as_str()).collect();
    assert_eq!(roles, ["admin", "maintain", "write", "triage", "read"]);
    assert_eq!(kind.reach[1], (role("member"), Reach::Base(role("read"))));
}

#[test]
fn suspension_is_on_in_one_product_alone() {
    let on = policies().into_iter().filter(|policy| policy.suspension);
    assert_eq!(on.map(|policy| policy.name.to_string()).collect::<Vec<_>>(), ["studio"]);
}

#[test]
fn each_reads_as_its_text_says() {
    let names: Vec<String> = policies().iter().map(|policy| policy.name.to_string()).collect();
    assert_eq!(names, TEXTS.map(|(name, _)| name));
    for (policy, (name, expected)) in policies().iter().zip(TEXTS) {
        let shown = show(policy);
        assert_eq!(shown, expected, "policies/{name}.txt should be\n{shown}");
    }
}
