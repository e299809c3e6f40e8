//! The form of the file: who an organization's admins and members are, and which teams hold roles on repositories.
//!
//! It is the form in which Kubernetes keeps its organizations. Keys that it does not speak of are not looked at; what
//! is wrong is named with its line, and the rest is read.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use anyhow::{Context, bail};

use super::rows::BadRow;
use super::yaml::{self, Malformed, Node, Value};

/// In bytes: a hundred times the largest organization that is known to be kept so.
const MOST: u64 = 16 * 1024 * 1024;

/// What the file records.
#[derive(Debug, Default)]
pub(super) struct Organization {
    pub(super) name: Option<String>,
    pub(super) admins: Vec<Login>,
    pub(super) members: Vec<Login>,
    pub(super) teams: Vec<Team>,
    /// What could not be read.
    pub(super) bad: Vec<BadRow>,
    /// Whether that is among what the lists of admins and members are read from, so that somebody may be missing.
    pub(super) incomplete: bool,
}

/// A person, where the file names it.
#[derive(Clone, Debug)]
pub(super) struct Login {
    pub(super) text: String,
    pub(super) line: usize,
}

/// A team of the organization.
#[derive(Debug, Default)]
pub(super) struct Team {
    pub(super) name: String,
    /// Its members and maintainers.
    pub(super) people: Vec<Login>,
    pub(super) repos: Vec<Repo>,
    /// Its child teams.
    pub(super) teams: Vec<Team>,
}

/// A role of a team on a repository.
#[derive(Debug)]
pub(super) struct Repo {
    pub(super) name: String,
    pub(super) role: String,
    pub(super) line: usize,
}

impl Organization {
    /// Whether any team has a role on a repository.
    pub(super) fn has_repos(&self) -> bool {
        fn any(teams: &[Team]) -> bool {
            teams.iter().any(|team| !team.repos.is_empty() || any(&team.teams))
        }
        any(&self.teams)
    }
}

/// Reads a file of at most 16 MiB.
pub(super) fn read(path: &Path) -> anyhow::Result<Organization> {
    let name = path.display();
    let mut bytes = Vec::new();
    let file = File::open(path).with_context(|| format!("opening {name}"))?;
    file.take(MOST + 1).read_to_end(&mut bytes).with_context(|| format!("reading {name}"))?;
    if bytes.len() as u64 > MOST {
        bail!("{name} has more than {} MiB", MOST >> 20);
    }
    let text = String::from_utf8(bytes).with_context(|| format!("{name} is not UTF-8"))?;
    parse(&text).map_err(|error| anyhow::anyhow!("{name}:{}: {}", error.line, error.what))
}

/// Reads the text of a file. Without a list of admins and a well-formed list of members it is no such file.
pub(super) fn parse(text: &str) -> Result<Organization, Malformed> {
    let root = yaml::parse(text.strip_prefix('\u{feff}').unwrap_or(text))?;
    let malformed = |line, what: &str| Malformed { line, what: what.to_owned() };
    if !matches!(root.value, Value::Map(_)) {
        return Err(malformed(
            root.line,
            "an organization is a mapping with the keys admins, members and teams",
        ));
    }
    let mut organization = Organization::default();
    let bad = &mut organization.bad;
    note_doubled(&root, bad);
    for (key, logins) in [("admins", &mut organization.admins), ("members", &mut organization.members)] {
        if let Some(node) = root.entry(key) {
            let problem = || malformed(node.line, &format!("{key} must be a list of logins"));
            *logins = list_of_logins(node, bad).ok_or_else(problem)?;
        }
    }
    if organization.admins.is_empty() {
        return Err(malformed(root.line, "the list admins is missing or empty"));
    }
    organization.name = match root.entry("name").map(|node| (node.line, &node.value)) {
        Some((_, Value::Text(text))) => Some(text.clone()),
        None | Some((_, Value::Null)) => None,
        Some((line, _)) => return Err(malformed(line, "name must be a text")),
    };
    organization.incomplete = !bad.is_empty();
    organization.teams = teams(&root, "", bad);
    Ok(organization)
}

