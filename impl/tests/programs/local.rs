//! `fle local`.

use crate::support::{fle, stderr, stdout, terminate};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

/// A process that is killed when dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn an_ensemble_of_five_elects_the_last() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fle"));
    let local = command
        .args(["local", "--for", "300"])
        .stdout(Stdio::piped())
        .spawn();
    let mut local = Running(local.unwrap());
    let lines = BufReader::new(local.0.stdout.take().unwrap()).lines();
    let mut lines = lines.map(Result::unwrap);
    let first = lines.next().unwrap();
    assert!(
        first.ends_with("s  looking: 1–5; following: –; leading: –"),
        "{first}"
    );
    let settled = "s  looking: –; following: 1–4; leading: 5 in epoch ";
    assert!(lines.any(|line| line.contains(settled)));
    terminate(&local.0);
    let cost = lines.last().unwrap();
    assert!(cost.starts_with("the last to settle took "), "{cost}");
    assert!(
        cost.contains(" notifications arrived; peak memory "),
        "{cost}"
    );
    assert_eq!(local.0.wait().unwrap().code(), Some(0));
}

/// Every pair of servers has a connection, with two ends in the process.
#[test]
fn a_hundred_and_one_servers_elect_one() {
    if rlimit::Resource::NOFILE.get_hard().unwrap() < 12_000 {
        eprintln!("skipped: 101 servers need 12,000 file descriptors, and the hard limit is lower");
        return;
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_fle"));
    let local = command
        .args(["local", "--servers", "101", "--for", "300"])
        .stdout(Stdio::piped());
    let mut local = Running(local.spawn().unwrap());
    let lines = BufReader::new(local.0.stdout.take().unwrap()).lines();
    let led_by_one = |line: &str| {
        let (_, leader) = line.split_once("leading: ").unwrap();
        let leader = leader.split(" in epoch ").next().unwrap();
        line.contains("looking: –;") && leader.parse::<i64>().is_ok()
    };
    assert!(lines.map(Result::unwrap).any(|line| led_by_one(&line)));
}

#[test]
fn leaders_that_are_killed_are_replaced() {
    let arguments = ["local", "--servers", "3", "--kill-leader-every", "5"];
    let output = fle(arguments.iter().chain(&["--for", "12.4"]));
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let text = stdout(&output);
    assert!(text.contains("; down: "), "{text}");
    assert!(
        text.contains("2 leaders were killed and replaced; "),
        "{text}"
    );
}

/// Servers that are given no time to elect.
#[test]
fn a_leader_that_is_missing_when_one_is_to_be_killed_is_a_failure() {
    let arguments = ["local", "--servers", "3", "--kill-leader-every", "0.01"];
    let output = fle(arguments.iter().chain(&["--for", "0.1"]));
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).contains("nobody led"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn it_ends_when_its_time_is_over() {
    let output = fle(["local", "--servers", "3", "--for", "0.1"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).contains("s  looking: 1–3; following: –; leading: –\n"));
}

#[test]
fn senseless_numbers_are_refused() {
    for arguments in [
        ["--servers", "0"],
        ["--servers", "x"],
        ["--for", "-1"],
        ["--for", "1e99"],
        ["--kill-leader-every", "0"],
    ] {
        let output = fle(["local"].iter().chain(&arguments));
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(
            stderr(&output).contains(arguments[0]),
            "{}",
            stderr(&output)
        );
    }
}
