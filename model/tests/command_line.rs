//! The command-line contract: exit codes, one clear line for bad usage, the catalogue as data.

use std::process::{Command, Output};

fn fle_model(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fle-model"));
    command.args(arguments).output().expect("the binary runs")
}

fn assert_bad_usage(arguments: &[&str], wanted: &str) {
    let output = fle_model(arguments);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {stderr}");
    assert_eq!(stderr.lines().count(), 1, "{arguments:?}: {stderr}");
    assert!(
        stderr.starts_with("fle-model: ") && stderr.contains(wanted),
        "{arguments:?}: {stderr}"
    );
    assert!(output.stdout.is_empty());
}

#[test]
fn bad_usage_is_one_line_and_exit_code_2() {
    assert_bad_usage(&[], "which command?");
    assert_bad_usage(&["chekc"], "chekc");
    assert_bad_usage(&["check", "--what"], "--what");
    assert_bad_usage(
        &["check", "nowhere"],
        "there is no such scenario; `fle-model list` shows all names",
    );
    assert_bad_usage(
        &["check", "--shard", "1/1"],
        "shards count from 0 to N-1: the last of 1 is 0/1",
    );
    assert_bad_usage(&["check", "--threads", "0"], "--threads");
    assert_bad_usage(&["check", "--tier", "weekly"], "ci, nightly");
    assert_bad_usage(&["simulate", "fault-free"], "--seconds");
    assert_bad_usage(&["simulate", "--seconds", "1"], "SCENARIO");
    assert_bad_usage(
        &["simulate", "fault_free", "--seconds", "1"],
        "there is no such scenario; did you mean “fault-free”? `fle-model list` shows all names",
    );
    assert_bad_usage(&["simulate", "fault-free", "--seconds", "0"], "--seconds");
    assert_bad_usage(
        &["simulate", "five", "--seconds", "1", "--trace-dir", "/proc"],
        "cannot write /proc",
    );
    assert_bad_usage(
        &["explore", "establish-to"],
        "did you mean “establish-two”?",
    );
    for command in [&["mutants"][..], &["check", "--mutant"]] {
        assert_bad_usage(
            &[command, &["one-vote-sufices"]].concat(),
            "there is no such mutant; did you mean “one-vote-suffices”?",
        );
    }
    assert_bad_usage(&["explore", "fault-free", "--port", "0"], "--port");
    assert_bad_usage(&["merge"], "REPORT");
    assert_bad_usage(&["merge", "/nowhere/0.json"], "cannot read /nowhere/0.json");
    assert_bad_usage(
        &["merge", "Cargo.toml"],
        "Cargo.toml is not a report of `check --json`",
    );
    assert_bad_usage(
        &["check", "fault-free", "--tier", "ci"],
        "cannot be used with",
    );
    assert_bad_usage(
        &["check", "--json", "/nowhere/report.json"],
        "/nowhere/report.json",
    );
    assert_bad_usage(
        &[
            "check",
            "--shard",
            "0/20",
            "--trace-dir",
            "Cargo.toml/traces",
        ],
        "cannot write Cargo.toml/traces",
    );
}

/// A folder that is there, and takes no files from anybody.
#[test]
#[cfg(target_os = "linux")]
fn a_folder_that_takes_no_files_is_refused_before_the_work_begins() {
    assert_bad_usage(
        &["check", "--shard", "0/20", "--trace-dir", "/proc"],
        "cannot write /proc",
    );
}

#[test]
fn help_goes_to_standard_output() {
    let output = fle_model(&["--help"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&output.stdout).contains("check"));
}

#[test]
fn the_catalogue_is_listed_as_text_and_as_json() {
    let text = fle_model(&["list"]);
    let json = fle_model(&["list", "--json", "-"]);
    assert_eq!((text.status.code(), json.status.code()), (Some(0), Some(0)));
    let text = String::from_utf8_lossy(&text.stdout).into_owned();
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).expect("JSON");
    let names = |kind: &str| {
        let rows = json[kind].as_array().expect("rows").iter();
        rows.map(|row| row["name"].as_str().expect("a name").to_owned())
            .collect::<Vec<_>>()
    };
    let scenarios = names("scenarios");
    for known in ["fault-free", "crash-loss", "timely-five", "seven"] {
        assert!(scenarios.iter().any(|name| name == known), "{known}");
    }
    for name in names("scenarios").iter().chain(&names("properties")) {
        assert!(text.contains(name.as_str()), "{name}");
    }
    for scenario in json["scenarios"].as_array().expect("rows") {
        let is_exhausted = scenario["tier"] != "simulation";
        assert_eq!(scenario["seconds"] != 0, is_exhausted, "{scenario}");
    }
}

