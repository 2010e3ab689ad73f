//! `fle-conformance validate`: logs of real runs against the algorithm.
//!
//! Exit 0: allowed. Exit 1: not allowed. Exit 2: what was given cannot be used, and what it says
//! cannot be judged or is nothing to judge, with the first reason on standard error; a script that
//! asks whether a history is allowed must not take silence for a yes.

use super::{Output, Result};
use fle_conformance::history::judge::{self, Objection, Outcome, Unjudged, Verdict};
use fle_conformance::history::log::{Logs, Source};
use fle_conformance::history::oddities::{self, Oddity};
use fle_conformance::history::rebuild::History;
use fle_conformance::history::steps::steps;
use fle_conformance::history::{drawing, timeline};
use serde_json::{Value, json};
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(clap::Args)]
pub(crate) struct Validate {
    /// Logs of the servers of one ensemble: this project's event logs or ZooKeeper's server logs,
    /// in whatever layout, plain or packed with gzip, one server a file or several in one.
    #[arg(required = true)]
    logs: Vec<PathBuf>,
    /// The ensemble's zoo.cfg, or its dynamic configuration file. Without it a majority of the
    /// servers that the logs name is assumed, unless the logs tell more.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Draws the history as SVG.
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    #[command(flatten)]
    output: Output,
}

impl Validate {
    pub(crate) fn run(self) -> Result<ExitCode> {
        let config = self.config.as_deref().map(judge::configuration);
        let config = config.transpose()?;
        let logs = Logs::read(&self.logs)?;
        let verdict = judge::judge(&logs, config.as_ref());
        let history = History::rebuild(&logs, &verdict);
        let oddities = oddities::find(&logs, &verdict, &history);
        let out = &mut *self.output.text();
        write!(
            out,
            "{}",
            timeline::text(&logs, &verdict, &history, &oddities)
        )?;
        report(out, &logs, &verdict)?;
        if let Some(path) = &self.svg {
            svg::save(path, &drawing::draw(&logs, &verdict, &history))
                .map_err(|error| format!("cannot write {}: {error}", path.display()))?;
        }
        self.output
            .json(&as_json(&logs, &verdict, &history, &oddities))?;
        exit(&logs, &verdict)
    }
}

/// Exit 0 for what is allowed, 1 for what is not; what cannot be judged is no usable input.
fn exit(logs: &Logs, verdict: &Verdict) -> Result<ExitCode> {
    match (verdict.outcome(), verdict.unjudged.first()) {
        (Outcome::Allowed, _) => Ok(ExitCode::SUCCESS),
        (Outcome::NotAllowed, _) => Ok(ExitCode::FAILURE),
        (Outcome::NotJudged, Some(first)) => {
            Err(format!("not judged, first of all {}", words(logs, first)).into())
        }
        (Outcome::Nothing | Outcome::NotJudged, _) => {
            Err("nothing to judge: no line tells that an election starts".into())
        }
    }
}

/// The verdict, the last line of which says it in a word.
fn report(out: &mut dyn Write, logs: &Logs, verdict: &Verdict) -> io::Result<()> {
    writeln!(out)?;
    for source in &logs.files {
        file(out, source)?;
    }
    for note in &logs.notes {
        writeln!(out, "{note}")?;
    }
    for it in &verdict.unjudged {
        writeln!(out, "not judged: {}", words(logs, it))?;
    }
    for objection in &verdict.objections {
        let (at, sid) = (logs.locate(objection.at), objection.sid);
        writeln!(out, "objection: {at}: server {sid}: {}", objection.why)?;
    }
    if let Some(first) = verdict.objections.first() {
        let line = quote(logs, first);
        return writeln!(out, "first event that is not allowed: {line}");
    }
    writeln!(out, "{}", name(verdict.outcome()))
}

/// The verdict in a word.
fn name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Allowed => "allowed",
        Outcome::NotAllowed => "not allowed",
        Outcome::NotJudged => "not judged",
        Outcome::Nothing => "nothing to judge",
    }
}

