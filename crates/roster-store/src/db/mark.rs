//! A moment that several tasks may move forward, to compare others with.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// The latest moment that was set, if any was.
pub(crate) struct Mark {
    beginning: Instant,
    /// Since the beginning; 0 is never.
    nanos: AtomicU64,
}

impl Mark {
    pub(crate) fn new() -> Self {
        Self { beginning: Instant::now(), nanos: AtomicU64::new(0) }
    }

    /// Sets it to now.
    pub(crate) fn set(&self) {
        self.set_to(Instant::now());
    }

    /// Sets it to a moment, if that is later.
    pub(crate) fn set_to(&self, moment: Instant) {
        let since = moment.saturating_duration_since(self.beginning);
        let nanos = u64::try_from(since.as_nanos()).unwrap_or(u64::MAX);
        self.nanos.fetch_max(nanos.max(1), Ordering::AcqRel);
    }

    /// Whether something happened before it.
    pub(crate) fn is_after(&self, moment: Instant) -> bool {
        match self.nanos.load(Ordering::Acquire) {
            0 => false,
            nanos => moment < self.beginning + Duration::from_nanos(nanos),
        }
    }
}
