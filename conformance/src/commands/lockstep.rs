//! `fle-conformance lockstep`: model and engine side by side over every transition of a scenario.

use super::{Output, Result, scenario};
use fle_conformance::describe;
use fle_conformance::lockstep::{Divergence, Report, lockstep};
use fle_model::catalogue::{SCENARIOS, Scenario, Tier};
use fle_model::progress::Progress;
use fle_model::report::grouped;
use std::fs;
use std::io::{self, IsTerminal, Write};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread::available_parallelism;

#[derive(clap::Args)]
pub(crate) struct Lockstep {
    /// Scenarios of the model, as `fle-model list` names them; without any, those of tier `ci`.
    #[arg(value_name = "SCENARIO", value_parser = scenario)]
    scenarios: Vec<&'static Scenario>,
    /// How many threads search. [default: one for each processor]
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
    /// Writes the trace of each divergence to this folder, for `replay`. It is made if it is missing.
    #[arg(long, value_name = "DIR")]
    trace_dir: Option<PathBuf>,
    #[command(flatten)]
    output: Output,
}

impl Lockstep {
    pub(crate) fn run(self) -> Result<ExitCode> {
        let processors = available_parallelism().unwrap_or(NonZeroUsize::MIN);
        let threads = self.threads.unwrap_or(processors);
        let of_tier = SCENARIOS.iter().filter(|it| it.tier == Tier::Ci);
        let scenarios: Vec<_> = if self.scenarios.is_empty() {
            of_tier.collect()
        } else {
            self.scenarios.clone()
        };
        let mut text = self.output.text();
        let mut reports = Vec::new();
        for scenario in scenarios {
            let report = watched(scenario, threads);
            tell(&mut *text, &report)?;
            if let Some(divergence) = &report.divergence {
                self.keep(&report.scenario, divergence)?;
            }
            reports.push(report);
        }
        self.output.json(&reports)?;
        let transitions: usize = reports.iter().map(|report| report.transitions).sum();
        let comparisons: usize = reports.iter().map(|report| report.comparisons).sum();
        let diverging = reports.iter().filter(|it| it.divergence.is_some()).count();
        writeln!(
            text,
            "{} scenario(s), {} transitions, {} comparisons, {diverging} diverged",
            reports.len(),
            grouped(transitions),
            grouped(comparisons)
        )?;
        Ok(ExitCode::from(u8::from(diverging > 0)))
    }

    fn keep(&self, scenario: &str, divergence: &Divergence) -> Result<()> {
        let Some(folder) = &self.trace_dir else {
            return Ok(());
        };
        let file = folder.join(format!("{scenario}-s{}.jsonl", divergence.sid));
        fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        divergence.trace.write(&file)?;
        Ok(())
    }
}

/// With a line of progress if anybody watches.
fn watched(scenario: &Scenario, threads: NonZeroUsize) -> Report {
    if !io::stderr().is_terminal() {
        return lockstep(scenario, threads, None);
    }
    let name = scenario.name;
    let mut show = |progress: Progress| eprint!("\r\x1b[K\x1b[?7l{name}: {progress}\x1b[?7h");
    let report = lockstep(scenario, threads, Some(&mut show));
    eprint!("\r\x1b[K");
    report
}

fn tell(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    writeln!(
        out,
        "{}: {} states, {} transitions, {} acts, {} comparisons",
        report.scenario,
        grouped(report.states),
        grouped(report.transitions),
        grouped(report.acts),
        grouped(report.comparisons)
    )?;
    let Some(Divergence {
        sid, difference, ..
    }) = &report.divergence
    else {
        return Ok(());
    };
    let step = difference.step;
    writeln!(
        out,
        "{}: server {sid} differs from the model at step {step}",
        report.scenario
    )?;
    writeln!(out, "{}", describe::difference(difference))
}
