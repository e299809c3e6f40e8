//! Several rows as one column of JSON, which both databases write alike.

use sea_orm::TryGetable;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::{Bound, Columns, Sql, Values};
use crate::error::{Error, Result};

/// Adds a list of texts as a table `k` with the column `value`.
pub(crate) fn elements(sql: &mut Sql<'_>, list: Bound) {
    elements_of(sql, |sql| {
        sql.name(list);
    });
}

/// The same, of a list that is not a value.
pub(crate) fn elements_of(sql: &mut Sql<'_>, list: impl FnOnce(&mut Sql<'_>)) {
    sql.either("jsonb_array_elements_text(", "json_each(");
    list(sql);
    sql.either("::jsonb) k(value)", ") k");
}

/// How [`elements`] takes a list.
pub(crate) fn list<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    serde_json::Value::from_iter(texts).to_string()
}

/// Adds, as one column, a list of rows. `columns` adds what is of each, each after a comma, and `source` the table that they
/// are in, in the order that they are wanted in.
pub(crate) fn rows(sql: &mut Sql<'_>, columns: impl FnOnce(&mut Sql<'_>), source: impl FnOnce(&mut Sql<'_>)) {
    sql.add(", (SELECT ").group().add("(").array_of(columns).add(")").either("::text", "").add(" FROM ");
    source(sql);
    sql.add(")");
}

/// Adds, as one column, two lists, each the result of a subquery: a page, and what its rows share.
pub(crate) fn pair(
    sql: &mut Sql<'_>,
    page: impl FnOnce(&mut Sql<'_>),
    first: impl FnOnce(&mut Sql<'_>),
    second: impl FnOnce(&mut Sql<'_>),
) {
    sql.add(", (WITH page AS MATERIALIZED (");
    page(sql);
    sql.add(") SELECT ").either("json_build_array((", "json_array(json((");
    first(sql);
    sql.either("), (", ")), json((");
    second(sql);
    sql.either("))::text)", "))))");
}

/// Adds a query of rows: `columns` adds what is of each, each after a comma, and `source` the table that they are in.
pub(crate) fn list_of(sql: &mut Sql<'_>, columns: impl FnOnce(&mut Sql<'_>), source: &str) {
    sql.add("SELECT ").group().add("(").array_of(columns).add(") FROM ").add(source);
}

/// Reads such rows; none where the column is empty.
pub(crate) fn read_rows<T>(
    columns: &mut Columns<'_>,
    what: &'static str,
    read: impl FnMut(Row<'_>) -> Result<T>,
) -> Result<Vec<T>> {
    let text = columns.next::<Option<String>>()?;
    rows_of(parse(text.as_deref(), what)?, what).map(read).collect()
}

/// Rows as they stand in their column. What each value is shows only when it is read: so nothing is parsed twice, or into
/// something that is not wanted.
pub(crate) type RawRows<'t> = Vec<Vec<&'t RawValue>>;

/// The rows one by one.
pub(crate) fn rows_of<'t>(rows: RawRows<'t>, what: &'static str) -> impl Iterator<Item = Row<'t>> {
    rows.into_iter().map(move |values| Row { what, values: values.into_iter() })
}

/// Reads a column of JSON; the empty value where it is empty.
pub(crate) fn read<T: DeserializeOwned + Default>(
    columns: &mut Columns<'_>,
    what: &'static str,
) -> Result<T> {
    parse(columns.next::<Option<String>>()?.as_deref(), what)
}

/// Parses a column of JSON; the empty value where it is empty.
pub(crate) fn parse<'t, T: Deserialize<'t> + Default>(
    text: Option<&'t str>,
    what: &'static str,
) -> Result<T> {
    let Some(text) = text else { return Ok(T::default()) };
    serde_json::from_str(text).map_err(|_| Error::internal(format!("{what} cannot be read")))
}

/// A row within a column.
pub(crate) struct Row<'t> {
    what: &'static str,
    values: std::vec::IntoIter<&'t RawValue>,
}

impl Row<'_> {
    /// The next value, whatever it is.
    pub(crate) fn json<T: DeserializeOwned>(&mut self) -> Result<T> {
        let value = self.values.next().and_then(|value| serde_json::from_str(value.get()).ok());
        value.ok_or_else(|| Error::internal(format!("a row of {} cannot be read", self.what)))
    }
}

impl Values for Row<'_> {
    fn next<T: TryGetable + DeserializeOwned>(&mut self) -> Result<T> {
        self.json()
    }
}
