//! Reading what a question gave, value by value in the order in which the question named them.

use roster_domain::{PersonKey, Policy};
use sea_orm::{QueryResult, TryGetable};
use serde::de::DeserializeOwned;

use crate::error::Result;

/// Values that are read one after the other.
pub trait Values {
    /// The next one.
    fn next<T: TryGetable + DeserializeOwned>(&mut self) -> Result<T>;
}

/// A row, and the column that is read next.
#[derive(Clone, Copy)]
pub struct Columns<'r> {
    row: &'r QueryResult,
    next: usize,
}

/// The answer's row, with what is known of the team.
pub struct Rows<'r> {
    row: Columns<'r>,
    policy: Option<&'r Policy>,
    people: &'r [PersonKey],
}

impl<'r> Columns<'r> {
    pub(crate) fn of(row: &'r QueryResult) -> Self {
        Self { row, next: 0 }
    }

    pub(crate) fn skip(&mut self, columns: usize) {
        self.next += columns;
    }
}

impl Values for Columns<'_> {
    fn next<T: TryGetable + DeserializeOwned>(&mut self) -> Result<T> {
        let value = T::try_get_by(self.row, self.next).map_err(sea_orm::DbErr::from)?;
        self.next += 1;
        Ok(value)
    }
}

impl<'r> Rows<'r> {
    /// The row, read so far.
    pub(crate) fn new(row: Columns<'r>, policy: Option<&'r Policy>, people: &'r [PersonKey]) -> Self {
        Self { row, policy, people }
    }

    /// The columns of the row.
    pub fn one(&mut self) -> &mut Columns<'r> {
        &mut self.row
    }

    /// The team's policy; none where it is not served.
    pub(crate) fn policy(&self) -> Option<&'r Policy> {
        self.policy
    }

    /// Whether what members were granted counts: under a policy without kinds there is nothing to be granted.
    pub(crate) fn grants_count(&self) -> bool {
        self.policy.is_none_or(|policy| !policy.kinds.is_empty())
    }

    /// The keys of the people whom the question wants known.
    pub(crate) fn people(&self) -> &'r [PersonKey] {
        self.people
    }
}
