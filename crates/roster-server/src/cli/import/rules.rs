//! What the policy says about how a file's words become Roster's. Nothing here knows which policy it is.

use anyhow::{Context, bail};
use roster_proto::v1 as pb;

/// The roles and the kind of resource that an import gives.
#[derive(Debug)]
pub(super) struct Rules {
    /// The team's roles, the highest first.
    pub(super) roles: Vec<String>,
    /// The role of whoever creates a team.
    pub(super) founder_role: String,
    /// The role of the file's admins.
    pub(super) admin_role: String,
    /// The role of its members.
    pub(super) member_role: String,
    /// What grants are for; none where the file has no repositories and the policy no single kind.
    pub(super) kind: Option<KindRules>,
}

/// A kind of resource.
#[derive(Debug)]
pub(super) struct KindRules {
    pub(super) name: String,
    /// Its roles, the highest first.
    pub(super) roles: Vec<String>,
    /// The team's roles whose holders reach every resource, whatever they are granted.
    pub(super) reaching_all: Vec<String>,
    /// The team's roles whose holders reach every resource until some are named for them.
    pub(super) scoping: Vec<String>,
    /// Whether those who reach all take grants, which lie dormant.
    pub(super) dormant_grants: bool,
}

/// What the command line chose; where it did not, the policy does.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Choice<'a> {
    pub(super) admin_role: Option<&'a str>,
    pub(super) member_role: Option<&'a str>,
    pub(super) kind: Option<&'a str>,
}

impl Rules {
    /// Admins get the founder's role and members the lowest one, unless others were chosen.
    pub(super) fn of(policy: &pb::Policy, choice: Choice<'_>, has_repos: bool) -> anyhow::Result<Self> {
        let roles: Vec<String> = policy.roles.iter().map(|role| role.name.clone()).collect();
        let founder = policy.roles.iter().find(|role| role.founder);
        let founder_role = founder.context("the policy names no founder's role")?.name.clone();
        let lowest = roles.last().context("the policy has no roles")?.clone();
        let chosen = |choice: Option<&str>, default: &str| {
            let role = choice.unwrap_or(default);
            if roles.iter().any(|known| known == role) {
                Ok(role.to_owned())
            } else {
                bail!("policy {} has no role {role}; it has: {}", policy.name, roles.join(", "))
            }
        };
        Ok(Self {
            admin_role: chosen(choice.admin_role, &founder_role)?,
            member_role: chosen(choice.member_role, &lowest)?,
            kind: kind(policy, choice.kind, has_repos)?,
            roles,
            founder_role,
        })
    }

    /// The rank of a role of the team, counted from the highest; one that is unknown is below all.
    pub(super) fn rank(&self, role: &str) -> usize {
        self.roles.iter().position(|known| known == role).unwrap_or(self.roles.len())
    }
}

impl KindRules {
    /// Whether holders of a role of the team can be granted anything.
    pub(super) fn takes_grants(&self, role: &str) -> bool {
        self.dormant_grants || !self.reaches_all(role)
    }

    /// Whether grants to holders of a role of the team count for nothing.
    pub(super) fn reaches_all(&self, role: &str) -> bool {
        self.reaching_all.iter().any(|known| known == role)
    }
    /// The rank of one of the kind's roles, counted from the highest.
    pub(super) fn rank(&self, role: &str) -> Option<usize> {
        self.roles.iter().position(|known| known == role)
    }
}

