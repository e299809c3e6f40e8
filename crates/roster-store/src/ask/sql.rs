//! Statements put together from fixed texts.
//!
//! What is asked on every call is written in SQL once, instead of being built by a library each time: that took a tenth of
//! a read. A text depends on the shape of a question alone, never on its values or on how many rows there are.

use std::fmt::Write;

use sea_orm::sea_query::Value;
use sea_orm::sea_query::Values;
use sea_orm::{DbBackend, Statement};

/// A statement that is being put together.
pub struct Sql {
    backend: DbBackend,
    text: String,
    values: Vec<Value>,
}

/// The place of a value in a statement, to be named there again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound(usize);

impl Sql {
    pub(crate) fn new(backend: DbBackend) -> Self {
        Self { backend, text: String::with_capacity(2_048), values: Vec::with_capacity(16) }
    }

    /// The team that is asked about: what is bound first.
    pub(crate) fn team(&self) -> Bound {
        Bound(1)
    }

    /// Adds a text.
    pub(crate) fn add(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// Adds the text that is right for the database.
    pub(crate) fn either(&mut self, postgres: &str, sqlite: &str) -> &mut Self {
        let text = if self.backend == DbBackend::Postgres { postgres } else { sqlite };
        self.add(text)
    }

    /// Binds a value without naming it.
    pub(crate) fn hold(&mut self, value: impl Into<Value>) -> Bound {
        self.values.push(value.into());
        Bound(self.values.len())
    }

    /// Names a value that is bound.
    pub(crate) fn name(&mut self, Bound(number): Bound) -> &mut Self {
        // Writing to a text does not fail.
        let _ = write!(self.text, "${number}");
        self
    }

    /// Binds a value and names it.
    pub(crate) fn bind(&mut self, value: impl Into<Value>) -> &mut Self {
        let bound = self.hold(value);
        self.name(bound)
    }

    /// Adds the condition that a text is among others, which are one value: so the text of the statement is the same for
    /// any number of them. None of the texts may have a comma.
    pub(crate) fn among(&mut self, list: Bound, text: &str) -> &mut Self {
        self.either("strpos(", "instr(").name(list).add(", ',' || ").add(text).add(" || ',') > 0")
    }

    /// How [`Sql::among`] takes a list.
    pub(crate) fn list<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> String {
        texts.into_iter().fold(",".to_owned(), |list, text| list + text.as_ref() + ",")
    }

    pub(crate) fn backend(&self) -> DbBackend {
        self.backend
    }

    pub(crate) fn statement(self) -> Statement {
        Statement { sql: self.text, values: Some(Values(self.values)), db_backend: self.backend }
    }
}
