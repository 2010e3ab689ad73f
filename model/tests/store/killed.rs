//! A search that is killed goes on where it was.

use crate::support::{OPTIONS, command, files, folder, run, scenario};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long a search takes that is left alone, and what it comes to.
fn alone(name: &str) -> (Duration, Value) {
    let folder = folder();
    let start = Instant::now();
    let report = told(name, &folder.path().join("store"));
    (start.elapsed(), report)
}

/// The report of a search that comes to its end.
fn told(name: &str, store: &Path) -> Value {
    let folder = folder();
    let json = folder.path().join("report.json");
    run(&[name, "--json", json.to_str().expect("UTF-8")], store);
    let text = fs::read(json).expect("a report");
    let mut reports: Value = serde_json::from_slice(&text).expect("JSON");
    reports[0].take()
}

/// A process that is killed, with SIGKILL, after so long; whether it had ended before.
fn is_done_within(time: Duration, name: &str, store: &Path) -> bool {
    let mut process = command(&[name], store).spawn().expect("the binary runs");
    sleep(time);
    process.kill().expect("it can be killed");
    process.wait().expect("it ends").code().is_some()
}

/// How many states the manifest says that were visited.
fn visited(store: &Path) -> Option<u64> {
    let text = fs::read(store.join("fle-model-store.json")).ok()?;
    let manifest: Value = serde_json::from_slice(&text).expect("it is whole at any moment");
    manifest["manifest"]["counts"]["visited"].as_u64()
}

/// How often the search was killed before it came to an end. Nothing of it is lost meanwhile. The
/// lives are of different lengths, a tenth of the time to a half, and become longer, so that there
/// is an end even if nothing is kept.
fn kill_until_done(name: &str, store: &Path, time: Duration) -> u32 {
    let (mut kills, mut before) = (0, None);
    while !is_done_within(time * (10 + kills * 17 % 40 + kills) / 100, name, store) {
        let now = visited(store);
        assert!(now >= before, "{now:?} after {before:?}");
        before = now;
        kills += 1;
    }
    kills
}

#[test]
fn a_search_killed_again_and_again_comes_to_the_same_counts() {
    let name = "timely-oracle";
    let (mut time, expected) = alone(name);
    let in_memory = scenario(name).check(OPTIONS, None);
    let in_memory = serde_json::to_value(in_memory).expect("JSON");
    loop {
        let folder = folder();
        let store = folder.path().join("store");
        let kills = kill_until_done(name, &store, time);
        let report = told(name, &store);
        for of in ["exhausted", "unique_states", "generated_states", "coverage"] {
            assert_eq!(
                (&report[of], &expected[of]),
                (&in_memory[of], &in_memory[of])
            );
        }
        let left = files(&store);
        let is_left = |name: &String| name.contains("states") || name.contains("candidates");
        assert!(!left.iter().any(is_left), "{left:?}");
        if kills >= 3 {
            break;
        }
        // It was faster than the one before.
        time /= 2;
    }
}
