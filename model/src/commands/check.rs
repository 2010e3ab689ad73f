//! `fle-model check`: scenarios, state by state.

use super::broken::{Broken, broken};
use super::output::{Either, Reports, watched};
use super::{all_processors, scenario};
use fle_model::catalogue::{SCENARIOS, Scenario, Tier};
use fle_model::check::{Options, check};
use fle_model::counterexample::{Counterexample, TraceDir};
use fle_model::establishment::{self, catalogue};
use fle_model::mutants;
use fle_model::shard::Shard;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(clap::Args)]
pub(crate) struct Check {
    /// The scenarios to check; without any, those of the tier.
    #[arg(value_name = "SCENARIO", value_parser = chosen)]
    scenarios: Vec<Chosen>,
    /// The tier to check.
    #[arg(long, value_enum, default_value = "ci", conflicts_with = "scenarios")]
    tier: Tier,
    /// Break this rule first; without scenarios named, stop at the first that notices.
    #[arg(long, value_name = "NAME", conflicts_with = "tier", value_parser = broken)]
    mutant: Option<Broken>,
    /// How many threads search. [default: one for each processor]
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
    /// Start only from every N-th initial state: part I of N, from 0 to N-1, as batch systems count their tasks. `merge` puts
    /// the parts' reports together.
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,
    /// Also write the reports as JSON to this file, `-` for standard output.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write counterexamples to this folder, each as JSON, as a diagram (SVG), and as fle-trace/1 files, one for each server and
    /// each of its lives, for fle-conformance to replay. It is made if it is missing.
    #[arg(long, value_name = "DIR")]
    trace_dir: Option<PathBuf>,
}

impl Check {
    pub(crate) fn run(self) -> Result<ExitCode, String> {
        let options = Options {
            threads: self.threads.unwrap_or_else(all_processors),
            shard: self.shard.unwrap_or(Shard::WHOLE),
        };
        let chosen = self.chosen()?;
        let mut reports = Reports::new(self.json)?;
        let trace_dir = self.trace_dir.map(TraceDir::create).transpose()?;
        for chosen in chosen {
            let report = match (chosen, self.mutant) {
                (Chosen::Election(scenario), None) => election(scenario, options),
                (Chosen::Election(scenario), Some(Broken::Election(mutant))) => {
                    election(&scenario.mutated(mutant), options)
                }
                (Chosen::Establishment(scenario), None) => establish(scenario, None, options),
                (Chosen::Establishment(scenario), Some(Broken::Establishment(mutant))) => {
                    establish(scenario, Some(mutant), options)
                }
                (Chosen::Election(Scenario { name, .. }), Some(_))
                | (Chosen::Establishment(catalogue::Scenario { name, .. }), Some(_)) => {
                    return Err(format!("{name} is of the model that has no such rule"));
                }
            };
            let noticed = self.mutant.is_some() && !report.passed();
            if let (Some(dir), Either::Election(report)) = (&trace_dir, &report) {
                dir.write_all(&report.properties)?;
            }
            reports.add(report)?;
            if noticed && self.scenarios.is_empty() {
                break;
            }
        }
        reports.finish()
    }

    /// The scenarios named, or those of the tier.
    fn chosen(&self) -> Result<Vec<Chosen>, String> {
        let of_tier = SCENARIOS
            .iter()
            .filter(|scenario| scenario.tier == self.tier)
            .map(Chosen::Election);
        let established = catalogue::SCENARIOS
            .iter()
            .filter(|scenario| scenario.tier == self.tier)
            .map(Chosen::Establishment);
        let chosen: Vec<_> = match (&self.scenarios[..], self.mutant) {
            ([], None) => of_tier.chain(established).collect(),
            ([], Some(Broken::Election(mutant))) => {
                let in_order = mutants::in_order(mutant).into_iter();
                in_order.map(Chosen::Election).collect()
            }
            ([], Some(Broken::Establishment(mutant))) => {
                let in_order = establishment::mutants::in_order(mutant).into_iter();
                in_order.map(Chosen::Establishment).collect()
            }
            (named, _) => named.to_vec(),
        };
        if chosen.is_empty() {
            return Err(format!("no scenario is in tier {} yet", self.tier.name()));
        }
        Ok(chosen)
    }
}

fn election(scenario: &Scenario, options: Options) -> Either<Counterexample> {
    let report = watched(scenario.name, |watcher| check(scenario, options, watcher));
    Either::Election(report)
}

fn establish(
    scenario: &catalogue::Scenario,
    mutant: Option<establishment::mutants::Mutant>,
    options: Options,
) -> Either<Counterexample> {
    let report = watched(scenario.name, |watcher| {
        establishment::check::check(scenario, mutant, options, watcher)
    });
    Either::Establishment(report)
}

/// A scenario of one of the two models.
#[derive(Clone, Copy)]
enum Chosen {
    Election(&'static Scenario),
    Establishment(&'static catalogue::Scenario),
}

fn chosen(name: &str) -> Result<Chosen, String> {
    let established = catalogue::find(name).map(Chosen::Establishment);
    established.map_or_else(|| scenario(name).map(Chosen::Election), Ok)
}
