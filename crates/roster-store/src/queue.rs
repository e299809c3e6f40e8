//! Turns: a team's mutations wait for each other here, before they take a connection.
//!
//! The lock in the database keeps the promise; this only keeps one busy team from filling the pool with transactions
//! that wait for that lock.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use tokio::sync::{Mutex, OwnedMutexGuard};
use uuid::Uuid;

/// A place that is kept until it is dropped.
pub(crate) type Turn = OwnedMutexGuard<()>;

/// A fixed number of queues. Two teams rarely share one, and then wait for each other needlessly but harmlessly.
pub(crate) struct Queues {
    hasher: RandomState,
    queues: Vec<Arc<Mutex<()>>>,
}

impl Queues {
    pub(crate) fn new() -> Self {
        Self {
            hasher: RandomState::new(),
            queues: (0..1024).map(|_| Arc::default()).collect(),
        }
    }

    /// Waits until it is this call's turn, in the order of arrival.
    pub(crate) async fn turn(&self, team: Uuid) -> Turn {
        let hash = usize::try_from(self.hasher.hash_one(team) % 1024).unwrap_or_default();
        Arc::clone(&self.queues[hash]).lock_owned().await
    }
}
