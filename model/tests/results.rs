//! What `RESULTS.md` says of the catalogue is what the catalogue says.

use fle_model::frame::scenario::Tier;
use fle_model::models::scenarios;
use std::fs;
use std::path::Path;

/// Scenarios and states of a tier, of one protocol, as the document writes them.
fn counted(tier: Tier, second: bool) -> [String; 2] {
    let all = scenarios().map(|scenario| scenario.about());
    let counts = all.filter(|it| it.tier == tier && it.name.starts_with("establish") == second);
    let counts: Vec<usize> = counts.map(|it| it.unique_states).collect();
    let of = if second {
        "of the establishment"
    } else {
        "of the election"
    };
    let states = counts.iter().sum();
    [format!("{} {of}", counts.len()), grouped(states, ",")]
}

fn grouped(number: usize, by: &str) -> String {
    let digits = number.to_string().into_bytes();
    let groups = digits.rchunks(3).rev();
    let groups = groups.map(|digits| String::from_utf8_lossy(digits));
    groups.collect::<Vec<_>>().join(by)
}

#[test]
fn the_counts_of_scenarios_and_states_are_those_of_the_catalogue() {
    let text = include_str!("../RESULTS.md");
    let rows = text.lines().filter(|line| line.starts_with('|'));
    let rows: Vec<Vec<_>> = rows
        .map(|row| row.split('|').map(str::trim).collect())
        .collect();
    for tier in [Tier::Ci, Tier::Nightly] {
        for second in [false, true] {
            let [scenarios, states] = counted(tier, second);
            let found = rows
                .iter()
                .any(|row| row.ends_with(&[&*scenarios, &*states, ""]));
            assert!(found, "{}: | {scenarios} | {states} |", tier.name());
        }
    }
}

#[test]
fn each_scenario_is_pinned_where_the_report_says() {
    for scenario in scenarios().map(|scenario| scenario.about()) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let text = fs::read_to_string(path.join(scenario.pinned_in)).expect(scenario.name);
        let pin = grouped(scenario.unique_states, "_");
        assert!(text.contains(&pin), "{}: {pin}", scenario.name);
    }
}
