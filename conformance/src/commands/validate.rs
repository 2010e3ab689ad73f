//! `fle-conformance validate`: logs of real runs against the algorithm.

use super::{Output, Result};
use fle_conformance::history::judge::{self, Objection, Verdict};
use fle_conformance::history::log::Logs;
use fle_conformance::history::oddities::{self, Oddity};
use fle_conformance::history::rebuild::History;
use fle_conformance::history::steps::steps;
use fle_conformance::history::{drawing, timeline};
use serde_json::{Value, json};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(clap::Args)]
pub(crate) struct Validate {
    /// Logs of the servers of one ensemble: this project's event logs or ZooKeeper's server logs, one server a file.
    #[arg(required = true)]
    logs: Vec<PathBuf>,
    /// The ensemble's zoo.cfg, or its dynamic configuration file. Without it a majority of the servers that the logs name is
    /// assumed, unless the logs tell more.
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
        Ok(ExitCode::from(u8::from(!verdict.objections.is_empty())))
    }
}

/// The verdict, the last line of which says it in a word.
fn report(out: &mut dyn Write, logs: &Logs, verdict: &Verdict) -> io::Result<()> {
    writeln!(out)?;
    for source in &logs.files {
        let events = source.lines - source.skipped;
        writeln!(
            out,
            "{}: server {}, {events} events in {} lines",
            source.path.display(),
            source.sid,
            source.lines
        )?;
    }
    for it in &verdict.unjudged {
        writeln!(out, "not judged: {}: {}", logs.locate(it.at), it.why)?;
    }
    let Some(first) = verdict.objections.first() else {
        return writeln!(out, "allowed");
    };
    for objection in &verdict.objections {
        let (at, sid) = (logs.locate(objection.at), objection.sid);
        writeln!(out, "objection: {at}: server {sid}: {}", objection.why)?;
    }
    writeln!(
        out,
        "first event that is not allowed: {}",
        quote(logs, first)
    )
}

/// The line objected to, as it stands in its file.
fn quote(logs: &Logs, objection: &Objection) -> String {
    let at = logs.locate(objection.at);
    let Ok(file) = File::open(&logs.files[objection.at.file].path) else {
        return at;
    };
    let mut lines = BufReader::new(file).split(b'\n');
    match lines.nth(objection.at.line - 1) {
        Some(Ok(line)) => format!("{at}: {}", String::from_utf8_lossy(&line)),
        _ => at,
    }
}

fn as_json(logs: &Logs, verdict: &Verdict, history: &History, oddities: &[Oddity]) -> Value {
    let files: Vec<_> = logs
        .files
        .iter()
        .map(|it| json!({"file": it.path, "sid": it.sid.0, "lines": it.lines, "skipped": it.skipped}))
        .collect();
    let objections: Vec<_> = verdict
        .objections
        .iter()
        .map(|it| json!({"sid": it.sid.0, "file": logs.files[it.at.file].path, "line": it.at.line, "why": it.why}))
        .collect();
    let unjudged: Vec<_> = verdict
        .unjudged
        .iter()
        .map(|it| json!({"sid": it.sid.0, "file": logs.files[it.at.file].path, "line": it.at.line, "why": it.why}))
        .collect();
    let elections: Vec<_> = (0..history.elections.len())
        .map(|index| election_as_json(index, logs, history, oddities))
        .collect();
    let general = oddities.iter().filter(|it| it.election.is_none());
    json!({
        "allowed": objections.is_empty(),
        "voters": verdict.voters.iter().map(|sid| sid.0).collect::<Vec<_>>(),
        "quorum": format!("{:?}", verdict.quorum),
        "files": files,
        "elections": elections,
        "oddities": general.map(|it| &it.what).collect::<Vec<_>>(),
        "objections": objections,
        "unjudged": unjudged,
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
