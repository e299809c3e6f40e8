//! Reading what a question gave, column by column in the order in which the question named them.

use sea_orm::{QueryResult, TryGetable};

use crate::error::Result;

/// A row, and the column that is read next.
#[derive(Clone, Copy)]
pub struct Columns<'r> {
    row: &'r QueryResult,
    next: usize,
}

/// The rows of an answer. All of them begin with the columns of what is one: those that were read already.
pub struct Rows<'r> {
    rows: &'r [QueryResult],
    /// The first row; what is one is read from it.
    first: Columns<'r>,
}

impl Columns<'_> {
    /// The next column.
    pub(crate) fn next<T: TryGetable>(&mut self) -> Result<T> {
        let value = T::try_get_by(self.row, self.next).map_err(sea_orm::DbErr::from)?;
        self.next += 1;
        Ok(value)
    }
}

impl<'r> Rows<'r> {
    /// None where there is no row.
    pub(crate) fn of(rows: &'r [QueryResult]) -> Option<Self> {
        let row = rows.first()?;
        Some(Self { rows, first: Columns { row, next: 0 } })
    }

    /// The columns of what is one.
    pub(crate) fn one(&mut self) -> &mut Columns<'r> {
        &mut self.first
    }

    /// The columns of what may be many, row by row. They come last: what is one was read before.
    pub(crate) fn many(&self) -> impl Iterator<Item = Columns<'r>> + use<'r> {
        let next = self.first.next;
        self.rows.iter().map(move |row| Columns { row, next })
    }
}
