//! Holds what servers logged against what the algorithm allows.
//!
//! Each server's log is first judged alone: `strict` for this project's own, `lagging` for ZooKeeper's. That yields what the server
//! can have announced and when, and `heard` holds the others' logs against it. `reign` looks at who was established as leader.
//!
//! A log that begins in the middle is judged from its first election on, one that is cut ends without a word. What cannot be
//! judged is said ([`Verdict::unjudged`]), never objected to. Absent on purpose: configurations that change while the logs are written,
//! and oracles in ZooKeeper's logs; both need more than the logs tell.

mod engine;
mod ensemble;
mod finding;
mod heard;
mod lagging;
mod reign;
mod standing;
mod strict;

pub use ensemble::{QuorumSource, UnusableConfig, configuration};
pub use finding::{Looking, Objection, Unjudged};

use super::event::Fact;
use super::log::{Dialect, Log, Logs};
use ensemble::Assumed;
use finding::Finding;
use fle::Sid;
use std::collections::{BTreeMap, BTreeSet};

/// What the judge found.
#[derive(Clone, PartialEq, Debug)]
pub struct Verdict {
    /// Where the quorum rule comes from.
    pub quorum: QuorumSource,
    /// The voters that it knows.
    pub voters: Vec<Sid>,
    /// What no run of the algorithm explains, first things first.
    pub objections: Vec<Objection>,
    /// What could not be judged.
    pub unjudged: Vec<Unjudged>,
    /// How each server's elections went, as the judge understands them.
    pub elections: BTreeMap<Sid, Vec<Looking>>,
}

/// Judges logs of one ensemble. `told` is its configuration, if somebody knows; else the logs tell it, or it is deduced: voters
/// are those who are heard or voted for, and if that explains nothing, some that are never heard.
#[must_use]
pub fn judge(logs: &Logs, told: Option<&fle::config::DynamicConfig>) -> Verdict {
    let assumptions = ensemble::assumptions(logs, told);
    let mut first = None;
    for assumed in assumptions {
        let verdict = judge_assuming(logs, &assumed);
        if verdict.objections.is_empty() {
            return verdict;
        }
        first.get_or_insert(verdict);
    }
    first.expect("there is always something to assume")
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
    let mut objections: Vec<Objection> = Vec::new();
    for finding in findings.values_mut() {
        objections.append(&mut finding.objections);
    }
    let heard = heard::judge(logs, &findings, assumed);
    objections.extend(heard.objections);
    objections.extend(reign::judge(logs));
    sort(&mut objections, logs);
    let mut unjudged = heard.unjudged;
    for finding in findings.values_mut() {
        unjudged.append(&mut finding.unjudged);
    }
    if is_reconfigured(logs) {
        unjudged.extend(objections.drain(..).map(by_one_configuration));
    }
    Verdict {
        quorum: assumed.source,
        voters: assumed.ensemble.view().voters().collect(),
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
    let logs = logs.servers.values();
    let logs = logs.filter(|log| log.dialect == Dialect::ZooKeeper);
    let versions = logs
        .flat_map(|log| &log.events)
        .filter_map(|event| match event.fact {
            Fact::NotificationReceived { config_version, .. } => config_version,
            _ => None,
        });
    versions.collect::<BTreeSet<i64>>().len() > 1
}

fn by_one_configuration(objection: Objection) -> Unjudged {
    let Objection { sid, at, why } = objection;
    let why = format!("{why}; but the configuration changes in these logs, and only one is known");
    Unjudged { sid, at, why }
}

/// By time, as far as it is told; one objection a line.
fn sort(objections: &mut Vec<Objection>, logs: &Logs) {
    let time = |objection: &Objection| {
        let events = &logs.servers[&objection.sid].events;
        let event = events.iter().find(|event| event.at == objection.at);
        event.and_then(|event| event.time)
    };
    objections.sort_by_cached_key(|objection| (time(objection), objection.at));
    objections.dedup_by_key(|objection| objection.at);
}
