//! Where a walk has been: pairs of a server and an engine, and how it came to each.

use ahash::RandomState;
use indexmap::IndexSet;
use std::hash::Hash;
use std::iter::successors;

/// Pairs `P` in the order in which they were come to by acts `A`, so that the way to each is a
/// shortest one.
pub(super) struct Walked<P, A> {
    pairs: IndexSet<P, RandomState>,
    /// For each pair the one before it, and the act that led from there. A life's first has none.
    origins: Vec<Option<(usize, A)>>,
}

impl<P: Hash + Eq, A: Copy> Walked<P, A> {
    pub(super) fn new() -> Self {
        Self {
            pairs: IndexSet::default(),
            origins: Vec::new(),
        }
    }

    pub(super) fn enter(&mut self, pair: P, origin: Option<(usize, A)>) {
        if self.pairs.insert(pair) {
            self.origins.push(origin);
        }
    }

    pub(super) fn get(&self, index: usize) -> Option<&P> {
        self.pairs.get_index(index)
    }

    pub(super) fn pairs(&self) -> impl Iterator<Item = &P> {
        self.pairs.iter()
    }

    /// How a life came to this pair: how it began, and each act with the pair that it was taken in.
    pub(super) fn way(&self, end: usize) -> (&P, Vec<(usize, A)>) {
        let origin = |&(pair, _): &(usize, A)| self.origins[pair];
        let mut way: Vec<_> = successors(self.origins[end], origin).collect();
        way.reverse();
        (
            &self.pairs[way.first().map_or(end, |&(first, _)| first)],
            way,
        )
    }
}
