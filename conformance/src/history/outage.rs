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
//! - Nothing rests on the absence of a line: logs lose lines. That there was no leader is told of a
//!   time between lines that belong together; of any other it is said that these logs do not tell
//!   ([`Doubt`]).
//! - The verdict has no part in it and takes none: a history may be allowed and without a leader.
//!
//! A line counts for a time without a leader if it was written within it or up to half a minute
//! before: a leader is missed only after its followers have waited for it.

mod causes;
mod facts;
mod having;
mod missing;
mod reigns;
mod told;
pub mod words;

pub use facts::{Answer, Cause, Doubt, Evidence, Kind, Missing, Outage, Whose};

use super::judge::{Absent, Outcome, Unjudged, Verdict};
use super::log::Logs;
use super::rebuild::History;
use facts::{JOINING, TOGETHER};
use fle::Sid;
use having::{Changes, Having, Span, spans};
use jiff::Timestamp;
use reigns::Reigns;

/// Finds the answer in what was read and understood.
#[must_use]
pub fn find(logs: &Logs, verdict: &Verdict, history: &History) -> Answer {
    let reigns = Reigns::find(logs, verdict, history);
    let Some(logs_end) = end(logs) else {
        return Answer {
            outages: Vec::new(),
            leader: None,
            is_certain: false,
            is_timed: false,
        };
    };
    let mut outages = times(logs, &reigns, logs_end);
    let mut since = None;
    for outage in &mut outages {
        let found = causes::Search {
            logs,
            verdict,
            reigns: &reigns,
            since,
        };
        outage.causes = found.causes(outage);
        outage.missing = missing::find(logs, verdict, outage);
        if outage.whose == Whose::Ensemble {
            since = outage.until;
        }
    }
    let last = reigns.ensemble.last().map(|it| it.1);
    let leader = last.and_then(Having::leader).flatten();
    Answer {
        outages,
        leader,
        is_certain: match leader {
            Some(_) => is_whole(logs, verdict) && reigns.is_led(),
            None => last == Some(Having::Nobody),
        },
        is_timed: true,
    }
}

/// Whether nothing tells that lines are missing, and elections are told of.
fn is_whole(logs: &Logs, verdict: &Verdict) -> bool {
    let is_missing = |it: &Unjudged| matches!(it.absent, Some(Absent::Within(_)));
    let is_judged = verdict.outcome() != Outcome::Nothing;
    let are_lost = logs.files.iter().any(|it| !it.lost.is_empty());
    is_judged && !are_lost && !verdict.unjudged.iter().any(is_missing)
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
    let whole = spans(&reigns.ensemble, Having::is_without);
    let of_all = |span: &Span| outage(Whose::Ensemble, reigns, *span, logs_end);
    let mut outages: Vec<Outage> = whole.iter().map(of_all).collect();
    let with_logs = reigns
        .servers
        .iter()
        .filter(|it| logs.servers.contains_key(it.0));
    for (&sid, changes) in with_logs {
        for span in without(spans(changes, Having::is_without), &whole) {
            let end = span.1.unwrap_or(logs_end);
            let lasts = end.duration_since(span.0) > JOINING;
            let whose = match having::before(&reigns.ensemble, end) {
                Having::Unknown if lasts || whole.is_empty() => Whose::ServerAtLeast(sid),
                Having::Leader(_) if lasts => Whose::Server(sid),
                _ => continue,
            };
            outages.push(outage(whose, reigns, span, logs_end));
        }
    }
    outages.sort_by_key(|it| it.from);
    outages
}

fn outage(whose: Whose, reigns: &Reigns, (from, until): Span, logs_end: Timestamp) -> Outage {
    let changes = reigns.of(whose);
    Outage {
        whose,
        from,
        until,
        logs_end,
        doubt: doubt(whose, reigns, (from, until), logs_end),
        before: leader_before(changes, from),
        after: until.and_then(|until| leader_from(changes, until)),
        causes: Vec::new(),
        missing: Vec::new(),
    }
}

/// When it is not certain that there was no leader, and because of whom.
fn doubt(whose: Whose, reigns: &Reigns, (from, ends): Span, logs_end: Timestamp) -> Option<Doubt> {
    let changes = reigns.of(whose);
    let end = ends.unwrap_or(logs_end);
    let open = spans(changes, |it| it != Having::Nobody).into_iter();
    let within = open.map(|(since, until)| (since.max(from), until.map_or(end, |it| it.min(end))));
    let mut open: Vec<(Timestamp, Timestamp)> = Vec::new();
    for (since, until) in within.filter(|it| it.0 <= it.1) {
        match open.last_mut() {
            Some(last) if since.duration_since(last.1) <= TOGETHER => last.1 = until,
            _ => open.push((since, until)),
        }
    }
    // What begins and ends it is told by several lines.
    let is_edge = |it: &(Timestamp, Timestamp)| (it.0 == from) != (it.1 == end);
    open.retain(|it| !is_edge(it) || it.1.duration_since(it.0) > TOGETHER);
    let (since, until) = (open.first()?.0, open.last()?.1);
    let is_open = |sid: &Sid| having::at(&reigns.servers[sid], since) != Having::Nobody;
    let servers = match whose.server() {
        Some(sid) => vec![sid],
        None => reigns.servers.keys().copied().filter(is_open).collect(),
    };
    Some(Doubt {
        since,
        until,
        servers,
    })
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
    let mut told = earlier.map(|it| it.1);
    told.find(|it| *it != Having::Unknown)?.leader().flatten()
}

/// Who leads from then on, if something changes then.
fn leader_from(changes: &Changes, time: Timestamp) -> Option<Sid> {
    let later = changes.iter().find(|it| it.0 == time)?;
    later.1.leader().flatten()
}
