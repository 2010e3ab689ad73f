//! The answer that an operator wants first: when there was no leader, why, who was missing, and
//! what to do.
//!
//! It is computed here, once, from what the logs say, and the text, the JSON and the HTML page show
//! the same `facts`. `reigns` finds who had a leader when, `causes` what explains each time without
//! one, `missing` who took no part, and [`words`] says it.
//!
//! # Invariants
//! - Nothing is said without a line that says so, and that line is named. What no line tells is
//!   called not known.
//! - The verdict has no part in it and takes none: a history may be allowed and without a leader.
//!
//! A line counts for a time without a leader if it was written within it or up to half a minute
//! before: a leader is missed only after its followers have waited for it.

mod causes;
mod facts;
mod missing;
mod reigns;
pub mod words;

pub use facts::{Answer, Cause, Evidence, Kind, Missing, Outage, Whose};

use super::judge::Verdict;
use super::log::Logs;
use super::rebuild::History;
use facts::JOINING;
use fle::Sid;
use jiff::Timestamp;
use reigns::{Changes, Having, Reigns, Span, spans};

/// Finds the answer in what was read and understood.
#[must_use]
pub fn find(logs: &Logs, verdict: &Verdict, history: &History) -> Answer {
    let reigns = Reigns::find(logs, verdict, history);
    let Some(logs_end) = end(logs) else {
        return Answer {
            outages: Vec::new(),
            leader: None,
            is_timed: false,
        };
    };
    let mut outages = times(logs, &reigns, logs_end);
    let mut since = None;
    for outage in &mut outages {
        let found = causes::Search {
            logs,
            verdict,
            history,
            since,
        };
        outage.causes = found.causes(outage);
        outage.missing = missing::find(logs, verdict, outage);
        if outage.whose == Whose::Ensemble {
            since = outage.until;
        }
    }
    let leader = reigns.ensemble.last().and_then(|(_, having)| match having {
        Having::Leader(leader) => *leader,
        _ => None,
    });
    Answer {
        outages,
        leader,
        is_timed: true,
    }
}

/// The last time that any log tells.
fn end(logs: &Logs) -> Option<Timestamp> {
    let events = logs.servers.values().flat_map(|it| &it.events);
    let reports = logs.reports.values();
    let lasts = reports.filter_map(|it| it.last).map(|it| it.time);
    let times = events.filter_map(|event| event.time);
    times.chain(lasts).max()
}

/// The times themselves: the ensemble's, and those of servers that are no part of them.
fn times(logs: &Logs, reigns: &Reigns, logs_end: Timestamp) -> Vec<Outage> {
    let nobody = |having| having == Having::Nobody;
    let whole = spans(&reigns.ensemble, nobody);
    let of_all = |span: &Span| outage(Whose::Ensemble, &reigns.ensemble, *span, logs_end);
    let mut outages: Vec<Outage> = whole.iter().map(of_all).collect();
    let with_logs = reigns
        .servers
        .iter()
        .filter(|it| logs.servers.contains_key(it.0));
    for (&sid, changes) in with_logs {
        for span in without(spans(changes, nobody), &whole) {
            let end = span.1.unwrap_or(logs_end);
            let lasts = end.duration_since(span.0) > JOINING;
            let whose = match reigns::before(&reigns.ensemble, end) {
                Having::Unknown if lasts || whole.is_empty() => Whose::ServerAtLeast(sid),
                Having::Leader(_) if lasts => Whose::Server(sid),
                _ => continue,
            };
            outages.push(outage(whose, changes, span, logs_end));
        }
    }
    outages.sort_by_key(|it| it.from);
    outages
}

fn outage(whose: Whose, changes: &Changes, (from, until): Span, logs_end: Timestamp) -> Outage {
    Outage {
        whose,
        from,
        until,
        logs_end,
        before: leader_before(changes, from),
        after: until.and_then(|until| leader_from(changes, until)),
        causes: Vec::new(),
        missing: Vec::new(),
    }
}

/// What is left of these times where those others are taken out.
fn without(spans: Vec<Span>, others: &[Span]) -> Vec<Span> {
    let mut left = spans;
    for &(from, until) in others {
        let cut = |span: Span| {
            let ends_before = span.1.is_some_and(|end| end <= from);
            let begins_after = until.is_some_and(|until| until <= span.0);
            if ends_before || begins_after {
                return vec![span];
            }
            let head = (span.0 < from).then_some((span.0, Some(from)));
            let is_longer = |until: &Timestamp| span.1.is_none_or(|end| *until < end);
            let tail = until.filter(is_longer).map(|until| (until, span.1));
            head.into_iter().chain(tail).collect()
        };
        left = left.into_iter().flat_map(cut).collect();
    }
    left
}

/// Who led last before then.
fn leader_before(changes: &Changes, time: Timestamp) -> Option<Sid> {
    let earlier = changes.iter().rev().filter(|it| it.0 < time);
    leader_of(earlier.map(|it| it.1))
}

/// Who leads from then on, if something changes then.
fn leader_from(changes: &Changes, time: Timestamp) -> Option<Sid> {
    let later = changes.iter().find(|it| it.0 == time);
    leader_of(later.map(|it| it.1).into_iter())
}

fn leader_of(mut havings: impl Iterator<Item = Having>) -> Option<Sid> {
    match havings.find(|it| *it != Having::Unknown)? {
        Having::Leader(leader) => leader,
        _ => None,
    }
}
