//! `fle-conformance validate`: logs of real runs against the algorithm.
//!
//! First comes the answer: when there was no leader, and why. Then the verdict, then the timeline.
//! With `--follow` (`follow`) the logs are read on while they grow.
//!
//! Exit 0: allowed. Exit 1: not allowed. Exit 2: what was given cannot be used, and what it says
//! cannot be judged or is nothing to judge, with the first reason on standard error; a script that
//! asks whether a history is allowed must not take silence for a yes.

mod follow;
mod json;

use super::{Output, Result};
use fle::config::DynamicConfig;
use fle_conformance::history::findings::Findings;
use fle_conformance::history::judge::{self, Outcome};
use fle_conformance::history::log::{Growing, Logs};
use fle_conformance::history::outage::words;
use fle_conformance::history::{account, drawing, page, timeline};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{fs, io};

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
    /// Reads on while the logs grow, and tells what is new, until it is interrupted; then come the
    /// files asked for, and the exit code of the verdict so far.
    #[arg(long)]
    follow: bool,
    #[command(flatten)]
    pictures: Pictures,
    #[command(flatten)]
    output: Output,
}

/// What is written beside the text.
#[derive(clap::Args)]
struct Pictures {
    /// Draws the history as SVG.
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Writes answer, verdict, timeline and drawing as one HTML page, which loads nothing.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

impl Validate {
    pub(crate) fn run(self) -> Result<ExitCode> {
        self.overwrites_nothing()?;
        let config = self.config.as_deref().map(judge::configuration);
        let config = config.transpose()?;
        if self.follow {
            return self.follow(config);
        }
        let findings = Findings::of(Logs::read(&self.logs)?, config.as_ref());
        let out = &mut *self.output.text();
        writeln!(out, "{}", words::text(&findings.answer))?;
        writeln!(out, "{}", account::text(&findings))?;
        write!(out, "{}", timeline::text(&findings))?;
        self.finish(&findings)
    }

    /// No file is written that is read, or written already.
    fn overwrites_nothing(&self) -> Result<()> {
        let same = |a: &Path, b: &Path| {
            let real = |path: &Path| fs::canonicalize(path).ok();
            a == b || real(a).is_some_and(|a| real(b) == Some(a))
        };
        let Pictures { svg, html } = &self.pictures;
        let written = [svg.as_deref(), html.as_deref(), self.output.file()];
        let mut taken: Vec<&Path> = self
            .logs
            .iter()
            .chain(&self.config)
            .map(AsRef::as_ref)
            .collect();
        for path in written.into_iter().flatten() {
            if taken.iter().any(|it| same(it, path)) {
                let path = path.display();
                let text = format!("{path} is read, or written already; write to another file");
                return Err(text.into());
            }
            taken.push(path);
        }
        Ok(())
    }

    fn follow(&self, config: Option<DynamicConfig>) -> Result<ExitCode> {
        if self.output.is_on_stdout() {
            return Err("--follow tells its news on standard output; give --json a file".into());
        }
        let growing = Growing::open(&self.logs)?;
        match follow::run(growing, config)? {
            Some(findings) => self.finish(&findings),
            None => Err("nothing to judge: the logs are empty".into()),
        }
    }

    /// What is written beside the text, and the exit code.
    fn finish(&self, findings: &Findings) -> Result<ExitCode> {
        self.pictures.write(findings)?;
        self.output.json(&json::of(findings))?;
        exit(findings)
    }
}

impl Pictures {
    fn write(&self, findings: &Findings) -> Result<()> {
        if let Some(path) = &self.svg {
            let drawing = svg::save(path, &drawing::draw(findings));
            drawing.map_err(|error| cannot_write(path, &error))?;
        }
        if let Some(path) = &self.html {
            let page = fs::write(path, page::html(findings));
            page.map_err(|error| cannot_write(path, &error))?;
        }
        Ok(())
    }
}

fn cannot_write(path: &Path, error: &io::Error) -> String {
    format!("cannot write {}: {error}", path.display())
}

/// Exit 0 for what is allowed, 1 for what is not; what cannot be judged is no usable input.
fn exit(findings: &Findings) -> Result<ExitCode> {
    let verdict = &findings.verdict;
    match (verdict.outcome(), verdict.unjudged.first()) {
        (Outcome::Allowed, _) => Ok(ExitCode::SUCCESS),
        (Outcome::NotAllowed, _) => Ok(ExitCode::FAILURE),
        (Outcome::NotJudged, Some(first)) => {
            let first = account::words(&findings.logs, first);
            Err(format!("not judged, first of all {first}").into())
        }
        (Outcome::Nothing | Outcome::NotJudged, _) => {
            Err("nothing to judge: no line tells that an election starts".into())
        }
    }
}
