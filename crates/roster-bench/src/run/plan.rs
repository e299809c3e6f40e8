//! What is measured, and for how long. A whole run with two builds takes less than 25 minutes, a row alone less than one.

use std::time::Duration;

use crate::rows::{self, HEADLINE};

/// The names of what is measured beside the rows.
pub(crate) const PGBENCH: &str = "pgbench";
pub(crate) const GROWTH: &str = "growth";

/// How long each build is called before it is measured.
pub(crate) const WARM_UP: Duration = Duration::from_millis(300);

/// A turn of the echo, which is steady.
pub(crate) const ECHO: Duration = Duration::from_millis(60);

/// A call that takes longer than this, in microseconds, is a long one.
pub(crate) const LONG_CALL: f64 = 100_000.0;

/// How often the builds are called there and back in a round.
pub(crate) const REPEATS: usize = 2;

/// The most rounds of what is not the headline.
const FEW_ROUNDS: usize = 3;

/// How many memberships the large database has.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(crate) enum Size {
    /// A million.
    #[value(name = "1m")]
    Million,
    /// Ten million.
    #[value(name = "10m")]
    TenMillion,
}

impl Size {
    pub(crate) fn memberships(self) -> usize {
        match self {
            Self::Million => 1_000_000,
            Self::TenMillion => 10_000_000,
        }
    }

    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Million => "a million",
            Self::TenMillion => "ten million",
        }
    }
}

/// What was asked for.
pub(crate) struct Plan {
    names: Vec<String>,
    rounds: usize,
    pub(crate) size: Size,
}

impl Plan {
    pub(crate) fn new(names: &[String], rounds: usize, size: Size) -> Self {
        Self { names: names.to_vec(), rounds, size }
    }

    /// Whether everything is measured.
    pub(crate) fn is_whole(&self) -> bool {
        self.names.is_empty()
    }

    /// Whether that row is measured.
    pub(crate) fn wants(&self, name: &str) -> bool {
        self.is_whole() || self.names.iter().any(|wanted| wanted == name)
    }

    /// How many rounds there are with so many calls in flight.
    pub(crate) fn rounds(&self, in_flight: usize) -> usize {
        if in_flight == HEADLINE { self.rounds } else { self.few_rounds() }
    }

    /// How many rounds there are of what takes seconds.
    pub(crate) fn few_rounds(&self) -> usize {
        self.rounds.min(FEW_ROUNDS)
    }

    /// How many rounds there are of what the page shows with one number of calls in flight.
    pub(crate) fn headline_rounds(&self) -> usize {
        self.rounds
    }
}

/// How long a build is called in one of the four turns that it has in a round.
pub(crate) fn piece(in_flight: usize) -> Duration {
    Duration::from_millis(if in_flight == HEADLINE { 250 } else { 125 })
}

/// The name of a row, or of what is measured beside the rows.
pub(crate) fn name(text: &str) -> Result<String, String> {
    if [PGBENCH, GROWTH].contains(&text) || rows::named(text).is_some() {
        return Ok(text.to_owned());
    }
    let names: Vec<&str> = rows::ROWS.iter().map(|row| row.name).chain([PGBENCH, GROWTH]).collect();
    Err(format!("the rows are {}", names.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_wants_what_was_named() {
        let whole = Plan::new(&[], 5, Size::Million);
        assert!(whole.is_whole() && whole.wants("get-team") && whole.wants(GROWTH));
        let one = Plan::new(&["get-team".into()], 7, Size::Million);
        assert!(!one.is_whole() && one.wants("get-team") && !one.wants(GROWTH));
        assert_eq!((one.rounds(HEADLINE), one.rounds(8)), (7, FEW_ROUNDS));
        assert_eq!(Plan::new(&[], 1, Size::Million).rounds(8), 1);
    }

    #[test]
    fn a_name_that_no_row_has_is_refused() {
        assert!(name("get-team").is_ok() && name(PGBENCH).is_ok());
        assert!(name("get-teams").is_err());
    }
}
