//! The command line: what it prints and how it exits, on good, altered and unusable traces.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use fle_model::frame::figures::{collision, collision_probability};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

fn kept() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("traces")
}

/// The kept traces.
fn names() -> Vec<String> {
    let files = fs::read_dir(kept()).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.ends_with(".jsonl")).collect()
}

fn run(arguments: &[&str]) -> Output {
    run_command("replay", arguments)
}

fn run_command(name: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fle-conformance"));
    command.arg(name).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn last_line(output: &Output) -> String {
    text(&output.stdout)
        .lines()
        .last()
        .unwrap_or_default()
        .to_owned()
}

/// The lines of a kept trace.
fn trace(name: &str) -> Vec<Value> {
    let text = fs::read_to_string(kept().join(name)).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn write(folder: &TempDir, name: &str, lines: &[Value]) -> String {
    let path = folder.path().join(name);
    let lines: Vec<String> = lines.iter().map(Value::to_string).collect();
    fs::write(&path, lines.join("\n")).unwrap();
    path.to_str().unwrap().to_owned()
}

const JOINS: &str = "joins-an-established-ensemble.jsonl";

#[test]
fn good_traces_pass() {
    let folder = kept();
    let output = run(&[folder.to_str().unwrap()]);
    let traces = names().len();
    assert_eq!(last_line(&output), format!("{traces} passed, 0 failed"));
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn a_difference_is_shown_decoded_and_side_by_side() {
    let folder = TempDir::new().unwrap();
    let mut lines = trace(JOINS);
    let last = lines.len() - 1;
    lines[last]["out"]["logical_clock"] = json!(77);
    let path = write(&folder, "altered.jsonl", &lines);
    let report = folder.path().join("report.json");
    let output = run(&[&path, "--json", report.to_str().unwrap()]);
    let shown = text(&output.stdout);
    assert!(
        shown.contains(&format!("{path}: differs at step {last} of {last}")),
        "{shown}"
    );
    assert!(shown.contains("  event     receives from"), "{shown}");
    let row = shown.lines().find(|line| line.starts_with("! ")).unwrap();
    assert!(row.starts_with("! logical clock   77  "), "{shown}");
    assert_eq!(
        shown.lines().filter(|line| line.starts_with("! ")).count(),
        1,
        "{shown}"
    );
    assert_eq!(last_line(&output), "0 passed, 1 failed");
    assert_eq!(output.status.code(), Some(1));

    let report: Value = serde_json::from_str(&fs::read_to_string(report).unwrap()).unwrap();
    assert_eq!(
        (&report["passed"], &report["failed"]),
        (&json!(0), &json!(1))
    );
    let difference = &report["traces"][0]["difference"];
    assert_eq!(difference["step"], json!(last));
    assert_eq!(difference["expected"]["logical_clock"], json!(77));
    assert_ne!(difference["actual"]["logical_clock"], json!(77));
}

#[test]
fn unusable_input_exits_with_2_and_says_where() {
    let folder = TempDir::new().unwrap();
    let refused = |path: &str, says: &str| {
        let output = run(&[path]);
        assert_eq!(output.status.code(), Some(2));
        let error = text(&output.stderr);
        assert!(
            error.starts_with("fle-conformance: ") && error.contains(says),
            "{error}"
        );
        assert_eq!(text(&output.stdout), "");
    };
    refused(
        folder.path().to_str().unwrap(),
        "no .jsonl file in this folder",
    );
    refused("/nowhere/at/all", "/nowhere/at/all");

    let mut lines = trace(JOINS);
    lines[2]["out"]["surprise"] = json!(1);
    let path = write(&folder, "unknown-fact.jsonl", &lines);
    refused(&path, &format!("{path}:3: unknown field `surprise`"));

    let mut lines = trace(JOINS);
    lines[0]["format"] = json!("fle-trace/9");
    refused(
        &write(&folder, "version.jsonl", &lines),
        ":1: unknown variant `fle-trace/9`",
    );

    let mut lines = trace(JOINS);
    lines[0]["config"] = json!("server.1=nonsense");
    refused(
        &write(&folder, "config.jsonl", &lines),
        ":1: a configuration cannot be read",
    );

    refused(
        &write(&folder, "empty.jsonl", &[]),
        "empty; a trace starts with a line",
    );
    assert_eq!(run(&[]).status.code(), Some(2), "no path at all");
}

#[test]
fn the_node_replays_what_the_core_does() {
    let folder = kept();
    let output = run(&[folder.to_str().unwrap(), "--engine", "node", "--json", "-"]);
    assert_eq!(output.status.code(), Some(0));
    let shown = text(&output.stderr);
    let traces = names().len();
    assert!(
        shown.ends_with(&format!("\n{traces} passed, 0 failed\n")),
        "{shown}"
    );
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let omissions = report["traces"].as_array().unwrap().iter();
    let omitted: usize = omissions
        .map(|it| it["omissions"].as_array().unwrap().len())
        .sum();
    let told = format!("{omitted} of ");
    assert!(omitted > 0 && shown.starts_with(&told), "{shown}");
    assert!(
        shown.contains(" steps cannot happen over sockets, or are not believed:\n"),
        "{shown}"
    );

    let folder = TempDir::new().unwrap();
    let mut lines = trace(JOINS);
    lines[1]["out"]["logical_clock"] = json!(77);
    let path = write(&folder, "altered.jsonl", &lines);
    let output = run(&[&path, "--engine", "node"]);
    assert!(text(&output.stdout).contains("! logical clock   77  "));
    assert_eq!(last_line(&output), "0 passed, 1 failed");
    assert_eq!(output.status.code(), Some(1));

    let output = run(&[&path, "--engine", "abacus"]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn json_on_standard_output_is_json_alone() {
    let path = kept().join(JOINS);
    let output = run(&[path.to_str().unwrap(), "--json", "-"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["passed"], json!(1));
    assert_eq!(text(&output.stderr), "1 passed, 0 failed\n");
}

#[test]
fn lockstep_counts_what_it_took_and_knows_its_scenarios() {
    let folder = TempDir::new().unwrap();
    let report = folder.path().join("report.json");
    let output = run_command(
        "lockstep",
        &[
            "timely-oracle",
            "establish-timely-ahead",
            "--json",
            report.to_str().unwrap(),
        ],
    );
    assert_eq!(output.status.code(), Some(0));
    let report: Value = serde_json::from_str(&fs::read_to_string(report).unwrap()).unwrap();
    assert_eq!(report[0]["scenario"], json!("timely-oracle"));
    assert_eq!(report[0]["divergence"], Value::Null);
    let comparisons = report[0]["comparisons"].as_u64().unwrap();
    assert!(comparisons > 1_000);
    let states = report[0]["states"].as_u64().unwrap();
    let chance = collision_probability(states.try_into().unwrap());
    assert_eq!(report[0]["collision_probability"], json!(chance));
    assert!(text(&output.stdout).contains(&collision(chance)));
    assert_eq!(report[1]["scenario"], json!("establish-timely-ahead"));
    assert_eq!(report[1]["divergence"], Value::Null);
    assert!(last_line(&output).ends_with(" comparisons, 0 diverged"));

    for scenario in ["nowhere", "establish-elected"] {
        let output = run_command("lockstep", &[scenario]);
        assert_eq!(output.status.code(), Some(2));
        let wanted = "no scenario of this name is one for the engine; there are";
        assert!(text(&output.stderr).contains(wanted));
    }
}
