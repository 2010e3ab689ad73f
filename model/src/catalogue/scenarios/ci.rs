//! Tier `ci`: three servers, each fault and each role by itself, asynchronous and timely.

use super::{EQUAL, NONE, OLD, THREE, TIMELY, TWO};
use crate::catalogue::Scenario;
use crate::ensemble::Composition;
use crate::faults::Faults;
use crate::network::Links;

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "fault-free",
        covers: "three servers without faults, over links of two",
        links: Links::WireAndSlot,
        ..THREE
    },
    Scenario {
        name: "fault-free-slots",
        covers: "three servers without faults",
        ..THREE
    },
    Scenario {
        name: "rounds",
        covers: "three servers, each in its first or second round: some have looked once more than others",
        credentials: TWO,
        rounds: 2,
        ..THREE
    },
    Scenario {
        name: "crash",
        covers: "three servers, one of which crashes and restarts",
        faults: Faults { crashes: 1, ..NONE },
        ..THREE
    },
    Scenario {
        name: "break",
        covers: "three servers, and a connection breaks",
        faults: Faults { breaks: 1, ..NONE },
        ..THREE
    },
    Scenario {
        name: "loss",
        covers: "three servers, one of which returns to looking for no reason",
        faults: Faults { losses: 1, ..NONE },
        ..THREE
    },
    Scenario {
        name: "wipe",
        covers: "three servers, one of which crashes, loses its disk and restarts",
        faults: Faults { wipes: 1, ..NONE },
        ..THREE
    },
    Scenario {
        name: "late",
        covers: "three servers, one of which starts later than the others",
        late: true,
        ..THREE
    },
    Scenario {
        name: "activation",
        covers: "three servers, leaders that begin new epochs, and a return to looking for no reason",
        activation: true,
        faults: Faults { losses: 1, ..NONE },
        ..THREE
    },
    Scenario {
        name: "observer",
        covers: "two voters and an observer",
        composition: Composition::Observer,
        faults: Faults { losses: 1, ..NONE },
        ..THREE
    },
    Scenario {
        name: "zero-weight",
        covers: "three voters, one of them without weight",
        composition: Composition::ZeroWeight,
        ..THREE
    },
    Scenario {
        name: "oracle",
        covers: "two voters with an oracle, one of which crashes and restarts",
        composition: Composition::Oracle,
        servers: 2,
        faults: Faults { crashes: 1, ..NONE },
        ..THREE
    },
    Scenario {
        name: "joint",
        covers: "a committed configuration of three voters and a proposed one of two",
        composition: Composition::Joint,
        ..THREE
    },
    Scenario {
        name: "old-peer",
        covers: "three voters, one of which speaks the format without peer epoch and version",
        composition: Composition::OldPeer,
        credentials: OLD,
        activation: true,
        faults: Faults { losses: 1, ..NONE },
        ..THREE
    },
    Scenario {
        name: "gossip",
        covers: "three voters, one of which knows a newer configuration",
        composition: Composition::Gossip,
        ..THREE
    },
    Scenario {
        name: "timely",
        covers: "three servers without faults, over links of two",
        links: Links::WireAndSlot,
        ..TIMELY
    },
    Scenario {
        name: "timely-slots",
        covers: "three servers without faults",
        ..TIMELY
    },
    Scenario {
        name: "timely-rounds",
        covers: "three servers, each in its first or second round: some have looked once more than others",
        credentials: TWO,
        rounds: 2,
        ..TIMELY
    },
    Scenario {
        name: "timely-torn",
        covers: "three servers, each in its first or second round, over links of two",
        credentials: EQUAL,
        rounds: 2,
        links: Links::WireAndSlot,
        ..TIMELY
    },
    Scenario {
        name: "timely-crash",
        covers: "three servers, one of which crashes and restarts",
        faults: Faults { crashes: 1, ..NONE },
        ..TIMELY
    },
    Scenario {
        name: "timely-stop",
        covers: "three servers, one of which crashes for good",
        faults: Faults { stops: 1, ..NONE },
        ..TIMELY
    },
    Scenario {
        name: "timely-break",
        covers: "three servers, and a connection breaks",
        faults: Faults { breaks: 1, ..NONE },
        ..TIMELY
    },
    Scenario {
        name: "timely-loss",
        covers: "three servers, one of which returns to looking for no reason",
        faults: Faults { losses: 1, ..NONE },
        ..TIMELY
    },
    Scenario {
        name: "timely-wipe",
        covers: "three servers, one of which crashes, loses its disk and restarts",
        faults: Faults { wipes: 1, ..NONE },
        ..TIMELY
    },
    Scenario {
        name: "timely-late",
        covers: "three servers, one of which starts later than the others",
        late: true,
        ..TIMELY
    },
    Scenario {
        name: "timely-activation",
        covers: "three servers, leaders that begin new epochs, and a crash with restart",
        activation: true,
        faults: Faults { crashes: 1, ..NONE },
        ..TIMELY
    },
    Scenario {
        name: "timely-observer",
        covers: "two voters and an observer",
        composition: Composition::Observer,
        faults: Faults { losses: 1, ..NONE },
        ..TIMELY
    },
    Scenario {
        name: "timely-zero-weight",
        covers: "three voters, one of them without weight",
        composition: Composition::ZeroWeight,
        ..TIMELY
    },
    Scenario {
        name: "timely-oracle",
        covers: "two voters with an oracle, one of which crashes and restarts",
        composition: Composition::Oracle,
        servers: 2,
        faults: Faults { crashes: 1, ..NONE },
        ..TIMELY
    },
    Scenario {
        name: "timely-joint",
        covers: "a committed configuration of three voters and a proposed one of two",
        composition: Composition::Joint,
        ..TIMELY
    },
    Scenario {
        name: "timely-old-peer",
        covers: "three voters, one of which speaks the format without peer epoch and version",
        composition: Composition::OldPeer,
        credentials: OLD,
        faults: Faults { losses: 1, ..NONE },
        ..TIMELY
    },
    Scenario {
        name: "timely-gossip",
        covers: "three voters, one of which knows a newer configuration",
        composition: Composition::Gossip,
        ..TIMELY
    },
];
