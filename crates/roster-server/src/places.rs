//! How many there may be at once, altogether and of each: connections from an address, calls through a service.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many are let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caps {
    /// Altogether.
    pub all: u32,
    /// Of one address, or through one service.
    pub each: u32,
}

/// Counts who is there. Clones count together.
#[derive(Debug)]
pub struct Places<K> {
    caps: Caps,
    taken: Arc<Mutex<Taken<K>>>,
}

#[derive(Debug)]
struct Taken<K> {
    all: u32,
    /// No entry is zero, so that this is never longer than there are places taken.
    each: HashMap<K, u32>,
}

/// A place, free again when this is dropped.
#[derive(Debug)]
pub struct Place<K: Hash + Eq> {
    key: K,
    taken: Arc<Mutex<Taken<K>>>,
}

impl<K: Hash + Eq + Clone> Places<K> {
    /// Places for so many.
    #[must_use]
    pub fn new(caps: Caps) -> Self {
        Self { caps, taken: Arc::new(Mutex::new(Taken { all: 0, each: HashMap::new() })) }
    }

    /// A place for that one, if there is one.
    #[must_use]
    pub fn take(&self, key: &K) -> Option<Place<K>> {
        let mut taken = lock(&self.taken);
        let of_key = taken.each.get(key).copied().unwrap_or_default();
        if taken.all >= self.caps.all || of_key >= self.caps.each {
            return None;
        }
        taken.each.insert(key.clone(), of_key + 1);
        taken.all += 1;
        Some(Place { key: key.clone(), taken: Arc::clone(&self.taken) })
    }
}

// Not derived: that would demand that the key itself can be cloned.
impl<K> Clone for Places<K> {
    fn clone(&self) -> Self {
        Self { caps: self.caps, taken: Arc::clone(&self.taken) }
    }
}

impl<K: Hash + Eq> Drop for Place<K> {
    fn drop(&mut self) {
        let mut taken = lock(&self.taken);
        taken.all -= 1;
        if let Some(of_key) = taken.each.get_mut(&self.key) {
            *of_key -= 1;
            if *of_key == 0 {
                taken.each.remove(&self.key);
            }
        }
    }
}

/// Counting does not panic half-way, so that a poisoned lock is as good as any.
fn lock<K>(taken: &Mutex<Taken<K>>) -> MutexGuard<'_, Taken<K>> {
    taken.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_run_out_altogether_and_for_each_and_come_back() {
        let places = Places::new(Caps { all: 3, each: 2 });
        let one = places.take(&"ada").expect("the first");
        let two = places.clone().take(&"ada").expect("the second of hers");
        assert!(places.take(&"ada").is_none(), "she has two");
        let other = places.take(&"bob").expect("another one's");
        assert!(places.take(&"cleo").is_none(), "there are three");
        drop(one);
        let again = places.take(&"ada").expect("one has gone");
        drop((two, other, again));
        assert_eq!(lock(&places.taken).all, 0);
        assert!(lock(&places.taken).each.is_empty(), "nothing is remembered of who has gone");
    }

    #[test]
    fn who_is_refused_leaves_nothing_behind() {
        let places = Places::new(Caps { all: 1, each: 1 });
        let _one = places.take(&"ada").expect("the first");
        assert!(places.take(&"bob").is_none());
        assert_eq!(lock(&places.taken).each.len(), 1);
    }
}
