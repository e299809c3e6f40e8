//! The counters: in Redis for all replicas together, and in this process where Redis does not answer or there is none.
//!
//! They count and compare, and know no rule: which budget is whose stands in the modules above.

mod memory;
mod shared;

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Instant;

use self::memory::Memory;
use super::Exceeded;
use super::budget::{fifth, half};
use super::slot::Slot;
use crate::redis::{Redis, patience};

/// All counters.
pub(super) struct Counters {
    /// Those of all replicas.
    shared: Option<Redis>,
    /// Those of this process alone.
    own: Memory,
}

/// How many of a budget are taken, and how many there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) count: u64,
    pub(super) limit: NonZeroU32,
}

/// One of a budget that was taken; it stays taken unless it is given back.
pub(super) struct Taken {
    /// The budget with this one.
    pub(super) tally: Tally,
    slot: Slot,
    place: Place,
}

/// Where it was counted, and so is given back.
enum Place {
    Shared,
    Own(Arc<AtomicU64>),
}

impl Tally {
    /// Whether nothing is left.
    pub(super) fn is_spent(self) -> bool {
        self.count >= self.limit.get().into()
    }
}

impl Taken {
    /// What to answer if more was taken than the budget, or the fifth of it where it is tightened, has.
    pub(super) fn exceeded(&self, tightened: bool) -> Option<Exceeded> {
        let whole = self.tally.limit;
        let limit = if tightened { fifth(whole) } else { whole }.get();
        (self.tally.count > limit.into()).then(|| Exceeded {
            budget: self.slot.budget.name(),
            limit,
            retry_after: self.slot.left,
        })
    }
}

impl Counters {
    pub(super) fn new(shared: Option<Redis>) -> Self {
        Self { shared, own: Memory::new() }
    }

    /// Takes one, whether or not there was one left: the tally tells.
    pub(super) async fn take(&self, slot: Slot, until: Instant) -> Taken {
        if let Some(redis) = &self.shared
            && let Some(count) = shared::take(redis, &slot, until).await
        {
            let tally = Tally { count, limit: slot.limit };
            return Taken { tally, slot, place: Place::Shared };
        }
        let counter = self.own.counter(&slot).await;
        let tally = Tally { count: memory::take(&counter), limit: self.own_limit(&slot) };
        Taken { tally, slot, place: Place::Own(counter) }
    }

    /// Looks without taking.
    pub(super) async fn tally(&self, slot: &Slot, until: Instant) -> Tally {
        if let Some(redis) = &self.shared
            && let Some(count) = shared::count(redis, slot, until).await
        {
            return Tally { count, limit: slot.limit };
        }
        Tally { count: self.own.count(slot).await, limit: self.own_limit(slot) }
    }

    /// Gives back what was taken. What Redis does not hear of stays taken until its window ends.
    pub(super) async fn give_back(&self, taken: Vec<Taken>, until: Instant) {
        for taken in taken {
            match (taken.place, &self.shared) {
                (Place::Own(counter), _) => memory::give_back(&counter),
                (Place::Shared, Some(redis)) => shared::give_back(redis, &taken.slot.key, until).await,
                (Place::Shared, None) => {}
            }
        }
    }

    /// Gives back without waiting, for what is dropped: at once what this process counts, and what Redis counts in a
    /// task of its own, where there still is a runtime for it.
    pub(super) fn give_back_later(&self, taken: Vec<Taken>) {
        let mut keys = vec![];
        for taken in taken {
            match taken.place {
                Place::Own(counter) => memory::give_back(&counter),
                Place::Shared => keys.push(taken.slot.key),
            }
        }
        if keys.is_empty() {
            return;
        }
        let (Some(redis), Ok(runtime)) = (self.shared.clone(), tokio::runtime::Handle::try_current()) else {
            return;
        };
        runtime.spawn(async move {
            let until = patience();
            for key in keys {
                shared::give_back(&redis, &key, until).await;
            }
        });
    }

    /// How much this process may give out by itself: all where it was meant to be alone.
    fn own_limit(&self, slot: &Slot) -> NonZeroU32 {
        if self.shared.is_some() { half(slot.limit) } else { slot.limit }
    }
}
