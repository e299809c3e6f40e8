//! A circuit breaker with exponential back-off, in front of the making of connections.
//!
//! Pure: the caller brings the time. It guards nothing else: a call that finds a connection goes on, even if none
//! can be made.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Remembers why no connection can be made.
pub(crate) struct Breaker<C>(Mutex<Option<Open<C>>>);

struct Open<C> {
    cause: C,
    /// No trial before this.
    until: Instant,
    pause: Duration,
}

impl<C: Clone + PartialEq> Breaker<C> {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(None))
    }

    /// Asks to make a connection. While the breaker is open, one trial is admitted after each pause, and nobody else
    /// within `longest`, by when the trial has ended. The error is why the last one failed.
    pub(crate) fn admit(&self, now: Instant, longest: Duration) -> Result<(), C> {
        match &mut *self.state() {
            None => Ok(()),
            Some(open) if now < open.until => Err(open.cause.clone()),
            Some(open) => {
                open.until = now + longest;
                Ok(())
            }
        }
    }

    /// Why no connection can be made at present; none while they can.
    pub(crate) fn cause(&self) -> Option<C> {
        self.state().as_ref().map(|open| open.cause.clone())
    }

    /// Notes that a connection was made. True if the one before it could not be.
    pub(crate) fn succeeded(&self) -> bool {
        self.state().take().is_some()
    }

    /// Notes that no connection could be made, and why. True if that is news: the one before it could be, or could not
    /// for another cause.
    pub(crate) fn failed(&self, cause: C, now: Instant) -> bool {
        let mut state = self.state();
        let pause = state.as_ref().map_or(FIRST_PAUSE, |open| (open.pause * 2).min(LONGEST_PAUSE));
        let news = state.as_ref().is_none_or(|open| open.cause != cause);
        *state = Some(Open { cause, until: now + pause, pause });
        news
    }

    /// Every change of the state is complete when it is made, so that a panic elsewhere has spoilt nothing.
    fn state(&self) -> MutexGuard<'_, Option<Open<C>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONGEST: Duration = Duration::from_secs(3);

    #[test]
    fn a_failure_opens_it_and_a_success_closes_it() {
        let (breaker, now) = (Breaker::new(), Instant::now());
        assert_eq!(breaker.admit(now, LONGEST), Ok(()));
        assert!(breaker.failed("refused", now), "the first failure is news");
        assert!(!breaker.failed("refused", now), "the second is not");
        assert_eq!(breaker.admit(now, LONGEST), Err("refused"));
        assert!(breaker.succeeded(), "so is the first success");
        assert!(!breaker.succeeded());
        assert_eq!((breaker.admit(now, LONGEST), breaker.cause()), (Ok(()), None));
    }

    #[test]
    fn one_trial_is_admitted_after_each_pause() {
        let (breaker, now) = (Breaker::new(), Instant::now());
        breaker.failed("refused", now);
        let later = now + FIRST_PAUSE;
        assert_eq!(breaker.admit(now + FIRST_PAUSE / 2, LONGEST), Err("refused"));
        assert_eq!(breaker.admit(later, LONGEST), Ok(()));
        assert_eq!(breaker.admit(later, LONGEST), Err("refused"), "the trial is under way");
        assert_eq!(breaker.admit(later + LONGEST, LONGEST), Ok(()), "a trial that never reports is followed");
    }

    #[test]
    fn pauses_double_up_to_a_bound() {
        let (breaker, mut now) = (Breaker::new(), Instant::now());
        let mut pauses = Vec::new();
        for _ in 0..8 {
            breaker.failed("refused", now);
            let before = now;
            while breaker.admit(now, LONGEST).is_err() {
                now += Duration::from_millis(50);
            }
            pauses.push(now.duration_since(before).as_millis());
        }
        assert_eq!(pauses, [100, 200, 400, 800, 1_600, 2_000, 2_000, 2_000]);
    }

    #[test]
    fn the_newest_cause_is_told() {
        let (breaker, now) = (Breaker::new(), Instant::now());
        breaker.failed("refused", now);
        assert!(breaker.failed("starting up", now), "another cause is news");
        assert_eq!(breaker.cause(), Some("starting up"));
    }
}