/// The teams under the key `teams`.
fn teams(parent: &Node, parent_name: &str, bad: &mut Vec<BadRow>) -> Vec<Team> {
    let Some(node) = parent.entry("teams") else { return Vec::new() };
    let entries = match &node.value {
        Value::Null => return Vec::new(),
        Value::Map(entries) => entries,
        _ => {
            bad.push(BadRow::at(
                node.line,
                format!("{parent_name}teams must be a mapping from names to teams"),
            ));
            return Vec::new();
        }
    };
    note_doubled(node, bad);
    entries
        .iter()
        .filter(|(key, _)| key.doubles.is_none())
        .map(|(key, node)| team(&key.text, node, bad))
        .collect()
}

fn team(name: &str, node: &Node, bad: &mut Vec<BadRow>) -> Team {
    let mut team = Team { name: name.to_owned(), ..Team::default() };
    if !matches!(node.value, Value::Map(_) | Value::Null) {
        bad.push(BadRow::at(node.line, format!("team {name}: a team must be a mapping")));
        return team;
    }
    note_doubled(node, bad);
    for key in ["maintainers", "members"] {
        let Some(list) = node.entry(key) else { continue };
        match list_of_logins(list, bad) {
            Some(people) => team.people.extend(people),
            None => bad.push(BadRow::at(list.line, format!("team {name}: {key} must be a list of logins"))),
        }
    }
    team.repos = repos(name, node, bad);
    team.teams = teams(node, &format!("team {name}: "), bad);
    team
}

fn repos(team: &str, node: &Node, bad: &mut Vec<BadRow>) -> Vec<Repo> {
    let Some(node) = node.entry("repos") else { return Vec::new() };
    let entries = match &node.value {
        Value::Null => return Vec::new(),
        Value::Map(entries) => entries,
        _ => {
            let what = format!("team {team}: repos must be a mapping from repositories to roles");
            bad.push(BadRow::at(node.line, what));
            return Vec::new();
        }
    };
    note_doubled(node, bad);
    let mut repos = Vec::new();
    for (key, node) in entries.iter().filter(|(key, _)| key.doubles.is_none()) {
        let role = match &node.value {
            Value::Text(role) => role.clone(),
            // It names no role that any policy has, and is named with the others that do not.
            _ => String::new(),
        };
        repos.push(Repo { name: key.text.clone(), role, line: key.line });
    }
    repos
}

/// The logins of a list; none if it is no list. An entry that is no text is bad by itself.
fn list_of_logins(node: &Node, bad: &mut Vec<BadRow>) -> Option<Vec<Login>> {
    let items = match &node.value {
        Value::Null => return Some(Vec::new()),
        Value::List(items) => items,
        _ => return None,
    };
    let mut logins = Vec::new();
    for item in items {
        match &item.value {
            Value::Text(text) => logins.push(Login { text: text.clone(), line: item.line }),
            _ => bad.push(BadRow::at(item.line, "a login must be a text")),
        }
    }
    Some(logins)
}

