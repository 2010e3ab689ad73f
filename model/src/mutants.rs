//! Broken elections, to show that the checker would notice.
//!
//! A mutant is the algorithm with one rule removed or one old bug restored. It is no copy of the model but a question asked at the one
//! place where the rule stands: `self.is(Mutant::…)`. Rules that several mutants break are asked here, under the rule's own name, so
//! that [`crate::server`] can still be read beside the Java class.
//!
//! A mutant is killed by a property that must hold `always` or `eventually`; that something is no longer seen, or that the number
//! of states moves, does not count. Which scenario is tried first is a hint for the sake of time, never part of the verdict.
//! A mutant that is known to survive says why, and is run all the same: being killed would be news.

mod rules;
mod run;
mod table;

pub use run::{Found, Outcome, in_order, run, run_in};
pub(crate) use table::mutants;
pub use table::{Mutant, UNMODELLED, Unmodelled};

use crate::server::{FastLeaderElection, Server};
use crate::vote::Round;
use clap::ValueEnum;
use serde::Serialize;
use std::fmt;

/// What there is to know of a mutant before it is run.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Entry<M = Mutant> {
    /// Its name on the command line.
    #[serde(rename = "name")]
    pub mutant: M,
    /// The tickets of the ZooKeeper tracker that tell of it, if any do.
    pub tickets: &'static str,
    /// What it does differently.
    pub change: &'static str,
    /// The scenario that is tried first.
    pub tried_first: &'static str,
    /// Why it survives, if it is known to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub survives: Option<&'static str>,
}

impl<M: ValueEnum> Entry<M> {
    fn name(&self) -> String {
        let value = self.mutant.to_possible_value();
        value.map_or_else(String::new, |value| value.get_name().to_owned())
    }
}

impl<M: ValueEnum> fmt::Display for Entry<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name(), self.change)?;
        match self.tickets {
            "" => Ok(()),
            tickets => write!(f, " (ZOOKEEPER-{})", tickets.replace(", ", ", -")),
        }
    }
}

impl<const N: usize> FastLeaderElection<N> {
    /// Whether this is the mutant that is run.
    pub(crate) fn is(&self, mutant: Mutant) -> bool {
        self.mutant == Some(mutant)
    }
}

impl<const N: usize> Server<N> {
    /// Whether it is no further than any server comes by the rules. A mutant may send servers on and on.
    pub(crate) fn is_within_bounds(&self) -> bool {
        self.round <= Round::BOUND && self.credentials.epoch() <= Round::BOUND.0
    }
}
