//! Who was missing while there was no leader: voters whose logs end or begin late, and those that
//! nobody heard.

use super::facts::{Evidence, JOINING, Missing, Outage, Whose};
use super::words::{clock, names};
use crate::history::complaint::{Grievance, Trouble};
use crate::history::event::{Event, Fact};
use crate::history::judge::{QuorumSource, Verdict};
use crate::history::log::Logs;
use fle::Sid;
use jiff::SignedDuration;
use std::collections::{BTreeMap, BTreeSet};

/// A looking server says something as often as this.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_secs(60);

/// The voters that took no part, by sid.
pub(super) fn find(logs: &Logs, verdict: &Verdict, outage: &Outage) -> Vec<Missing> {
    if matches!(outage.whose, Whose::Server(_)) {
        return Vec::new();
    }
    let unseen = match verdict.quorum {
        QuorumSource::DeducedWithUnseen(unseen) => unseen,
        _ => 0,
    };
    let known = verdict.voters.len() - unseen;
    let voters = verdict.voters[..known].iter();
    let missing = |sid: &Sid| match logs.servers.get(sid) {
        Some(log) => silent(*sid, &log.events, logs, outage),
        None => unheard(*sid, logs, outage),
    };
    voters.filter_map(missing).collect()
}

/// A server whose own log says nothing of its taking part.
fn silent(sid: Sid, events: &[Event], logs: &Logs, outage: &Outage) -> Option<Missing> {
    let is_then = |event: &&Event| {
        let time = event.time.map(|time| (time, outage.covers(time)));
        time.is_some_and(|(time, covers)| covers || Some(time) == outage.until)
    };
    let first = events.iter().find(is_then);
    let last = logs.reports.get(&sid)?.last?;
    let end = outage.until.unwrap_or(outage.logs_end);
    let ends = last.time < outage.from || end.duration_since(last.time) > LONGEST_WAIT;
    let (at, what) = match first {
        _ if ends => (last.at, format!("its log ends at {}", clock(last.time))),
        Some(event) if is_late(event, outage) => {
            let time = event.time.map(clock).unwrap_or_default();
            (event.at, format!("it was started at {time}"))
        }
        _ => return None,
    };
    Some(Missing {
        sid,
        what: [Some(what), unreached(sid, logs, outage)]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join("; "),
        evidence: Some(Evidence::new(logs, sid, at, String::new())),
    })
}

fn is_late(event: &Event, outage: &Outage) -> bool {
    let after = event.time.map(|time| time.duration_since(outage.from));
    matches!(event.fact, Fact::ServerStarted { .. }) && after > Some(JOINING)
}

/// A server without a log that nobody heard.
fn unheard(sid: Sid, logs: &Logs, outage: &Outage) -> Option<Missing> {
    let mut events = logs.servers.values().flat_map(|log| &log.events);
    let is_heard = events.any(|event| {
        let is_then = event.time.is_some_and(|time| outage.covers(time));
        let from = match event.fact {
            Fact::NotificationReceived { from, .. } => Some(Sid(from)),
            _ => None,
        };
        is_then && from == Some(sid)
    });
    if is_heard {
        return None;
    }
    let none = "no log of it tells of an election, and nobody heard it".to_owned();
    let what = [Some(none), unreached(sid, logs, outage)];
    Some(Missing {
        sid,
        what: what.into_iter().flatten().collect::<Vec<_>>().join("; "),
        evidence: None,
    })
}

/// Who says that the server cannot be reached, and why.
fn unreached(sid: Sid, logs: &Logs, outage: &Outage) -> Option<String> {
    let mut reasons: BTreeMap<&'static str, BTreeSet<Sid>> = BTreeMap::new();
    for (&speaker, report) in &logs.reports {
        for complaint in report.between(outage.from, outage.until) {
            let Grievance {
                trouble,
                peer,
                reason,
                ..
            } = complaint.grievance;
            if trouble == Trouble::Unreachable && peer == Some(sid) {
                let reason = reason.map_or("for no reason that is told", |it| it.words());
                reasons.entry(reason).or_default().insert(speaker);
            }
        }
    }
    let told = reasons.into_iter().map(|(reason, by)| {
        let by: Vec<Sid> = by.into_iter().collect();
        format!("{} cannot reach it: {reason}", names(&by))
    });
    let told: Vec<String> = told.collect();
    (!told.is_empty()).then(|| told.join("; "))
}
