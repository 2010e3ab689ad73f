//! The real class, live: it repeats what was recorded from it, does what the model says, and does
//! what the engine does.
//!
//! Skipped with one line where ZooKeeper or Java is absent, unless `FLE_REQUIRE_ZOOKEEPER` is 1.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use fle::config::ConfigErrors;
use fle_conformance::compare::{Disagreement, Finding, beside_the_class, compare, confirm};
use fle_conformance::reference::{Reference, ReferenceError};
use fle_conformance::replay::{Difference, first_difference, replay};
use fle_conformance::{describe, random};
use fle_model::election::trace::format::{Input, Output, State, Step, Trace};
use fle_model::election::trace::record_walk;
use serde_json::Value;
use std::env;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

const WALKS: u64 = 2;
const RANDOM: u64 = 200;

fn reference() -> Option<Reference> {
    let required = env::var("FLE_REQUIRE_ZOOKEEPER").is_ok_and(|it| it == "1");
    match Reference::start() {
        Ok(reference) => Some(reference),
        Err(absent @ ReferenceError::Absent { .. }) if !required => {
            println!("skipped: {absent}");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

fn agree(name: &str, found: Result<Option<Disagreement>, ReferenceError>) {
    if let Some(Disagreement { trace, finding }) = found.unwrap() {
        panic!("{name}: {finding:?}\n{}", describe::trace(&trace));
    }
}

/// The traces of a folder beside this package, if there is one.
fn traces(folder: &str) -> Vec<(String, Trace)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    if !folder.is_dir() {
        println!("skipped: no traces at {}", folder.display());
        return Vec::new();
    }
    let files = Trace::files(&folder).unwrap().into_iter();
    files
        .map(|file| (file.display().to_string(), Trace::read(&file).unwrap()))
        .collect()
}

#[test]
fn the_class_repeats_what_was_recorded_from_it() {
    let Some(mut class) = reference() else { return };
    let recorded = [traces("traces"), traces("../../shared/traces")].concat();
    assert!(recorded.len() >= 12);
    for (name, trace) in recorded {
        agree(&name, confirm(&mut class, &trace));
    }
}

#[test]
fn the_class_does_what_the_model_says() {
    let Some(mut class) = reference() else { return };
    for scenario in beside_the_class() {
        for seed in 0..WALKS {
            for recording in record_walk(scenario, seed) {
                let name = recording.file_name(&format!("{}-{seed}", scenario.name));
                agree(&name, confirm(&mut class, &recording.trace));
            }
        }
    }
}

#[test]
fn the_engine_does_what_the_class_does() {
    let Some(mut class) = reference() else { return };
    for seed in 0..RANDOM {
        let found = compare(&mut class, random::trace(seed), replay);
        agree(&format!("seed {seed}"), found);
    }
}

/// An engine that follows where it should lead.
fn never_leads(trace: &Trace) -> Result<Option<Difference>, ConfigErrors> {
    let outputs = trace.steps.iter().map(|step| {
        let mut output = step.output.clone();
        if let Output::Standing(standing) = &mut output
            && standing.state == State::Leading
        {
            standing.state = State::Following;
        }
        output
    });
    Ok(first_difference(trace, outputs))
}

#[test]
fn a_wrong_engine_is_found_and_the_trace_shrunk() {
    let Some(mut class) = reference() else { return };
    let leads = |trace: &Trace, steps| {
        let last = &trace.steps.last().unwrap().output;
        let leading = matches!(last, Output::Standing(it) if it.state == State::Leading);
        assert!(
            leading && trace.steps.len() <= steps,
            "{}",
            describe::trace(trace)
        );
    };
    let found =
        (0..).find_map(|seed| compare(&mut class, random::trace(seed), never_leads).unwrap());
    let found = found.unwrap();
    assert!(matches!(found.finding, Finding::Engine(_)));
    // It leads as soon as it has heard enough: nothing else is left.
    leads(&found.trace, 4);

    // A trace that was not made up here loses steps, and keeps the others as they are.
    let (_, whole) = traces("traces").pop().unwrap();
    let found = compare(&mut class, random::parts(&whole, usize::MAX), never_leads);
    let found = found.unwrap().unwrap();
    leads(&found.trace, 4);
    let is_of_whole = |step: &Step| whole.steps.iter().any(|it| it.input == step.input);
    assert!(found.trace.steps.iter().all(is_of_whole));
}

#[test]
fn a_trace_that_says_something_else_is_found() {
    let Some(mut class) = reference() else { return };
    let mut trace = traces("traces").remove(0).1;
    let Output::Standing(standing) = &mut trace.steps[2].output else {
        panic!("the third step is no restart")
    };
    standing.logical_clock += 1;
    let found = confirm(&mut class, &trace).unwrap().unwrap().finding;
    assert!(
        matches!(found, Finding::Trace(Difference { step: 3, .. })),
        "{found:?}"
    );
}

#[test]
fn what_the_class_throws_is_told_and_it_serves_the_next_trace() {
    let Some(mut class) = reference() else { return };
    let (name, good) = traces("traces").remove(0);
    let mut hex = vec![0; 36];
    hex.extend_from_slice(b"\0\0\0\x02\0\0\0\x09version=z");
    let fatal = Input::Recv { from: 1, hex };
    let inputs = [&good.steps[0].input, &fatal, &good.steps[1].input];
    let recording = class.record(&good.server, inputs).unwrap();
    assert_eq!(recording.trace.steps.len(), 1);
    let stopped = recording.stopped.unwrap();
    assert_eq!(stopped.input, Some(fatal));
    assert!(
        stopped
            .reason
            .starts_with("the receiver threw java.lang.NumberFormatException"),
        "{}",
        stopped.reason
    );
    agree(&name, confirm(&mut class, &good));
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fle-conformance"));
    command.arg("reference").args(arguments);
    command
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

#[test]
fn without_java_the_command_exits_with_2_and_says_in_one_line_what_to_install() {
    let output = command(&[]).env("PATH", "/nowhere").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let error = text(output.stderr);
    assert!(
        error.contains("there is no ") && error.contains("apt-get install"),
        "{error}"
    );
    assert_eq!(error.lines().count(), 1, "{error}");
}

#[test]
fn the_command_compares_what_it_is_told_to_and_keeps_what_differs() {
    if reference().is_none() {
        return;
    }
    let folder = TempDir::new().unwrap();
    let (_, mut trace) = traces("traces").remove(0);
    let Output::Standing(standing) = &mut trace.steps[2].output else {
        panic!("the third step is no restart")
    };
    standing.logical_clock += 1;
    let (altered, kept) = (
        folder.path().join("altered.jsonl"),
        folder.path().join("kept"),
    );
    trace.write(&altered).unwrap();
    let arguments = [
        "fault-free",
        "--walks",
        "2",
        "--random",
        "3",
        "--seed",
        "7",
        "--json",
        "-",
    ];
    let mut command = command(&arguments);
    let output = command
        .arg("--traces")
        .arg(&altered)
        .arg("--keep")
        .arg(&kept)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let shown = text(output.stderr);
    assert!(shown.starts_with("seed 7\n"), "{shown}");
    assert!(
        shown.contains("altered: the trace says something else at step 3\n"),
        "{shown}"
    );
    assert!(shown.ends_with("9 agree, 1 differ\n"), "{shown}");

    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["groups"][0]["traces"], 3);
    assert_eq!(report["groups"][1]["name"], "fault-free");
    assert_eq!(report["differences"][0]["difference"]["step"], 3);

    // What is kept is what the class does, not what the altered file says.
    let kept = Trace::read(&kept.join("altered.jsonl")).unwrap();
    assert_eq!(replay(&kept).unwrap(), None);
}
