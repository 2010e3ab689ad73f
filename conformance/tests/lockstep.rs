//! The model of the election and its engine side by side: small scenarios of every role here, all
//! of tier `ci` by `fle-conformance lockstep`.

use fle_conformance::lockstep::Report;
use fle_conformance::lockstep::election::{Divergence, lockstep};
use fle_conformance::replay::replay;
use fle_model::election::catalogue::{self, SCENARIOS};
use fle_model::election::mutants::Mutant;
use fle_model::election::scenario::Scenario;
use fle_model::frame::check::{Options, check};
use fle_model::frame::mutant::Mutant as _;
use fle_model::frame::scenario::Scenario as _;
use fle_model::frame::scenario::Tier;
use fle_model::frame::shard::Shard;
use std::num::NonZeroUsize;

fn scenario(name: &str) -> Scenario {
    *catalogue::find(name).expect("a scenario")
}

fn run(scenario: &Scenario) -> Report<Divergence> {
    lockstep(scenario, NonZeroUsize::MIN, None)
}

/// Those that a debug build visits in a second or two.
#[test]
fn the_engine_takes_every_transition_that_the_model_takes() {
    let small = |it: &&Scenario| it.tier == Tier::Ci && it.unique_states < 60_000;
    for scenario in SCENARIOS.iter().filter(small) {
        let report = run(scenario);
        assert_eq!(report.divergence, None, "{}", scenario.name);
        assert_eq!(report.states, scenario.unique_states, "{}", scenario.name);
    }
}

#[test]
fn no_transition_is_left_out() {
    let scenario = scenario("timely-oracle");
    let options = Options {
        threads: NonZeroUsize::MIN,
        shard: Shard::WHOLE,
    };
    let checked = check(&scenario, options, None);
    let generated = checked.generated_states - checked.initial_states;
    assert_eq!(run(&scenario).transitions, generated);
}

/// Broken rules of a server, each with a scenario in which its server acts otherwise.
const BROKEN: &[(Mutant, &str)] = &[
    (Mutant::OrderWithoutEpoch, "timely-slots"),
    (Mutant::OrderWithoutZxid, "timely-oracle"),
    (Mutant::VotesWithoutData, "timely-blank"),
    (Mutant::NeverAdopts, "timely-slots"),
    (Mutant::AdoptsSilently, "timely-slots"),
    (Mutant::EntersSilently, "timely-rounds-round-trip"),
    (Mutant::IgnoresLaterRounds, "timely-rounds"),
    (Mutant::OneVoteSuffices, "timely-oracle"),
    (Mutant::WeightlessCounted, "timely-zero-weight"),
    (Mutant::DiscardsTheBetter, "timely-slots"),
    (Mutant::VersionIgnored, "timely-old-peer-late"),
    (Mutant::JoinerKeepsClock, "timely-late"),
    (Mutant::LaggardsUnanswered, "timely-rounds"),
    (Mutant::SilentWhenSettled, "timely-late"),
    (Mutant::DenialIgnored, "timely-oracle"),
];

/// The trace that shows it is one that `replay` differs from in the same way, and in its last step
/// only.
#[test]
fn an_engine_that_does_something_else_is_found() {
    for &(mutant, name) in BROKEN {
        let report = run(&scenario(name).mutated(mutant));
        let divergence = report.divergence;
        let divergence = divergence.unwrap_or_else(|| panic!("{} is not seen", mutant.name()));
        let replayed = replay(&divergence.trace).expect("a configuration that can be read");
        let differs = Some(divergence.difference);
        assert_eq!(replayed, differs, "{}", mutant.name());
        let steps = divergence.trace.steps.len();
        assert_eq!(replayed.map(|it| it.step), Some(steps), "{}", mutant.name());
        assert!(steps <= 12, "{}: {steps} steps", mutant.name());
    }
}
