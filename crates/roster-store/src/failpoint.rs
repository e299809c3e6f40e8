//! Switches that break the store on purpose, so that race and crash tests can show that they would notice.
//!
//! They exist only with the cargo feature `failpoints`, which no release build has; without it every question here is
//! answered `false` at compile time.

use std::time::Duration;

/// What is broken, if anything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Failpoint {
    /// Nothing.
    #[default]
    None,
    /// Facts are loaded before the team is locked, as if there were no lock.
    #[cfg(feature = "failpoints")]
    LoadBeforeLock,
    /// The process aborts right after its first commit of a change.
    #[cfg(feature = "failpoints")]
    AbortAfterCommit,
    /// A connection is lent again at once, whatever its last user left behind or met.
    #[cfg(feature = "failpoints")]
    ReuseAtOnce,
    /// What a commit writes is sent one statement after the other, on Postgres too.
    #[cfg(feature = "failpoints")]
    WriteInTurn,
}

impl Failpoint {
    /// The one that the environment variable `ROSTER_FAILPOINT` names.
    pub(crate) fn from_environment() -> Self {
        #[cfg(feature = "failpoints")]
        match std::env::var("ROSTER_FAILPOINT").as_deref() {
            Ok("load-before-lock") => return Self::LoadBeforeLock,
            Ok("abort-after-commit") => return Self::AbortAfterCommit,
            Ok("reuse-at-once") => return Self::ReuseAtOnce,
            _ => {}
        }
        Self::None
    }

    pub(crate) fn loads_before_lock(self) -> bool {
        match self {
            #[cfg(feature = "failpoints")]
            Self::LoadBeforeLock => true,
            _ => false,
        }
    }

    pub(crate) fn reuses_at_once(self) -> bool {
        match self {
            #[cfg(feature = "failpoints")]
            Self::ReuseAtOnce => true,
            _ => false,
        }
    }

    pub(crate) fn writes_in_turn(self) -> bool {
        match self {
            #[cfg(feature = "failpoints")]
            Self::WriteInTurn => true,
            _ => false,
        }
    }

    /// How long an early load takes: others then load the same facts meanwhile, so that a race is lost on a fast
    /// machine and on a busy one alike.
    pub(crate) fn early_load_lasts(self) -> Duration {
        match self {
            #[cfg(feature = "failpoints")]
            Self::LoadBeforeLock => Duration::from_millis(200),
            _ => Duration::ZERO,
        }
    }

    pub(crate) fn after_commit(self) {
        match self {
            #[cfg(feature = "failpoints")]
            Self::AbortAfterCommit => std::process::abort(),
            _ => {}
        }
    }
}

#[cfg(feature = "failpoints")]
impl crate::open::Store {
    /// Breaks this store alone, whatever the environment says: for tests that share a process.
    #[must_use]
    pub fn loading_before_lock(mut self) -> Self {
        self.failpoint = Failpoint::LoadBeforeLock;
        self
    }

    /// Lets this store alone write as SQLite does: to compare.
    #[must_use]
    pub fn writing_in_turn(mut self) -> Self {
        self.failpoint = Failpoint::WriteInTurn;
        self
    }
    /// Lets this store alone go by a clock that stands still until it is set, in microseconds: so that what ends at a
    /// moment is looked at in that very moment, and in the one before.
    #[must_use]
    pub fn going_by(mut self, clock: &'static std::sync::atomic::AtomicI64) -> Self {
        self.clock.stopped = Some(clock);
        self
    }
}
