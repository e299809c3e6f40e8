//! How long an invitation, a link or a code lives.

use std::fmt;

use jiff::civil::date;
use jiff::fmt::temporal::SpanParser;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

const MICROS_PER_SECOND: i64 = 1_000_000;
const SECONDS_PER_DAY: i64 = 86_400;

/// An ISO 8601 duration of whole seconds, such as `P7D`, `PT72H` or `P1M`: more than nothing and at most ten years.
///
/// Months and years follow the calendar in UTC: a month from 22 March ends on 22 April, one from 31 January on the
/// last day of February. Years are kept as twelve months, weeks as seven days, hours and minutes as seconds, so that
/// `P1Y` and `P12M` are equal; days and hours are kept apart, so that `PT72H` is written back as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Lifetime {
    months: i32,
    days: i32,
    seconds: i64,
}

impl Lifetime {
    /// Takes an ISO 8601 duration in upper case; none where it is another text, nothing, negative, above ten years,
    /// or has fractions of a second.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        // jiff reads lower-case designators too; one spelling is enough for files that people compare.
        if !text.starts_with('P') || text.bytes().any(|byte| byte.is_ascii_lowercase()) {
            return None;
        }
        let span = SpanParser::new().parse_span(text).ok()?;
        let fraction =
            span.get_milliseconds() != 0 || span.get_microseconds() != 0 || span.get_nanoseconds() != 0;
        if !span.is_positive() || fraction {
            return None;
        }
        let start = date(2000, 1, 1).at(0, 0, 0, 0);
        if start.checked_add(span).ok()? > date(2010, 1, 1).at(0, 0, 0, 0) {
            return None;
        }
        // The bound of ten years keeps every part far from the limits of its type.
        Some(Self {
            months: i32::from(span.get_years()) * 12 + span.get_months(),
            days: span.get_weeks() * 7 + span.get_days(),
            seconds: i64::from(span.get_hours()) * 3600 + span.get_minutes() * 60 + span.get_seconds(),
        })
    }

    /// When a life that starts then is over; both in microseconds since the Unix epoch.
    ///
    /// The answer is never before the start. Outside the years that jiff knows (-9999 to 9999) a month counts as 31
    /// days, and what does not fit is `i64::MAX`.
    #[must_use]
    pub fn end(self, start_micros: i64) -> i64 {
        self.calendar_end(start_micros).unwrap_or_else(|| {
            let days = i64::from(self.months) * 31 + i64::from(self.days);
            let seconds = days * SECONDS_PER_DAY + self.seconds;
            start_micros.saturating_add(seconds * MICROS_PER_SECOND)
        })
    }

    /// The life in seconds, a day being 24 hours as it is in UTC; none where months or years make it vary.
    #[must_use]
    pub fn fixed_seconds(self) -> Option<i64> {
        (self.months == 0).then(|| i64::from(self.days) * SECONDS_PER_DAY + self.seconds)
    }

    /// The life for people to read, such as `72 hours` or `1 month`.
    #[must_use]
    pub fn in_words(self) -> String {
        let counts = [
            (i64::from(self.months / 12), "year"),
            (i64::from(self.months % 12), "month"),
            (i64::from(self.days), "day"),
            (self.seconds / 3600, "hour"),
            (self.seconds % 3600 / 60, "minute"),
            (self.seconds % 60, "second"),
        ];
        let counts = counts.into_iter().filter(|(count, _)| *count > 0);
        let words: Vec<_> = counts
            .map(|(count, unit)| format!("{count} {unit}{}", if count == 1 { "" } else { "s" }))
            .collect();
        words.join(" ")
    }

    fn calendar_end(self, start_micros: i64) -> Option<i64> {
        let span = Span::new().try_months(self.months).ok()?.try_days(self.days).ok()?;
        let span = span.try_seconds(self.seconds).ok()?;
        let start = Timestamp::from_microsecond(start_micros).ok()?.to_zoned(TimeZone::UTC);
        Some(start.checked_add(span).ok()?.timestamp().as_microsecond())
    }
}

impl fmt::Display for Lifetime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = |count: i64, unit: &str| {
            if count > 0 { format!("{count}{unit}") } else { String::new() }
        };
        let years = part(i64::from(self.months / 12), "Y");
        let months = part(i64::from(self.months % 12), "M");
        let days = part(i64::from(self.days), "D");
        let time = if self.seconds > 0 { "T" } else { "" };
        let hours = part(self.seconds / 3600, "H");
        let minutes = part(self.seconds % 3600 / 60, "M");
        let seconds = part(self.seconds % 60, "S");
        f.pad(&format!("P{years}{months}{days}{time}{hours}{minutes}{seconds}"))
    }
}
