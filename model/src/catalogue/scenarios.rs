//! The list itself.

use super::{Scenario, Tier};
use crate::ensemble::Composition;
use crate::faults::Faults;
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

/// Some servers may have no data.
const BLANK: &[Credentials] = &[
    Credentials::NO_DATA,
    Credentials::new(1, 1),
    Credentials::new(1, 2),
];

/// Three servers, asynchronous.
const THREE: Scenario = Scenario {
    name: "",
    covers: "",
    tier: Tier::Ci,
    servers: 3,
    composition: Composition::Majority,
    setting: Setting::Asynchronous,
    links: Links::Slot,
    credentials: ALL,
    rounds: 1,
    late: false,
    activation: false,
    faults: Faults::NONE,
    mutant: None,
    unique_states: 0,
};

/// Three servers, timely.
const TIMELY: Scenario = Scenario {
    setting: Setting::Timely,
    ..THREE
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
        name: "timely-blank",
        covers: "Some servers have no data when they start, perhaps most, and one is started late.",
        credentials: BLANK,
        late: true,
        unique_states: 11_452,
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
        name: "timely-old-peer-late",
        covers: "An old peer, and one server that is started when the others may have settled.",
        composition: Composition::OldPeer,
        credentials: OLD,
        late: true,
        unique_states: 53_705,
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
