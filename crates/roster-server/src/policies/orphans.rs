//! Whether stored teams can live under the policies that are loaded.
//!
//! A role that members hold and that is gone from the policy would leave them with no standing at all, and nobody
//! could mend that through the service. So such a policy does not begin to serve.

use std::collections::BTreeMap;

use roster_domain::policy::{Policy, PolicyName, TierName};
use roster_store::{InUse, RoleInUse};

/// What stored teams have and the policies lack, one sentence each, with what to do about it.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct Orphans(Vec<String>);

/// Compares what stored teams have with what the policies say. `narrowed` says whether the deployment chose which
/// policies to serve: only then may teams follow another one.
pub fn check(in_use: &InUse, policies: &[Policy], narrowed: bool) -> Result<(), Orphans> {
    let find = |name: &PolicyName| policies.iter().find(|policy| policy.name == *name);
    let mut problems = vec![];
    let mut absent = BTreeMap::<&PolicyName, i64>::new();
    for held in &in_use.tiers {
        match (find(&held.policy), &held.tier) {
            (None, _) => *absent.entry(&held.policy).or_default() += held.teams,
            (Some(policy), Some(tier)) if !has_tier(policy, tier) => {
                problems.push(tier_gone(&held.policy, tier, held.teams));
            }
            _ => {}
        }
    }
    for held in &in_use.roles {
        if find(&held.policy).is_some_and(|policy| policy.role(&held.role).is_none()) {
            problems.push(role_gone(held));
        }
    }
    if !narrowed {
        problems.extend(absent.iter().map(|(policy, teams)| policy_gone(policy, *teams)));
    }
    if problems.is_empty() { Ok(()) } else { Err(Orphans(problems)) }
}

fn has_tier(policy: &Policy, tier: &TierName) -> bool {
    policy.tiers.as_ref().is_some_and(|tiers| tiers.names.contains(tier))
}

fn role_gone(held: &RoleInUse) -> String {
    let RoleInUse { policy, role, members, teams } = held;
    format!(
        "policy {policy} has no role \"{role}\", which {} in {} {}: put the role back, give its holders other roles, and \
         then take it away",
        counted(*members, "member"),
        counted(*teams, "team"),
        agreeing(*members, "holds", "hold"),
    )
}

fn tier_gone(policy: &PolicyName, tier: &TierName, teams: i64) -> String {
    format!(
        "policy {policy} has no tier \"{tier}\", which {} {}: put the tier back, give these teams other tiers, and then \
         take it away",
        counted(teams, "team"),
        agreeing(teams, "has", "have"),
    )
}

fn policy_gone(policy: &PolicyName, teams: i64) -> String {
    format!(
        "there is no policy {policy}, which {} {}: put its file back into policies_dir, or name the policies to serve in \
         enabled_policies",
        counted(teams, "team"),
        agreeing(teams, "follows", "follow"),
    )
}

fn counted(number: i64, what: &str) -> String {
    format!("{number} {what}{}", agreeing(number, "", "s"))
}

fn agreeing<'a>(number: i64, one: &'a str, many: &'a str) -> &'a str {
    if number == 1 { one } else { many }
}

#[cfg(test)]
mod tests {
    use roster_domain::policy::{RoleName, parse};
    use roster_store::TierInUse;

    use super::*;

    const GUILD: &str = "name = \"guild\"\ntitle = \"Guild\"\n[tiers]\nnames = [\"small\"]\ndefault = \"small\"\n\
                         [[roles]]\nname = \"boss\"\nfounder = true\npermissions = [\"*\"]";

    fn policy(name: &str) -> PolicyName {
        PolicyName::parse(name).expect("a policy's name")
    }

    fn role(name: &str, members: i64, teams: i64) -> RoleInUse {
        RoleInUse {
            policy: policy("guild"),
            role: RoleName::parse(name).expect("a role's name"),
            members,
            teams,
        }
    }

    fn tier(name: &str, tier: Option<&str>, teams: i64) -> TierInUse {
        let tier = tier.map(|tier| TierName::parse(tier).expect("a tier's name"));
        TierInUse { policy: policy(name), tier, teams }
    }

    /// What is wrong under the policy above.
    #[track_caller]
    fn find(narrowed: bool, roles: Vec<RoleInUse>, tiers: Vec<TierInUse>, expected: Result<(), &[&str]>) {
        let guild = parse("guild.toml", GUILD).expect("a good file");
        let found = check(&InUse { roles, tiers }, &[guild], narrowed);
        let sentences = |texts: &[&str]| Orphans(texts.iter().copied().map(str::to_owned).collect());
        assert_eq!(found, expected.map_err(sentences));
    }

    #[test]
    fn what_the_policy_has_is_no_orphan() {
        for narrowed in [true, false] {
            find(narrowed, vec![], vec![], Ok(()));
            let tiers = vec![tier("guild", None, 3), tier("guild", Some("small"), 2)];
            find(narrowed, vec![role("boss", 5, 5)], tiers, Ok(()));
        }
    }

    #[test]
    fn what_the_policy_lost_is_told_with_its_counts() {
        let advice = "put the role back, give its holders other roles, and then take it away";
        let one = format!("policy guild has no role \"page\", which 1 member in 1 team holds: {advice}");
        let many = format!("policy guild has no role \"knight\", which 3 members in 2 teams hold: {advice}");
        let tiers = "policy guild has no tier \"large\", which 2 teams have: put the tier back, give these teams other \
                     tiers, and then take it away";
        for narrowed in [true, false] {
            let roles = vec![role("page", 1, 1), role("boss", 2, 2), role("knight", 3, 2)];
            find(narrowed, roles, vec![tier("guild", Some("large"), 2)], Err(&[tiers, &one, &many]));
        }
    }

    #[test]
    fn teams_under_another_policy_are_absent_only_where_that_was_chosen() {
        let tiers = || vec![tier("club", None, 1), tier("club", Some("large"), 4), tier("guild", None, 1)];
        let club = RoleInUse { policy: policy("club"), ..role("page", 9, 5) };
        find(true, vec![club.clone()], tiers(), Ok(()));
        let gone = "there is no policy club, which 5 teams follow: put its file back into policies_dir, or name the \
                    policies to serve in enabled_policies";
        find(false, vec![club], tiers(), Err(&[gone]));
    }
}
