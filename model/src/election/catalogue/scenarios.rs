//! The lists themselves.

mod bases;
mod ci;
mod finalizing;
mod nightly;
mod wires;

use crate::election::scenario::Scenario;
use std::sync::LazyLock;

/// Every scenario, by tier.
pub static SCENARIOS: LazyLock<Vec<Scenario>> = LazyLock::new(|| {
    let nightly = nightly::LARGE.iter().chain(nightly::MIXES.as_flattened());
    let all = ci::SCENARIOS
        .iter()
        .chain(finalizing::SCENARIOS)
        .chain(wires::SCENARIOS)
        .chain(nightly)
        .chain(nightly::SIMULATION);
    let measured = |scenario: &Scenario| Scenario {
        seconds: seconds(scenario.name),
        ..*scenario
    };
    all.map(measured).collect()
});

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
