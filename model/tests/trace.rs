//! `fle-model trace`: which files it writes, and that a seed makes the same ones again. What is in
//! them is for the implementation to replay: the tests of `fle-conformance` do.

use clap::ValueEnum;
use fle_model::election::catalogue::SCENARIOS;
use fle_model::election::mutants::Mutant;
use fle_model::election::trace::Recorder;
use fle_model::frame::scenario::Scenario as _;
use fle_model::frame::scenario::Tier;
use fle_model::frame::walk::Walk;
use stateright::Model;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use tempfile::TempDir;

fn trace(out: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fle-model"));
    let command = command.arg("trace").args(arguments).arg("--out").arg(out);
    command.output().expect("the binary runs")
}

/// The seed that was printed, and the files written.
fn written(arguments: &[&str]) -> (String, BTreeMap<String, String>) {
    let folder = TempDir::new().expect("a folder");
    let out = folder.path().join("made/if/missing");
    let output = trace(&out, arguments);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let (seed, rest) = text.split_once(':').expect("a seed and what came of it");
    let files = fs::read_dir(out).expect("it is made").map(|file| {
        let file = file.expect("a file");
        let name = file.file_name().into_string().expect("UTF-8");
        let content = fs::read_to_string(file.path()).expect("text");
        (name, content)
    });
    let files: BTreeMap<_, _> = files.collect();
    assert!(rest.contains(&format!(" {} traces", files.len())), "{rest}");
    let seed = seed.strip_prefix("seed ").expect("the seed comes first");
    (seed.to_owned(), files)
}

#[test]
fn each_server_of_each_walk_has_a_file_named_after_what_makes_it_again() {
    let (seed, both) = written(&["timely", "--walks", "2", "--seed", "41"]);
    assert_eq!(seed, "41");
    assert_eq!(
        both.keys().collect::<Vec<_>>(),
        [
            "timely-41-s1-g0.jsonl",
            "timely-41-s2-g0.jsonl",
            "timely-41-s3-g0.jsonl",
            "timely-42-s1-g0.jsonl",
            "timely-42-s2-g0.jsonl",
            "timely-42-s3-g0.jsonl",
        ]
    );
    let (_, second) = written(&["timely", "--walks", "1", "--seed", "42"]);
    assert_eq!(second.len(), 3);
    assert!(second.iter().all(|(name, text)| both[name] == *text));
    let walk = |seed: &str| -> Vec<&String> {
        let of_seed = both.iter().filter(|(name, _)| name.contains(seed));
        of_seed.map(|(_, text)| text).collect()
    };
    assert_ne!(walk("-41-"), walk("-42-"));
}

#[test]
fn the_seed_that_is_printed_makes_the_same_files() {
    let (seed, files) = written(&["rounds"]);
    assert_eq!(files.len(), 30, "ten walks of three servers");
    assert_eq!(written(&["rounds", "--seed", &seed]), (seed, files));
}

/// A recorder that misunderstood an action would panic; so each kind must come up.
#[test]
fn every_kind_of_action_is_recorded() {
    let mut kinds = BTreeSet::new();
    let scenarios = SCENARIOS.iter();
    for scenario in scenarios.filter(|it| it.tier == Tier::Ci && it.servers == 3) {
        let system = scenario.checked::<3>(|_| true, Vec::new());
        for walk in (0..10).map(|seed| Walk::new(&system, seed)) {
            let start = walk.state().state;
            let actions: Vec<_> = walk.map(|(action, _)| action).collect();
            let names = actions.iter().map(|action| format!("{action:?}"));
            kinds.extend(names.filter_map(|name| Some(name.split_once(' ')?.0.to_owned())));
            assert!(
                !Recorder::new(&system.system)
                    .record(start, actions)
                    .is_empty()
            );
        }
    }
    let all = [
        "Activate",
        "Break",
        "CollectTimeout",
        "Crash",
        "Deliver",
        "FinalizeTimeout",
        "GiveUp",
        "Lose",
        "LoseLeader",
        "Resend",
        "Start",
        "Supersede",
    ];
    assert_eq!(kinds.iter().map(String::as_str).collect::<Vec<_>>(), all);
}

/// A mutant may do what no server does, and is recorded all the same: that of a counterexample to
/// it is to be replayed.
#[test]
fn what_a_mutant_does_is_recorded() {
    let scenarios = SCENARIOS.iter();
    for scenario in scenarios.filter(|it| it.tier == Tier::Ci && it.servers == 3) {
        for mutant in Mutant::value_variants() {
            let system = scenario.mutated(*mutant).checked::<3>(|_| true, Vec::new());
            let walk = Walk::new(&system, 0);
            let start = walk.state().state;
            let within = walk.take_while(|(_, state)| system.within_boundary(state));
            let actions: Vec<_> = within.map(|(action, _)| action).collect();
            assert!(
                !Recorder::new(&system.system)
                    .record(start, actions)
                    .is_empty()
            );
        }
    }
}

#[test]
fn bad_usage_is_one_line_and_exit_code_2() {
    let refused = |out: &Path, arguments: &[&str], wanted: &str| {
        let output = trace(out, arguments);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {stderr}");
        assert_eq!(stderr.lines().count(), 1, "{arguments:?}: {stderr}");
        assert!(stderr.contains(wanted), "{arguments:?}: {stderr}");
    };
    let folder = TempDir::new().expect("a folder");
    refused(folder.path(), &["nowhere"], "there is no such scenario");
    refused(folder.path(), &["timely", "--walks", "0"], "--walks");
    refused(folder.path(), &["timely", "--seed", "any"], "--seed");
    let file = Path::new("Cargo.toml");
    refused(file, &["timely"], "cannot write Cargo.toml: ");
    let taken = folder.path().join("timely-1-s1-g0.jsonl");
    fs::create_dir(&taken).expect("a folder in the place of a trace");
    let named = format!("cannot write {}", taken.display());
    refused(folder.path(), &["timely", "--seed", "1"], &named);
}
