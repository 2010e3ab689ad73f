//! The scenarios of the establishment, as data: bounds, and the number of states that each must
//! come to.

use super::mutants::Mutant;
use super::properties::{Claim, claims};
use super::server::{Epoch, Knowledge, Protocol, Server, Stored};
use super::system::{Action, Cause, Faults, State, System};
use crate::catalogue::Tier;
use crate::ensemble::{Composition, Ensemble};
use crate::progress::Counter;
use crate::shard::Shard;
use crate::system::Setting;
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
    /// When what takes time happens.
    pub setting: Setting,
    /// The length of each server's history.
    pub histories: &'static [u8],
    /// Each server starts with any of these on its disk, as far as it can have come about: a
    /// current epoch is one that a quorum has accepted.
    pub disks: &'static [Stored],
    /// What happens first.
    #[serde(skip)]
    pub prelude: &'static [&'static [Action]],
    /// How many of the servers, from the first on, can be elected.
    pub leaders: usize,
    /// The last epoch that there is.
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
    setting: Setting::Asynchronous,
    histories: &[1, 1, 2],
    disks: &[Stored::NONE],
    prelude: &[],
    leaders: 3,
    last: 1,
    faults: Faults::NONE,
    unique_states: 0,
};

/// The same in time.
const TIMELY: Scenario = Scenario {
    setting: Setting::Timely,
    last: 2,
    ..THREE
};

const fn epochs(accepted: u8, current: u8) -> Stored {
    Stored {
        accepted: Epoch(accepted),
        current: Epoch(current),
        knowledge: Knowledge::Complete,
    }
}

/// 1 is elected and established in the next epoch, and 2 follows it.
const TWO_FOLLOWS_ONE: [Action; 9] = [
    Action::Take(0, Cause::Elected),
    Action::Take(1, Cause::Told(0)),
    Action::Take(0, Cause::Receives(1)),
    Action::Take(1, Cause::Receives(0)),
    Action::Take(0, Cause::Receives(1)),
    Action::Take(1, Cause::Receives(0)),
    Action::Take(0, Cause::Receives(1)),
    Action::Take(1, Cause::Receives(0)),
    Action::Take(0, Cause::Receives(1)),
];

/// 3 is elected and proposes an epoch to 2, which does not read of it.
const THREE_PROPOSES: [Action; 5] = [
    Action::Take(1, Cause::Told(2)),
    Action::Take(2, Cause::Elected),
    Action::Take(2, Cause::Receives(1)),
    Action::Take(2, Cause::GivesUp),
    Action::Take(1, Cause::SeesEnd(2)),
];

/// 3 comes to 1, and leaves again. 1 has not read 2's answer, for which it has asked meanwhile.
const THREE_COMES_AND_GOES: [Action; 5] = [
    Action::Take(2, Cause::Told(0)),
    Action::Take(0, Cause::Receives(2)),
    Action::Take(0, Cause::Settles(2)),
    Action::Take(1, Cause::Receives(0)),
    Action::Take(2, Cause::GivesUp),
];

/// 3 has accepted a later epoch than that in which 1 leads and 2 follows.
const THREE_IS_AHEAD: &[&[Action]] = &[
    &THREE_PROPOSES,
    &THREE_PROPOSES,
    &TWO_FOLLOWS_ONE,
    &THREE_COMES_AND_GOES,
];

