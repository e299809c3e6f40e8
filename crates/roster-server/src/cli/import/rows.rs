//! Rows that cannot be imported.

use std::fmt;

/// What is wrong, and where in the file if it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BadRow {
    /// Counted from 1.
    pub(super) line: Option<usize>,
    pub(super) what: String,
}

impl BadRow {
    /// Something that stands in the file.
    pub(super) fn at(line: usize, what: impl Into<String>) -> Self {
        Self { line: Some(line), what: what.into() }
    }

    /// Something that has no line.
    pub(super) fn anywhere(what: impl Into<String>) -> Self {
        Self { line: None, what: what.into() }
    }
}

/// As `:line: what`, to be put behind the file's name.
impl fmt::Display for BadRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, ":{line}: {}", self.what),
            None => write!(f, ": {}", self.what),
        }
    }
}

/// A line as a terminal can show it: what is in a file, or comes from a service, gives it no orders.
pub(super) fn shown(line: &str) -> String {
    let show = |c: char| if c.is_control() { c.escape_default().to_string() } else { c.to_string() };
    line.chars().map(show).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_shown_with_its_line_and_without_orders_to_a_terminal() {
        assert_eq!(BadRow::at(7, "no").to_string(), ":7: no");
        assert_eq!(BadRow::anywhere("no").to_string(), ": no");
        assert_eq!(shown("María\u{1b}[2J\n"), "María\\u{1b}[2J\\n");
    }
}
