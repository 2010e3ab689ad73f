//! The scenarios of the establishment, as data: bounds, and the number of states that each must
//! come to.

use super::claims::{Claim, claims};
use super::mutants::Mutant;
use super::scenario::Scenario;
use super::system::{Action, Cause, Faults, System};
use super::terms::{Elections, Epoch, Knowledge, Stored};
use crate::frame::scenario::{self, About, Task, Tier, with_servers};
use crate::terms::ensemble::Composition;
use crate::terms::setting::Setting;

/// Three equal voters.
const THREE: Scenario = Scenario {
    name: "",
    covers: "",
    tier: Tier::Ci,
    servers: 3,
    composition: Composition::Majority,
    setting: Setting::Asynchronous,
    elections: Elections::Senseless,
    histories: &[1, 1, 2],
    disks: &[Stored::NONE],
    prelude: &[],
    leaders: 3,
    last: 1,
    faults: Faults::NONE,
    mutant: None,
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

/// 1 has more than the others, which have voted for it. It leads, 2 follows, and 3 looks.
const ELECTED: Scenario = Scenario {
    elections: Elections::ByVotes,
    histories: &[2, 1, 1],
    prelude: &[&TWO_FOLLOWS_ONE],
    last: 2,
    ..THREE
};

/// One transaction.
const ONE: Faults = Faults {
    appends: 1,
    ..Faults::NONE
};

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
        name: "establish-crash",
        covers: "three voters, one epoch, one crash at any point",
        tier: Tier::Nightly,
        faults: Faults {
            crashes: 1,
            ..Faults::NONE
        },
        unique_states: 13_929_721,
        ..THREE
    },
    Scenario {
        name: "establish-crash-later",
        covers: "three voters, two epochs, one crash at any point",
        tier: Tier::Simulation,
        last: 2,
        faults: Faults {
            crashes: 1,
            ..Faults::NONE
        },
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
        name: "establish-elected",
        covers: "three voters and what they commit: 1 leads, 2 follows, one transaction, a further epoch whose leader is elected by votes, two resets",
        faults: Faults {
            resets: Some(2),
            ..ONE
        },
        unique_states: 1_232_952,
        ..ELECTED
    },
    Scenario {
        name: "establish-elected-crash",
        covers: "three voters and what they commit, as in establish-elected, with one reset and one crash at any point",
        tier: Tier::Nightly,
        faults: Faults {
            crashes: 1,
            resets: Some(1),
            ..ONE
        },
        unique_states: 3_267_382,
        ..ELECTED
    },
    Scenario {
        name: "establish-elected-loss",
        covers: "three voters and what they commit, as in establish-elected, with one reset and one disk lost",
        tier: Tier::Nightly,
        faults: Faults {
            losses: 1,
            resets: Some(1),
            ..ONE
        },
        unique_states: 3_220_609,
        ..ELECTED
    },
    Scenario {
        name: "establish-elected-rollback",
        covers: "three voters and what they commit, as in establish-elected, with one disk rolled back, and patience without end",
        faults: Faults {
            rollbacks: 1,
            resets: Some(0),
            ..ONE
        },
        unique_states: 360_382,
        ..ELECTED
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
        name: "establish-timely-forget",
        covers: "three voters in time, one disk lost and one rolled back",
        faults: Faults {
            losses: 1,
            rollbacks: 1,
            ..Faults::NONE
        },
        last: 4,
        unique_states: 104_676,
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

impl scenario::Scenario for Scenario {
    type System<const N: usize> = System<N>;
    type Mutant = Mutant;

    fn about(&self) -> About {
        About {
            name: self.name,
            covers: self.covers,
            tier: self.tier,
            unique_states: self.unique_states,
            pinned_in: file!(),
            is_disjoint: self.disks.len() == 1,
        }
    }

    fn mutant(&self) -> Option<Mutant> {
        self.mutant
    }

    fn mutated(&self, mutant: Mutant) -> Self {
        Self {
            mutant: Some(mutant),
            ..*self
        }
    }

    fn system<const N: usize>(&self, chosen: impl Fn(usize) -> bool) -> System<N> {
        self.make(chosen)
    }

    fn claims<const N: usize>(&self) -> Vec<Claim<N>> {
        let claims = claims().into_iter();
        claims.filter(|claim| (claim.applies)(self)).collect()
    }

    fn run<T: Task<Self>>(&self, task: T) -> T::Output {
        with_servers!(self.servers, [2, 3], N => task.run::<N>(self))
    }
}
