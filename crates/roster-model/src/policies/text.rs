//! Writes a policy as the file that says it, every key spelled out.

use std::fmt::Write as _;

use roster_domain::policy::{
    InvitationRules, InviteLinkRules, Kind, Permissions, Policy, Reach, Role, SelfRule, Sole, TeamCodeRules,
    TierName, Tiers,
};

/// The policy as a file would say it, every key spelled out.
#[must_use]
pub fn policy_file(policy: &Policy) -> String {
    let rule = |rule| {
        if rule == SelfRule::Never { "never" } else { "unless_last" }
    };
    let mut text = format!(
        "name = \"{}\"\ntitle = {}\ndescription = {}\nself_role = {:?}\nself_leave = {:?}\n\
         personal_team = {}\nsuspension = {}\n",
        policy.name,
        quoted(&policy.title),
        quoted(&policy.description),
        rule(policy.self_role),
        rule(policy.self_leave),
        policy.personal_team,
        policy.suspension,
    );
    policy.roles.iter().for_each(|role| write_role(&mut text, role));
    write_joining(&mut text, policy);
    write_plan(&mut text, policy);
    policy.kinds.iter().for_each(|kind| write_kind(&mut text, kind));
    text
}

/// A text for people, as TOML quotes it.
fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

fn array<T: ToString>(elements: impl IntoIterator<Item = T>) -> String {
    let quoted: Vec<_> = elements.into_iter().map(|one| format!("{:?}", one.to_string())).collect();
    format!("[{}]", quoted.join(", "))
}

fn write_role(text: &mut String, role: &Role) {
    let permissions = match &role.permissions {
        Permissions::All => array(["*"]),
        Permissions::Only(list) => array(list),
        Permissions::AllBut(list) => array(list.iter().map(|one| format!("!{one}")).chain(["*".to_owned()])),
    };
    let _ = writeln!(
        text,
        "[[roles]]\nname = \"{}\"\ntitle = {}\npermissions = {permissions}\nassigns = {}\nmanages = {}\n\
         founder = {}\nat_least_one = {}",
        role.name,
        quoted(&role.title),
        array(&role.assigns),
        array(&role.manages),
        role.founder,
        role.at_least_one,
    );
    if let Some(Sole { transferable, former_holder_becomes }) = &role.sole {
        let becomes = format!("former_holder_becomes = \"{former_holder_becomes}\"");
        let _ = writeln!(text, "sole = {{ transferable = {transferable}, {becomes} }}");
    }
}

fn write_joining(text: &mut String, policy: &Policy) {
    if let Some(InvitationRules { lifetime, address_locked }) = policy.invitations {
        let _ = writeln!(text, "[invitations]\nlifetime = \"{lifetime}\"\naddress_locked = {address_locked}");
    }
    if let Some(InviteLinkRules { lifetime, role }) = &policy.invite_links {
        let _ = writeln!(text, "[invite_links]\nlifetime = \"{lifetime}\"\nrole = \"{role}\"");
    }
    if let Some(TeamCodeRules { prefix, length, lifetimes }) = &policy.team_codes {
        let lives = lifetimes.iter().map(|life| life.map_or("never".to_owned(), |life| life.to_string()));
        let lives = array(lives);
        let _ = writeln!(text, "[team_codes]\nprefix = \"{prefix}\"\nlength = {length}\nlifetimes = {lives}");
    }
}

fn write_plan(text: &mut String, policy: &Policy) {
    fn by_tier<T: ToString>(numbers: &[(TierName, T)]) -> String {
        let pairs: Vec<_> =
            numbers.iter().map(|(tier, number)| format!("{tier} = {}", number.to_string())).collect();
        format!("by_tier = {{ {} }}", pairs.join(", "))
    }
    if let Some(Tiers { names, default }) = &policy.tiers {
        let _ = writeln!(text, "[tiers]\nnames = {}\ndefault = \"{default}\"", array(names));
    }
    if let Some(seats) = &policy.seats {
        let _ = writeln!(
            text,
            "[seats]\n{}\npending_invitations_hold = {}\nsuspended_members_hold = {}",
            by_tier(&seats.by_tier),
            seats.pending_invitations_hold,
            seats.suspended_members_hold,
        );
    }
    for meter in &policy.meters {
        let period = meter.period.map_or(String::new(), |period| format!("period = \"{period}\"\n"));
        let _ = writeln!(text, "[[meters]]\nname = \"{}\"\n{period}{}", meter.name, by_tier(&meter.by_tier));
    }
}

fn write_kind(text: &mut String, kind: &Kind) {
    let _ = writeln!(
        text,
        "[[kinds]]\nname = \"{}\"\ntitle = {}\ndormant_grants = {}\n[kinds.reach]",
        kind.name,
        quoted(&kind.title),
        kind.dormant_grants,
    );
    for (role, reach) in &kind.reach {
        let reach = match reach {
            Reach::All(with) => format!("{{ all = \"{with}\" }}"),
            Reach::Base(with) => format!("{{ base = \"{with}\" }}"),
            Reach::Granted => "\"granted\"".to_owned(),
            Reach::GrantedAs(with) => format!("{{ granted = \"{with}\" }}"),
            Reach::Scoped(with) => format!("{{ scoped = \"{with}\" }}"),
        };
        let _ = writeln!(text, "{role} = {reach}");
    }
    for role in &kind.roles {
        let permissions = array(&role.permissions);
        let _ = writeln!(
            text,
            "[[kinds.roles]]\nname = \"{}\"\ntitle = {}\npermissions = {permissions}",
            role.name,
            quoted(&role.title),
        );
    }
}
