//! Grants, which may be many, as one column.

use roster_domain::Grant;

use super::{Sql, Values};
use crate::convert;
use crate::error::{Error, Result};

/// Adds, after a comma, what a row has been granted: the rows of a table that fit the condition, in the order of kind and
/// resource. As a text, also where it is within other JSON.
pub(crate) fn column(sql: &mut Sql<'_>, table: &str, condition: &str) {
    sql.add(", ");
    value(sql, table, condition);
}

fn value(sql: &mut Sql<'_>, table: &str, condition: &str) {
    // A look first: most have none, and to gather nothing costs more than to look.
    sql.add("CASE WHEN (SELECT 1 FROM ").add(table).add(" WHERE ").add(condition).add(" LIMIT 1) = 1 THEN");
    sql.either(
        " (SELECT json_agg(json_build_array(kind, resource, role) ORDER BY kind, resource)::text FROM ",
        " (SELECT json_group_array(json_array(kind, resource, role)) || '' FROM (SELECT kind, resource, role FROM ",
    );
    sql.add(table).add(" WHERE ").add(condition).either(") END", " ORDER BY kind, resource)) END");
}

/// The same of many members `m` of the team. A look for all of them first: most teams have no grants.
pub(crate) fn column_of_members(sql: &mut Sql<'_>) {
    let team = Sql::TEAM;
    // In the order of its index: otherwise Postgres may take any row for a hit, and search the whole table for one.
    sql.add(", CASE WHEN (SELECT 1 FROM grants WHERE team_id = ").name(team);
    sql.add(" ORDER BY person LIMIT 1) = 1 THEN ");
    value(sql, "grants", "team_id = m.team_id AND person = m.person");
    sql.add(" END");
}

/// The same of what many invites `i` of the team bring, whose grants are looked for in the same way.
pub(crate) fn column_of_offers(sql: &mut Sql<'_>) {
    sql.add(", CASE WHEN (SELECT 1 FROM offered_grants WHERE team_id = ").name(Sql::TEAM);
    sql.add(" ORDER BY kind LIMIT 1) = 1 THEN ");
    value(sql, "offered_grants", "offer_id = i.id");
    sql.add(" END");
}

/// Reads what was granted; nothing where the column is empty.
pub(crate) fn read(
    values: &mut impl Values,
    table: &'static str,
    row: impl std::fmt::Display + Copy,
) -> Result<Vec<Grant>> {
    let Some(text) = values.next::<Option<String>>()? else { return Ok(Vec::new()) };
    let rows: Vec<(String, String, String)> =
        serde_json::from_str(&text).map_err(|_| Error::corrupt(table, "grants", row))?;
    rows.iter()
        .map(|(kind, resource, role)| {
            convert::grant((kind.as_str(), resource.as_str(), role.as_str()), table, row)
        })
        .collect()
}
