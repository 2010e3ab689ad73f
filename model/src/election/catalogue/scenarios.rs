//! The lists themselves.

mod ci;
mod finalizing;
mod nightly;

use crate::election::faults::Faults;
use crate::election::finalizing::Finalizing;
use crate::election::network::Links;
use crate::election::scenario::Scenario;
use crate::frame::scenario::Tier;
use crate::terms::ensemble::Composition;
use crate::terms::setting::Setting;
use crate::terms::vote::Credentials;
use std::sync::LazyLock;

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

/// Three servers, asynchronous, links of one.
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
    reduced: false,
    mutant: None,
    unique_states: 0,
    seconds: 0,
};

/// Three servers, timely, links of one.
const TIMELY: Scenario = Scenario {
    setting: Setting::Timely,
    ..THREE
};

/// No faults, and budgets to be taken from it.
const NONE: Faults = Faults::NONE;

/// Every scenario, by tier.
pub static SCENARIOS: LazyLock<Vec<Scenario>> = LazyLock::new(|| {
    let nightly = nightly::LARGE.iter().chain(nightly::MIXES.as_flattened());
    let all = ci::SCENARIOS
        .iter()
        .chain(finalizing::SCENARIOS)
        .chain(nightly)
        .chain(nightly::SIMULATION);
    let measured = |scenario: &Scenario| Scenario {
        seconds: seconds(scenario.name),
        ..*scenario
    };
    all.map(measured).collect()
});

/// A line for each scenario: its name, and the seconds that `check --json` told of it, safety and fair runs together.
const SECONDS: &str = include_str!("scenarios/seconds.txt");

fn seconds(name: &str) -> u32 {
    let lines = SECONDS.lines().filter_map(|line| line.split_once(' '));
    let mut of_name = lines.filter(|(scenario, _)| *scenario == name);
    let seconds = of_name.next().and_then(|(_, seconds)| seconds.parse().ok());
    seconds.unwrap_or(0)
}
