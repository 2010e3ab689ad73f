//! The scenarios of the establishment, as data: bounds, and the number of states that each must come to.

use super::mutants::Mutant;
use super::properties::{Claim, claims};
use super::server::{Epoch, Epochs, Protocol, Server};
use super::system::{Faults, State, System};
use crate::catalogue::Tier;
use crate::ensemble::{Composition, Ensemble};
use crate::progress::Counter;
use crate::shard::Shard;
use serde::Serialize;

/// A named model with its bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Scenario {
    /// Its name on the command line.
    pub name: &'static str,
    /// What it covers.
    pub covers: &'static str,
    /// When it is run.
    pub tier: Tier,
    /// How many servers.
    pub servers: usize,
    /// Who they are to one another.
    pub composition: Composition,
    /// The length of each server's history.
    pub histories: &'static [u8],
    /// The epoch that each server has accepted before.
    pub accepted: &'static [u8],
    /// The last epoch that is proposed.
    pub last: u8,
    /// What may go wrong, and how often.
    pub faults: Faults,
    /// How many unique states it must come to.
    pub unique_states: usize,
}

/// Three equal voters.
const THREE: Scenario = Scenario {
    name: "",
    covers: "",
    tier: Tier::Ci,
    servers: 3,
    composition: Composition::Majority,
    histories: &[1, 1, 2],
    accepted: &[0, 0, 0],
    last: 1,
    faults: Faults::NONE,
    unique_states: 0,
};

/// Every scenario.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "establish-break",
        covers: "three voters, one epoch, one connection that a leader loses before its learner does",
        faults: Faults {
            crashes: 0,
            breaks: 1,
        },
        unique_states: 7_529_715,
        ..THREE
    },
    Scenario {
        name: "establish-observer",
        covers: "two voters and an observer, one epoch, one crash at any point",
        composition: Composition::Observer,
        faults: Faults {
            crashes: 1,
            breaks: 0,
        },
        unique_states: 1_093_954,
        ..THREE
    },
    Scenario {
        name: "establish-ahead",
        covers: "two voters, one epoch, and an observer that has accepted a later one",
        composition: Composition::Observer,
        accepted: &[0, 0, 2],
        unique_states: 162_308,
        ..THREE
    },
    Scenario {
        name: "establish-joint",
        covers: "a configuration of three and a proposed one of two, one epoch",
        faults: Faults::NONE,
        composition: Composition::Joint,
        unique_states: 2_689_634,
        ..THREE
    },
    Scenario {
        name: "establish-alone",
        covers: "a voter that is a quorum by itself, with one that has no weight, three epochs, two crashes at any point",
        servers: 2,
        composition: Composition::ZeroWeight,
        histories: &[1, 1],
        last: 3,
        faults: Faults {
            crashes: 2,
            breaks: 1,
        },
        unique_states: 1_192_442,
        ..THREE
    },
    Scenario {
        name: "establish-two",
        covers: "two voters, four epochs, two crashes at any point, one connection lost",
        servers: 2,
        histories: &[1, 2],
        last: 4,
        faults: Faults {
            crashes: 2,
            breaks: 1,
        },
        unique_states: 976_957,
        ..THREE
    },
];

/// The scenario of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Scenario> {
    SCENARIOS.iter().find(|scenario| scenario.name == name)
}

impl Scenario {
    /// The properties to check in it.
    #[must_use]
    pub fn claims<const N: usize>(&self) -> Vec<Claim<N>> {
        let claims = claims().into_iter();
        claims.filter(|claim| (claim.applies)(self)).collect()
    }

    /// The model, with a broken rule or none.
    ///
    /// # Panics
    /// If the scenario does not have `N` servers.
    #[must_use]
    pub fn system<const N: usize>(
        &self,
        shard: Shard,
        mutant: Option<Mutant>,
        claims: Vec<Claim<N>>,
    ) -> System<N> {
        assert_eq!(self.histories.len(), N, "{} servers", self.name);
        let servers = std::array::from_fn(|server| {
            let disk = Epochs {
                accepted: Epoch(self.accepted[server]),
                current: Epoch(0),
            };
            Server::new(disk, self.histories[server])
        });
        let start = State::new(servers, self.faults);
        System {
            protocol: Protocol {
                ensemble: Ensemble::new(self.composition),
                last: Epoch(self.last),
                mutant,
            },
            starts: shard.holds(0).then_some(start).into_iter().collect(),
            claims,
            expanded: Counter::default(),
        }
    }
}
