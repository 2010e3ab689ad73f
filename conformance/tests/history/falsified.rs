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

/// At one place each: at some other places lines of other servers explain what was made up.
const TRIES: u64 = 1;

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
    let mut tried: BTreeMap<&str, usize> = BTreeMap::new();
    for (name, falsify) in kinds() {
        for ensemble in WHOLE {
            for seed in 0..TRIES {
                let mut logs = spoken(ensemble);
                if !falsify(&mut logs, &mut Rng::with_seed(seed)) {
                    continue;
                }
                *tried.entry(name).or_default() += 1;
                let (_, verdict) = judged(ensemble, &logs);
                let fails = match verdict.outcome() {
                    Outcome::NotAllowed => false,
                    Outcome::NotJudged => CONTRADICTIONS.contains(&name),
                    Outcome::Allowed | Outcome::Nothing => true,
                };
                if fails {
                    let at = format!("{ensemble} {seed}: {:?}", verdict.outcome());
                    passed.entry(name).or_default().push(at);
                }
            }
        }
    }
    assert_eq!(passed, BTreeMap::new());
    let never: BTreeSet<&str> = kinds()
        .map(|it| it.0)
        .filter(|it| !tried.contains_key(it))
        .collect();
    assert_eq!(never, BTreeSet::new());
    assert!(tried.len() >= 40, "{}", tried.len());
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
