//! What must hold of an election, what must be seen to happen, and what sounds right and is false.
//!
//! A property of a state is judged on the state. What must hold of steps is a [`StepRule`](crate::steps::StepRule); the state
//! remembers that one was broken. What must come to hold, and stay so, is judged on fair runs ([`crate::liveness`]).
//!
//! Every `always` and `eventually` names the `sometimes` that shows it is not vacuous.

mod always;
mod eventually;
mod sometimes;

use crate::catalogue::Scenario;
use crate::server::Server;
use crate::system::{State, System};
use crate::vote::Vote;
use fle::ServerState;
use stateright::Expectation;

/// A property and its place in the catalogue.
#[derive(Clone, Copy)]
pub struct Claim<const N: usize> {
    /// Its name, as printed.
    pub name: &'static str,
    /// What it states.
    pub statement: &'static str,
    /// How it is to be read.
    pub kind: Kind,
    /// In which scenarios it is checked.
    pub applies: fn(&Scenario) -> bool,
    /// The condition on a state.
    pub condition: fn(&System<N>, &State<N>) -> bool,
}

/// How a property is to be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Holds in every state.
    Always {
        /// The properties that show it is not vacuous.
        witnesses: &'static [&'static str],
    },
    /// In every fair run, holds from some moment on: see [`crate::liveness`].
    Eventually {
        /// The properties that show it is not vacuous.
        witnesses: &'static [&'static str],
    },
    /// Holds in some state, and so shows that another property is not vacuous.
    Witness,
    /// Holds in some state: the opposite sounds right and is false.
    Pitfall,
    /// In some fair run, fails again and again: that it holds eventually sounds right and is false.
    EndlessPitfall,
}

impl Kind {
    /// Whether a mutant that violates it is killed.
    #[must_use]
    pub fn kills(self) -> bool {
        matches!(self, Self::Always { .. } | Self::Eventually { .. })
    }

    /// Whether it is a property of fair runs, which stateright cannot check.
    #[must_use]
    pub fn is_of_runs(self) -> bool {
        matches!(self, Self::Eventually { .. } | Self::EndlessPitfall)
    }

    /// The kind in stateright's terms.
    #[must_use]
    pub fn expectation(self) -> Expectation {
        match self {
            Self::Always { .. } => Expectation::Always,
            Self::Eventually { .. } => Expectation::Eventually,
            Self::Witness | Self::Pitfall | Self::EndlessPitfall => Expectation::Sometimes,
        }
    }
}

/// Every property, in the order in which they are printed.
#[must_use]
pub fn claims<const N: usize>() -> Vec<Claim<N>> {
    [
        always::claims(),
        eventually::claims(),
        sometimes::witnesses(),
        sometimes::pitfalls(),
        eventually::pitfalls(),
    ]
    .concat()
}

fn everywhere(_: &Scenario) -> bool {
    true
}

fn credentials_differ(scenario: &Scenario) -> bool {
    scenario.credentials.len() > 1
}

fn all_settled<const N: usize>(state: &State<N>) -> bool {
    (0..N).all(|server| state.leader_of(server).is_some())
}

/// The votes of the servers that are LEADING.
fn leaders<const N: usize>(state: &State<N>) -> impl Iterator<Item = Vote> {
    let votes = state.servers.iter().filter_map(Server::settled);
    votes.filter(|vote| vote.state == ServerState::Leading)
}

/// The server with the greatest (epoch, zxid, sid) among the voters with weight.
fn best<const N: usize>(system: &System<N>, state: &State<N>) -> Option<usize> {
    let candidates = (0..N).filter(|&server| system.election.ensemble.has_weight(server));
    candidates.max_by_key(|&server| (state.servers[server].credentials, server))
}
