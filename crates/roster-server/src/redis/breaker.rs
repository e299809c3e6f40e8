//! A circuit breaker: a server that does not answer is asked ever more seldom, so that it costs the others nothing.
//!
//! Pure: whoever asks brings the time.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// This many failures in a row open it. One is a connection that was cut, and the next call has a new one.
const FAILURES_TO_OPEN: u32 = 3;
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// A trial that has not reported by then never will: longer than any call takes.
const TRIAL_LIMIT: Duration = Duration::from_secs(2);

/// Counts failures, and says whether a call may be made.
pub(super) struct Breaker(Mutex<State>);

struct State {
    failures: u32,
    /// While it is open.
    open: Option<Open>,
}

struct Open {
    /// No call before this.
    until: Instant,
    pause: Duration,
}

/// Whether a call may be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Admission {
    /// It may.
    Call,
    /// It may, as the only one until it reports: to see whether the server is back.
    Trial,
    /// It may not.
    Refused,
}

/// What a call's outcome did, for the log: only what changes is worth a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// Nothing new.
    None,
    /// It opened.
    Opened,
    /// It closed.
    Closed,
}

impl Breaker {
    pub(super) fn new() -> Self {
        Self(Mutex::new(State { failures: 0, open: None }))
    }

    /// Asks to make a call. One trial at a time; one that never reports back is followed by another.
    pub(super) fn admit(&self, now: Instant) -> Admission {
        match &mut self.state().open {
            None => Admission::Call,
            Some(open) if now < open.until => Admission::Refused,
            Some(open) => {
                open.until = now + TRIAL_LIMIT;
                Admission::Trial
            }
        }
    }

    /// Notes that the server answered, whichever call it was: it is back.
    pub(super) fn succeeded(&self) -> Change {
        let mut state = self.state();
        state.failures = 0;
        match state.open.take() {
            None => Change::None,
            Some(_) => Change::Closed,
        }
    }

    /// Notes that an admitted call failed. While it is open only its trial counts: what was under way before says
    /// nothing new.
    pub(super) fn failed(&self, admission: Admission, now: Instant) -> Change {
        let mut state = self.state();
        if let Some(open) = &mut state.open {
            if admission == Admission::Trial {
                open.pause = (open.pause * 2).min(LONGEST_PAUSE);
                open.until = now + open.pause;
            }
            return Change::None;
        }
        state.failures += 1;
        if state.failures < FAILURES_TO_OPEN {
            return Change::None;
        }
        state.open = Some(Open { until: now + FIRST_PAUSE, pause: FIRST_PAUSE });
        Change::Opened
    }

    /// Every change of the state is complete when it is made, so that a panic elsewhere has spoilt nothing.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(now: Instant) -> Breaker {
        let breaker = Breaker::new();
        assert_eq!(breaker.failed(Admission::Call, now), Change::None);
        assert_eq!(breaker.failed(Admission::Call, now), Change::None);
        assert_eq!(breaker.failed(Admission::Call, now), Change::Opened);
        breaker
    }

    #[test]
    fn failures_in_a_row_open_it_and_no_others() {
        let now = Instant::now();
        let breaker = Breaker::new();
        for _ in 0..100 {
            assert_eq!(breaker.failed(Admission::Call, now), Change::None);
            assert_eq!(breaker.failed(Admission::Call, now), Change::None);
            assert_eq!(breaker.succeeded(), Change::None);
            assert_eq!(breaker.admit(now), Admission::Call);
        }
        assert_eq!(opened(now).admit(now), Admission::Refused);
    }

    #[test]
    fn one_trial_a_pause_and_the_pause_grows_to_five_seconds() {
        let mut now = Instant::now();
        let breaker = opened(now);
        for pause in [250, 500, 1_000, 2_000, 4_000, 5_000, 5_000].map(Duration::from_millis) {
            assert_eq!(
                breaker.admit(now + pause.checked_sub(Duration::from_nanos(1)).unwrap()),
                Admission::Refused
            );
            now += pause;
            assert_eq!(breaker.admit(now), Admission::Trial);
            now += TRIAL_LIMIT / 2;
            assert_eq!(breaker.admit(now), Admission::Refused, "one trial at a time");
            assert_eq!(breaker.failed(Admission::Trial, now), Change::None);
        }
    }

    #[test]
    fn a_trial_that_succeeds_closes_it_and_the_next_pause_is_short_again() {
        let now = Instant::now();
        let breaker = opened(now);
        let later = now + FIRST_PAUSE;
        assert_eq!(breaker.admit(later), Admission::Trial);
        breaker.failed(Admission::Trial, later);
        let later = later + LONGEST_PAUSE;
        assert_eq!(breaker.admit(later), Admission::Trial);
        assert_eq!(breaker.succeeded(), Change::Closed);
        assert_eq!(breaker.admit(later), Admission::Call);

        for _ in 0..FAILURES_TO_OPEN {
            breaker.failed(Admission::Call, later);
        }
        assert_eq!(breaker.admit(later + FIRST_PAUSE), Admission::Trial);
    }

    #[test]
    fn a_trial_that_never_reports_is_followed_by_another() {
        let now = Instant::now();
        let breaker = opened(now);
        let begun = now + FIRST_PAUSE;
        assert_eq!(breaker.admit(begun), Admission::Trial);
        assert_eq!(breaker.admit(begun + TRIAL_LIMIT / 2), Admission::Refused);
        assert_eq!(breaker.admit(begun + TRIAL_LIMIT), Admission::Trial);
    }

    #[test]
    fn calls_that_were_under_way_when_it_opened_do_not_lengthen_the_pause() {
        let now = Instant::now();
        let breaker = opened(now);
        for _ in 0..100 {
            assert_eq!(breaker.failed(Admission::Call, now + FIRST_PAUSE), Change::None);
        }
        assert_eq!(breaker.admit(now + FIRST_PAUSE), Admission::Trial);
    }
}
