//! Whole members in a simulated network, in which everything breaks: servers crash and come back,
//! links are cut, stalled and slow.
//!
//! Each run follows from a seed. After every event the model's safety properties must hold
//! ([`properties`]), and once nothing breaks any more, all servers must come to follow one
//! established leader ([`run`]); then the judge of event logs has its say. `FLE_SEEDS` is how many
//! runs there are, `FLE_SEED` the only one.
//!
//! Absent: clocks that differ, newer configurations in notifications that are to be believed, an
//! oracle, peers of older generations, disks that are lost where no quorum of whole ones is left,
//! and hostile peers that make promises in a member's name.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod disk;
mod ensemble;
mod faults;
mod hostile;
mod log;
mod network;
mod owner;
mod properties;
mod run;
mod trouble;

use run::{Outcome, run};
use std::collections::BTreeSet;
use std::env;
use std::panic::catch_unwind;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

/// What has to happen in some run, lest the properties hold because nothing does.
const WITNESSES: [&str; 13] = [
    "a leader is established",
    "a proposal improves",
    "a round rises",
    "a server is elected",
    "an eager server does not wait",
    "an heir is established",
    "a server joins",
    "a settled server answers",
    "joining lowers the round",
    "the last message is sent again",
    "two servers lead",
    "a lost disk is made up for",
    "all disks are blank, and a leader is established",
];

fn number(variable: &str) -> Option<u64> {
    let text = env::var(variable).ok()?;
    let number = text.parse();
    Some(number.unwrap_or_else(|_| panic!("{variable}={text} is not a number")))
}

/// Runs the seed; what it has shown, or what the reader needs to know.
fn hold(seed: u64) -> Result<BTreeSet<&'static str>, String> {
    let again = format!("FLE_SEED={seed} cargo test -p fle-conformance --test simulation seeds");
    let Ok(Outcome {
        text,
        objection,
        seen,
    }) = catch_unwind(|| run(seed))
    else {
        return Err(format!(
            "seed {seed}: a panic, told above; again with\n    {again}"
        ));
    };
    let Some(objection) = objection else {
        return Ok(seen);
    };
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("seed-{seed}.log"));
    std::fs::write(&path, text).unwrap();
    let path = path.display();
    Err(format!(
        "seed {seed}: {objection}\nwhat happened is in {path}; again with\n    {again}"
    ))
}

#[test]
fn all_seeds_keep_the_properties_and_come_to_an_end() {
    let only = number("FLE_SEED");
    let end = only.map_or_else(|| number("FLE_SEEDS").unwrap_or(100), |seed| seed + 1);
    let next = AtomicU64::new(only.unwrap_or(0));
    let (all_seen, failures) = (Mutex::new(BTreeSet::new()), Mutex::new(Vec::new()));
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= end || failures.lock().unwrap().len() >= 10 {
                return;
            }
            match hold(seed) {
                Ok(seen) => all_seen.lock().unwrap().extend(seen),
                Err(failure) => failures.lock().unwrap().push(failure),
            }
        }
    };
    thread::scope(|scope| {
        let workers = thread::available_parallelism().unwrap().get();
        (0..workers).for_each(|_| drop(scope.spawn(work)));
    });
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    let seen = all_seen.into_inner().unwrap();
    let unseen = |it: &&&str| !seen.contains(**it);
    let unseen: Vec<_> = WITNESSES
        .iter()
        .chain(&faults::FAULTS)
        .chain(&hostile::ACTS)
        .filter(unseen)
        .collect();
    assert!(only.is_some() || unseen.is_empty(), "in no run: {unseen:?}");
}

#[test]
fn a_seed_is_the_same_run_every_time() {
    for seed in 0..10 {
        let (first, second) = (run(seed).text, run(seed).text);
        let mut lines = (1..).zip(first.lines().zip(second.lines()));
        let differs = lines.find(|(_, (one, other))| one != other);
        assert_eq!(differs, None, "seed {seed}");
        assert_eq!(first.len(), second.len(), "seed {seed}: one goes on");
    }
}