fn note_doubled(node: &Node, bad: &mut Vec<BadRow>) {
    let Value::Map(entries) = &node.value else { return };
    for (key, _) in entries {
        if let Some(line) = key.doubles {
            let what = format!("the key {} stands at line {line} already; the first one counts", key.text);
            bad.push(BadRow::at(key.line, what));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(logins: &[Login]) -> Vec<&str> {
        logins.iter().map(|login| login.text.as_str()).collect()
    }

    #[test]
    fn the_form_is_read_with_its_lines() {
        let text = "\u{feff}admins:\n- ada\nbilling_email: x@example.org\nmembers:\n- Bob\n- 007\nname: Guild\nteams:\n  \
                    mill:\n    maintainers: [ada]\n    members:\n    - bob\n    privacy: closed\n    repos:\n      \
                    wheel: write\n    teams:\n      sluice: {members: [bob]}\n  empty:\n";
        let organization = parse(text).unwrap();
        assert_eq!(organization.name.as_deref(), Some("Guild"));
        assert_eq!(texts(&organization.admins), ["ada"]);
        assert_eq!(texts(&organization.members), ["Bob", "007"]);
        assert_eq!(organization.members[1].line, 6);
        let [mill, empty] = &organization.teams[..] else { panic!("{:?}", organization.teams) };
        assert_eq!((mill.name.as_str(), &texts(&mill.people)[..]), ("mill", &["ada", "bob"][..]));
        let wheel = &mill.repos[0];
        assert_eq!((wheel.name.as_str(), wheel.role.as_str(), wheel.line), ("wheel", "write", 15));
        assert_eq!(texts(&mill.teams[0].people), ["bob"]);
        assert!(empty.people.is_empty() && organization.has_repos());
        assert!(organization.bad.is_empty() && !organization.incomplete);
    }

    #[test]
    fn what_is_wrong_is_named_and_the_rest_is_read() {
        let check = |text: &str, expected: &[(usize, &str)], incomplete: bool| {
            let organization = parse(text).unwrap();
            let bad: Vec<_> = organization.bad.iter().map(|row| (row.line.unwrap(), &row.what[..])).collect();
            assert_eq!(bad.len(), expected.len(), "{bad:?}");
            for ((line, what), (expected, part)) in bad.iter().zip(expected) {
                assert!(line == expected && what.contains(part), "{bad:?}");
            }
            assert_eq!(texts(&organization.admins), ["a"]);
            assert_eq!(organization.incomplete, incomplete);
        };
        check("admins:\n- a\n-\n- {login: b}\n- [c]", &[(3, "login"), (4, "login"), (5, "login")], true);
        check("admins: [a]\nmembers: [b]\nmembers: [c]", &[(3, "members stands at line 2")], true);
        check("admins: [a]\nteams: [b]", &[(2, "teams must be a mapping")], false);
        check("admins: [a]\nteams:\n  b: c", &[(3, "team b: a team must be")], false);
        check("admins: [a]\nteams:\n  b: {members: c}", &[(3, "team b: members must be")], false);
        check("admins: [a]\nteams:\n  b:\n    members: [c, {d: e}]", &[(4, "login")], false);
        check("admins: [a]\nteams:\n  b: {repos: [c]}", &[(3, "team b: repos must be")], false);
        check("admins: [a]\nteams:\n  b: {teams: c}", &[(3, "team b: teams must be")], false);
        check(
            "admins: [a]\nteams:\n  b: {repos: {c: read,\n    c: admin}}",
            &[(4, "c stands at line 3")],
            false,
        );
        check("admins: [a]\nteams:\n  b: {}\n  b: {}", &[(4, "b stands at line 3")], false);
    }

    #[test]
    fn what_is_no_such_file_is_refused() {
        let check = |text: &str, line: usize, part: &str| {
            let error = parse(text).map(|_| ()).unwrap_err();
            assert!(error.line == line && error.what.contains(part), "{text:?}: {error:?}");
        };
        check("", 1, "mapping");
        check("- a", 1, "mapping");
        check("members: [a]", 1, "admins is missing or empty");
        check("admins: []", 1, "admins is missing or empty");
        check("name: x\nadmins: a", 2, "admins must be a list");
        check("admins: [a]\nmembers: {b: c}", 2, "members must be a list");
        check("admins: [a]\nname: [b]", 2, "name must be a text");
    }

    #[test]
    fn a_file_that_is_too_large_is_not_read() {
        let path = std::env::temp_dir().join(format!("roster-import-{}.yaml", uuid::Uuid::now_v7()));
        std::fs::write(&path, vec![b'#'; usize::try_from(MOST).unwrap() + 1]).unwrap();
        let error = read(&path).unwrap_err();
        std::fs::remove_file(&path).unwrap();
        assert!(error.to_string().contains("more than 16 MiB"), "{error}");
    }
}
