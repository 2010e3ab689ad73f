//! The lists themselves.

mod bases;
mod ci;
mod finalizing;
mod nightly;
mod wires;

use crate::election::scenario::Scenario;
use std::sync::LazyLock;

/// Every list, with the file that it stands in.
const LISTS: [(&str, &[Scenario]); 6] = [
    (ci::FILE, ci::SCENARIOS),
    (finalizing::FILE, finalizing::SCENARIOS),
    (wires::FILE, wires::SCENARIOS),
    (nightly::FILE, nightly::LARGE),
    (nightly::FILE, nightly::MIXES.as_flattened()),
    (nightly::FILE, nightly::SIMULATION),
];

/// Every scenario, by tier.
pub static SCENARIOS: LazyLock<Vec<Scenario>> = LazyLock::new(|| {
    let all = LISTS.iter().flat_map(|(_, list)| *list);
    let measured = |scenario: &Scenario| Scenario {
        seconds: seconds(scenario.name),
        ..*scenario
    };
    all.map(measured).collect()
});

/// The file in which the states of the scenario of this name are pinned; nothing for one that is in
/// no list.
pub(super) fn pinned_in(name: &str) -> &'static str {
    let is_listed = |list: &[Scenario]| list.iter().any(|scenario| scenario.name == name);
    let mut lists = LISTS.iter();
    let found = lists.find(|(_, list)| is_listed(list));
    found.map_or("", |(file, _)| file)
}

/// A line for each scenario: its name, and the seconds of its two searches, for safety and for fair
/// runs, rounded up. Measured where nothing else ran, with `check --tier … --json FILE`, and
/// `jq -r '.[] | "\(.scenario) \(.seconds + (.liveness.seconds // 0) | ceil)"' FILE`.
const SECONDS: &str = include_str!("scenarios/seconds.txt");

fn seconds(name: &str) -> u32 {
    let lines = SECONDS.lines().filter_map(|line| line.split_once(' '));
    let mut of_name = lines.filter(|(scenario, _)| *scenario == name);
    let seconds = of_name.next().and_then(|(_, seconds)| seconds.parse().ok());
    seconds.unwrap_or(0)
}
