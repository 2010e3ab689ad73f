//! Logs that lost lines: whatever is missing of a history that is allowed, nobody is accused, and
//! the answer says nothing for certain that the whole logs deny.

use crate::own::walks;
use crate::support::{read, recorded, write};
use fastrand::Rng;
use fle::Sid;
use fle_conformance::history::complaint::{Complaint, Trouble};
use fle_conformance::history::findings::Findings;
use fle_conformance::history::judge::judge;
use fle_conformance::history::log::Logs;
use fle_conformance::history::outage::{Answer, Cause, Evidence, Kind, Outage, words};
use fle_conformance::history::rebuild::Part;
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
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

/// One line tells what another one tells as well, so long before or after.
const TOGETHER: SignedDuration = SignedDuration::from_millis(100);

/// So much of a line tells it from others: its time and its thread.
const LIKE: usize = 100;

/// Lines that a filter keeps or loses, by their words.
const FILTERS: [&str; 12] = [
    "FastLeaderElection",
    "QuorumPeer",
    "Have quorum of supporters",
    "Notification: ",
    "Notification time out",
    "New election",
    "Peer state changed",
    "broadcast",
    "LOOKING",
    "LEADING",
    "FOLLOWING",
    "WARN",
];

/// How many of the lines are kept, of a hundred: one missing, some, most.
fn kept(rng: &mut Rng) -> u32 {
    [99, 97, 90, 75, 50, 20][rng.usize(..6)]
}

/// How logs lose lines.
#[derive(Clone, Copy, Debug)]
enum Loss {
    /// Here and there.
    Some(u32),
    /// All with these words, or all without.
    Filter(&'static str, bool),
    /// From one line of a hundred to another.
    Cut(usize, usize),
}

impl Loss {
    fn any(rng: &mut Rng) -> Self {
        match rng.u8(..4) {
            0 => Self::Filter(FILTERS[rng.usize(..FILTERS.len())], rng.bool()),
            1 => Self::Cut(rng.usize(..=100), rng.usize(..=100)),
            _ => Self::Some(kept(rng)),
        }
    }

    fn of(self, text: &str, rng: &mut Rng) -> String {
        let lines: Vec<&str> = text.lines().collect();
        let percent = |index: usize| index * 100 / lines.len();
        let mut keeps = |index: usize, line: &str| match self {
            Self::Some(percent) => rng.u32(..100) < percent,
            Self::Filter(words, keeps) => line.contains(words) == keeps,
            Self::Cut(from, until) => percent(index) < from || percent(index) >= until,
        };
        let left = lines.iter().enumerate().filter(|it| keeps(it.0, it.1));
        left.map(|(_, line)| format!("{line}\n")).collect()
    }
}

/// Logs that lost lines: all alike, or one of them.
fn without_some(texts: &[String], rng: &mut Rng) -> (Vec<String>, String) {
    let loss = Loss::any(rng);
    let only = rng.bool().then(|| rng.usize(..texts.len()));
    let texts = texts.iter().enumerate();
    let texts = texts.map(|(index, text)| match only {
        Some(only) if only != index => text.clone(),
        _ => loss.of(text, rng),
    });
    (texts.collect(), format!("{loss:?} of {only:?}"))
}

/// What logs tell that are whole.
struct Truth {
    findings: Findings,
    answer: Answer,
    /// What each server's log tells alone.
    alone: BTreeMap<Sid, Answer>,
}

impl Truth {
    fn of(texts: &[String]) -> Self {
        let alone = (1..)
            .map(Sid)
            .zip(texts.iter().map(|text| answer(std::slice::from_ref(text))));
        let findings = Findings::of(read(texts), None);
        Self {
            answer: findings.answer.clone(),
            findings,
            alone: alone.collect(),
        }
    }

    /// What of the answer is said for certain and is not so.
    fn denies(&self, told: &Answer) -> Vec<String> {
        let mut denied = Vec::new();
        for outage in &told.outages {
            if !self.has(outage) {
                denied.push(words::headline(outage));
            }
            let is_loss = |it: &&Cause| it.kind == Kind::Complaint(Trouble::LeaderLost);
            let losses = outage.causes.iter().filter(is_loss);
            let wrong = losses.filter(|it| !self.has_lost(it));
            denied.extend(wrong.map(|it| it.what.clone()));
        }
        if told.is_certain && told.leader != self.answer.leader {
            denied.push(words::conclusion(told));
        }
        let known = leaders(&self.answer);
        let unknown = leaders(told).into_iter().filter(|it| !known.contains(it));
        denied.extend(unknown.map(|it| format!("server {it} led")));
        denied
    }

    /// Whether there was no leader then.
    fn has(&self, told: &Outage) -> bool {
        let end = told.until.unwrap_or(told.logs_end);
        let (before, after) = match &told.doubt {
            Some(doubt) => ((told.from, doubt.since), (doubt.until, end)),
            None => ((told.from, end), (end, end)),
        };
        self.has_none(told, before) && self.has_none(told, after)
    }

