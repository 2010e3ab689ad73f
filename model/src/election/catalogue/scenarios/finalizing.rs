//! Tier `ci`: finalizing waits of other lengths, and waits that end early. What they show is told
//! in [`crate::election::finalizing`].

use super::bases::{EQUAL, NONE, TIMELY, TWO};
use crate::election::faults::Faults;
use crate::election::finalizing::{Early, Finalizing, Length};
use crate::election::network::Links;
use crate::election::scenario::Scenario;
use crate::terms::ensemble::Composition;

const fn waits(length: Length) -> Finalizing {
    Finalizing {
        length,
        early: Early::Never,
    }
}

/// The reference's wait, cut short when everybody has been heard.
const EAGER: Finalizing = Finalizing {
    early: Early::AllHeard,
    ..Finalizing::FIXED
};

/// The same, with a wait that is longer than servers begin apart.
const LONG_EAGER: Finalizing = Finalizing {
    length: Length::ForStarts,
    ..EAGER
};

pub(super) const FILE: &str = file!();

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "timely-no-wait",
        covers: "no finalizing wait: a server settles when it has a quorum, or later",
        finalizing: waits(Length::Delays(0)),
        unique_states: 76_300,
        ..TIMELY
    },
    Scenario {
        name: "timely-one-delay",
        covers: "a finalizing wait of one message delay",
        finalizing: waits(Length::Delays(1)),
        unique_states: 46_800,
        ..TIMELY
    },
    Scenario {
        name: "timely-rounds-one-delay",
        covers: "a finalizing wait of one message delay, and servers that start in different rounds",
        credentials: TWO,
        rounds: 2,
        finalizing: waits(Length::Delays(1)),
        unique_states: 26_148,
        ..TIMELY
    },
    Scenario {
        name: "timely-rounds-round-trip",
        covers: "a finalizing wait of a round trip, and servers that start in different rounds",
        credentials: TWO,
        rounds: 2,
        finalizing: waits(Length::Delays(2)),
        unique_states: 13_144,
        ..TIMELY
    },
    Scenario {
        name: "timely-eager",
        covers: "fixed and eager servers: the finalizing wait may end when every voter with weight was heard",
        finalizing: EAGER,
        unique_states: 53_340,
        ..TIMELY
    },
    Scenario {
        name: "timely-eager-wires",
        covers: "the same, over links of two",
        links: Links::WireAndSlot,
        credentials: EQUAL,
        finalizing: EAGER,
        unique_states: 69_190,
        ..TIMELY
    },
    Scenario {
        name: "timely-rounds-eager",
        covers: "fixed and eager servers, with a wait longer than a round trip, that start in different rounds",
        credentials: TWO,
        rounds: 2,
        finalizing: LONG_EAGER,
        unique_states: 23_076,
        ..TIMELY
    },
    Scenario {
        name: "timely-late-eager",
        covers: "fixed and eager servers, with a wait that is longer than they start apart",
        late: true,
        finalizing: LONG_EAGER,
        unique_states: 53_640,
        ..TIMELY
    },
    Scenario {
        name: "timely-late-past-unreachable",
        covers: "eager servers that do not wait for one that is not started yet",
        late: true,
        finalizing: Finalizing {
            early: Early::AllHeardOrUnreachable,
            ..LONG_EAGER
        },
        unique_states: 75_140,
        ..TIMELY
    },
    Scenario {
        name: "timely-stop-past-unreachable",
        covers: "eager servers that do not wait for one that crashed for good",
        faults: Faults { stops: 1, ..NONE },
        finalizing: Finalizing {
            early: Early::AllHeardOrUnreachable,
            ..EAGER
        },
        unique_states: 96_300,
        ..TIMELY
    },
    Scenario {
        name: "timely-crash-eager",
        covers: "fixed and eager servers, one crash and restart",
        credentials: TWO,
        faults: Faults { crashes: 1, ..NONE },
        finalizing: EAGER,
        unique_states: 158_900,
        ..TIMELY
    },
    Scenario {
        name: "timely-loss-eager",
        covers: "fixed and eager servers, one spurious loss of leadership",
        faults: Faults { losses: 1, ..NONE },
        finalizing: EAGER,
        unique_states: 312_140,
        ..TIMELY
    },
    Scenario {
        name: "timely-zero-weight-eager",
        covers: "fixed and eager servers, one of them without weight",
        composition: Composition::ZeroWeight,
        finalizing: EAGER,
        unique_states: 63_162,
        ..TIMELY
    },
    Scenario {
        name: "timely-joint-eager",
        covers: "fixed and eager servers between two configurations",
        composition: Composition::Joint,
        finalizing: EAGER,
        unique_states: 62_636,
        ..TIMELY
    },
];
