//! What time it is for tokens and for the keys that they are checked with.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Where the time comes from.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System { opened: Instant },
    Set(Arc<AtomicU64>),
}

impl Clock {
    /// The machine's clocks.
    #[must_use]
    pub fn system() -> Self {
        Self(Source::System { opened: Instant::now() })
    }

    /// A clock for tests that stands at that time after the Unix epoch until its hand is turned.
    #[must_use]
    pub fn standing_at(time: Duration) -> (Self, Hand) {
        let hand = Hand(Arc::default());
        hand.forward(time);
        (Self(Source::Set(Arc::clone(&hand.0))), hand)
    }

    /// The time since the Unix epoch, for what tokens say of times.
    pub(super) fn now(&self) -> Duration {
        match &self.0 {
            // A clock before the epoch accepts nothing: every token is from the future then.
            Source::System { .. } => SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default(),
            Source::Set(millis) => Duration::from_millis(millis.load(Ordering::SeqCst)),
        }
    }

    /// The time since some point, for what lies between two events: it never goes back, however the machine's time of
    /// day is set.
    pub(super) fn elapsed(&self) -> Duration {
        match &self.0 {
            Source::System { opened } => opened.elapsed(),
            Source::Set(_) => self.now(),
        }
    }
}

/// Turns a standing clock.
#[derive(Debug)]
pub struct Hand(Arc<AtomicU64>);

impl Hand {
    /// Turns it forward, by whole milliseconds.
    pub fn forward(&self, by: Duration) {
        let millis = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
        self.0.fetch_add(millis, Ordering::SeqCst);
    }
}
