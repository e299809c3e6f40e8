//! A part of what a commit writes: one statement, its values, and how many rows it must meet.

use roster_domain::Timestamp;
use sea_orm::DbBackend;
use sea_orm::sea_query::Value;
use serde_json::Value as Json;
use uuid::Uuid;

use crate::error::{Error, Result};

/// A statement that writes. It depends on nothing that is written, and least of all on how many rows that are: rows come as
/// one JSON array.
pub(crate) struct Text {
    /// What it does, for errors and to tell it from the others.
    pub(super) name: &'static str,
    /// For Postgres, with placeholders from `$1`, up to and including its WHERE clause.
    pub(super) postgres: &'static str,
    /// The same for SQLite.
    pub(super) sqlite: &'static str,
    /// What comes after the WHERE clause, for both.
    pub(super) tail: &'static str,
    /// The names of those that must have been carried out before, where both are parts of one commit.
    pub(super) after: &'static [&'static str],
}

impl Text {
    /// One that both databases understand.
    pub(crate) const fn both(name: &'static str, sql: &'static str) -> Self {
        Self::each(name, sql, sql)
    }

    pub(crate) const fn each(name: &'static str, postgres: &'static str, sqlite: &'static str) -> Self {
        Self { name, postgres, sqlite, tail: "", after: &[] }
    }

    /// Its text without the tail.
    pub(super) fn of(&self, backend: DbBackend) -> &'static str {
        if backend == DbBackend::Sqlite { self.sqlite } else { self.postgres }
    }

    pub(super) const fn tail(self, tail: &'static str) -> Self {
        Self { tail, ..self }
    }

    pub(super) const fn after(self, after: &'static [&'static str]) -> Self {
        Self { after, ..self }
    }
}

/// A statement with its values.
pub(crate) struct Part {
    pub(super) text: &'static Text,
    pub(super) values: Vec<Value>,
    pub(super) rows: Rows,
}

/// How many rows a part must meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rows {
    Any,
    Exactly(u64),
    /// One, unless an erasure took it meanwhile.
    OneUnlessErased,
}

impl Part {
    /// A part that must meet so many rows.
    pub(crate) fn exactly(rows: usize, text: &'static Text, values: impl Into<Vec<Value>>) -> Self {
        Self { text, values: values.into(), rows: Rows::Exactly(rows as u64) }
    }

    pub(super) fn any(text: &'static Text, values: impl Into<Vec<Value>>) -> Self {
        Self { text, values: values.into(), rows: Rows::Any }
    }

    /// Fails where it has met another number of rows than it must: an error that undoes everything.
    pub(super) fn check(&self, met: u64) -> Result<()> {
        match self.rows {
            Rows::Any => Ok(()),
            Rows::OneUnlessErased if met == 0 => {
                Err(Error::lock_timeout("an invitation lost its address while it was to be sent again"))
            }
            Rows::Exactly(rows) if rows == met => Ok(()),
            Rows::OneUnlessErased if met == 1 => Ok(()),
            rows => Err(Error::internal(format!("{}: {met} rows instead of {rows:?}", self.text.name))),
        }
    }
}

/// Changes of one row that no decision makes in one commit.
pub(super) fn contradiction(what: &str) -> Error {
    Error::internal(format!("changes of one commit contradict each other: {what}"))
}

/// Rows, or ids, as the one value that brings them.
pub(super) fn array(rows: impl IntoIterator<Item = Json>) -> Value {
    Value::Json(Some(Box::new(Json::Array(rows.into_iter().collect()))))
}

/// A UUID within such an array, as both databases read it.
pub(super) fn id(id: Uuid) -> String {
    id.simple().to_string()
}

/// Bytes within such an array.
pub(super) fn hex(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] =
        ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|digit| DIGITS[usize::from(digit)]).collect()
}

pub(super) fn micros(time: Option<Timestamp>) -> Option<i64> {
    time.map(Timestamp::micros)
}
