//! What a live ensemble of ZooKeeper servers logs, laid out in every way: the judgement is the
//! same.
//!
//! Servers are killed and started again at random; each run has another seed, which it prints.
//! Skipped with one line where ZooKeeper or Java is absent, unless `FLE_REQUIRE_ZOOKEEPER` is 1.

use crate::layouts::{LAYOUTS, Layout, judgement, laid_out};
use crate::spoken::{Line, take_apart};
use crate::support::{read, zookeepers};
use fastrand::Rng;
use fle_conformance::history::judge::Outcome;
use fle_conformance::process::{self, Process};
use std::fs;
use std::thread::sleep;
use std::time::{Duration, Instant};
use tempfile::TempDir;

const FAULTS: usize = 4;
/// The longest time between a fault and the next.
const PAUSE_MS: u64 = 1500;
/// Longer than anything takes, on the slowest machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// The logs of an ensemble that has lost servers and got them back; `None` where there is no
/// ZooKeeper.
fn logs(rng: &mut Rng) -> Option<Vec<String>> {
    let folder = TempDir::new().unwrap();
    let mut servers = zookeepers(&folder)?;
    rng.shuffle(&mut servers);
    let level = ["info", "debug"][rng.usize(..2)];
    for server in &mut servers {
        start(server, level);
        pause(rng);
    }
    for _ in 0..FAULTS {
        let chosen = rng.usize(..servers.len());
        let server = &mut servers[chosen];
        server.kill().unwrap();
        pause(rng);
        start(server, level);
        pause(rng);
    }
    let since = Instant::now();
    while !servers.iter().all(serves) {
        let logs: Vec<String> = servers.iter().map(log).collect();
        assert!(since.elapsed() < PATIENCE, "{}", logs.concat());
        sleep(Duration::from_millis(100));
    }
    servers.sort_by_key(|server| server.sid);
    Some(servers.iter().map(log).collect())
}

fn start(server: &mut Process, level: &str) {
    let logger = "-Dorg.slf4j.simpleLogger.log.org.apache.zookeeper.server.quorum";
    let level = format!("{logger}.FastLeaderElection={level}");
    let mut command = process::zookeeper(&server.config(), &[&level]);
    server.start(&mut command).unwrap();
}

fn pause(rng: &mut Rng) {
    sleep(Duration::from_millis(rng.u64(..PAUSE_MS)));
}

fn log(server: &Process) -> String {
    fs::read_to_string(server.log()).unwrap()
}

/// Whether a leader is what it last found.
fn serves(server: &Process) -> bool {
    let log = log(server);
    let life = log.rsplit("Starting quorum peer").next();
    let last = life.and_then(|life| life.rsplit("Peer state changed: ").next());
    last.is_some_and(|last| {
        last.lines()
            .next()
            .unwrap_or_default()
            .contains("broadcast")
    })
}

/// At noon, so that no day ends in between: some layouts have no date.
fn at_noon(logs: &[String]) -> Vec<Vec<Line>> {
    let lines = logs.iter().zip(1..);
    let lines = lines.map(|(text, sid)| text.lines().map(|it| take_apart(it, sid)).collect());
    let mut lines: Vec<Vec<Line>> = lines.collect();
    let times = lines.iter().flatten().filter_map(|line| match line {
        Line::Said(said) => Some(said.time),
        Line::More(_) => None,
    });
    let first = times.min().unwrap();
    let noon: jiff::Timestamp = "2026-11-23T12:00:00Z".parse().unwrap();
    for line in lines.iter_mut().flatten() {
        if let Line::Said(said) = line {
            said.time = noon + said.time.duration_since(first);
        }
    }
    lines
}

#[test]
fn live_logs_give_the_same_judgement_in_every_layout() {
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let Some(logs) = logs(&mut Rng::with_seed(seed)) else {
        return;
    };
    let expected = judgement(&read(&logs));
    println!("{:?}", expected.outcome());
    assert_eq!(expected.outcome(), Outcome::Allowed, "{}", logs.concat());
    let lines = at_noon(&logs);
    let elections: usize = expected.decided().iter().map(Vec::len).sum();
    // A server may be killed before it begins to look.
    assert!(elections >= logs.len(), "{elections}");
    let judged = |layout: Layout| {
        let texts = lines.iter().map(|it| laid_out(it, layout));
        let texts = texts.map(|text| String::from_utf8(text).unwrap());
        judgement(&read(&texts.collect::<Vec<_>>()))
    };
    for (name, layout) in LAYOUTS {
        assert_eq!(judged(layout), expected, "{name}, {}", logs.concat());
    }
}
