//! Logs that lost lines: whatever is missing of a history that is allowed, nobody is accused.

use crate::own::walks;
use crate::support::{read, recorded, write};
use fastrand::Rng;
use fle_conformance::history::judge::judge;
use fle_conformance::history::log::Logs;
use tempfile::TempDir;

const RECORDED: [&str; 7] = [
    "five-two-faults",
    "three-debug",
    "three-late-joiner",
    "three-leader-killed",
    "three-observer",
    "three-partition",
    "three-untimed",
];

/// Ten thousand where it takes a minute.
const TRIES: usize = if cfg!(debug_assertions) { 100 } else { 10_000 };

/// How many of the lines are kept, of a hundred: one missing, some, most.
fn kept(rng: &mut Rng) -> u32 {
    [99, 97, 90, 75, 50, 20][rng.usize(..6)]
}

fn without_some(texts: &[String], rng: &mut Rng) -> Vec<String> {
    let percent = kept(rng);
    let mut lose = |text: &String| {
        let lines: Vec<&str> = text.lines().filter(|_| rng.u32(..100) < percent).collect();
        lines.join("\n")
    };
    texts.iter().map(&mut lose).collect()
}

/// The judge accuses nobody, and what it cannot explain, it says what is missing of.
fn nobody_is_accused(logs: &Logs, what: &str) {
    let verdict = judge(logs, None);
    assert_eq!(verdict.objections, [], "{what}");
    let silent = verdict.unjudged.iter().find(|it| it.absent.is_none());
    assert_eq!(silent, None, "{what}");
}

#[test]
fn no_line_that_zookeeper_s_logs_lost_accuses() {
    let recorded = RECORDED.map(recorded);
    let mut judged = 0;
    for seed in 0..TRIES {
        let mut rng = Rng::with_seed(seed as u64);
        let which = seed % RECORDED.len();
        let folder = TempDir::new().unwrap();
        let texts = without_some(&recorded[which], &mut rng);
        // Too little is left of some to tell whose they are.
        if let Ok(logs) = Logs::read(&write(&folder, &texts)) {
            nobody_is_accused(&logs, &format!("{} {seed}", RECORDED[which]));
            judged += 1;
        }
    }
    assert!(2 * judged > TRIES, "{judged}");
}

#[test]
fn no_single_line_that_is_missing_accuses() {
    let ensembles = if cfg!(debug_assertions) {
        &RECORDED[3..4]
    } else {
        &RECORDED[..]
    };
    for ensemble in ensembles {
        let texts = recorded(ensemble);
        for place in 0..texts.len() {
            for missing in 0..texts[place].lines().count() {
                let lines = texts[place].lines().enumerate();
                let lines = lines.filter(|(index, _)| *index != missing);
                let mut texts = texts.clone();
                texts[place] = lines.map(|(_, line)| line).collect::<Vec<_>>().join("\n");
                nobody_is_accused(&read(&texts), &format!("{ensemble} {place} {missing}"));
            }
        }
    }
}

#[test]
fn no_event_that_our_own_logs_lost_accuses() {
    let all: Vec<_> = walks().collect();
    for seed in 0..TRIES {
        let mut rng = Rng::with_seed(seed as u64);
        let (scenario, walk, logs) = &all[rng.usize(..all.len())];
        let mut logs = logs.clone();
        let percent = kept(&mut rng);
        for log in logs.servers.values_mut() {
            log.events.retain(|_| rng.u32(..100) < percent);
        }
        nobody_is_accused(&logs, &format!("{} {walk} {seed}", scenario.name));
    }
}
