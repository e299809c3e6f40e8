//! How often the count of a meter begins anew.

use std::fmt;

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

/// A unit of the UTC calendar: a count by months begins anew at midnight of the first day of each month.
///
/// Only whole units are offered, since `P10D` has no natural beginning that two readers of a file would agree on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Period {
    /// `P1D`
    Day,
    /// `P1M`
    Month,
    /// `P1Y`
    Year,
}

impl Period {
    /// Takes `P1D`, `P1M` or `P1Y`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Day, Self::Month, Self::Year].into_iter().find(|period| period.as_str() == text)
    }

    /// The period as ISO 8601.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Day => "P1D",
            Self::Month => "P1M",
            Self::Year => "P1Y",
        }
    }

    /// The period for people to read: `day`, `month` or `year`.
    #[must_use]
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Month => "month",
            Self::Year => "year",
        }
    }

    /// The beginning of the period in which that moment is, and of the next; in microseconds since the Unix epoch.
    ///
    /// For moments outside the years that jiff knows (-9999 to 9999) the period is all of time.
    #[must_use]
    pub fn around(self, micros: i64) -> (i64, i64) {
        self.calendar_around(micros).unwrap_or((i64::MIN, i64::MAX))
    }

    fn calendar_around(self, micros: i64) -> Option<(i64, i64)> {
        let at = Timestamp::from_microsecond(micros).ok()?.to_zoned(TimeZone::UTC);
        let (date, one) = match self {
            Self::Day => (at.date(), 1.day()),
            Self::Month => (at.date().first_of_month(), 1.month()),
            Self::Year => (at.date().first_of_year(), 1.year()),
        };
        let start = date.to_zoned(TimeZone::UTC).ok()?;
        let next = start.checked_add(one).ok()?;
        Some((start.timestamp().as_microsecond(), next.timestamp().as_microsecond()))
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
