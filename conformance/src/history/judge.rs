//! Holds what servers logged against what the algorithm allows.
//!
//! Each server's log is first judged alone: `strict` for this project's own, `lagging` for
//! ZooKeeper's. That yields what the server can have announced and when, and `heard` holds the
//! others' logs against it. `reign` looks at who was established as leader, `followed` at whom the
//! others have for one.
//!
//! # Three verdicts
//! - *Allowed*: every line is explained.
//! - *Not allowed*: lines that are there contradict one another or the configuration, whatever else
//!   was said. Only `reign` objects.
//! - *Not judged*: a line is not explained, and a missing one would explain it. Logs lose lines (a
//!   full disk, a quota, a filter, a cut), and nothing in them tells that they are whole; so no
//!   absence accuses. What is missing is said ([`Unjudged::absent`]).
//!
//! A log that begins in the middle is judged from its first election on, one that is cut ends
//! without a word. Absent on purpose: configurations that change while the logs are written, and
//! oracles in ZooKeeper's logs; both need more than the logs tell.

mod engine;
mod ensemble;
mod finding;
mod followed;
mod heard;
mod lagging;
mod reign;
mod standing;
mod strict;

pub use ensemble::{QuorumSource, UnusableConfig, configuration};
pub use finding::{Absent, Looking, Objection, Unjudged};

use super::event::{Fact, Place};
use super::log::{Dialect, Log, Logs};
use ensemble::Assumed;
use finding::Finding;
use fle::{Ensemble, Sid};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What the judge found.
#[derive(Clone, PartialEq, Debug)]
pub struct Verdict {
    /// Where the quorum rule comes from.
    pub quorum: QuorumSource,
    /// The voters that it knows.
    pub voters: Vec<Sid>,
    /// The quorum rule.
    pub ensemble: Arc<Ensemble>,
    /// What no run of the algorithm explains, whatever lines are missing, first things first.
    pub objections: Vec<Objection>,
    /// What could not be judged.
    pub unjudged: Vec<Unjudged>,
    /// Whether voters must have different weights, which nothing tells.
    pub has_unknown_weights: bool,
    /// How each server's elections went, as the judge understands them.
    pub elections: BTreeMap<Sid, Vec<Looking>>,
}

/// What there is to say in a word.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// Every line is explained.
    Allowed,
    /// Lines contradict the algorithm.
    NotAllowed,
    /// Something is missing to say either.
    NotJudged,
    /// No line tells of anything that the algorithm rules.
    Nothing,
}

impl Verdict {
    /// The verdict in a word.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        if !self.objections.is_empty() {
            Outcome::NotAllowed
        } else if !self.unjudged.is_empty() {
            Outcome::NotJudged
        } else if self.elections.values().all(Vec::is_empty) {
            Outcome::Nothing
        } else {
            Outcome::Allowed
        }
    }

    /// What speaks against logs that are known to be whole: somebody was there when they were
    /// written, so that no line between others can be missing.
    pub fn against_whole_logs(&self) -> impl Iterator<Item = (Option<Sid>, Place, &str)> {
        let objections = self.objections.iter();
        let objections = objections.map(|it| (Some(it.sid), it.at, it.why.as_str()));
        let lost = |it: &&Unjudged| matches!(it.absent, Some(Absent::Within(_)));
        let unjudged = self.unjudged.iter().filter(lost);
        objections.chain(unjudged.map(|it| (it.sid, it.at, it.why.as_str())))
    }
}

/// Judges logs of one ensemble. `told` is its configuration, if somebody knows; else the logs tell
/// it, or it is deduced: voters are those who are heard or voted for, and if that explains nothing,
/// some that are never heard.
#[must_use]
pub fn judge(logs: &Logs, told: Option<&fle::config::DynamicConfig>) -> Verdict {
    let cost = |it: &Verdict| (it.objections.len(), it.against_whole_logs().count());
    let mut best: Option<Verdict> = None;
    for assumed in ensemble::assumptions(logs, told) {
        let verdict = judge_assuming(logs, &assumed);
        if best.as_ref().is_none_or(|best| cost(&verdict) < cost(best)) {
            best = Some(verdict);
        }
        if best.as_ref().is_some_and(|best| cost(best) == (0, 0)) {
            break;
        }
    }
    best.expect("there is always something to assume")
}

fn judge_assuming(logs: &Logs, assumed: &Assumed) -> Verdict {
    let found = |(&sid, log): (&Sid, &Log)| {
        let finding = match log.dialect {
            Dialect::Own => strict::judge(sid, log, assumed),
            Dialect::ZooKeeper => lagging::judge(sid, log, assumed),
        };
        (sid, finding)
    };
    let mut findings: BTreeMap<Sid, Finding> = logs.servers.iter().map(found).collect();
    let mut unjudged: Vec<Unjudged> = logs.unclear.iter().map(Unjudged::from).collect();
    unjudged.extend(heard::judge(logs, &findings, assumed));
    unjudged.extend(followed::judge(logs, &findings));
    for finding in findings.values_mut() {
        unjudged.append(&mut finding.unjudged);
    }
    let mut reign = reign::judge(logs, assumed);
    unjudged.append(&mut reign.unjudged);
    let mut objections = reign.objections;
    if is_reconfigured(logs) {
        unjudged.extend(objections.drain(..).map(by_one_configuration));
    }
    sort(&mut objections, logs, |it| (Some(it.sid), it.at));
    sort(&mut unjudged, logs, |it| (it.sid, it.at));
    Verdict {
        quorum: assumed.source,
        voters: assumed.ensemble.view().voters().collect(),
        ensemble: assumed.ensemble.clone(),
        has_unknown_weights: reign.has_minority,
        objections,
        unjudged,
        elections: findings
            .into_iter()
            .map(|(sid, it)| (sid, it.elections))
            .collect(),
    }
}

/// Whether ZooKeeper's logs tell of more than one configuration. Only the one assumed is known.
fn is_reconfigured(logs: &Logs) -> bool {
    let logs = || {
        let logs = logs.servers.values();
        logs.filter(|log| log.dialect == Dialect::ZooKeeper)
    };
    let versions = logs()
        .flat_map(|log| &log.events)
        .filter_map(|event| match event.fact {
            Fact::NotificationReceived { config_version, .. } => config_version,
            _ => None,
        });
    versions.collect::<BTreeSet<i64>>().len() > 1 || logs().any(is_handed_over)
}

fn is_handed_over(log: &Log) -> bool {
    let mut events = log.events.iter();
    events.any(|event| matches!(event.fact, Fact::LeadershipHandedOver { .. }))
}

fn by_one_configuration(objection: Objection) -> Unjudged {
    let Objection { sid, at, why } = objection;
    Unjudged {
        sid: Some(sid),
        at,
        why: format!("{why}; but the configuration changes in these logs, and only one is known"),
        absent: None,
    }
}

/// By time, as far as it is told; one finding a line.
fn sort<T>(findings: &mut Vec<T>, logs: &Logs, whose: impl Fn(&T) -> (Option<Sid>, Place)) {
    let time = |(sid, at): (Option<Sid>, Place)| {
        let events = &logs.servers.get(&sid?)?.events;
        events.iter().find(|event| event.at == at)?.time
    };
    findings.sort_by_cached_key(|it| (time(whose(it)), whose(it).1));
    findings.dedup_by_key(|it| whose(it).1);
}
