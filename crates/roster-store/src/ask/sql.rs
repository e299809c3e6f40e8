//! Statements put together from fixed texts.
//!
//! What is asked on every call is written in SQL once, instead of being built by a library each time: that took a tenth of
//! a read. A text depends on the shape of a question alone, never on its values or on how many rows there are.

use std::collections::BTreeSet;
use std::fmt::Write;

use roster_domain::{PersonKey, Policy, PolicySet, UserId};
use sea_orm::sea_query::{ArrayType, Value, Values};
use sea_orm::{DbBackend, Statement};

use super::json;

/// A statement that is being put together, over a team and the policies.
pub struct Sql<'a> {
    backend: DbBackend,
    text: String,
    values: Vec<Value>,
    policies: Policies<'a>,
    known: Known<'a>,
}

/// The rules that are known while a question is put together.
#[derive(Clone, Copy)]
pub(crate) enum Policies<'a> {
    /// The team's own, which was read with its lock; none where it is not served.
    Own(Option<&'a Policy>),
    /// All that are served: the team is read by this very statement.
    Served(&'a PolicySet),
}

/// Whose keys are known while a question is put together.
#[derive(Clone, Copy)]
pub(crate) enum Known<'a> {
    /// Nobody's.
    Nobody,
    /// Those of the people whom the question wants known, in its order.
    All(&'a [UserId], &'a [PersonKey]),
    /// That of a person whom this very statement makes known, as the table `known`.
    Here(&'a UserId),
}

/// The place of a value in a statement, to be named there again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound(usize);

impl<'a> Sql<'a> {
    /// The team that is asked about: what is bound first.
    pub(crate) const TEAM: Bound = Bound(1);

    pub(crate) fn new(backend: DbBackend, policies: Policies<'a>, known: Known<'a>) -> Self {
        let (text, values) = (String::with_capacity(2_048), Vec::with_capacity(16));
        Self { backend, text, values, policies, known }
    }

    /// The team's own policy, where it is known and served.
    pub(crate) fn own_policy(&self) -> Option<&'a Policy> {
        match self.policies {
            Policies::Own(policy) => policy,
            Policies::Served(_) => None,
        }
    }

    pub(crate) fn policies(&self) -> Policies<'a> {
        self.policies
    }

    /// Adds a text.
    pub fn add(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// Adds the text that is right for the database.
    pub fn either(&mut self, postgres: &str, sqlite: &str) -> &mut Self {
        let text = if self.backend == DbBackend::Postgres { postgres } else { sqlite };
        self.add(text)
    }

    /// Adds the function that makes a JSON array of its arguments.
    pub(crate) fn array(&mut self) -> &mut Self {
        self.either("json_build_array", "json_array")
    }

    /// Adds the function that makes a JSON array of rows.
    pub(crate) fn group(&mut self) -> &mut Self {
        self.either("json_agg", "json_group_array")
    }

    /// Binds a value without naming it.
    pub(crate) fn hold(&mut self, value: impl Into<Value>) -> Bound {
        self.values.push(value.into());
        Bound(self.values.len())
    }

    /// Adds what `columns` adds, each after a comma, as one JSON array.
    pub(crate) fn array_of(&mut self, columns: impl FnOnce(&mut Self)) -> &mut Self {
        self.array().add("(");
        let start = self.text.len();
        columns(self);
        self.text.replace_range(start..start + ", ".len(), "");
        self.add(")")
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

    /// Adds the key of a person. As a subquery where it is not known: a join of `people` would let a plan that is made for
    /// all teams walk the members of a large one.
    pub(crate) fn person(&mut self, user: &UserId) -> &mut Self {
        match self.known {
            Known::Here(known) if known == user => self.add("(SELECT id FROM known)"),
            Known::All(users, keys) => match users.iter().zip(keys).find(|(known, _)| *known == user) {
                Some((_, key)) => self.bind(key.0),
                None => self.unknown(user),
            },
            _ => self.unknown(user),
        }
    }

    fn unknown(&mut self, user: &UserId) -> &mut Self {
        self.add("(SELECT id FROM people WHERE user_id = ").bind(user.as_str()).add(")")
    }

    /// Adds the keys of the people whom the question wants known, as a JSON list without doubles.
    pub(crate) fn people(&mut self) -> &mut Self {
        match self.known {
            Known::Here(_) => self.add("(SELECT jsonb_build_array(id::text) FROM known)"),
            Known::All(_, keys) => {
                let keys: BTreeSet<String> = keys.iter().map(|person| person.0.to_string()).collect();
                self.bind(json::list(keys.iter().map(String::as_str)))
            }
            Known::Nobody => self.bind(json::list([])),
        }
    }

    /// Adds the condition that a text is among others, which are one value: so the text of the statement is the same for
    /// any number of them.
    pub(crate) fn among(&mut self, list: Bound, text: &str) -> &mut Self {
        if self.backend == DbBackend::Postgres {
            return self.add(text).add(" = ANY (").name(list).add(")");
        }
        self.add("instr(").name(list).add(", ',' || ").add(text).add(" || ',') > 0")
    }

    /// Binds a list for [`Sql::among`]. None of the texts may have a comma, by which SQLite tells them apart.
    pub(crate) fn list(&mut self, texts: impl IntoIterator<Item = String>) -> Bound {
        if self.backend == DbBackend::Postgres {
            let texts = texts.into_iter().map(Value::from).collect();
            return self.hold(Value::Array(ArrayType::String, Some(Box::new(texts))));
        }
        let list = texts.into_iter().fold(",".to_owned(), |list, text| list + &text + ",");
        self.hold(list)
    }

    pub(crate) fn backend(&self) -> DbBackend {
        self.backend
    }

    pub(crate) fn statement(self) -> Statement {
        Statement { sql: self.text, values: Some(Values(self.values)), db_backend: self.backend }
    }
}
