//! The list itself.

use super::{Scenario, Tier};
use crate::ensemble::Composition;
use crate::faults::Faults;
use crate::finalizing::{Early, Finalizing, Length};
use crate::network::Links;
use crate::system::Setting;
use crate::vote::Credentials;

/// Nothing to choose by but the sid.
const EQUAL: &[Credentials] = &[Credentials::new(1, 1)];

/// One server may have a longer history.
const TWO: &[Credentials] = &[Credentials::new(1, 1), Credentials::new(1, 2)];

/// Two epochs and two zxids.
const ALL: &[Credentials] = &[
    Credentials::new(1, 1),
    Credentials::new(1, 2),
    Credentials::new(2, 1),
    Credentials::new(2, 2),
];

/// Servers whose epoch is not that of their last transaction: an old peer does not tell.
const OLD: &[Credentials] = &[
    Credentials::new(1, 0b01_01),
    Credentials::new(2, 0b01_01),
    Credentials::new(2, 0b10_01),
];

/// Three servers, asynchronous.
const THREE: Scenario = Scenario {
    name: "",
    covers: "",
    tier: Tier::Ci,
    servers: 3,
    composition: Composition::Majority,
    setting: Setting::Asynchronous,
    finalizing: Finalizing::FIXED,
    links: Links::Slot,
    credentials: ALL,
    rounds: 1,
    late: false,
    activation: false,
    faults: Faults::NONE,
    unique_states: 0,
};

/// Three servers, timely.
const TIMELY: Scenario = Scenario {
    setting: Setting::Timely,
    ..THREE
};

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

const CRASH: Faults = Faults {
    crashes: 1,
    ..Faults::NONE
};
const STOP: Faults = Faults {
    stops: 1,
    ..Faults::NONE
};
const WIPE: Faults = Faults {
    wipes: 1,
    ..Faults::NONE
};
const BREAK: Faults = Faults {
    breaks: 1,
    ..Faults::NONE
};
const LOSS: Faults = Faults {
    losses: 1,
    ..Faults::NONE
};

