//! The commands, a file each.

mod annotations;
pub(crate) mod check;
pub(crate) mod explore;
pub(crate) mod list;
pub(crate) mod merge;
pub(crate) mod mutants;
mod output;
pub(crate) mod simulate;
pub(crate) mod trace;

use fle_model::frame::any::AnyScenario;
use fle_model::frame::mutant::Entry;
use fle_model::models;
use std::hash::{BuildHasher, RandomState};
use std::num::NonZeroUsize;
use std::thread::available_parallelism;

/// The scenario of this name, for the command line.
fn scenario(name: &str) -> Result<Chosen, String> {
    models::find(name).map(Chosen).ok_or_else(|| {
        let known: Vec<_> = models::scenarios().map(|it| it.about().name).collect();
        format!("there is no such scenario; there are {}", known.join(", "))
    })
}

/// A scenario of either protocol, named on the command line.
#[derive(Clone, Copy)]
pub(crate) struct Chosen(&'static dyn AnyScenario);

/// The mutant of this name, for the command line.
fn mutant(name: &str) -> Result<Entry, String> {
    let mut mutants = models::mutants().into_iter();
    mutants
        .find(|mutant| mutant.name == name)
        .ok_or_else(|| format!("there is no mutant {name}; `fle-model list` names them"))
}

/// As many threads as processors.
fn all_processors() -> NonZeroUsize {
    available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

/// Any number, short enough to be typed again. The standard library draws the keys of its hash maps at random.
fn random_seed() -> u64 {
    RandomState::new().hash_one(()) % 1_000_000
}
