//! The commands, a file each.

mod broken;
pub(crate) mod check;
pub(crate) mod explore;
pub(crate) mod list;
pub(crate) mod merge;
pub(crate) mod mutants;
mod output;
pub(crate) mod simulate;
pub(crate) mod trace;

use fle_model::catalogue::{self, SCENARIOS, Scenario};
use std::hash::{BuildHasher, RandomState};
use std::num::NonZeroUsize;
use std::thread::available_parallelism;

/// The scenario of this name, for the command line.
fn scenario(name: &str) -> Result<&'static Scenario, String> {
    catalogue::find(name).ok_or_else(|| {
        let known: Vec<_> = SCENARIOS.iter().map(|scenario| scenario.name).collect();
        format!("there is no such scenario; there are {}", known.join(", "))
    })
}

/// As many threads as processors.
fn all_processors() -> NonZeroUsize {
    available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

/// Any number, short enough to be typed again. The standard library draws the keys of its hash maps at random.
fn random_seed() -> u64 {
    RandomState::new().hash_one(()) % 1_000_000
}
