//! Lifetimes and periods follow the calendar in UTC.

use jiff::Timestamp;
use proptest::prelude::*;
use roster_domain::policy::{Lifetime, Period};

fn micros(text: &str) -> i64 {
    text.parse::<Timestamp>().expect("a moment").as_microsecond()
}

fn lifetime(text: &str) -> Lifetime {
    Lifetime::parse(text).unwrap_or_else(|| panic!("{text} should be a lifetime"))
}

#[test]
fn a_life_ends_by_the_calendar() {
    let rows = [
        ("P1M", "2025-03-22T14:30:00Z", "2025-04-22T14:30:00Z"),
        ("P1M", "2025-01-31T08:00:00Z", "2025-02-28T08:00:00Z"),
        ("P1M", "2024-01-31T08:00:00Z", "2024-02-29T08:00:00Z"),
        ("P1M", "2025-02-28T08:00:00Z", "2025-03-28T08:00:00Z"),
        ("P1Y", "2024-02-29T00:00:00Z", "2025-02-28T00:00:00Z"),
        // Neither a change of clocks anywhere nor the end of a year makes a difference.
        ("P1D", "2025-03-30T00:30:00Z", "2025-03-31T00:30:00Z"),
        ("PT72H", "2025-12-30T23:59:59.999999Z", "2026-01-02T23:59:59.999999Z"),
        ("P7D", "2025-02-25T12:00:00Z", "2025-03-04T12:00:00Z"),
        ("P1MT1H", "2025-01-31T23:30:00Z", "2025-03-01T00:30:00Z"),
        ("P1M", "1969-12-31T00:00:00Z", "1970-01-31T00:00:00Z"),
    ];
    for (life, start, end) in rows {
        assert_eq!(lifetime(life).end(micros(start)), micros(end), "{life} from {start}");
    }
}

#[test]
fn a_life_is_written_back_as_iso_8601_and_read_by_people() {
    let rows = [
        ("P7D", "P7D", "7 days", Some(604_800)),
        ("PT72H", "PT72H", "72 hours", Some(259_200)),
        ("P1M", "P1M", "1 month", None),
        ("P1W", "P7D", "7 days", Some(604_800)),
        ("P14M", "P1Y2M", "1 year 2 months", None),
        // jiff reads fractions of hours too; here they are whole seconds.
        ("PT1.5H", "PT1H30M", "1 hour 30 minutes", Some(5400)),
        ("PT90M", "PT1H30M", "1 hour 30 minutes", Some(5400)),
        ("P1DT1S", "P1DT1S", "1 day 1 second", Some(86_401)),
        ("P10Y", "P10Y", "10 years", None),
    ];
    for (text, iso, words, seconds) in rows {
        let life = lifetime(text);
        assert_eq!((life.to_string().as_str(), life.in_words().as_str()), (iso, words));
        assert_eq!(life.fixed_seconds(), seconds, "{text}");
        assert_eq!(lifetime(iso), life);
    }
}

#[test]
fn what_is_no_life_is_refused() {
    for text in [
        "",
        "P",
        "PT",
        "P0D",
        "PT0S",
        "-P7D",
        "+P7D",
        "P-7D",
        "P7d",
        "p7d",
        "7 days",
        "P7",
        "7D",
        " P7D",
        "P7D ",
        "P1.5D",
        "PT0.5S",
        "P10Y1D",
        "P121M",
        "P3654D",
        "PT87673H",
        "P99999999999D",
        "P1D1M",
        "never",
    ] {
        assert_eq!(Lifetime::parse(text), None, "{text}");
    }
}

#[test]
fn a_period_is_a_unit_of_the_calendar() {
    let at = micros("2024-02-29T13:00:00Z");
    for (text, start, next) in [
        ("P1D", "2024-02-29T00:00:00Z", "2024-03-01T00:00:00Z"),
        ("P1M", "2024-02-01T00:00:00Z", "2024-03-01T00:00:00Z"),
        ("P1Y", "2024-01-01T00:00:00Z", "2025-01-01T00:00:00Z"),
    ] {
        let period = Period::parse(text).unwrap();
        assert_eq!(period.around(at), (micros(start), micros(next)), "{text}");
        assert_eq!(period.around(micros(start)).0, micros(start), "the first moment is in its period");
        assert_eq!(period.around(micros(next) - 1).1, micros(next), "the last moment is in its period");
        assert_eq!(period.to_string(), text);
    }
    assert_eq!(Period::parse("P1W"), None);
}

proptest! {
    #[test]
    fn every_start_has_an_end_that_is_later(
        text in "P([1-9]M)?([1-9]D)?T[1-9]H",
        start in prop_oneof![any::<i64>(), 0..4_102_444_800_000_000_i64],
    ) {
        let end = lifetime(&text).end(start);
        prop_assert!(end > start || end == i64::MAX);
    }

    #[test]
    fn a_fixed_life_is_the_same_at_any_start(text in "P[1-9]DT[1-9]H", start in any::<i32>()) {
        let (life, start) = (lifetime(&text), i64::from(start) * 1_000_003);
        prop_assert_eq!(Some(life.end(start) - start), life.fixed_seconds().map(|seconds| seconds * 1_000_000));
    }

    #[test]
    fn reading_never_panics_and_writing_reads_back(text in "P?[0-9YMWDTHS.-]{0,12}|\\PC*") {
        if let Some(life) = Lifetime::parse(&text) {
            prop_assert_eq!(Lifetime::parse(&life.to_string()), Some(life));
        }
    }

    #[test]
    fn every_moment_is_in_one_period(at in any::<i64>()) {
        for period in [Period::Day, Period::Month, Period::Year] {
            let (start, next) = period.around(at);
            prop_assert!(start <= at && (at < next || next == i64::MAX));
        }
    }
}