/// Of a path or another long word there is none in these.
#[test]
fn text_fits_80_columns() {
    for arguments in [
        &["list"][..],
        &["check", "--help"],
        &["simulate", "--help"],
        &["check", "timely-oracle", "establish-timely"],
        &["check", "timely-oracle", "--shard", "1/3"],
        &["check", "timely-oracle", "--mutant", "one-vote-suffices"],
        &["mutants", "one-vote-suffices"],
        &["simulate", "timely", "--seconds", "1"],
    ] {
        let text = fle_model(arguments).stdout;
        let text = String::from_utf8(text).expect("text");
        assert!(text.lines().count() > 1, "{arguments:?}: {text}");
        for line in text.lines() {
            assert!(line.chars().count() <= 80, "{arguments:?}: {line}");
        }
    }
}

#[test]
fn a_check_ends_with_a_count_and_how_long_all_of_it_took() {
    let text = fle_model(&["check", "timely-oracle"]).stdout;
    let text = String::from_utf8(text).expect("text");
    let last = text.lines().last().expect("a line");
    let took = last.strip_prefix("1 scenario(s) checked, 0 failed, in ");
    let seconds = took.and_then(|took| took.strip_suffix(" s"));
    let seconds: f64 = seconds.expect(last).parse().expect("a number");
    assert!(seconds >= 0.0);
}

/// The same of both protocols, as text and as JSON.
#[test]
fn the_catalogue_is_filtered_by_name() {
    let text = fle_model(&["list", "--filter", "quorum"]);
    let text = String::from_utf8_lossy(&text.stdout).into_owned();
    let headings = text
        .lines()
        .filter(|line| !line.starts_with(' ') && !line.is_empty());
    let headings: Vec<_> = headings.collect();
    assert_eq!(headings, ["Properties", "Properties of the establishment"]);
    let json = fle_model(&["list", "--filter", "quorum", "--json", "-"]);
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).expect("JSON");
    for protocol in [&json, &json["establishment"]] {
        assert_eq!(protocol["scenarios"], serde_json::json!([]));
        assert_eq!(protocol["mutants"], serde_json::json!([]));
        let properties = protocol["properties"].as_array().expect("rows");
        assert!(!properties.is_empty());
        for property in properties {
            let name = property["name"].as_str().expect("a name");
            assert!(name.contains("quorum") && text.contains(name), "{name}");
        }
    }
    assert_eq!(json["unmodelled"], serde_json::json!([]));
    let scenario = fle_model(&["list", "--filter", "timely-torn"]);
    assert!(scenario.stdout.starts_with(b"Scenarios\n  timely-torn: "));
    assert_bad_usage(
        &["list", "--filter", "quorum evidense"],
        "there is no name with “quorum evidense” in it; did you mean “quorum evidence”?",
    );
}

/// One initial state of 20: a whole search, small enough for a build without optimization.
#[test]
fn a_shard_is_checked_and_reported() {
    let parent = tempfile::tempdir().expect("a folder");
    let traces = parent.path().join("made/if/missing");
    let output = fle_model(&[
        "check",
        "fault-free",
        "--trace-dir",
        traces.to_str().expect("UTF-8"),
        "--shard",
        "0/20",
        "--threads",
        "2",
        "--json",
        "-",
    ]);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(output.stderr.is_empty(), "no progress where nobody watches");
    let written = traces.read_dir().expect("it is made");
    assert_eq!(written.count(), 0, "there are no counterexamples");
    let reports: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let report = &reports[0];
    assert_eq!(report["scenario"], "fault-free");
    assert_eq!(report["exhausted"], true);
    assert_eq!(report["initial_states"], 1);
    assert_eq!(report["unique_states"], 228_878);
    assert_eq!(report["pinned_unique_states"], serde_json::Value::Null);
    assert_eq!(report["whole"]["pinned_unique_states"], 4_577_560);
    let rows = report["properties"].as_array().expect("rows");
    let verdict = |name: &str| {
        let row = rows.iter().find(|row| row["name"] == name);
        row.expect("a row")["verdict"].as_str().expect("a verdict")
    };
    assert_eq!(verdict("quorum evidence"), "holds");
    assert_eq!(verdict("two servers lead"), "seen");
    assert_eq!(
        verdict("a better server is passed over"),
        "not_in_this_shard"
    );
}

/// Given a seed, it is the seed that is printed; given none, it is one that can be given.
#[test]
fn random_walks_print_their_seed() {
    let simulate = |seed: &[&str]| {
        let arguments = [&["simulate", "timely", "--seconds", "1"], seed].concat();
        let output = fle_model(&arguments);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        assert!(output.stderr.is_empty(), "no progress where nobody watches");
        String::from_utf8(output.stdout).expect("text")
    };
    let given = simulate(&["--seed", "12"]);
    assert!(given.starts_with("seed 12\ntimely: "), "{given}");
    assert!(
        given.contains("  not violated quorum evidence\n"),
        "{given}"
    );
    let drawn = simulate(&[]);
    let seed = drawn
        .strip_prefix("seed ")
        .and_then(|rest| rest.lines().next());
    seed.expect("it is printed")
        .parse::<u64>()
        .expect("a number");
}
