//! `fle-conformance lockstep`: model and engine side by side over every transition of a scenario.

use super::{Output, Result};
use fle_conformance::describe;
use fle_conformance::lockstep::{Report, election, establishment};
use fle_model::election::catalogue;
use fle_model::election::scenario::Scenario;
use fle_model::establishment::catalogue as establishments;
use fle_model::frame::figures::{collision, grouped};
use fle_model::frame::progress::{Progress, Watcher};
use fle_model::frame::scenario::Tier;
use serde::Serialize;
use std::fs;
use std::io::{self, IsTerminal, Write};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread::available_parallelism;

#[derive(clap::Args)]
pub(crate) struct Lockstep {
    /// Scenarios of the model, as `fle-model list` names them; without any, those of tier `ci`.
    #[arg(value_name = "SCENARIO", value_parser = chosen)]
    scenarios: Vec<Chosen>,
    /// How many threads search. [default: one for each processor]
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
    /// Writes the trace of each divergence of an election to this folder, for `replay`. It is made
    /// if it is missing.
    #[arg(long, value_name = "DIR")]
    trace_dir: Option<PathBuf>,
    #[command(flatten)]
    output: Output,
}

/// A scenario of either model.
#[derive(Clone, Copy)]
enum Chosen {
    Election(&'static Scenario),
    Establishment(&'static fle_model::establishment::scenario::Scenario),
}

/// What came of either's.
#[derive(Serialize)]
#[serde(untagged)]
enum Either {
    Election(Box<Report<election::Divergence>>),
    Establishment(Report<establishment::Divergence>),
}

/// The scenario of this name, for the command line.
fn chosen(name: &str) -> std::result::Result<Chosen, String> {
    let election = catalogue::find(name).map(Chosen::Election);
    let establishment = || with_engine().find(|it| it.name == name);
    let establishment = || establishment().map(Chosen::Establishment);
    election.or_else(establishment).ok_or_else(|| {
        let elections = catalogue::SCENARIOS.iter().map(|it| it.name);
        let establishments = with_engine().map(|it| it.name);
        let known: Vec<_> = elections.chain(establishments).collect();
        let known = known.join(", ");
        format!("no scenario of this name is one for the engine; there are {known}")
    })
}

/// The establishments without transactions: the engine has none.
fn with_engine() -> impl Iterator<Item = &'static fle_model::establishment::scenario::Scenario> {
    let all = establishments::SCENARIOS.iter();
    all.filter(|it| !it.replicates())
}

/// Those of tier `ci`.
fn of_tier() -> Vec<Chosen> {
    let elections = catalogue::SCENARIOS.iter();
    let elections = elections.filter(|it| it.tier == Tier::Ci);
    let establishments = with_engine().filter(|it| it.tier == Tier::Ci);
    let elections = elections.map(Chosen::Election);
    let establishments = establishments.map(Chosen::Establishment);
    elections.chain(establishments).collect()
}

impl Lockstep {
    pub(crate) fn run(self) -> Result<ExitCode> {
        let processors = available_parallelism().unwrap_or(NonZeroUsize::MIN);
        let threads = self.threads.unwrap_or(processors);
        let scenarios = match &self.scenarios[..] {
            [] => of_tier(),
            named => named.to_vec(),
        };
        let mut text = self.output.text();
        let mut sum = Sum::default();
        let reports = scenarios.into_iter();
        let reports = reports.map(|scenario| self.report(scenario, threads, &mut *text, &mut sum));
        let reports = reports.collect::<Result<Vec<_>>>()?;
        self.output.json(&reports)?;
        writeln!(
            text,
            "{} scenario(s), {} transitions, {} comparisons, {} diverged",
            reports.len(),
            grouped(sum.transitions),
            grouped(sum.comparisons),
            sum.diverging
        )?;
        Ok(ExitCode::from(u8::from(sum.diverging > 0)))
    }

    /// Runs one scenario and tells what came of it.
    fn report(
        &self,
        scenario: Chosen,
        threads: NonZeroUsize,
        text: &mut dyn Write,
        sum: &mut Sum,
    ) -> Result<Either> {
        match scenario {
            Chosen::Election(scenario) => {
                let report = watched(scenario.name, |watcher| {
                    election::lockstep(scenario, threads, watcher)
                });
                sum.add(&report);
                tell(text, &report, election_differs)?;
                if let Some(divergence) = &report.divergence {
                    self.keep(&report.scenario, divergence)?;
                }
                Ok(Either::Election(Box::new(report)))
            }
            Chosen::Establishment(scenario) => {
                let report = watched(scenario.name, |watcher| {
                    establishment::lockstep(scenario, threads, watcher)
                });
                sum.add(&report);
                tell(text, &report, ToString::to_string)?;
                Ok(Either::Establishment(report))
            }
        }
    }

    fn keep(&self, scenario: &str, divergence: &election::Divergence) -> Result<()> {
        let Some(folder) = &self.trace_dir else {
            return Ok(());
        };
        let file = folder.join(format!("{scenario}-s{}.jsonl", divergence.sid));
        fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        divergence.trace.write(&file)?;
        Ok(())
    }
}

/// What came of all scenarios together.
#[derive(Default)]
struct Sum {
    transitions: usize,
    comparisons: usize,
    diverging: usize,
}

impl Sum {
    fn add<D>(&mut self, report: &Report<D>) {
        self.transitions += report.transitions;
        self.comparisons += report.comparisons;
        self.diverging += usize::from(report.divergence.is_some());
    }
}

/// With a line of progress if anybody watches.
fn watched<D>(name: &str, run: impl FnOnce(Option<Watcher<'_>>) -> Report<D>) -> Report<D> {
    if !io::stderr().is_terminal() {
        return run(None);
    }
    let mut show = |progress: Progress| eprint!("\r\x1b[K\x1b[?7l{name}: {progress}\x1b[?7h");
    let report = run(Some(&mut show));
    eprint!("\r\x1b[K");
    report
}

fn tell<D>(
    out: &mut dyn Write,
    report: &Report<D>,
    differs: impl Fn(&D) -> String,
) -> io::Result<()> {
    writeln!(
        out,
        "{}: {} states, {} transitions, {} acts, {} comparisons\n  {}",
        report.scenario,
        grouped(report.states),
        grouped(report.transitions),
        grouped(report.acts),
        grouped(report.comparisons),
        collision(report.collision_probability)
    )?;
    match &report.divergence {
        None => Ok(()),
        Some(divergence) => writeln!(out, "{}: {}", report.scenario, differs(divergence)),
    }
}

fn election_differs(divergence: &election::Divergence) -> String {
    let election::Divergence {
        sid, difference, ..
    } = divergence;
    format!(
        "server {sid} differs from the model at step {}\n{}",
        difference.step,
        describe::difference(difference)
    )
}
