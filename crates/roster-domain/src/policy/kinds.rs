//! Reads the kinds of a product's resources, and how far each role of a team reaches among them.

use super::parse::{NAME, title_or_name};
use super::reader::{Node, Report, Table, describe, listed, text};
use super::roles::{known_role, names, service_permissions_beside};
use super::{Kind, KindName, KindRole, Permission, Reach, Role, RoleName, check};

const PERMISSION: &str = "a permission such as \"works.edit\", since a kind's role names each of its own";
const REACH: &str = "\"granted\" or a table with one of the keys all, base, granted and scoped";

/// Reads `[[kinds]]`.
pub(super) fn read(root: &Table<'_>, team: &[Role], report: &mut Report<'_>) -> Vec<Kind> {
    let before = report.len();
    let mut kinds: Vec<Kind> = Vec::new();
    for table in root.tables("kinds", &["name", "title", "roles", "reach", "dormant_grants"], report) {
        let name = table.required("name", NAME, report, text(KindName::parse));
        if let Some(taken) = kinds.iter().map(|kind| &kind.name).find(|taken| Some(*taken) == name.as_ref()) {
            report.add(&table.path_of("name"), format!("another kind is named \"{taken}\" already"));
        }
        let roles = roles(&table, report);
        let reach = reach(&table, team, &roles, report);
        let dormant_grants = table.flag("dormant_grants", false, report);
        let Some(name) = name else { continue };
        let title = title_or_name(&table, name.as_str(), report);
        kinds.push(Kind { name, title, roles, reach, dormant_grants });
    }
    if report.len() == before {
        check::kinds(&kinds, report);
    }
    kinds
}

fn roles(kind: &Table<'_>, report: &mut Report<'_>) -> Vec<KindRole> {
    let before = report.len();
    let tables = kind.tables("roles", &["name", "title", "permissions"], report);
    if tables.is_empty() && report.len() == before {
        report.add(&kind.path_of("roles"), "expected at least one role, or nothing could be granted");
    }
    let names = names(&tables, report);
    tables.iter().zip(names).filter_map(|(table, name)| Some(role(table, name?, report))).collect()
}

fn role(table: &Table<'_>, name: RoleName, report: &mut Report<'_>) -> KindRole {
    let before = report.len();
    let permissions = table.list("permissions", PERMISSION, report, text(Permission::parse));
    if report.len() == before {
        for (position, permission) in permissions.iter().enumerate() {
            if !service_permissions_beside(permission).is_empty() {
                let path = format!("{}[{position}]", table.path_of("permissions"));
                report.add(
                    &path,
                    format!("expected a permission of the product's, found the service's {permission}"),
                );
            }
        }
    }
    KindRole { title: title_or_name(table, name.as_str(), report), name, permissions }
}

/// Reads `reach`, which has to name every role of the team: a role that it forgot would reach an unstated amount.
fn reach(
    kind: &Table<'_>,
    team: &[Role],
    roles: &[KindRole],
    report: &mut Report<'_>,
) -> Vec<(RoleName, Reach)> {
    let known: Vec<&str> = team.iter().map(|role| role.name.as_str()).collect();
    let Some(node) = kind.get("reach") else {
        let message =
            format!("expected how far each role of the team reaches ({}), found nothing", listed(known));
        report.add(&kind.path_of("reach"), message);
        return Vec::new();
    };
    let Some(table) = node.table("a table of reaches by role", &known, report) else {
        return Vec::new();
    };
    // A kind without roles was reported; to say of each reach that it names none of them would only distract.
    if roles.is_empty() {
        return Vec::new();
    }
    let names: Vec<RoleName> = roles.iter().map(|role| role.name.clone()).collect();
    let mut reaches = Vec::new();
    for role in team {
        if let Some(node) = table.get(role.name.as_str()) {
            reaches.extend(one_reach(&node, &names, report).map(|reach| (role.name.clone(), reach)));
        } else {
            report.add(&table.path_of(role.name.as_str()), format!("expected {REACH}, found nothing"));
        }
    }
    reaches
}

fn one_reach(node: &Node<'_>, roles: &[RoleName], report: &mut Report<'_>) -> Option<Reach> {
    if node.value.as_str() == Some("granted") {
        return Some(Reach::Granted);
    }
    if !node.value.is_table() {
        report.add(&node.path, format!("expected {REACH}, found {}", describe(node.value)));
        return None;
    }
    let keys = ["all", "base", "granted", "scoped"];
    let table = node.table(REACH, &keys, report)?;
    let given: Vec<_> = keys.into_iter().filter(|key| table.get(key).is_some()).collect();
    let &[key] = given.as_slice() else {
        report.add(&node.path, format!("expected {REACH}, found {} of them", given.len()));
        return None;
    };
    let expected = format!("the name of one of this kind's roles ({})", listed(roles));
    let role = table.required(key, &expected, report, known_role(roles))?;
    Some(match key {
        "all" => Reach::All(role),
        "base" => Reach::Base(role),
        "scoped" => Reach::Scoped(role),
        _ => Reach::GrantedAs(role),
    })
}
