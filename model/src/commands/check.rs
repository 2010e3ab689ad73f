//! `fle-model check`: scenarios, state by state.

use super::all_processors;
use super::named::{Chosen, mutant, scenario};
use super::output::{NamedFile, Reports, watched};
use fle_model::frame::any::AnyScenario;
use fle_model::frame::check::Options;
use fle_model::frame::html::html;
use fle_model::frame::junit::junit;
use fle_model::frame::mutant::Entry;
use fle_model::frame::mutants::in_order;
use fle_model::frame::report::Report;
use fle_model::frame::scenario::Tier;
use fle_model::frame::shard::Shard;
use fle_model::frame::store::{Limits, Store};
use fle_model::frame::trace_dir::TraceDir;
use fle_model::models;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

#[derive(clap::Args)]
pub(crate) struct Check {
    /// The scenarios to check; without any, those of the tier.
    #[arg(value_name = "SCENARIO", value_parser = scenario)]
    scenarios: Vec<Chosen>,
    /// The tier to check.
    #[arg(long, value_enum, default_value = "ci", conflicts_with = "scenarios")]
    tier: Tier,
    /// Break this rule first; without scenarios named, stop at the first that notices.
    #[arg(long, value_name = "NAME", conflicts_with = "tier", value_parser = mutant)]
    mutant: Option<Entry>,
    /// How many threads search. [default: one for each processor]
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
    /// Start only from every N-th initial state: part I of N, from 0 to N-1, as batch systems count
    /// their tasks. `merge` puts the parts' reports together.
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,
    /// Keep the search of the one scenario named in this folder: for more states than fit into
    /// memory, and to go on after the process has ended, with the same command. What must hold
    /// eventually is not judged then.
    #[arg(long, value_name = "DIR", requires = "scenarios")]
    store: Option<PathBuf>,
    /// Also write the reports as JSON to this file, `-` for standard output.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Also write the reports as JUnit XML to this file: a suite for each scenario, a case for each
    /// property.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Also write all of it to this file, as a page for browsers.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Write counterexamples to this folder, each as JSON, as a diagram (SVG), and, of an election,
    /// as fle-trace/1 files, one for each server and each of its lives, for fle-conformance to
    /// replay. It is made if it is missing.
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
        let junit_file = self.junit.map(NamedFile::create).transpose()?;
        let html_file = self.html.map(NamedFile::create).transpose()?;
        let trace_dir = self.trace_dir.map(TraceDir::create).transpose()?;
        let start = Instant::now();
        let is_whole_tier =
            self.scenarios.is_empty() && self.mutant.is_none() && options.shard.is_whole();
        for scenario in chosen {
            let report = report(&*scenario, self.store.as_deref(), options)?;
            let noticed = self.mutant.is_some() && !report.passed();
            if let Some(dir) = &trace_dir {
                dir.write_all(&report.properties)?;
            }
            reports.add(report)?;
            if noticed && self.scenarios.is_empty() {
                break;
            }
        }
        if let Some(file) = junit_file {
            let text = junit(reports.all()).map_err(|error| error.to_string())?;
            file.write(&text)?;
        }
        if let Some(file) = html_file {
            file.write(&html(reports.all()))?;
        }
        let uncovered =
            is_whole_tier && self.tier == Tier::Ci && reports.tell_what_never_happened()?;
        let code = reports.finish(Some(start.elapsed()))?;
        Ok(if uncovered { ExitCode::FAILURE } else { code })
    }

    /// The scenarios named, or those of the tier; with a broken rule, if one is to be broken.
    fn chosen(&self) -> Result<Vec<Box<dyn AnyScenario>>, String> {
        if self.store.is_some() && self.scenarios.len() > 1 {
            let several = "a store is of one scenario, and several are named: name one";
            return Err(several.to_owned());
        }
        let named = self.scenarios.iter().map(|chosen| chosen.0);
        match (&self.mutant, &self.scenarios[..]) {
            (Some(mutant), []) => Ok(in_order(mutant, models::scenarios())),
            (Some(mutant), _) => named.map(|it| broken(it, mutant)).collect(),
            (None, []) => self.of_tier(),
            (None, _) => Ok(named.map(AnyScenario::whole).collect()),
        }
    }

    fn of_tier(&self) -> Result<Vec<Box<dyn AnyScenario>>, String> {
        let scenarios = models::scenarios();
        let of_tier = scenarios.filter(|scenario| scenario.about().tier == self.tier);
        let of_tier: Vec<_> = of_tier.map(AnyScenario::whole).collect();
        if of_tier.is_empty() {
            return Err(format!("no scenario is in tier {} yet", self.tier.name()));
        }
        Ok(of_tier)
    }
}

/// What comes of checking the scenario, in this store if there is one.
fn report(
    scenario: &dyn AnyScenario,
    store: Option<&Path>,
    options: Options,
) -> Result<Report, String> {
    let name = scenario.about().name;
    let Some(folder) = store else {
        return Ok(watched(name, |watcher| scenario.check(options, watcher)));
    };
    let limits = Limits::default();
    let store = Store { folder, limits };
    let report = watched(name, |watcher| {
        scenario.check_in_store(store, options, watcher)
    });
    report.map_err(|problem| problem.to_string())
}

fn broken(scenario: &dyn AnyScenario, mutant: &Entry) -> Result<Box<dyn AnyScenario>, String> {
    scenario.broken(&mutant.name).ok_or_else(|| {
        let (name, rule) = (scenario.about().name, &mutant.name);
        format!("{name} is of the protocol that has no rule for {rule} to break")
    })
}
