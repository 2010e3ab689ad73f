//! The traces that `fle-model check --trace-dir` writes beside a counterexample can be replayed,
//! and tell a mutant from the election.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use fle_model::election::catalogue;
use fle_model::election::mutants::Mutant;
use fle_model::election::scenario::Scenario;
use fle_model::election::system::{Action, System};
use fle_model::frame::check::{Options, check, shortest};
use fle_model::frame::claim::Checked;
use fle_model::frame::counterexample::Counterexample;
use fle_model::frame::liveness::{Reachable, Scheduler};
use fle_model::frame::scenario::Scenario as _;
use fle_model::frame::shard::Shard;
use fle_model::frame::subject::Way;
use fle_model::frame::system::Fairness;
use fle_model::frame::trace_dir::TraceDir;
use std::num::NonZeroUsize;
use std::process::Command;
use tempfile::TempDir;

fn scenario(name: &str) -> &'static Scenario {
    catalogue::find(name).unwrap()
}

/// The model from one initial state, with one of its properties.
fn system(scenario: &Scenario, start: usize, property: &str) -> Checked<System<3>> {
    let mut claims = scenario.claims();
    claims.retain(|claim| claim.name == property);
    scenario.checked(|number| number == start, claims)
}

/// The exit code of `fle-conformance replay` over the files of this counterexample, and the last
/// line.
fn replayed(counterexample: &Counterexample) -> (Option<i32>, String) {
    let folder = TempDir::new().unwrap();
    let dir = TraceDir::create(folder.path().to_owned()).unwrap();
    dir.write(counterexample).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_fle-conformance"));
    let output = command.arg("replay").arg(folder.path()).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    (
        output.status.code(),
        text.lines().last().unwrap().to_owned(),
    )
}

/// Not counterexamples, but ways just like them.
#[test]
fn the_implementation_goes_the_ways_to_the_pitfalls() {
    for (name, start, pitfall, traces) in [
        ("fault-free-slots", 1, "two servers lead", 3),
        ("timely-no-wait", 0, "the best does not win", 3),
        ("crash", 1, "a server decides twice in one round", 4),
        ("activation", 1, "an outdated vote elects", 3),
    ] {
        let system = system(scenario(name), start, pitfall);
        let path = shortest(&system).unwrap();
        let way = Counterexample::new(
            scenario(name),
            &system.claims[0],
            &system.system,
            &Way::of_path(&path),
        );
        let all = (Some(0), format!("{traces} passed, 0 failed"));
        assert_eq!(replayed(&way), all, "{pitfall}");
    }
}

/// Fair, but nobody need give up.
fn without_giving_up(system: &Checked<System<3>>, action: &Action) -> Option<(Action, Fairness)> {
    match action {
        Action::GiveUp { .. } => None,
        _ => system.fairness(action),
    }
}

/// Once round. The trace of the old peer itself is left out.
#[test]
fn the_implementation_goes_round_with_an_endless_run() {
    let fair: Scheduler<Checked<System<3>>, Action> = Checked::fairness;
    for (name, scheduler, fails, traces) in [
        (
            "timely-torn",
            without_giving_up as _,
            "election terminates",
            3,
        ),
        ("timely-old-peer", fair, "an old peer hides the best", 2),
    ] {
        let lasso = |start| {
            let system = system(scenario(name), start, fails);
            let goal = system.claims[0].condition;
            let reachable = Reachable::explore(system.clone(), scheduler, &[goal]);
            let lasso = reachable.violation(0)?;
            let claim = &system.claims[0];
            Some(Counterexample::new(
                scenario(name),
                claim,
                &system.system,
                &Way::of_lasso(&lasso),
            ))
        };
        let run = (0..27).find_map(lasso).unwrap();
        let all = (Some(0), format!("{traces} passed, 0 failed"));
        assert_eq!(replayed(&run), all, "{fails}");
    }
}

fn killed(mutant: Mutant, name: &str) -> (Option<i32>, String) {
    let options = Options {
        threads: NonZeroUsize::MIN,
        shard: Shard::WHOLE,
    };
    let report = check(&scenario(name).mutated(mutant), options, None);
    replayed(report.counterexamples().next().unwrap())
}

/// Each of two has a quorum with its own vote alone.
#[test]
fn it_does_not_do_what_a_mutant_does() {
    let two = (Some(1), "0 passed, 2 failed".to_owned());
    assert_eq!(killed(Mutant::OneVoteSuffices, "timely-oracle"), two);
}

/// Each server keeps every rule of the election here; it is the oracle that errs. One of them has
/// two lives.
#[test]
fn a_mutant_around_the_servers_shows_in_no_trace() {
    let none = (Some(0), "3 passed, 0 failed".to_owned());
    assert_eq!(killed(Mutant::OracleGrantsBoth, "timely-oracle"), none);
}
