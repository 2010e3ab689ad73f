//! The mutants: told apart, documented, and killed by properties.

use clap::ValueEnum;
use fle_model::election::catalogue::{SCENARIOS, find};
use fle_model::election::mutants::{Mutant, UNMODELLED};
use fle_model::frame::any::AnyScenario;
use fle_model::frame::check::{Options, check};
use fle_model::frame::figures::{collision, collision_probability};
use fle_model::frame::mutant::Mutant as _;
use fle_model::frame::mutants::run;
use fle_model::frame::scenario::Scenario as _;
use fle_model::frame::shard::Shard;
use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::process::Command;

const ALONE: Options = Options {
    threads: NonZeroUsize::MIN,
    shard: Shard::WHOLE,
};

/// The property that kills the mutant in this scenario, and the length of the counterexample.
fn killed(mutant: Mutant, scenario: &str) -> Option<(&'static str, usize)> {
    let scenario = find(scenario).expect("it is in the catalogue");
    let report = check(&scenario.mutated(mutant), ALONE, None);
    let found = report.counterexamples().next()?;
    assert_eq!(found.mutant, Some(mutant.name()));
    Some((found.property, found.story.steps.len()))
}

fn fle_model(arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fle-model"));
    let output = command.args(arguments).output().expect("the binary runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.code(), text)
}

#[test]
fn every_mutant_is_documented_and_has_a_name_of_its_own() {
    let names: BTreeSet<_> = Mutant::value_variants()
        .iter()
        .map(|mutant| mutant.name())
        .collect();
    assert_eq!(names.len(), Mutant::value_variants().len());
    for mutant in Mutant::value_variants() {
        let (name, entry) = (mutant.name(), mutant.entry());
        assert_eq!(entry.name, name);
        let kebab = name.chars().all(|c| c.is_ascii_lowercase() || c == '-');
        assert!(kebab && name.contains('-'), "{name}");
        assert!(entry.change.ends_with('.'), "{name}");
        assert!(entry.survives.is_none_or(|reason| reason.ends_with('.')));
        assert!(find(entry.tried_first).is_some(), "{name}");
    }
    assert!(UNMODELLED.iter().all(|bug| bug.reason.ends_with('.')));
}

#[test]
fn the_catalogue_itself_breaks_no_rule() {
    assert!(SCENARIOS.iter().all(|scenario| scenario.mutant.is_none()));
}

#[test]
fn a_mutant_is_killed_by_what_must_always_hold() {
    let killed_in_two_steps = killed(Mutant::OneVoteSuffices, "timely-oracle");
    assert_eq!(killed_in_two_steps, Some(("quorum evidence", 2)));
    let both = killed(Mutant::OracleGrantsBoth, "timely-oracle");
    assert_eq!(both, Some(("one established leader", 6)));
    let blank = killed(Mutant::VotesWithoutData, "timely-blank");
    assert_eq!(blank, Some(("without data no vote", 0)));
}

#[test]
fn a_mutant_is_killed_by_what_must_come_to_hold() {
    let found = killed(Mutant::NoFormatFallback, "timely-old-peer");
    assert_eq!(
        found.map(|(property, _)| property),
        Some("election terminates")
    );
}

#[test]
fn a_mutant_that_its_scenario_cannot_tell_from_the_algorithm_survives() {
    assert_eq!(killed(Mutant::WeightIgnored, "timely-oracle"), None);
}

#[test]
fn check_fails_with_the_counterexample_and_writes_it() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().to_str().expect("a path in UTF-8");
    let arguments = ["check", "--mutant", "one-vote-suffices", "timely-oracle"];
    let (code, text) = fle_model(&[&arguments[..], &["--trace-dir", path]].concat());
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("VIOLATED   quorum evidence"), "{text}");
    let stem = "one-vote-suffices-timely-oracle-quorum-evidence";
    for end in [".json", ".svg", "-s1-g0.jsonl", "-s2-g0.jsonl"] {
        assert!(folder.path().join(format!("{stem}{end}")).is_file());
    }
}

#[test]
fn mutants_succeeds_if_all_are_killed_and_says_how() {
    let (code, text) = fle_model(&["mutants", "one-vote-suffices", "oracle-grants-both"]);
    assert_eq!(code, Some(0), "{text}");
    let wanted =
        "killed    one-vote-suffices: quorum evidence fails in timely-oracle within 2\n    steps\n";
    assert!(text.contains(wanted), "{text}");
    let end = "2 mutant(s) run: 2 killed, 0 survived; 0 not as expected\n";
    assert!(text.ends_with(end), "{text}");
}

/// That it survives is said of states that are told apart by their fingerprints.
#[test]
fn one_that_survives_may_do_so_because_two_states_had_one_fingerprint() {
    let scenario = find("timely-oracle").expect("a scenario");
    let broken = || scenario.mutated(Mutant::WeightIgnored);
    let states = check(&broken(), ALONE, None).unique_states;
    let twice: Vec<Box<dyn AnyScenario>> = vec![Box::new(broken()), Box::new(broken())];
    let outcome = run(Mutant::WeightIgnored.entry(), twice, ALONE);
    let probability = 2.0 * collision_probability(states);
    assert_eq!(outcome.collision_probability, probability);
    let text = outcome.to_string();
    assert!(text.contains(&collision(probability)), "{text}");
}

/// That is no kill, and is said.
#[test]
fn one_that_survives_may_come_to_another_number_of_states() {
    let run_in = |scenario: &str| {
        let scenario = find(scenario).expect("a scenario");
        let broken: Vec<Box<dyn AnyScenario>> =
            vec![Box::new(scenario.mutated(Mutant::HeardForgotten))];
        run(Mutant::HeardForgotten.entry(), broken, ALONE)
    };
    let counted = run_in("timely-eager");
    assert!(counted.killed_by.is_none());
    let is = counted.counted.as_ref().expect("fewer settle early");
    let without = find("timely-eager").expect("a scenario").unique_states;
    assert_eq!((is.scenario, is.without), ("timely-eager", without));
    assert_ne!(is.states, without);
    assert!(counted.to_string().contains(&is.to_string()), "{counted}");
    let nowhere = run_in("timely-slots");
    assert_eq!(nowhere.counted, None);
    let told = nowhere.to_string();
    assert!(
        told.contains("no number of states tells it from the algorithm"),
        "{told}"
    );
}

#[test]
fn an_unknown_mutant_is_bad_usage() {
    assert_eq!(fle_model(&["mutants", "no-such-mutant"]).0, Some(2));
    assert_eq!(
        fle_model(&["check", "--mutant", "no-such-mutant"]).0,
        Some(2)
    );
}

/// As on GitHub, which shows what is not as expected. Where nothing is tried, nothing is killed.
#[test]
fn a_mutant_that_is_not_as_expected_is_a_failure() {
    let outcome = |mutant: Mutant| run(mutant.entry(), Vec::new(), ALONE);
    let survived = outcome(Mutant::OneVoteSuffices).failure();
    assert_eq!(
        survived.expect("it survives").message,
        "survived in 0 scenarios"
    );
    let mutants = Mutant::value_variants().iter();
    let known = mutants.copied().find(|it| it.entry().survives.is_some());
    assert_eq!(outcome(known.expect("some survive")).failure(), None);
}
