//! The states that were met lately, as many as there is room for.
//!
//! What is in it is a candidate already, and need not become one again: of what a layer leads to,
//! most is met several times, and soon after one another. What is not in it may have been met all
//! the same, which the merging finds out.

use std::sync::atomic::{AtomicU64, Ordering};

/// Fingerprints, each in the one place that it can be in. A newer one takes the place of an older.
pub(super) struct Recent(Vec<AtomicU64>);

impl Recent {
    /// For so many.
    pub(super) fn new(places: usize) -> Self {
        let places = std::iter::repeat_with(AtomicU64::default).take(places.max(1));
        Self(places.collect())
    }

    /// Whether this one, which is not 0, was met lately. From now on it was.
    pub(super) fn meet(&self, fingerprint: u64) -> bool {
        let place = usize::try_from(fingerprint % self.0.len() as u64);
        let place = place.expect("there are so many places");
        self.0[place].swap(fingerprint, Ordering::Relaxed) == fingerprint
    }
}
