//! `fle-model trace`: random paths of a scenario as trace files.

use super::output::print;
use super::{random_seed, scenario};
use fle_model::catalogue::Scenario;
use fle_model::trace::record_walk;
use std::fs;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(clap::Args)]
pub(crate) struct Trace {
    /// The scenario to walk through.
    #[arg(value_name = "SCENARIO", value_parser = scenario)]
    scenario: &'static Scenario,
    /// How many walks.
    #[arg(long, value_name = "N", default_value = "10")]
    walks: NonZeroU32,
    /// The seed of the first walk; each further one has the next number. [default: a random one, which is printed]
    #[arg(long, value_name = "S")]
    seed: Option<u64>,
    /// The folder for the traces, `SCENARIO-SEED-sSID-gLIFE.jsonl`, over what is there. It is made if it is missing.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

impl Trace {
    pub(crate) fn run(self) -> Result<ExitCode, String> {
        let Self { scenario, out, .. } = self;
        let cannot_write = |error| format!("cannot write {}: {error}", out.display());
        fs::create_dir_all(&out).map_err(cannot_write)?;
        let first = self.seed.unwrap_or_else(random_seed);
        let (mut traces, mut steps) = (0, 0);
        for walk in 0..self.walks.get() {
            let seed = first.wrapping_add(walk.into());
            for recording in record_walk(scenario, seed) {
                let file = out.join(recording.file_name(&format!("{}-{seed}", scenario.name)));
                let written = recording.trace.write(&file);
                written.map_err(|error| error.to_string())?;
                traces += 1;
                steps += recording.trace.steps.len();
            }
        }
        print(&format!(
            "seed {first}: {} walk(s) of {}, {traces} traces with {steps} steps in {}\n",
            self.walks,
            scenario.name,
            out.display()
        ))?;
        Ok(ExitCode::SUCCESS)
    }
}
