//! The commands, a file each.

mod annotations;
pub(crate) mod check;
pub(crate) mod explore;
pub(crate) mod graph;
pub(crate) mod list;
pub(crate) mod merge;
pub(crate) mod mutants;
mod named;
mod near;
mod output;
pub(crate) mod simulate;
pub(crate) mod trace;

use std::hash::{BuildHasher, RandomState};
use std::num::NonZeroUsize;
use std::thread::available_parallelism;

/// As many threads as processors.
fn all_processors() -> NonZeroUsize {
    available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

/// Any number, short enough to be typed again. The standard library draws the keys of its hash maps
/// at random.
fn random_seed() -> u64 {
    RandomState::new().hash_one(()) % 1_000_000
}