/// Every scenario.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "fault-free",
        covers: "",
        links: Links::WireAndSlot,
        ..THREE
    },
    Scenario {
        name: "fault-free-slots",
        covers: "",
        ..THREE
    },
    Scenario {
        name: "rounds",
        covers: "",
        credentials: TWO,
        rounds: 2,
        ..THREE
    },
    Scenario {
        name: "crash",
        covers: "",
        faults: CRASH,
        ..THREE
    },
    Scenario {
        name: "wipe",
        covers: "",
        faults: WIPE,
        ..THREE
    },
    Scenario {
        name: "break",
        covers: "",
        faults: BREAK,
        ..THREE
    },
    Scenario {
        name: "loss",
        covers: "",
        faults: LOSS,
        ..THREE
    },
    Scenario {
        name: "crash-and-loss",
        covers: "",
        faults: Faults {
            crashes: 1,
            losses: 1,
            ..Faults::NONE
        },
        ..THREE
    },
    Scenario {
        name: "late",
        covers: "",
        late: true,
        ..THREE
    },
    Scenario {
        name: "observer",
        covers: "",
        composition: Composition::Observer,
        ..THREE
    },
    Scenario {
        name: "zero-weight",
        covers: "",
        composition: Composition::ZeroWeight,
        ..THREE
    },
    Scenario {
        name: "oracle",
        covers: "",
        servers: 2,
        composition: Composition::Oracle,
        faults: CRASH,
        ..THREE
    },
    Scenario {
        name: "joint",
        covers: "",
        composition: Composition::Joint,
        ..THREE
    },
    Scenario {
        name: "old-peer",
        covers: "",
        composition: Composition::OldPeer,
        credentials: OLD,
        ..THREE
    },
    Scenario {
        name: "gossip",
        covers: "",
        composition: Composition::Gossip,
        ..THREE
    },
    Scenario {
        name: "activation",
        covers: "",
        activation: true,
        faults: LOSS,
        ..THREE
    },
    Scenario {
        name: "timely",
        covers: "",
        links: Links::WireAndSlot,
        ..TIMELY
    },
    Scenario {
        name: "timely-slots",
        covers: "",
        ..TIMELY
    },
    Scenario {
        name: "timely-rounds",
        covers: "",
        credentials: TWO,
        rounds: 2,
        ..TIMELY
    },
    Scenario {
        name: "timely-crash",
        covers: "",
        faults: CRASH,
        ..TIMELY
    },
    Scenario {
        name: "timely-stop",
        covers: "",
        faults: STOP,
        ..TIMELY
    },
    Scenario {
        name: "timely-wipe",
        covers: "",
        faults: WIPE,
        ..TIMELY
    },
    Scenario {
        name: "timely-break",
        covers: "",
        faults: BREAK,
        ..TIMELY
    },
    Scenario {
        name: "timely-loss",
        covers: "",
        faults: LOSS,
        ..TIMELY
    },
    Scenario {
        name: "timely-late",
        covers: "",
        late: true,
        ..TIMELY
    },
    Scenario {
        name: "timely-observer",
        covers: "",
        composition: Composition::Observer,
        ..TIMELY
    },
    Scenario {
        name: "timely-zero-weight",
        covers: "",
        composition: Composition::ZeroWeight,
        ..TIMELY
    },
    Scenario {
        name: "timely-oracle",
        covers: "",
        servers: 2,
        composition: Composition::Oracle,
        faults: CRASH,
        ..TIMELY
    },
    Scenario {
        name: "timely-joint",
        covers: "",
        composition: Composition::Joint,
        ..TIMELY
    },
    Scenario {
        name: "timely-old-peer",
        covers: "",
        composition: Composition::OldPeer,
        credentials: OLD,
        ..TIMELY
    },
    Scenario {
        name: "timely-gossip",
        covers: "",
        composition: Composition::Gossip,
        ..TIMELY
    },
    Scenario {
        name: "timely-activation",
        covers: "",
        activation: true,
        faults: CRASH,
        ..TIMELY
    },
    Scenario {
        name: "timely-four",
        covers: "",
        servers: 4,
        credentials: EQUAL,
        ..TIMELY
    },
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
        unique_states: 26_116,
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
        unique_states: 41_680,
        ..TIMELY
    },
    Scenario {
        name: "timely-eager-wires",
        covers: "the same, over links of two",
        links: Links::WireAndSlot,
        credentials: EQUAL,
        finalizing: EAGER,
        unique_states: 61_206,
        ..TIMELY
    },
    Scenario {
        name: "timely-rounds-eager",
        covers: "fixed and eager servers, with a wait longer than a round trip, that start in different rounds",
        credentials: TWO,
        rounds: 2,
        finalizing: LONG_EAGER,
        unique_states: 18_412,
        ..TIMELY
    },
    Scenario {
        name: "timely-late-eager",
        covers: "fixed and eager servers, with a wait that is longer than they start apart",
        late: true,
        finalizing: LONG_EAGER,
        unique_states: 41_980,
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
        unique_states: 58_660,
        ..TIMELY
    },
    Scenario {
        name: "timely-stop-past-unreachable",
        covers: "eager servers that do not wait for one that crashed for good",
        faults: STOP,
        finalizing: Finalizing {
            early: Early::AllHeardOrUnreachable,
            ..EAGER
        },
        unique_states: 76_740,
        ..TIMELY
    },
    Scenario {
        name: "timely-crash-eager",
        covers: "fixed and eager servers, one crash and restart",
        credentials: TWO,
        faults: CRASH,
        finalizing: EAGER,
        unique_states: 125_240,
        ..TIMELY
    },
    Scenario {
        name: "timely-loss-eager",
        covers: "fixed and eager servers, one spurious loss of leadership",
        faults: LOSS,
        finalizing: EAGER,
        unique_states: 236_860,
        ..TIMELY
    },
    Scenario {
        name: "timely-zero-weight-eager",
        covers: "fixed and eager servers, one of them without weight",
        composition: Composition::ZeroWeight,
        finalizing: EAGER,
        unique_states: 53_886,
        ..TIMELY
    },
    Scenario {
        name: "timely-joint-eager",
        covers: "fixed and eager servers between two configurations",
        composition: Composition::Joint,
        finalizing: EAGER,
        unique_states: 57_138,
        ..TIMELY
    },
    Scenario {
        name: "four",
        covers: "",
        tier: Tier::Nightly,
        servers: 4,
        credentials: EQUAL,
        ..THREE
    },
    Scenario {
        name: "timely-five",
        covers: "",
        tier: Tier::Nightly,
        servers: 5,
        credentials: EQUAL,
        ..TIMELY
    },
];
