//! The states of a scenario as a graph: all of them, each told, the initial ones marked.

use fle_model::frame::shard::Shard;
use fle_model::frame::state_graph::MOST;
use fle_model::models;
use std::fs;
use std::process::{Command, Output};

fn lines(dot: &str) -> (Vec<&str>, Vec<&str>) {
    let lines = dot.lines().filter(|line| line.contains("label"));
    lines.partition(|line| !line.contains("->"))
}

/// As many as the check of the same initial states visits.
#[test]
fn every_state_and_step_of_a_part_is_in_the_graph() {
    for name in ["timely-oracle", "establish-timely"] {
        let scenario = models::find(name).expect("a scenario");
        let starts = scenario.initial_states();
        let shard: Shard = format!("0/{starts}").parse().expect("a shard");
        let threads = std::num::NonZeroUsize::MIN;
        let options = fle_model::frame::check::Options { threads, shard };
        let report = scenario.check(options, None);
        let graph = scenario.graph(shard).expect("it is small");
        let (states, steps) = lines(&graph.dot);
        assert_eq!(graph.states, report.unique_states, "{name}");
        assert_eq!((states.len(), steps.len()), (graph.states, graph.steps));
        let marked = states.iter().filter(|line| line.contains("fillcolor"));
        assert_eq!(marked.count(), report.initial_states);
    }
}

#[test]
fn states_and_steps_are_told_in_a_few_words() {
    let graph = |name: &str, shard: &str| {
        let scenario = models::find(name).expect("a scenario");
        let graph = scenario.graph(shard.parse().expect("a shard"));
        graph.expect("it is small").dot
    };
    let election = graph("timely-oracle", "0/48");
    let start = "label=\"1: LOOKING→1 r1, finalizing\\l2: LOOKING→2 r1\\lunder way 1→2 2→1\\l\"";
    assert!(election.contains(start), "{election}");
    assert!(election.contains("label=\"2 receives from 1\""));
    assert!(election.contains("2: LEADING→2 r1"));
    let establishment = graph("establish-timely", "0/183");
    let start = "label=\"1: looks, accepted 0, current 0\\l";
    assert!(establishment.contains(start), "{establishment}");
    assert!(establishment.contains(": LEADS in 1, accepted 1, current 1\\l"));
}

fn graph(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fle-model"));
    command.arg("graph").args(arguments);
    command.output().expect("the binary runs")
}

#[test]
fn the_command_line_writes_it_and_refuses_what_is_too_large() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("states.dot");
    let out = file.to_str().expect("UTF-8");
    let output = graph(&["timely-oracle", "--out", out]);
    assert_eq!(output.status.code(), Some(2));
    assert!(!file.exists());
    let error = String::from_utf8_lossy(&output.stderr);
    let wanted = "fle-model: more than 2,000 states of timely-oracle are too many to draw; \
                  `--shard 0/48` begins with one of its 48 initial states\n";
    assert_eq!((error.as_ref(), MOST), (wanted, 2_000));
    let output = graph(&["timely-oracle", "--shard", "0/48", "--out", out]);
    assert_eq!(output.status.code(), Some(0));
    let dot = fs::read_to_string(&file).expect("it is written");
    assert!(dot.starts_with("digraph \"timely-oracle\" {\n") && dot.ends_with("}\n"));
}
