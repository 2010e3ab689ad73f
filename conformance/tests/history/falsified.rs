//! Histories that did not happen: each kind of falsification, made of recorded ones at places drawn
//! at random, is objected to, or not judged with the line that is missing.
//!
//! A kind leaves out the places where what it makes could have happened, and says why.

mod lines;
mod votes;

use crate::spoken::{Line, WHOLE, spoken};
use crate::support::{folder, write};
use fastrand::Rng;
use fle::config::DynamicConfig;
use fle_conformance::history::judge::{Outcome, configuration, judge};
use fle_conformance::history::log::Logs;
use std::collections::{BTreeMap, BTreeSet};
use tempfile::TempDir;

/// Falsifies the logs of an ensemble somewhere, and says whether it could.
type Falsification = fn(&mut [Vec<Line>], &mut Rng) -> bool;

/// At so many places each, some of them the same.
const TRIES: u64 = if cfg!(debug_assertions) { 5 } else { 200 };

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

fn texts(logs: &[Vec<Line>]) -> Vec<String> {
    let text = |lines: &Vec<Line>| {
        String::from_utf8(crate::layouts::laid_out(lines, crate::layouts::log4j)).unwrap()
    };
    logs.iter().map(text).collect()
}

fn outcome(texts: &[String], config: &DynamicConfig) -> Outcome {
    let folder = TempDir::new().unwrap();
    let logs = Logs::read(&write(&folder, texts)).unwrap();
    judge(&logs, Some(config)).outcome()
}

#[test]
fn no_falsification_passes() {
    let mut passed: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut noticed: BTreeSet<&str> = BTreeSet::new();
    for ensemble in WHOLE {
        let recorded = spoken(ensemble);
        let config = configuration(&folder(ensemble).join("zoo.cfg")).unwrap();
        for (name, falsify) in kinds() {
            let falsified = (0..TRIES).filter_map(|seed| {
                let mut logs = recorded.clone();
                falsify(&mut logs, &mut Rng::with_seed(seed)).then(|| (texts(&logs), seed))
            });
            for (texts, seed) in falsified.collect::<BTreeMap<_, _>>() {
                let outcome = outcome(&texts, &config);
                let passes = match outcome {
                    Outcome::NotAllowed => false,
                    Outcome::NotJudged => CONTRADICTIONS.contains(&name),
                    Outcome::Allowed | Outcome::Nothing => true,
                };
                if passes {
                    let at = format!("{ensemble} {seed}: {outcome:?}");
                    passed.entry(name).or_default().push(at);
                } else {
                    noticed.insert(name);
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
