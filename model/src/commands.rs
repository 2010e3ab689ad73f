//! The commands, a file each.

pub(crate) mod check;
pub(crate) mod explore;
pub(crate) mod list;
pub(crate) mod merge;
mod output;
pub(crate) mod simulate;

use fle_model::catalogue::{self, SCENARIOS, Scenario};
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
