//! Reads the roles of a team and what they may do.

use std::fmt;

use super::parse::{NAME, title_or_name};
use super::reader::{Report, Table, boolean, listed, text};
use super::{Permission, Permissions, Role, RoleName, SERVICE_PERMISSIONS, Sole, check};
use toml::de::DeValue;

const KEYS: [&str; 8] =
    ["name", "title", "permissions", "assigns", "manages", "founder", "sole", "at_least_one"];
const SOLE: &str = "a table such as { transferable = true, former_holder_becomes = \"admin\" }";
const ENTRY: &str = "\"*\", a permission such as \"works.edit\", or one with \"!\" before it";

/// Reads `[[roles]]` in their order, which is their rank.
///
/// Names are read first, since a role may name one that follows it.
pub(super) fn read(root: &Table<'_>, report: &mut Report<'_>) -> Vec<Role> {
    let before = report.len();
    let tables = root.tables("roles", &KEYS, report);
    let names = names(&tables, report);
    let known: Vec<RoleName> = names.iter().flatten().cloned().collect();
    let roles: Vec<Role> = tables
        .iter()
        .zip(names)
        .filter_map(|(table, name)| Some(role(table, name?, &known, report)))
        .collect();
    if report.len() == before {
        check::roles(&roles, report);
    }
    roles
}

/// Reads the `name` of each table; a problem's place is empty, so that the others keep theirs.
pub(super) fn names(tables: &[Table<'_>], report: &mut Report<'_>) -> Vec<Option<RoleName>> {
    let mut names: Vec<Option<RoleName>> = Vec::new();
    for table in tables {
        let name = table.required("name", NAME, report, text(RoleName::parse));
        if let Some(taken) = &name
            && names.contains(&name)
        {
            report.add(&table.path_of("name"), format!("another role is named \"{taken}\" already"));
        }
        names.push(name);
    }
    names
}

/// What is expected where a role is named.
pub(super) fn one_of_roles<'a>(known: impl IntoIterator<Item = &'a RoleName>) -> String {
    format!("the name of one of this policy's roles ({})", listed(known))
}

/// Takes the name of a role that exists.
pub(super) fn known_role(known: &[RoleName]) -> impl Fn(&DeValue<'_>) -> Option<RoleName> {
    text(|name| known.iter().find(|role| role.as_str() == name).cloned())
}

/// The service's own permissions that share the first word of this one, such as `team.read` and two more beside
/// `team.archive`; none beside a product's. These words are the service's, so that it can grow without a clash.
pub(super) fn service_permissions_beside(permission: &Permission) -> Vec<&'static str> {
    let first_word = |permission: &str| permission.split('.').next().map(str::to_owned);
    let word = first_word(permission.as_str());
    SERVICE_PERMISSIONS.into_iter().filter(|own| first_word(own) == word).collect()
}

/// Refuses a permission of the service that it does not have: a mistyped `members.remvoe` would allow nothing, and
/// behind a `!` it would take nothing away.
fn refuse_mistyped(path: &str, permission: &Permission, report: &mut Report<'_>) {
    let own = service_permissions_beside(permission);
    if !own.is_empty() && !own.contains(&permission.as_str()) {
        let message = format!("expected one of the service's own permissions ({})", listed(own));
        report.add(path, format!("{message}, found \"{permission}\""));
    }
}

fn role(table: &Table<'_>, name: RoleName, known: &[RoleName], report: &mut Report<'_>) -> Role {
    let expected = one_of_roles(known);
    Role {
        title: title_or_name(table, name.as_str(), report),
        name,
        permissions: permissions(table, report),
        assigns: table.list("assigns", &expected, report, known_role(known)),
        manages: table.list("manages", &expected, report, known_role(known)),
        founder: table.flag("founder", false, report),
        sole: sole(table, known, report),
        at_least_one: table.flag("at_least_one", false, report),
    }
}

fn sole(table: &Table<'_>, known: &[RoleName], report: &mut Report<'_>) -> Option<Sole> {
    let sole = table.get("sole")?.table(SOLE, &["transferable", "former_holder_becomes"], report)?;
    let expected = one_of_roles(known);
    let transferable = sole.required("transferable", "true or false", report, boolean);
    let becomes = sole.required("former_holder_becomes", &expected, report, known_role(known));
    Some(Sole { transferable: transferable?, former_holder_becomes: becomes? })
}

/// One element of a role's `permissions`.
#[derive(PartialEq)]
enum Entry {
    All,
    One(Permission),
    Not(Permission),
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("*"),
            Self::One(permission) => write!(f, "{permission}"),
            Self::Not(permission) => write!(f, "!{permission}"),
        }
    }
}

fn entry(text: &str) -> Option<Entry> {
    match text.strip_prefix('!') {
        Some(rest) => Permission::parse(rest).map(Entry::Not),
        None if text == "*" => Some(Entry::All),
        None => Permission::parse(text).map(Entry::One),
    }
}

/// Absent or empty is none. A list is of single permissions, or of `*` and what to take away from it.
fn permissions(table: &Table<'_>, report: &mut Report<'_>) -> Permissions {
    let before = report.len();
    let entries = table.list("permissions", ENTRY, report, text(entry));
    if report.len() > before {
        return Permissions::Only(Vec::new());
    }
    let all = entries.contains(&Entry::All);
    let mut named = Vec::new();
    for (position, entry) in entries.into_iter().enumerate() {
        let path = format!("{}[{position}]", table.path_of("permissions"));
        let permission = match (entry, all) {
            (Entry::All, _) => continue,
            (Entry::One(one), true) => {
                report.add(&path, format!("\"*\" in the same list allows {one} already"));
                continue;
            }
            (Entry::Not(one), false) => {
                report.add(&path, format!("\"!{one}\" takes away from \"*\", which this list does not hold"));
                continue;
            }
            (Entry::One(permission), false) | (Entry::Not(permission), true) => permission,
        };
        refuse_mistyped(&path, &permission, report);
        named.push(permission);
    }
    match (all, named.is_empty()) {
        (true, true) => Permissions::All,
        (true, false) => Permissions::AllBut(named),
        (false, _) => Permissions::Only(named),
    }
}
