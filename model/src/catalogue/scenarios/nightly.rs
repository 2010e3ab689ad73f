//! Tier `nightly`: more servers, and every mix of two faults among three. And what is too large for it.

use super::{EQUAL, NONE, THREE, TIMELY, TWO};
use crate::catalogue::{Scenario, Tier};
use crate::ensemble::Composition;
use crate::faults::Faults;
use crate::system::Setting;

/// More than three servers.
pub(super) const LARGE: &[Scenario] = &[
    Scenario {
        name: "four",
        covers: "four servers without faults",
        tier: Tier::Nightly,
        servers: 4,
        credentials: EQUAL,
        ..THREE
    },
    Scenario {
        name: "timely-four",
        covers: "four servers without faults",
        tier: Tier::Nightly,
        servers: 4,
        credentials: EQUAL,
        ..TIMELY
    },
    Scenario {
        name: "timely-five",
        covers: "five servers without faults",
        tier: Tier::Nightly,
        servers: 5,
        credentials: EQUAL,
        reduced: true,
        ..TIMELY
    },
];

/// Two faults among three servers, asynchronous and timely.
pub(super) const MIXES: &[[Scenario; 2]] = &[
    mix(
        ["crash-crash", "timely-crash-crash"],
        "three servers, two times a crash with restart",
        Faults { crashes: 2, ..NONE },
    ),
    mix(
        ["crash-break", "timely-crash-break"],
        "three servers, a crash with restart and a broken connection",
        Faults {
            crashes: 1,
            breaks: 1,
            ..NONE
        },
    ),
    mix(
        ["crash-loss", "timely-crash-loss"],
        "three servers, a crash with restart and a return to looking for no reason",
        Faults {
            crashes: 1,
            losses: 1,
            ..NONE
        },
    ),
    mix(
        ["crash-wipe", "timely-crash-wipe"],
        "three servers, a crash with restart and a crash with loss of the disk",
        Faults {
            crashes: 1,
            wipes: 1,
            ..NONE
        },
    ),
    late(mix(
        ["crash-late", "timely-crash-late"],
        "three servers, a crash with restart and a late start",
        Faults { crashes: 1, ..NONE },
    )),
    gossip(mix(
        ["crash-gossip", "timely-crash-gossip"],
        "three servers, a crash with restart and a newer configuration",
        Faults { crashes: 1, ..NONE },
    )),
    mix(
        ["break-break", "timely-break-break"],
        "three servers, two times a broken connection",
        Faults { breaks: 2, ..NONE },
    ),
    mix(
        ["break-loss", "timely-break-loss"],
        "three servers, a broken connection and a return to looking for no reason",
        Faults {
            breaks: 1,
            losses: 1,
            ..NONE
        },
    ),
    mix(
        ["break-wipe", "timely-break-wipe"],
        "three servers, a broken connection and a crash with loss of the disk",
        Faults {
            breaks: 1,
            wipes: 1,
            ..NONE
        },
    ),
    late(mix(
        ["break-late", "timely-break-late"],
        "three servers, a broken connection and a late start",
        Faults { breaks: 1, ..NONE },
    )),
    gossip(mix(
        ["break-gossip", "timely-break-gossip"],
        "three servers, a broken connection and a newer configuration",
        Faults { breaks: 1, ..NONE },
    )),
    mix(
        ["loss-loss", "timely-loss-loss"],
        "three servers, two times a return to looking for no reason",
        Faults { losses: 2, ..NONE },
    ),
    mix(
        ["loss-wipe", "timely-loss-wipe"],
        "three servers, a return to looking for no reason and a crash with loss of the disk",
        Faults {
            losses: 1,
            wipes: 1,
            ..NONE
        },
    ),
    late(mix(
        ["loss-late", "timely-loss-late"],
        "three servers, a return to looking for no reason and a late start",
        Faults { losses: 1, ..NONE },
    )),
    gossip(mix(
        ["loss-gossip", "timely-loss-gossip"],
        "three servers, a return to looking for no reason and a newer configuration",
        Faults { losses: 1, ..NONE },
    )),
    mix(
        ["wipe-wipe", "timely-wipe-wipe"],
        "three servers, two times a crash with loss of the disk",
        Faults { wipes: 2, ..NONE },
    ),
    late(mix(
        ["wipe-late", "timely-wipe-late"],
        "three servers, a crash with loss of the disk and a late start",
        Faults { wipes: 1, ..NONE },
    )),
    gossip(mix(
        ["wipe-gossip", "timely-wipe-gossip"],
        "three servers, a crash with loss of the disk and a newer configuration",
        Faults { wipes: 1, ..NONE },
    )),
    gossip(late(mix(
        ["late-gossip", "timely-late-gossip"],
        "three servers, a late start and a newer configuration",
        NONE,
    ))),
];

/// For random walks.
pub(super) const SIMULATION: &[Scenario] = &[
    Scenario {
        name: "five",
        covers: "five servers without faults",
        tier: Tier::Simulation,
        servers: 5,
        credentials: TWO,
        ..THREE
    },
    Scenario {
        name: "seven",
        ..SEVEN
    },
    Scenario {
        name: "timely-seven",
        setting: Setting::Timely,
        ..SEVEN
    },
];

const SEVEN: Scenario = Scenario {
    covers: "seven servers, two crashes, a broken connection and a return to looking for no reason",
    tier: Tier::Simulation,
    servers: 7,
    faults: Faults {
        crashes: 2,
        breaks: 1,
        losses: 1,
        ..NONE
    },
    ..THREE
};

const fn mix(names: [&'static str; 2], covers: &'static str, faults: Faults) -> [Scenario; 2] {
    let [name, timely] = names;
    let mixed = Scenario {
        name,
        covers,
        tier: Tier::Nightly,
        credentials: TWO,
        faults,
        ..THREE
    };
    [
        mixed,
        Scenario {
            name: timely,
            setting: Setting::Timely,
            ..mixed
        },
    ]
}

const fn late([mixed, timely]: [Scenario; 2]) -> [Scenario; 2] {
    let late = true;
    [Scenario { late, ..mixed }, Scenario { late, ..timely }]
}

const fn gossip([mixed, timely]: [Scenario; 2]) -> [Scenario; 2] {
    let composition = Composition::Gossip;
    [
        Scenario {
            composition,
            ..mixed
        },
        Scenario {
            composition,
            ..timely
        },
    ]
}
