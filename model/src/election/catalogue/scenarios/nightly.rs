//! Tier `nightly`: more servers, and every mix of two faults among three, but for a crash for good.
//! And what is too large for it.

use super::bases::{EQUAL, NONE, THREE, TIMELY, TWO};
use crate::election::faults::Faults;
use crate::election::scenario::Scenario;
use crate::frame::scenario::Tier;
use crate::terms::ensemble::Composition;
use crate::terms::setting::Setting;

pub(super) const FILE: &str = file!();

/// More than three servers.
pub(super) const LARGE: &[Scenario] = &[
    Scenario {
        name: "four",
        covers: "four servers without faults",
        tier: Tier::Nightly,
        servers: 4,
        credentials: EQUAL,
        unique_states: 31_981_119,
        ..THREE
    },
    Scenario {
        name: "timely-four",
        covers: "four servers without faults",
        tier: Tier::Nightly,
        servers: 4,
        credentials: EQUAL,
        unique_states: 2_474_453,
        ..TIMELY
    },
    Scenario {
        name: "timely-five",
        covers: "five servers without faults",
        tier: Tier::Nightly,
        servers: 5,
        credentials: EQUAL,
        reduced: true,
        unique_states: 12_482_200,
        ..TIMELY
    },
];

/// Two faults among three servers, asynchronous and timely.
pub(super) const MIXES: &[[Scenario; 2]] = &[
    mix(
        ["crash-crash", "timely-crash-crash"],
        "three servers, two times a crash with restart",
        Faults { crashes: 2, ..NONE },
        [4_606_180, 839_616],
    ),
    mix(
        ["crash-break", "timely-crash-break"],
        "three servers, a crash with restart and a broken connection",
        Faults {
            crashes: 1,
            breaks: 1,
            ..NONE
        },
        [2_804_252, 423_648],
    ),
    mix(
        ["crash-loss", "timely-crash-loss"],
        "three servers, a crash with restart and a return to looking for no reason",
        Faults {
            crashes: 1,
            losses: 1,
            ..NONE
        },
        [3_855_640, 977_472],
    ),
    mix(
        ["crash-wipe", "timely-crash-wipe"],
        "three servers, a crash with restart and a crash with loss of the disk",
        Faults {
            crashes: 1,
            wipes: 1,
            ..NONE
        },
        [2_936_696, 632_460],
    ),
    late(mix(
        ["crash-late", "timely-crash-late"],
        "three servers, a crash with restart and a late start",
        Faults { crashes: 1, ..NONE },
        [514_596, 222_208],
    )),
    gossip(mix(
        ["crash-gossip", "timely-crash-gossip"],
        "three servers, a crash with restart and a newer configuration",
        Faults { crashes: 1, ..NONE },
        [2_698_524, 567_160],
    )),
    mix(
        ["break-break", "timely-break-break"],
        "three servers, two times a broken connection",
        Faults { breaks: 2, ..NONE },
        [365_256, 69_660],
    ),
    mix(
        ["break-loss", "timely-break-loss"],
        "three servers, a broken connection and a return to looking for no reason",
        Faults {
            breaks: 1,
            losses: 1,
            ..NONE
        },
        [926_424, 183_612],
    ),
    mix(
        ["break-wipe", "timely-break-wipe"],
        "three servers, a broken connection and a crash with loss of the disk",
        Faults {
            breaks: 1,
            wipes: 1,
            ..NONE
        },
        [822_076, 216_500],
    ),
    late(mix(
        ["break-late", "timely-break-late"],
        "three servers, a broken connection and a late start",
        Faults { breaks: 1, ..NONE },
        [130_344, 51_540],
    )),
    gossip(mix(
        ["break-gossip", "timely-break-gossip"],
        "three servers, a broken connection and a newer configuration",
        Faults { breaks: 1, ..NONE },
        [798_096, 231_440],
    )),
    mix(
        ["loss-loss", "timely-loss-loss"],
        "three servers, two times a return to looking for no reason",
        Faults { losses: 2, ..NONE },
        [1_007_752, 285_484],
    ),
    mix(
        ["loss-wipe", "timely-loss-wipe"],
        "three servers, a return to looking for no reason and a crash with loss of the disk",
        Faults {
            losses: 1,
            wipes: 1,
            ..NONE
        },
        [1_317_792, 405_472],
    ),
    late(mix(
        ["loss-late", "timely-loss-late"],
        "three servers, a return to looking for no reason and a late start",
        Faults { losses: 1, ..NONE },
        [155_944, 109_800],
    )),
    gossip(mix(
        ["loss-gossip", "timely-loss-gossip"],
        "three servers, a return to looking for no reason and a newer configuration",
        Faults { losses: 1, ..NONE },
        [1_833_052, 219_276],
    )),
    mix(
        ["wipe-wipe", "timely-wipe-wipe"],
        "three servers, two times a crash with loss of the disk",
        Faults { wipes: 2, ..NONE },
        [667_784, 237_036],
    ),
    late(mix(
        ["wipe-late", "timely-wipe-late"],
        "three servers, a crash with loss of the disk and a late start",
        Faults { wipes: 1, ..NONE },
        [192_020, 105_172],
    )),
    gossip(mix(
        ["wipe-gossip", "timely-wipe-gossip"],
        "three servers, a crash with loss of the disk and a newer configuration",
        Faults { wipes: 1, ..NONE },
        [899_160, 290_248],
    )),
    gossip(late(mix(
        ["late-gossip", "timely-late-gossip"],
        "three servers, a late start and a newer configuration",
        NONE,
        [181_136, 95_076],
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

const fn mix(
    [name, timely]: [&'static str; 2],
    covers: &'static str,
    faults: Faults,
    [unique_states, timely_states]: [usize; 2],
) -> [Scenario; 2] {
    let mixed = Scenario {
        name,
        covers,
        tier: Tier::Nightly,
        credentials: TWO,
        faults,
        unique_states,
        ..THREE
    };
    [
        mixed,
        Scenario {
            name: timely,
            setting: Setting::Timely,
            unique_states: timely_states,
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
            ahead: true,
            ..mixed
        },
        Scenario {
            composition,
            ahead: true,
            ..timely
        },
    ]
}
