//! What the scenarios are made from.

use crate::election::faults::Faults;
use crate::election::finalizing::Finalizing;
use crate::election::network::Links;
use crate::election::scenario::Scenario;
use crate::frame::scenario::Tier;
use crate::terms::ensemble::Composition;
use crate::terms::setting::Setting;
use crate::terms::vote::Credentials;

/// Nothing to choose by but the sid.
pub(super) const EQUAL: &[Credentials] = &[Credentials::new(1, 1)];

/// One server may have a longer history.
pub(super) const TWO: &[Credentials] = &[Credentials::new(1, 1), Credentials::new(1, 2)];

/// Two epochs and two zxids.
pub(super) const ALL: &[Credentials] = &[
    Credentials::new(1, 1),
    Credentials::new(1, 2),
    Credentials::new(2, 1),
    Credentials::new(2, 2),
];

/// Servers whose epoch is not that of their last transaction: an old peer does not tell.
pub(super) const OLD: &[Credentials] = &[
    Credentials::new(1, 0b01_01),
    Credentials::new(2, 0b01_01),
    Credentials::new(2, 0b10_01),
];

/// Some servers may have no data.
pub(super) const BLANK: &[Credentials] = &[
    Credentials::NO_DATA,
    Credentials::new(1, 1),
    Credentials::new(1, 2),
];

/// Three servers, asynchronous, links of one.
pub(super) const THREE: Scenario = Scenario {
    name: "",
    covers: "",
    tier: Tier::Ci,
    servers: 3,
    composition: Composition::Majority,
    ahead: false,
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
pub(super) const TIMELY: Scenario = Scenario {
    setting: Setting::Timely,
    ..THREE
};

/// No faults, and budgets to be taken from it.
pub(super) const NONE: Faults = Faults::NONE;
