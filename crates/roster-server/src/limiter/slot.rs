//! Where one budget of one subject is counted: the window that the time falls in, and the key.

use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use roster_domain::Timestamp;

use super::Limiter;
use super::budget::Budget;
use crate::keys::hex;

const HOUR_MICROS: u64 = 3_600_000_000;

/// One budget of one subject in one window.
#[derive(Clone)]
pub(super) struct Slot {
    pub(super) budget: Budget,
    /// How much it is, whole.
    pub(super) limit: NonZeroU32,
    /// `roster:limit:<budget>:<window>:<64 hexadecimal digits>`, the same on all replicas.
    pub(super) key: String,
    /// How much of the window was left when it was asked for; more than nothing.
    pub(super) left: Duration,
    ends_at: Instant,
}

impl Slot {
    pub(super) fn new(budget: Budget, limit: NonZeroU32, key: String, left: Duration) -> Self {
        Self { budget, limit, key, left, ends_at: Instant::now() + left }
    }

    /// How much of the window is left by now: what is counted is forgotten then.
    pub(super) fn life(&self) -> Duration {
        self.ends_at.saturating_duration_since(Instant::now())
    }
}

impl Limiter {
    /// Where this budget of the subject is counted at that time. The subject itself is not to be seen in the key.
    pub(super) fn slot(&self, budget: Budget, subject: &[u8], now: Timestamp) -> Slot {
        let (window, left) = window(now, budget.hours());
        let name = budget.name();
        let subject = hex(&self.keys.budget_key(&[name.as_bytes(), subject]));
        let key = format!("roster:limit:{name}:{window}:{subject}");
        Slot::new(budget, budget.of(&self.budgets), key, left)
    }
}

/// The number of the window that the time falls in, and how much of it is left. Windows follow each other without a
/// gap since the beginning of 1970, UTC.
fn window(now: Timestamp, hours: u64) -> (u64, Duration) {
    let (micros, length) = (u64::try_from(now.micros()).unwrap_or_default(), hours * HOUR_MICROS);
    (micros / length, Duration::from_micros(length - micros % length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_follow_each_other_without_a_gap() {
        const HOUR: i64 = 3_600_000_000;
        let check = |micros: i64, number: u64, left: i64| {
            let found = window(Timestamp::from_micros(micros), 1);
            let left = Duration::from_micros(u64::try_from(left).unwrap());
            assert_eq!(found, (number, left), "{micros}");
        };
        check(0, 0, HOUR);
        check(HOUR - 1, 0, 1);
        check(HOUR, 1, HOUR);
        check(HOUR + 1, 1, HOUR - 1);
        check(490_000 * HOUR + HOUR / 2, 490_000, HOUR / 2);
        check(-1, 0, HOUR);
    }

    #[test]
    fn a_day_begins_at_midnight() {
        // 2026-03-01T00:00:00Z.
        let midnight = 1_772_323_200_000_000;
        assert_eq!(window(Timestamp::from_micros(midnight), 24), (20_513, Duration::from_hours(24)));
        assert_eq!(window(Timestamp::from_micros(midnight - 1), 24), (20_512, Duration::from_micros(1)));
    }
}