fn kind(policy: &pb::Policy, choice: Option<&str>, has_repos: bool) -> anyhow::Result<Option<KindRules>> {
    let names = || policy.kinds.iter().map(|kind| kind.name.as_str()).collect::<Vec<_>>().join(", ");
    let kind = match (choice, &policy.kinds[..]) {
        (Some(name), kinds) => match kinds.iter().find(|kind| kind.name == name) {
            Some(kind) => kind,
            None => bail!("policy {} has no kind {name}; it has: {}", policy.name, names()),
        },
        (None, [kind]) => kind,
        (None, _) if !has_repos => return Ok(None),
        (None, []) => {
            bail!("policy {} has no kind of resource that could stand for repositories", policy.name)
        }
        (None, _) => bail!("policy {} has several kinds: choose by --kind among {}", policy.name, names()),
    };
    let roles_of = |kind_of_reach: pb::ReachType| {
        let reaches = kind.reach.iter().filter(move |reach| reach.r#type() == kind_of_reach);
        reaches.map(|reach| reach.team_role.clone()).collect()
    };
    Ok(Some(KindRules {
        name: kind.name.clone(),
        roles: kind.roles.iter().map(|role| role.name.clone()).collect(),
        reaching_all: roles_of(pb::ReachType::All),
        scoping: roles_of(pb::ReachType::Scoped),
        dormant_grants: kind.dormant_grants,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(kinds: &[&str]) -> pb::Policy {
        let role = |name: &str, founder| pb::Role { name: name.into(), founder, ..pb::Role::default() };
        let kind = |name: &&str| pb::Kind {
            name: (*name).into(),
            roles: ["admin", "read"]
                .map(|name| pb::KindRole { name: name.into(), ..pb::KindRole::default() })
                .into(),
            reach: vec![pb::Reach {
                team_role: "chief".into(),
                r#type: pb::ReachType::All.into(),
                kind_role: "admin".into(),
            }],
            ..pb::Kind::default()
        };
        pb::Policy {
            name: "guild".into(),
            roles: vec![
                role("patron", false),
                role("chief", true),
                role("hand", false),
                role("guest", false),
            ],
            kinds: kinds.iter().map(kind).collect(),
            ..pb::Policy::default()
        }
    }

    #[test]
    fn roles_come_from_the_policy_unless_they_are_chosen() {
        let check = |choice: Choice<'_>, expected: Result<(&str, &str), &str>| {
            let found = Rules::of(&policy(&[]), choice, false);
            let found = found.map(|rules| (rules.admin_role, rules.member_role)).map_err(|e| e.to_string());
            match (&found, expected) {
                (Ok((admin, member)), Ok(expected)) => assert_eq!((&admin[..], &member[..]), expected),
                (Err(text), Err(part)) => assert!(text.contains(part), "{text}"),
                _ => panic!("{choice:?}: {found:?}"),
            }
        };
        let none = Choice::default();
        check(none, Ok(("chief", "guest")));
        check(
            Choice { admin_role: Some("patron"), member_role: Some("hand"), ..none },
            Ok(("patron", "hand")),
        );
        check(
            Choice { member_role: Some("owner"), ..none },
            Err("no role owner; it has: patron, chief, hand, guest"),
        );
    }

    #[test]
    fn the_kind_is_the_only_one_unless_it_is_chosen() {
        let check =
            |kinds: &[&str], choice: Option<&str>, has_repos, expected: Result<Option<&str>, &str>| {
                let found = kind(&policy(kinds), choice, has_repos);
                let found = found.map(|kind| kind.map(|kind| kind.name)).map_err(|e| e.to_string());
                match (&found, expected) {
                    (Ok(found), Ok(expected)) => assert_eq!(found.as_deref(), expected),
                    (Err(text), Err(part)) => assert!(text.contains(part), "{text}"),
                    _ => panic!("{kinds:?} {choice:?}: {found:?}"),
                }
            };
        check(&["mill"], None, true, Ok(Some("mill")));
        check(&["mill"], None, false, Ok(Some("mill")));
        check(&["mill", "barn"], Some("barn"), true, Ok(Some("barn")));
        check(&["mill", "barn"], None, false, Ok(None));
        check(&["mill", "barn"], None, true, Err("--kind among mill, barn"));
        check(&["mill"], Some("shed"), true, Err("no kind shed"));
        check(&[], None, false, Ok(None));
        check(&[], None, true, Err("no kind of resource"));
    }

    #[test]
    fn where_grants_cannot_lie_dormant_who_reaches_all_takes_none() {
        let mut policy = policy(&["mill"]);
        let takes_grants =
            |policy: &pb::Policy, role| kind(policy, None, true).unwrap().unwrap().takes_grants(role);
        assert!(!takes_grants(&policy, "chief") && takes_grants(&policy, "hand"));
        policy.kinds[0].dormant_grants = true;
        assert!(takes_grants(&policy, "chief") && takes_grants(&policy, "hand"));
    }
}
