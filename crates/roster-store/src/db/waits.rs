//! Which connections to a server wait for an answer, and since when.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

/// The waits of all connections to a server.
///
/// Asked when a connection is lent, instead of a timer for each statement: a timer that is due before all others makes
/// the runtime wake its driver, which costs a fifth of a short statement.
pub(crate) struct Waits(Mutex<Vec<Weak<Wait>>>);

/// The wait of one connection.
pub(crate) struct Wait {
    beginning: Instant,
    /// When the statement was sent, in nanoseconds since the beginning; 0 while none waits.
    sent: AtomicU64,
}

impl Waits {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    /// Adds a connection, until its wait is dropped.
    pub(crate) fn add(&self) -> Arc<Wait> {
        let wait = Arc::new(Wait { beginning: Instant::now(), sent: AtomicU64::new(0) });
        let mut waits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waits.retain(|other| other.strong_count() > 0);
        waits.push(Arc::downgrade(&wait));
        wait
    }

    /// Whether a connection waits for longer than `limit`, and nothing was heard since on the one that was proven at `moment`.
    pub(crate) fn is_silent_since(&self, moment: Instant, limit: Duration) -> bool {
        let now = Instant::now();
        // What was proven within the limit is not asked again: most calls stop here.
        if now.saturating_duration_since(moment) <= limit {
            return false;
        }
        let waits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waits.iter().filter_map(Weak::upgrade).filter_map(|wait| wait.sent()).any(|sent| {
            let suspicious = sent + limit;
            moment < suspicious && suspicious < now
        })
    }
}

impl Wait {
    /// Notes that a statement is sent. One that was given up goes on to count until an answer comes.
    pub(crate) fn begin(&self) {
        let since = u64::try_from(self.beginning.elapsed().as_nanos()).unwrap_or(u64::MAX).max(1);
        let _ = self.sent.compare_exchange(0, since, Ordering::AcqRel, Ordering::Relaxed);
    }

    /// Notes that the answer has come.
    pub(crate) fn end(&self) {
        self.sent.store(0, Ordering::Release);
    }

    fn sent(&self) -> Option<Instant> {
        match self.sent.load(Ordering::Acquire) {
            0 => None,
            nanos => Some(self.beginning + Duration::from_nanos(nanos)),
        }
    }
}