/// What is known of a file, and what of it is not understood.
fn file(out: &mut dyn Write, source: &Source) -> io::Result<()> {
    let path = source.path.display();
    let sids: Vec<String> = source.sids.iter().map(ToString::to_string).collect();
    let servers = match &sids[..] {
        [one] => format!("server {one}"),
        several => format!("servers {}", several.join(", ")),
    };
    let (events, lines) = (source.events, source.lines);
    writeln!(out, "{path}: {servers}, {events} events in {lines} lines")?;
    if source.untimed > 0 {
        let untimed = source.untimed;
        writeln!(out, "{path}: no time is understood of {untimed} events")?;
    }
    for lost in &source.lost {
        writeln!(
            out,
            "{path}:{}: the log is not whole: {}",
            lost.line, lost.text
        )?;
    }
    for (part, sample) in &source.not_understood {
        writeln!(
            out,
            "{path}:{}: {} lines of {} are not understood, the first: {}",
            sample.line,
            sample.count,
            part.name(),
            sample.text
        )?;
    }
    Ok(())
}

/// What is not judged, where, and what missing line would explain it.
fn words(logs: &Logs, it: &Unjudged) -> String {
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

fn as_json(logs: &Logs, verdict: &Verdict, history: &History, oddities: &[Oddity]) -> Value {
    let files: Vec<_> = logs.files.iter().map(file_as_json).collect();
    let path = |file: usize| &logs.files[file].path;
    let objections: Vec<_> = verdict
        .objections
        .iter()
        .map(|it| {
            json!({"sid": it.sid.0, "file": path(it.at.file), "line": it.at.line, "why": it.why})
        })
        .collect();
    let unjudged: Vec<_> = verdict
        .unjudged
        .iter()
        .map(|it| {
            json!({"sid": it.sid.map(|sid| sid.0), "file": path(it.at.file), "line": it.at.line,
                "why": it.why, "absent": it.absent.as_ref().map(ToString::to_string)})
        })
        .collect();
    let elections: Vec<_> = (0..history.elections.len())
        .map(|index| election_as_json(index, logs, history, oddities))
        .collect();
    let general = oddities.iter().filter(|it| it.election.is_none());
    json!({
        "allowed": verdict.outcome() == Outcome::Allowed,
        "verdict": name(verdict.outcome()),
        "voters": verdict.voters.iter().map(|sid| sid.0).collect::<Vec<_>>(),
        "quorum": format!("{:?}", verdict.quorum),
        "files": files,
        "notes": logs.notes,
        "elections": elections,
        "oddities": general.map(|it| &it.what).collect::<Vec<_>>(),
        "objections": objections,
        "unjudged": unjudged,
    })
}

fn file_as_json(it: &Source) -> Value {
    let not_understood: Vec<_> = it
        .not_understood
        .iter()
        .map(|(part, sample)| {
            json!({"part": part.name(), "count": sample.count, "line": sample.line,
                "first": sample.text})
        })
        .collect();
    let lost: Vec<_> = it
        .lost
        .iter()
        .map(|lost| json!({"line": lost.line, "says": lost.text}))
        .collect();
    json!({
        "file": it.path,
        "sid": it.sids.first().map(|sid| sid.0),
        "sids": it.sids.iter().map(|sid| sid.0).collect::<Vec<_>>(),
        "lines": it.lines,
        "skipped": it.lines - it.events,
        "untimed": it.untimed,
        "not_understood": not_understood,
        "lost": lost,
    })
}

fn election_as_json(index: usize, logs: &Logs, history: &History, oddities: &[Oddity]) -> Value {
    let election = &history.elections[index];
    let zero = election.starts(logs);
    let steps: Vec<_> = steps(election, logs)
        .iter()
        .filter_map(|step| {
            let what = timeline::words(&step.what, logs)?;
            let ms = timeline::since(zero, step.time).and_then(|ms| i64::try_from(ms).ok());
            Some(json!({"ms": ms, "sid": step.sid.0, "what": what}))
        })
        .collect();
    let odd = oddities.iter().filter(|it| it.election == Some(index));
    json!({
        "started": zero.map(|time| time.to_string()),
        "vote": election.vote,
        "why": timeline::why(election),
        "steps": steps,
        "oddities": odd.map(|it| &it.what).collect::<Vec<_>>(),
    })
}
