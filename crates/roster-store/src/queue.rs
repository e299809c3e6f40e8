//! Turns: a team's mutations, the teams that one person creates, and the attempts of one request wait for each other here,
//! before they take a connection.
//!
//! The lock in the database keeps the promise; this only keeps one busy team from filling the pool with transactions
//! that wait for that lock.

use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::Arc;

use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::deadline;
use crate::error::{Error, Result};

/// A place that is kept until it is dropped.
pub(crate) type Turn = OwnedMutexGuard<()>;

/// A fixed number of queues. Two teams rarely share one, and then wait for each other needlessly but harmlessly; a task
/// that had a turn and waited for another could wait for itself, which is why none takes two.
pub(crate) struct Queues {
    hasher: RandomState,
    queues: Vec<Arc<Mutex<()>>>,
}

impl Queues {
    pub(crate) fn new() -> Self {
        Self { hasher: RandomState::new(), queues: (0..1024).map(|_| Arc::default()).collect() }
    }

    /// Waits until it is this call's turn, in the order of arrival, and no longer than anybody waits for the call.
    pub(crate) async fn turn(&self, of: impl Hash) -> Result<Turn> {
        let hash = usize::try_from(self.hasher.hash_one(of) % 1024).unwrap_or_default();
        let turn = Arc::clone(&self.queues[hash]).lock_owned();
        match deadline::by() {
            None => Ok(turn.await),
            Some(by) => tokio::time::timeout_at(by, turn).await.map_err(|_| Error::deadline_passed()),
        }
    }
}
