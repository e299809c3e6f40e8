//! Keeps the issuer's keys: asks for them in time, by one question at a time, and never too often.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use super::clock::Clock;
use super::fetch::Fetcher;
use super::file::{KeyFile, Look};
use super::keys::KeySet;

/// How long a key server's answer is taken for new.
const NEW: Duration = Duration::from_mins(5);

/// The least time between two questions to a key server, whatever tokens name.
const QUIET: Duration = Duration::from_secs(30);

/// The same for looks at a file, which cost nobody anything.
const GLANCE: Duration = Duration::from_secs(1);

/// Where keys come from.
pub(super) enum Source {
    File(KeyFile),
    Server(Box<Fetcher>),
}

/// The keys, as far as they are known.
pub(super) struct Keeper {
    source: Source,
    clock: Clock,
    /// How old the last good answer of a key server may become.
    max_stale: Duration,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    keys: Option<Arc<KeySet>>,
    /// When the source last had keys for us.
    answered: Option<Duration>,
    /// When it was last asked, with whatever success.
    asked: Option<Duration>,
    /// Whether it had none the last time.
    failed: bool,
    /// Its other end is there for as long as a question is on its way. Nothing is ever sent through it: that the other
    /// end is gone, however that came about, is what is waited for.
    asking: Option<watch::Receiver<()>>,
}

impl Keeper {
    /// Keeps the keys of that source; those of a file are known from the beginning.
    pub(super) fn new(source: Source, keys: Option<KeySet>, clock: Clock, max_stale: Duration) -> Self {
        let now = clock.elapsed();
        let answered = keys.as_ref().map(|_| now);
        let state = State { keys: keys.map(Arc::new), answered, asked: answered, ..State::default() };
        Self { source, clock, max_stale, state: Mutex::new(state) }
    }

    /// The keys, unless there are none or nobody has confirmed them for too long.
    pub(super) fn keys(&self) -> Option<Arc<KeySet>> {
        let state = self.state();
        let age = self.clock.elapsed().saturating_sub(state.answered?);
        let too_old = matches!(self.source, Source::Server(_)) && age > self.max_stale;
        state.keys.clone().filter(|_| !too_old)
    }

    /// Whether the source had keys the last time that it was asked.
    pub(super) fn source_is_well(&self) -> bool {
        !self.state().failed
    }

    /// Asks the source now if it may be asked, or waits for whoever is asking. Nothing happens if it was asked just
    /// now.
    pub(super) async fn renew(self: &Arc<Self>) {
        if let Some(mut answer) = self.question() {
            // An error, since the other end is gone: there is an answer, or there will be none.
            let _ = answer.changed().await;
        }
    }

    /// Asks the source if its last good answer is no longer new.
    pub(super) async fn keep_new(self: &Arc<Self>) {
        let lasts = match self.source {
            Source::File(_) => GLANCE,
            Source::Server(_) => NEW.min(self.max_stale / 2),
        };
        let now = self.clock.elapsed();
        let answered = self.state().answered;
        if answered.is_none_or(|answered| now.saturating_sub(answered) >= lasts) {
            self.renew().await;
        }
    }

    /// The question that is on its way, or a new one, if one may be asked. It goes on though the caller who needed it
    /// goes away, or callers that hang up early could keep the keys from ever being renewed.
    fn question(self: &Arc<Self>) -> Option<watch::Receiver<()>> {
        let quiet = match self.source {
            Source::File(_) => GLANCE,
            Source::Server(_) => QUIET,
        };
        let now = self.clock.elapsed();
        let mut state = self.state();
        if let Some(answer) = state.asking.as_ref().filter(|answer| answer.has_changed().is_ok()) {
            return Some(answer.clone());
        }
        if state.asked.is_some_and(|asked| now.saturating_sub(asked) < quiet) {
            return None;
        }
        let (done, answer) = watch::channel(());
        state.asked = Some(now);
        state.asking = Some(answer.clone());
        drop(state);
        let keeper = Arc::clone(self);
        tokio::spawn(async move {
            keeper.ask().await;
            drop(done);
        });
        Some(answer)
    }

    /// Asks the source, and takes what it says.
    async fn ask(&self) {
        match &self.source {
            Source::Server(fetcher) => match fetcher.fetch().await {
                Ok(keys) => self.take(Some(keys)),
                Err(trouble) => self.fail(&trouble.to_string()),
            },
            Source::File(file) => match file.look().await {
                Look::Same => self.take(None),
                Look::Changed(keys) => self.take(Some(keys)),
                Look::Broken => self.fail("the file cannot be read, or is no JSON Web Key Set"),
            },
        }
    }

    /// The source is well: `keys` are its keys, or what it had before if there are none.
    fn take(&self, keys: Option<KeySet>) {
        let now = self.clock.elapsed();
        let mut state = self.state();
        state.answered = Some(now);
        let Some(keys) = keys else { return };
        if std::mem::take(&mut state.failed) {
            tracing::info!("the keys of the token issuer can be had again");
        }
        // What was verified with a set counts for as long as it is the set: one that did not change is not replaced.
        if state.keys.as_ref().is_none_or(|old| !old.is_same(&keys)) {
            if keys.is_empty() {
                tracing::warn!("the token issuer has no usable key: every token is refused");
            }
            state.keys = Some(Arc::new(keys));
        }
    }

    fn fail(&self, reason: &str) {
        let mut state = self.state();
        if !std::mem::replace(&mut state.failed, true) {
            tracing::warn!(
                reason,
                "the keys of the token issuer cannot be had; those known are used for a while"
            );
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
