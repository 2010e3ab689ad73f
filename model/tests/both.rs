//! Every command takes every scenario of both protocols.

use fle_model::frame::simulate::Options;
use fle_model::models;
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::num::NonZeroUsize;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

fn fle_model(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fle-model"));
    command.args(arguments).output().expect("the binary runs")
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn json(file: &Path) -> Value {
    let text = fs::read_to_string(file).expect("it is written");
    serde_json::from_str(&text).expect("JSON")
}

#[test]
fn what_is_listed_is_found_and_walked() {
    let options = Options {
        threads: NonZeroUsize::MIN,
        seed: 1,
        enough: &|begun| begun == 1,
    };
    let mut count = 0;
    for scenario in models::scenarios() {
        let name = scenario.about().name;
        assert!(models::find(name).is_some(), "{name}");
        assert!(scenario.initial_states() > 0, "{name}");
        let simulation = scenario.simulate(&options, None);
        assert!(simulation.passed(), "{simulation}");
        assert_eq!((simulation.scenario, simulation.walks), (name, 1));
        count += 1;
    }
    let listed = fle_model(&["list", "--json", "-"]);
    let listed: Value = serde_json::from_slice(&listed.stdout).expect("JSON");
    let rows = |value: &Value| value["scenarios"].as_array().expect("rows").len();
    assert_eq!(rows(&listed) + rows(&listed["establishment"]), count);
}

/// One that violates what must always hold: what it would come to in the end is not known then.
#[test]
fn a_broken_establishment_is_told_in_full_and_written() {
    let folder = TempDir::new().expect("a folder");
    let (dir, report) = (
        folder.path().join("traces"),
        folder.path().join("report.json"),
    );
    let output = fle_model(&[
        "check",
        "establish-timely",
        "--mutant",
        "lower-epoch-promised",
        "--trace-dir",
        dir.to_str().expect("UTF-8"),
        "--json",
        report.to_str().expect("UTF-8"),
    ]);
    let text = told(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("  VIOLATED   a promise is kept\n"), "{text}");
    let of_runs = "  undecided  a leader is established and followed\n";
    assert!(text.contains(of_runs), "{text}");

    let stem = "lower-epoch-promised-establish-timely-a-promise-is-kept";
    let counterexample = json(&dir.join(format!("{stem}.json")));
    assert_eq!(counterexample["mutant"], "lower-epoch-promised");
    let steps = counterexample["steps"].as_array().expect("steps");
    assert!(text.contains(steps[0]["told"].as_str().expect("a sentence")));
    let svg = fs::read_to_string(dir.join(format!("{stem}.svg"))).expect("a diagram");
    let svg = roxmltree::Document::parse(&svg).expect("XML");
    let of_class = |class: &str| {
        let mut nodes = svg.descendants();
        nodes.any(|node| node.attribute("class") == Some(class))
    };
    assert!(of_class("lifeline") && of_class("arrow") && of_class("change"));
    let row = |name: &str| {
        let reports = json(&report);
        let rows = reports[0]["properties"].as_array().expect("rows").clone();
        let row = rows.into_iter().find(|row| row["name"] == name);
        row.expect("a row")
    };
    let told = &row("a promise is kept")["counterexample"];
    assert_eq!(*told, counterexample);
}

#[test]
fn shards_of_an_establishment_are_merged() {
    let folder = TempDir::new().expect("a folder");
    let files = ["0/2", "1/2"].map(|shard| {
        let file = folder.path().join(shard.replace('/', "-"));
        let file = file.to_str().expect("UTF-8").to_owned();
        let output = fle_model(&[
            "check",
            "establish-timely",
            "--shard",
            shard,
            "--json",
            &file,
        ]);
        assert_eq!(output.status.code(), Some(0), "{}", told(&output));
        file
    });
    let output = fle_model(&["merge", &files[0], &files[1]]);
    let text = told(&output);
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(
        text.contains("  holds      a leader is established and followed\n"),
        "{text}"
    );
}

#[test]
fn a_mutant_of_the_other_protocol_is_refused() {
    let output = fle_model(&["check", "establish-timely", "--mutant", "one-vote-suffices"]);
    assert_eq!(output.status.code(), Some(2));
    let wanted = "fle-model: establish-timely is of the protocol that has no rule for \
                  one-vote-suffices to break\n";
    assert_eq!(String::from_utf8_lossy(&output.stderr), wanted);
}

#[test]
fn an_establishment_is_walked_at_random_from_the_command_line() {
    let output = fle_model(&[
        "simulate",
        "establish-timely",
        "--seconds",
        "1",
        "--seed",
        "7",
    ]);
    let text = told(&output);
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.starts_with("seed 7\nestablish-timely: "), "{text}");
    assert!(
        text.contains("  not violated one lease at a time\n"),
        "{text}"
    );
}

/// There is nothing in the format that could say it.
#[test]
fn an_establishment_is_no_trace_and_that_is_said() {
    let folder = TempDir::new().expect("a folder");
    let out = folder.path().join("traces");
    let output = fle_model(&[
        "trace",
        "establish-two",
        "--out",
        out.to_str().expect("UTF-8"),
    ]);
    assert_eq!(output.status.code(), Some(2));
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(error.lines().count(), 1, "{error}");
    assert!(error.contains("fle-trace/1 tells of elections"), "{error}");
    assert!(
        error.contains("fle-conformance lockstep establish-two"),
        "{error}"
    );
    assert!(!out.exists());
}

#[test]
fn an_establishment_is_served_to_browsers() {
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("some port is free");
    let port = free.local_addr().expect("an address").port();
    drop(free);
    let mut process = Command::new(env!("CARGO_BIN_EXE_fle-model"))
        .args(["explore", "establish-two", "--port", &port.to_string()])
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let stdout = process.stdout.take().expect("it is piped");
    let mut line = String::new();
    let read = BufReader::new(stdout).read_line(&mut line);
    read.expect("it prints where it is");
    assert!(
        line.starts_with("establish-two at http://127.0.0.1:"),
        "{line}"
    );
    let mut stream = loop {
        match TcpStream::connect((Ipv4Addr::LOCALHOST, port)) {
            Ok(stream) => break stream,
            Err(_) => assert!(process.try_wait().expect("it can be asked").is_none()),
        }
    };
    write!(stream, "GET /.states HTTP/1.0\r\n\r\n").expect("it listens");
    let mut response = String::new();
    stream.read_to_string(&mut response).expect("it answers");
    process.kill().expect("it runs");
    process.wait().expect("it ends");
    let (_, body) = response.split_once("\r\n\r\n").expect("a body");
    let starts: Value = serde_json::from_str(body).expect("JSON");
    assert_eq!(starts.as_array().expect("states").len(), 1);
    assert!(
        starts[0]["svg"]
            .as_str()
            .expect("a diagram")
            .starts_with("<svg")
    );
}
