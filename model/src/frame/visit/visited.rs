//! The states that a search has met, each remembered by its fingerprint and a label.
//!
//! A fingerprint has 64 bits, all of them random. So a shard keeps its fingerprints in ascending
//! order, with gaps: the place of one follows from its value, and what was met is found within a
//! few steps from there, at more than four fifths of the places taken. A state costs between 10 and
//! 12 bytes, and its label beside it; `()` costs nothing.
//!
//! Deliberately absent: the states themselves, and which state a state was met from. The shortest
//! way to a state is searched for once more where it has to be told.

use std::cmp::Ordering;
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The fingerprint of no state, as it stands in a new page. A state that has it is given the next
/// one.
const NONE: u64 = 0;

/// How many shards there are: enough that two threads seldom meet, and that one that grows is a
/// small part of the whole.
const SHARDS: u64 = 1024;

/// What was met. Every thread of a search may ask and add.
pub(super) struct Visited<L>(Vec<Mutex<Shard<L>>>);

/// The fingerprints whose lowest bits are alike.
struct Shard<L> {
    /// Ascending, but for gaps of [`NONE`]. No gap lies between the place that a fingerprint's
    /// value calls for and the one that it has.
    fingerprints: Pages<u64>,
    /// For each place its label.
    labels: Pages<L>,
    /// Over how many places the values are spread. Some more are there for those that come to lie
    /// behind.
    spread: usize,
    taken: usize,
}

impl<L: Copy + Default> Visited<L> {
    pub(super) fn new() -> Self {
        Self((0..SHARDS).map(|_| Mutex::new(Shard::new())).collect())
    }

    /// The label of the state with this fingerprint, and whether it is new: then `label` makes it.
    pub(super) fn meet(&self, fingerprint: u64, label: impl FnOnce() -> L) -> (L, bool) {
        let fingerprint = fingerprint.max(NONE + 1);
        let shard = fingerprint % SHARDS;
        let shard = usize::try_from(shard).expect("there are few shards");
        lock(&self.0[shard]).meet(fingerprint, label)
    }
}

/// A thread that panicked ends the search; what it left is of no interest any more.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<L: Copy + Default> Shard<L> {
    fn new() -> Self {
        Self {
            fingerprints: Pages::default(),
            labels: Pages::default(),
            spread: 0,
            taken: 0,
        }
    }

    fn meet(&mut self, fingerprint: u64, label: impl FnOnce() -> L) -> (L, bool) {
        let place = match self.find(fingerprint) {
            Ok(place) => return (*self.labels.at(place), false),
            Err(_) if self.is_full() => {
                self.grow();
                self.find(fingerprint).unwrap_or_else(|place| place)
            }
            Err(place) => place,
        };
        let label = label();
        self.insert(place, fingerprint, label);
        (label, true)
    }

    /// Where the fingerprint is, or else where it belongs.
    fn find(&self, fingerprint: u64) -> Result<usize, usize> {
        let home = home(fingerprint, self.spread);
        let mut place = home;
        for known in self.fingerprints.from(home) {
            match known.cmp(&fingerprint) {
                Ordering::Equal => return Ok(place),
                Ordering::Less if *known != NONE => place += 1,
                Ordering::Less | Ordering::Greater => break,
            }
        }
        Err(place)
    }

    /// Puts it there. What is in its way moves on by one, as far as the next gap.
    fn insert(&mut self, place: usize, mut fingerprint: u64, mut label: L) {
        for place in place.. {
            if place == self.fingerprints.len() {
                self.add_page();
            }
            mem::swap(&mut fingerprint, self.fingerprints.at_mut(place));
            mem::swap(&mut label, self.labels.at_mut(place));
            if fingerprint == NONE {
                break;
            }
        }
        self.taken += 1;
    }

    /// Whether there are gaps for no more than a sixth of what there is.
    fn is_full(&self) -> bool {
        self.taken * 7 >= self.spread * 6
    }

    /// Spreads what there is over more places, a sixth more than there were.
    fn grow(&mut self) {
        for _ in 0..=self.fingerprints.len() / PAGE / 6 {
            self.add_page();
        }
        self.spread = self.fingerprints.len() - PAGE / 8;
        self.pack();
        while !self.has_room() {
            self.add_page();
            self.pack();
        }
        let mut free = 0;
        for packed in self.fingerprints.len() - self.taken..self.fingerprints.len() {
            let fingerprint = mem::replace(self.fingerprints.at_mut(packed), NONE);
            let place = home(fingerprint, self.spread).max(free);
            *self.fingerprints.at_mut(place) = fingerprint;
            *self.labels.at_mut(place) = *self.labels.at(packed);
            free = place + 1;
        }
    }

    /// Whether what is packed can be spread out, everything to where it is or before that.
    fn has_room(&self) -> bool {
        let mut free = 0;
        let mut packed = self.fingerprints.len() - self.taken..self.fingerprints.len();
        packed.all(|packed| {
            let home = home(*self.fingerprints.at(packed), self.spread);
            free = home.max(free) + 1;
            free <= packed + 1
        })
    }

    /// Moves everything to the end, in order.
    fn pack(&mut self) {
        let mut free = self.fingerprints.len();
        for place in (0..self.fingerprints.len()).rev() {
            let fingerprint = mem::replace(self.fingerprints.at_mut(place), NONE);
            if fingerprint != NONE {
                free -= 1;
                *self.fingerprints.at_mut(free) = fingerprint;
                *self.labels.at_mut(free) = *self.labels.at(place);
            }
        }
    }

    fn add_page(&mut self) {
        self.fingerprints.add();
        self.labels.add();
    }
}