/// Every scenario.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "establish-break",
        covers: "three voters, one epoch, one connection that a leader loses before its learner does",
        tier: Tier::Nightly,
        faults: Faults {
            breaks: 1,
            ..Faults::NONE
        },
        unique_states: 8_284_191,
        ..THREE
    },
    Scenario {
        name: "establish-observer",
        covers: "two voters and an observer, one epoch, one crash at any point",
        composition: Composition::Observer,
        faults: Faults {
            crashes: 1,
            ..Faults::NONE
        },
        unique_states: 1_419_954,
        ..THREE
    },
    Scenario {
        name: "establish-joint",
        covers: "a configuration of three and a proposed one of two, one epoch",
        faults: Faults::NONE,
        composition: Composition::Joint,
        unique_states: 2_750_688,
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
            ..Faults::NONE
        },
        unique_states: 1_258_931,
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
            ..Faults::NONE
        },
        unique_states: 1_118_317,
        ..THREE
    },
    Scenario {
        name: "establish-transfer",
        covers: "two voters, four epochs, one of which is handed over, one crash at any point, one connection lost",
        servers: 2,
        histories: &[1, 1],
        last: 4,
        faults: Faults {
            crashes: 1,
            breaks: 1,
            transfers: 1,
            ..Faults::NONE
        },
        unique_states: 2_399_778,
        ..THREE
    },
    Scenario {
        name: "establish-reset",
        covers: "three voters, of which one leads and one follows, a further epoch, three resets",
        prelude: &[&TWO_FOLLOWS_ONE],
        last: 2,
        faults: Faults {
            resets: Some(3),
            ..Faults::NONE
        },
        unique_states: 1_581_710,
        ..THREE
    },
    Scenario {
        name: "establish-ahead",
        covers: "three voters, of which one leads, one follows and one has accepted a later epoch, a further epoch, two resets",
        histories: &[1, 1, 1],
        prelude: THREE_IS_AHEAD,
        last: 3,
        faults: Faults {
            // Three of them in the prelude.
            resets: Some(5),
            ..Faults::NONE
        },
        unique_states: 286_911,
        ..THREE
    },
    Scenario {
        name: "establish-loss",
        covers: "three voters, of which one leads and one follows, a further epoch, one disk lost, one reset",
        histories: &[1, 1, 1],
        prelude: &[&TWO_FOLLOWS_ONE],
        last: 2,
        faults: Faults {
            losses: 1,
            resets: Some(1),
            ..Faults::NONE
        },
        unique_states: 483_292,
        ..THREE
    },
    Scenario {
        name: "establish-rollback",
        covers: "three voters, of which one leads and one follows, a further epoch, one disk rolled back, one reset",
        histories: &[1, 1, 1],
        prelude: &[&TWO_FOLLOWS_ONE],
        last: 2,
        faults: Faults {
            rollbacks: 1,
            resets: Some(1),
            ..Faults::NONE
        },
        unique_states: 1_005_372,
        ..THREE
    },
    Scenario {
        name: "establish-two-loss",
        covers: "two voters with empty disks, three epochs, one crash at any point, one disk lost",
        servers: 2,
        histories: &[1, 2],
        disks: &[Stored::BLANK],
        last: 3,
        faults: Faults {
            crashes: 1,
            losses: 1,
            ..Faults::NONE
        },
        unique_states: 220_116,
        ..THREE
    },
    Scenario {
        name: "establish-timely-loss",
        covers: "three voters in time, one disk lost, one crash at any point",
        faults: Faults {
            crashes: 1,
            losses: 1,
            ..Faults::NONE
        },
        last: 5,
        unique_states: 163_720,
        ..TIMELY
    },
    Scenario {
        name: "establish-timely-rollback",
        covers: "three voters in time, one disk rolled back, one crash at any point",
        faults: Faults {
            crashes: 1,
            rollbacks: 1,
            ..Faults::NONE
        },
        last: 5,
        unique_states: 171_507,
        ..TIMELY
    },
    Scenario {
        name: "establish-timely-blank",
        covers: "three voters in time with empty disks, one crash at any point",
        disks: &[Stored::BLANK],
        faults: Faults {
            crashes: 1,
            ..Faults::NONE
        },
        last: 5,
        unique_states: 25_382,
        ..TIMELY
    },
    Scenario {
        name: "establish-timely",
        covers: "three voters in time, with any epochs of two leaders before",
        disks: &[
            Stored::NONE,
            epochs(1, 0),
            epochs(2, 0),
            epochs(1, 1),
            epochs(2, 1),
            epochs(2, 2),
        ],
        last: 4,
        unique_states: 7_423,
        ..TIMELY
    },
    Scenario {
        name: "establish-timely-ahead",
        covers: "two voters and an observer in time, any of them having accepted an epoch that nobody was in, one crash at any point",
        composition: Composition::Observer,
        disks: &[Stored::NONE, epochs(1, 0), epochs(2, 0)],
        faults: Faults {
            crashes: 1,
            ..Faults::NONE
        },
        last: 6,
        unique_states: 30_796,
        ..TIMELY
    },
    Scenario {
        name: "establish-timely-faults",
        covers: "three voters in time, two crashes at any point, one connection lost",
        faults: Faults {
            crashes: 2,
            breaks: 1,
            ..Faults::NONE
        },
        last: 5,
        unique_states: 850_356,
        ..TIMELY
    },
    Scenario {
        name: "establish-timely-observer",
        covers: "two voters and an observer in time, one crash at any point, one connection lost",
        composition: Composition::Observer,
        faults: Faults {
            crashes: 1,
            breaks: 1,
            ..Faults::NONE
        },
        last: 5,
        unique_states: 23_492,
        ..TIMELY
    },
    Scenario {
        name: "establish-timely-joint",
        covers: "a configuration of three and a proposed one of two, in time, one crash at any point, one connection lost",
        composition: Composition::Joint,
        faults: Faults {
            crashes: 1,
            breaks: 1,
            ..Faults::NONE
        },
        last: 5,
        unique_states: 22_507,
        ..TIMELY
    },
    Scenario {
        name: "establish-timely-transfer",
        covers: "three voters in time, of which one hands over to another, one crash at any point, one connection lost",
        histories: &[1, 1, 1],
        faults: Faults {
            crashes: 1,
            breaks: 1,
            transfers: 1,
            ..Faults::NONE
        },
        last: 5,
        unique_states: 352_677,
        ..TIMELY
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

    /// Whether a server that does not remember can be let in again: not where all others are needed
    /// to confirm that, and one of them leads no quorum without it.
    pub(super) fn forgetful_are_let_in(&self) -> bool {
        let forget = self.faults.losses > 0 || self.faults.rollbacks > 0;
        let is_dispensable = self.servers > 2;
        forget && is_dispensable
    }

    /// Whether leaders can be established one after the other.
    pub(super) fn lasts(&self) -> bool {
        self.last > 1 && (self.setting == Setting::Asynchronous || self.faults != Faults::NONE)
    }

    /// Whether a voter that has accepted a later epoch can come to an established leader.
    pub(super) fn some_come_ahead(&self) -> bool {
        let is_dispensable = self.servers > 2 && self.composition == Composition::Majority;
        let differ = self.disks.len() > 1 && self.setting == Setting::Timely;
        let resets = self.faults.resets.is_some_and(|resets| resets > 1);
        is_dispensable
            && (differ || resets || self.faults.rollbacks > 0 && !self.prelude.is_empty())
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
        let ensemble = Ensemble::new(self.composition);
        let starts = self.starts(&ensemble).into_iter().enumerate();
        let starts = starts.filter(|&(number, _)| shard.holds(number));
        let leaders = 0..N.min(self.leaders);
        let leaders = leaders.filter(|&server| ensemble.voters().contains(server));
        System {
            setting: self.setting,
            leaders: leaders.collect(),
            prelude: self.prelude.concat().into(),
            protocol: Protocol {
                ensemble,
                last: match self.setting {
                    Setting::Asynchronous => Epoch(self.last),
                    Setting::Timely => Epoch(self.last + 1),
                },
                mutant,
            },
            starts: starts.map(|(_, start)| start).collect(),
            claims,
            expanded: Counter::default(),
            beyond: Counter::default(),
        }
    }

    /// How the servers can start. A current epoch is one that a quorum has accepted, in every
    /// configuration in force. A server that was in one may be bound by a promise that it has
    /// forgotten.
    fn starts<const N: usize>(&self, ensemble: &Ensemble<N>) -> Vec<State<N>> {
        let choices = self.disks.len();
        let assignments = (0..choices.pow(u32::try_from(N).expect("few servers"))).map(|number| {
            let mut digits = number;
            std::array::from_fn(|server| {
                let disk = self.disks[digits % choices];
                digits /= choices;
                Server::new(disk, self.histories[server])
            })
        });
        let can_be = |servers: &[Server<N>; N]| {
            let current = servers.iter().map(|it| it.disk.current).max();
            let accepted = |&server: &usize| Some(servers[server].disk.accepted) >= current;
            current == Some(Epoch(0))
                || ensemble.is_quorum((0..N).filter(accepted).collect(), false)
        };
        let assignments = assignments.filter(can_be);
        let starts = assignments.map(|servers| State::new(servers, self.faults));
        starts.collect()
    }
}
