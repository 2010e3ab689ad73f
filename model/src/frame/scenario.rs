//! An entry of a catalogue: a protocol with its bounds, under a name.
//!
//! A system has a number of servers that the compiler knows; a scenario, one that is only known
//! when it is run. [`Task`] is what is done in between.

use super::claim::{Checked, Claim};
use super::mutant::Mutant;
use super::subject::Subject;
use super::system::TransitionSystem;
use serde::Serialize;

/// A named system with its bounds.
pub trait Scenario: Copy + Serialize + Send + Sync + 'static {
    /// Its system, with a number of servers.
    type System<const N: usize>: Subject<Scenario = Self>;
    /// The rules that can be broken in it.
    type Mutant: Mutant;

    /// What there is to know of it before it is run.
    fn about(&self) -> About;

    /// Which rule is broken: in the catalogue itself, none.
    fn mutant(&self) -> Option<Self::Mutant>;

    /// The same with a broken rule.
    #[must_use]
    fn mutated(&self, mutant: Self::Mutant) -> Self;

    /// In how many ways its servers can start.
    fn initial_states(&self) -> usize {
        self.run(CountStarts)
    }

    /// The system, over the initial states whose number `chosen` accepts.
    ///
    /// # Panics
    /// If the scenario does not have `N` servers.
    fn system<const N: usize>(&self, chosen: impl Fn(usize) -> bool) -> Self::System<N>;

    /// The properties to check in it.
    fn claims<const N: usize>(&self) -> Vec<Claim<Self::System<N>>>;

    /// Does something with the system, whose number of servers is known then.
    fn run<T: Task<Self>>(&self, task: T) -> T::Output;

    /// The system of the chosen initial states, with these properties.
    fn checked<const N: usize>(
        &self,
        chosen: impl Fn(usize) -> bool,
        claims: Vec<Claim<Self::System<N>>>,
    ) -> Checked<Self::System<N>> {
        Checked::new(self.system(chosen), claims)
    }
}

/// Something to do with a scenario's system.
pub trait Task<C: Scenario> {
    /// What comes of it.
    type Output;

    /// Does it.
    fn run<const N: usize>(self, scenario: &C) -> Self::Output;
}

struct CountStarts;

impl<C: Scenario> Task<C> for CountStarts {
    type Output = usize;

    fn run<const N: usize>(self, scenario: &C) -> usize {
        scenario.system::<N>(|_| true).init().len()
    }
}

/// What there is to know of a scenario before it is run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct About {
    /// Its name on the command line.
    pub name: &'static str,
    /// What it covers.
    pub covers: &'static str,
    /// When it is run.
    pub tier: Tier,
    /// How many unique states it must come to.
    pub unique_states: usize,
    /// The file that says so, from the workspace on.
    pub pinned_in: &'static str,
    /// Whether no state can be reached from two initial states, so that the states of shards add up
    /// to those of the whole.
    pub is_disjoint: bool,
}

/// How long a run may take, and so when it is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// Minutes: at every change.
    Ci,
    /// Hours: every night.
    Nightly,
    /// Too large to be exhausted: for random walks.
    Simulation,
}

impl Tier {
    /// Its name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ci => "ci",
            Self::Nightly => "nightly",
            Self::Simulation => "simulation",
        }
    }
}

/// What is done with a number of servers that the compiler knows, for one of these numbers.
macro_rules! with_servers {
    ($servers:expr, [$($count:literal),*], $number:ident => $task:expr) => {
        match $servers {
            $($count => {
                const $number: usize = $count;
                $task
            })*
            servers => unreachable!("the model is not built for {servers} servers"),
        }
    };
}

pub(crate) use with_servers;