/// How many places a page has.
const PAGE: usize = 256;

/// A sequence that grows by pages, none of which ever moves: what an allocator is given back piece
/// by piece while tables grow, it cannot use for the next, larger ones.
struct Pages<T>(Vec<Box<[T; PAGE]>>);

impl<T> Default for Pages<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Copy + Default> Pages<T> {
    fn len(&self) -> usize {
        self.0.len() * PAGE
    }

    fn add(&mut self) {
        self.0.push(Box::new([T::default(); PAGE]));
    }

    /// What is there from this place on.
    fn from(&self, place: usize) -> impl Iterator<Item = &T> {
        let mut pages = self.0[place / PAGE..].iter();
        let first = pages.next().map_or(&[][..], |page| &page[place % PAGE..]);
        first.iter().chain(pages.flat_map(|page| page.iter()))
    }

    fn at(&self, place: usize) -> &T {
        &self.0[place / PAGE][place % PAGE]
    }

    fn at_mut(&mut self, place: usize) -> &mut T {
        &mut self.0[place / PAGE][place % PAGE]
    }
}

/// The place that the fingerprint's value calls for, among so many.
fn home(fingerprint: u64, spread: usize) -> usize {
    let place = (u128::from(fingerprint) * spread as u128) >> u64::BITS;
    usize::try_from(place).expect("it is less than the spread")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashMap;

    /// Whether the shard's rule holds: fingerprints ascend, and lie behind their homes without a
    /// gap.
    fn is_in_order(shard: &Shard<u32>) -> bool {
        let places = || 0..shard.fingerprints.len();
        let at = |place: usize| *shard.fingerprints.at(place);
        let reached = |place: usize| {
            let home = home(at(place), shard.spread);
            at(place) == NONE || home <= place && (home..place).all(|place| at(place) != NONE)
        };
        let taken = places().map(at).filter(|&it| it != NONE);
        taken.is_sorted() && places().all(reached)
    }

    proptest! {
        /// Among the values are the least and the greatest, and many that call for one place.
        #[test]
        fn what_was_met_is_known_by_its_first_label(
            met in prop::collection::vec(
                prop_oneof![1..400_u64, u64::MAX - 400.., any::<u64>()],
                0..3000,
            ),
        ) {
            let mut shard = Shard::new();
            let mut expected = HashMap::new();
            for (label, &fingerprint) in (1_u32..).zip(&met) {
                let is_known = expected.contains_key(&fingerprint);
                let first = *expected.entry(fingerprint).or_insert(label);
                prop_assert_eq!(shard.meet(fingerprint, || label), (first, !is_known));
            }
            prop_assert_eq!(shard.taken, expected.len());
            prop_assert!(is_in_order(&shard));
        }
    }

    #[test]
    fn a_fingerprint_of_no_state_is_one_like_any() {
        let visited = Visited::new();
        assert!(visited.meet(0, || ()).1);
        assert!(!visited.meet(0, || ()).1);
    }

    #[test]
    fn a_state_takes_twelve_bytes_at_most() {
        let mut shard = Shard::new();
        let mut fingerprint = 1_u64;
        for met in 1..100_000 {
            fingerprint = fingerprint
                .wrapping_mul(0x5851_f42d_4c95_7f2d)
                .wrapping_add(1);
            assert!(shard.meet(fingerprint, || ()).1);
            let bytes = size_of::<u64>() * shard.fingerprints.len();
            assert!(met < 2000 || bytes <= 12 * met, "{bytes} bytes for {met}");
        }
    }
}