    fn has_none(&self, told: &Outage, (from, until): (Timestamp, Timestamp)) -> bool {
        let known = match told.whose.server() {
            Some(sid) => &self.alone[&sid],
            None => &self.answer,
        };
        let covers = |it: &Outage| {
            let ends = it.until.unwrap_or(Timestamp::MAX);
            // Who is down has no leader before its own log says so.
            let is_down = told.whose.server().is_some() && *it == known.outages[0];
            let begins = is_down || it.from.duration_since(from) <= TOGETHER;
            begins && until.duration_since(ends) <= TOGETHER
        };
        until.duration_since(from) <= TOGETHER || known.outages.iter().any(covers)
    }

    /// Whether the first of these servers had the leader that it is said to have lost.
    fn has_lost(&self, told: &Cause) -> bool {
        let Some((_, leader)) = told.what.split_once("the leader, server ") else {
            return true;
        };
        let leader = Sid(leader.split([':', ' ']).next().unwrap().parse().unwrap());
        let Evidence { sid, says, .. } = told.evidence.as_ref().unwrap();
        let Findings { logs, history, .. } = &self.findings;
        let complaints = &logs.reports[sid].complaints;
        let is_it = |it: &&Complaint| it.text.get(..LIKE) == says.get(..LIKE);
        let time = complaints.iter().find(is_it).unwrap().time;
        let parts = history.elections.iter().filter_map(|it| it.parts.get(sid));
        let start = |part: &Part| logs.servers[sid].events[part.looking.started].time;
        let last = parts
            .filter(|it| start(it) < time)
            .max_by_key(|it| start(it));
        last.unwrap().looking.vote.unwrap().leader == leader.0
    }
}

fn answer(texts: &[String]) -> Answer {
    Findings::of(read(texts), None).answer
}

/// Whoever is said to have led.
fn leaders(answer: &Answer) -> BTreeSet<Sid> {
    let around = |it: &Outage| [it.before, it.after];
    let outages = answer.outages.iter().flat_map(around);
    outages.chain([answer.leader]).flatten().collect()
}

/// The judge accuses nobody, and what it cannot explain, it says what is missing of.
fn nobody_is_accused(logs: &Logs, what: &str) {
    let verdict = judge(logs, None);
    assert_eq!(verdict.objections, [], "{what}");
    let silent = verdict.unjudged.iter().find(|it| it.absent.is_none());
    assert_eq!(silent, None, "{what}");
}

/// Nor does the answer. What it says and the whole logs deny.
fn denied(logs: Logs, truth: &Truth, what: &str) -> Vec<String> {
    nobody_is_accused(&logs, what);
    let denied = truth.denies(&Findings::of(logs, None).answer);
    denied.iter().map(|it| format!("{what}: {it}")).collect()
}

#[test]
fn no_line_that_zookeeper_s_logs_lost_accuses() {
    let recorded = RECORDED.map(recorded);
    let truths = recorded.each_ref().map(|it| Truth::of(it));
    let (mut judged, mut said) = (0, Vec::new());
    for seed in 0..TRIES {
        let mut rng = Rng::with_seed(seed as u64);
        let which = seed % RECORDED.len();
        let folder = TempDir::new().unwrap();
        let (texts, loss) = without_some(&recorded[which], &mut rng);
        // Too little is left of some to tell whose they are.
        if let Ok(logs) = Logs::read(&write(&folder, &texts)) {
            let what = format!("{} {seed} {loss}", RECORDED[which]);
            said.extend(denied(logs, &truths[which], &what));
            judged += 1;
        }
    }
    assert!(2 * judged > TRIES, "{judged}");
    assert_eq!(said, [""; 0]);
}

/// The verdict alone: an answer may take two reigns for one where the lines between are missing.
#[test]
fn no_line_that_a_reconfigured_ensemble_s_logs_lost_accuses() {
    let recorded = recorded("three-reconfigured");
    let mut judged = 0;
    for seed in 0..TRIES / RECORDED.len() {
        let mut rng = Rng::with_seed(seed as u64);
        let folder = TempDir::new().unwrap();
        let (texts, loss) = without_some(&recorded, &mut rng);
        if let Ok(logs) = Logs::read(&write(&folder, &texts)) {
            nobody_is_accused(&logs, &format!("{seed} {loss}"));
            judged += 1;
        }
    }
    assert!(2 * judged > TRIES / RECORDED.len(), "{judged}");
}

#[test]
fn no_single_line_that_is_missing_accuses() {
    let ensembles = if cfg!(debug_assertions) {
        &RECORDED[3..4]
    } else {
        &RECORDED[..]
    };
    let mut said = Vec::new();
    for ensemble in ensembles {
        let texts = recorded(ensemble);
        let truth = Truth::of(&texts);
        for place in 0..texts.len() {
            for missing in 0..texts[place].lines().count() {
                let lines = texts[place].lines().enumerate();
                let lines = lines.filter(|(index, _)| *index != missing);
                let mut texts = texts.clone();
                texts[place] = lines.map(|(_, line)| line).collect::<Vec<_>>().join("\n");
                let what = format!("{ensemble} {place} {missing}");
                said.extend(denied(read(&texts), &truth, &what));
            }
        }
    }
    assert_eq!(said, [""; 0]);
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
