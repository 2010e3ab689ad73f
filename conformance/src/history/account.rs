//! The verdict in words: what was read, what of it is not understood or not judged, what is
//! objected to. The last line says it in a word.

use super::findings::Findings;
use super::judge::{Objection, Outcome, Unjudged};
use super::log::{Logs, Source};
use std::fmt::Write;

/// The verdict, line by line.
#[must_use]
pub fn text(findings: &Findings) -> String {
    let Findings { logs, verdict, .. } = findings;
    let mut out = String::new();
    for source in &logs.files {
        file(&mut out, source);
    }
    for note in &logs.notes {
        let _ = writeln!(out, "{note}");
    }
    for it in &verdict.unjudged {
        let _ = writeln!(out, "not judged: {}", words(logs, it));
    }
    for objection in &verdict.objections {
        let (at, sid) = (logs.locate(objection.at), objection.sid);
        let _ = writeln!(out, "objection: {at}: server {sid}: {}", objection.why);
    }
    let _ = match verdict.objections.first() {
        Some(first) => {
            let line = quote(logs, first);
            writeln!(out, "first event that is not allowed: {line}")
        }
        None => writeln!(out, "{}", name(verdict.outcome())),
    };
    out
}

/// The verdict in a word.
#[must_use]
pub fn name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Allowed => "allowed",
        Outcome::NotAllowed => "not allowed",
        Outcome::NotJudged => "not judged",
        Outcome::Nothing => "nothing to judge",
    }
}

/// What is known of a file, and what of it is not understood.
fn file(out: &mut String, source: &Source) {
    let path = source.path.display();
    let sids: Vec<String> = source.sids.iter().map(ToString::to_string).collect();
    let servers = match &sids[..] {
        [one] => format!("server {one}"),
        several => format!("servers {}", several.join(", ")),
    };
    let (events, lines) = (source.events, source.lines);
    let _ = writeln!(out, "{path}: {servers}, {events} events in {lines} lines");
    if source.untimed > 0 {
        let untimed = source.untimed;
        let _ = writeln!(out, "{path}: no time is understood of {untimed} events");
    }
    for lost in &source.lost {
        let _ = writeln!(
            out,
            "{path}:{}: the log is not whole: {}",
            lost.line, lost.text
        );
    }
    for (part, sample) in &source.not_understood {
        let _ = writeln!(
            out,
            "{path}:{}: {} lines of {} are not understood, the first: {}",
            sample.line,
            sample.count,
            part.name(),
            sample.text
        );
    }
}

/// What is not judged, where, and what missing line would explain it.
#[must_use]
pub fn words(logs: &Logs, it: &Unjudged) -> String {
    let mut words = format!("{}: ", logs.locate(it.at));
    if let Some(sid) = it.sid {
        words += &format!("server {sid}: ");
    }
    words += &it.why;
    if let Some(absent) = &it.absent {
        words += &format!("; a missing line would explain it: {absent}");
    }
    words
}

/// The line objected to, as it stands in its file.
fn quote(logs: &Logs, objection: &Objection) -> String {
    let at = logs.locate(objection.at);
    match logs.line(objection.at) {
        Some(line) => format!("{at}: {line}"),
        None => at,
    }
}
