//! Every fault once more, over links of two, where what a server said before it crashed or looked
//! again can still arrive in front of what it says now. What takes more than twenty seconds is in
//! tier `nightly`.
//!
//! An initial state leads to a hundred times as many states so, or more. So the servers have the
//! same on their disks here, and their sids decide.

use super::bases::{EQUAL, NONE, THREE, TIMELY};
use crate::election::faults::Faults;
use crate::election::network::Links;
use crate::election::scenario::Scenario;
use crate::frame::scenario::Tier;
use crate::terms::ensemble::Composition;

/// Asynchronous, over links of two.
const WIRES: Scenario = Scenario {
    links: Links::WireAndSlot,
    credentials: EQUAL,
    ..THREE
};

/// In time, over links of two.
const TIMELY_WIRES: Scenario = Scenario {
    links: Links::WireAndSlot,
    credentials: EQUAL,
    ..TIMELY
};

pub(super) const FILE: &str = file!();

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "crash-wires",
        covers: "three servers, one of which crashes and restarts, over links of two",
        tier: Tier::Nightly,
        faults: Faults { crashes: 1, ..NONE },
        unique_states: 29_411_379,
        ..WIRES
    },
    Scenario {
        name: "break-wires",
        covers: "three servers, and a connection breaks, over links of two",
        faults: Faults { breaks: 1, ..NONE },
        unique_states: 1_476_116,
        ..WIRES
    },
    Scenario {
        name: "loss-wires",
        covers: "three servers, one of which returns to looking for no reason, over links of two",
        tier: Tier::Nightly,
        faults: Faults { losses: 1, ..NONE },
        unique_states: 7_291_523,
        ..WIRES
    },
    Scenario {
        name: "wipe-wires",
        covers: "three servers, one of which crashes, loses its disk and restarts, over links of two",
        tier: Tier::Nightly,
        faults: Faults { wipes: 1, ..NONE },
        unique_states: 3_515_107,
        ..WIRES
    },
    Scenario {
        name: "late-wires",
        covers: "three servers, one of which starts later than the others, over links of two",
        late: true,
        unique_states: 229_091,
        ..WIRES
    },
    Scenario {
        name: "activation-wires",
        covers: "three servers, leaders that begin new epochs, and a return to looking for no reason, over links of two",
        tier: Tier::Nightly,
        activation: true,
        faults: Faults { losses: 1, ..NONE },
        unique_states: 16_696_500,
        ..WIRES
    },
    Scenario {
        name: "observer-wires",
        covers: "two voters and an observer, over links of two",
        composition: Composition::Observer,
        faults: Faults { losses: 1, ..NONE },
        unique_states: 291_635,
        ..WIRES
    },
    Scenario {
        name: "oracle-wires",
        covers: "two voters with an oracle, one of which crashes and restarts, over links of two",
        composition: Composition::Oracle,
        servers: 2,
        faults: Faults { crashes: 1, ..NONE },
        unique_states: 5_484,
        ..WIRES
    },
    Scenario {
        name: "old-peer-wires",
        covers: "three voters, one of which speaks the format without peer epoch and version, over links of two",
        composition: Composition::OldPeer,
        faults: Faults { losses: 1, ..NONE },
        unique_states: 237_203,
        ..WIRES
    },
    Scenario {
        name: "gossip-wires",
        covers: "three voters, one of which knows a newer configuration, over links of two",
        tier: Tier::Nightly,
        composition: Composition::Gossip,
        ahead: true,
        unique_states: 6_719_493,
        ..WIRES
    },
    Scenario {
        name: "timely-crash-wires",
        covers: "three servers, one of which crashes and restarts, over links of two",
        faults: Faults { crashes: 1, ..NONE },
        unique_states: 1_941_418,
        ..TIMELY_WIRES
    },
    Scenario {
        name: "timely-stop-wires",
        covers: "three servers, one of which crashes for good, over links of two",
        faults: Faults { stops: 1, ..NONE },
        unique_states: 81_998,
        ..TIMELY_WIRES
    },
    Scenario {
        name: "timely-break-wires",
        covers: "three servers, and a connection breaks, over links of two",
        faults: Faults { breaks: 1, ..NONE },
        unique_states: 239_223,
        ..TIMELY_WIRES
    },
    Scenario {
        name: "timely-loss-wires",
        covers: "three servers, one of which returns to looking for no reason, over links of two",
        faults: Faults { losses: 1, ..NONE },
        unique_states: 815_154,
        ..TIMELY_WIRES
    },
    Scenario {
        name: "timely-wipe-wires",
        covers: "three servers, one of which crashes, loses its disk and restarts, over links of two",
        faults: Faults { wipes: 1, ..NONE },
        unique_states: 625_649,
        ..TIMELY_WIRES
    },
    Scenario {
        name: "timely-late-wires",
        covers: "three servers, one of which starts later than the others, over links of two",
        late: true,
        unique_states: 67_696,
        ..TIMELY_WIRES
    },
    Scenario {
        name: "timely-activation-wires",
        covers: "three servers, leaders that begin new epochs, and a crash with restart, over links of two",
        tier: Tier::Nightly,
        activation: true,
        faults: Faults { crashes: 1, ..NONE },
        unique_states: 4_653_992,
        ..TIMELY_WIRES
    },
    Scenario {
        name: "timely-observer-wires",
        covers: "two voters and an observer, over links of two",
        composition: Composition::Observer,
        faults: Faults { losses: 1, ..NONE },
        unique_states: 52_989,
        ..TIMELY_WIRES
    },
    Scenario {
        name: "timely-oracle-wires",
        covers: "two voters with an oracle, one of which crashes and restarts, over links of two",
        composition: Composition::Oracle,
        servers: 2,
        faults: Faults { crashes: 1, ..NONE },
        unique_states: 1_301,
        ..TIMELY_WIRES
    },
    Scenario {
        name: "timely-old-peer-wires",
        covers: "three voters, one of which speaks the format without peer epoch and version, over links of two",
        composition: Composition::OldPeer,
        faults: Faults { losses: 1, ..NONE },
        unique_states: 22_692,
        ..TIMELY_WIRES
    },
    Scenario {
        name: "timely-gossip-wires",
        covers: "three voters, one of which knows a newer configuration, over links of two",
        tier: Tier::Nightly,
        composition: Composition::Gossip,
        ahead: true,
        unique_states: 2_183_167,
        ..TIMELY_WIRES
    },
];
