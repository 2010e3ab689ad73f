//! Histories that did not happen: each kind of falsification, made of recorded ones at places drawn
//! at random, is objected to, or not judged with the line that is missing.

mod lines;
mod votes;

use crate::spoken::{Line, WHOLE, spoken};
use crate::support::{folder, write};
use fastrand::Rng;
use fle_conformance::history::judge::{Outcome, Verdict, configuration, judge};
use fle_conformance::history::log::Logs;
use std::collections::{BTreeMap, BTreeSet};
use tempfile::TempDir;

/// Falsifies the logs of an ensemble somewhere, and says whether it could.
type Falsification = fn(&mut [Vec<Line>], &mut Rng) -> bool;

/// At so many places each.
const TRIES: u64 = 2;

/// Those that are taken for allowed at some places. Whether the other lines explain them there, or
/// a rule is missing, is not known of each.
const SOMETIMES_ALLOWED: [&str; 8] = [
    "a follower that looks",
    "a follower that says it observes",
    "a vote as if it led",
    "a vote in a later round",
    "its vote for somebody else",
    "its vote in an earlier round",
    "settled on nobody's votes",
    "two notifications of another in the wrong order",
];

/// Those that contradict lines which are there, whatever is missing.
const CONTRADICTIONS: [&str; 6] = [
    "established by one of several",
    "established by nobody",
    "established by a stranger",
    "established in epoch 0",
    "established in the epoch of another leader",
    "a vote of a stranger",
];

fn kinds() -> impl Iterator<Item = (&'static str, Falsification)> {
    lines::KINDS.into_iter().chain(votes::KINDS)
}

fn judged(ensemble: &str, logs: &[Vec<Line>]) -> (Logs, Verdict) {
    let texts: Vec<String> = logs
        .iter()
        .map(|lines| {
            String::from_utf8(crate::layouts::laid_out(lines, crate::layouts::log4j)).unwrap()
        })
        .collect();
    let folder_of_logs = TempDir::new().unwrap();
    let logs = Logs::read(&write(&folder_of_logs, &texts)).unwrap();
    let config = configuration(&folder(ensemble).join("zoo.cfg")).unwrap();
    let verdict = judge(&logs, Some(&config));
    (logs, verdict)
}

#[test]
fn no_falsification_passes() {
    let mut passed: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut noticed: BTreeSet<&str> = BTreeSet::new();
    for (name, falsify) in kinds() {
        for ensemble in WHOLE {
            for seed in 0..TRIES {
                let mut logs = spoken(ensemble);
                if !falsify(&mut logs, &mut Rng::with_seed(seed)) {
                    continue;
                }
                let (_, verdict) = judged(ensemble, &logs);
                let passes = match verdict.outcome() {
                    Outcome::NotAllowed => false,
                    Outcome::NotJudged => CONTRADICTIONS.contains(&name),
                    Outcome::Allowed | Outcome::Nothing => true,
                };
                if !passes {
                    noticed.insert(name);
                } else if !SOMETIMES_ALLOWED.contains(&name) {
                    let at = format!("{ensemble} {seed}: {:?}", verdict.outcome());
                    passed.entry(name).or_default().push(at);
                }
            }
        }
    }
    assert_eq!(passed, BTreeMap::new());
    let never = kinds().map(|it| it.0).filter(|it| !noticed.contains(it));
    assert_eq!(never.collect::<Vec<_>>(), [""; 0]);
    assert!(noticed.len() >= 40, "{}", noticed.len());
}

/// The lines that say this, by server and place.
fn places(logs: &[Vec<Line>], says: impl Fn(&str) -> bool) -> Vec<(usize, usize)> {
    let servers = logs.iter().enumerate();
    let all = servers.flat_map(|(server, lines)| (0..lines.len()).map(move |it| (server, it)));
    let is_said = |&(server, line): &(usize, usize)| match &logs[server][line] {
        Line::Said(said) => says(&said.message),
        Line::More(_) => false,
    };
    all.filter(is_said).collect()
}

/// One of the lines that say this.
fn place(logs: &[Vec<Line>], rng: &mut Rng, says: impl Fn(&str) -> bool) -> Option<(usize, usize)> {
    let places = places(logs, says);
    (!places.is_empty()).then(|| places[rng.usize(..places.len())])
}
