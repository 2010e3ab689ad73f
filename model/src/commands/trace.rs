//! `fle-model trace`: random paths of a scenario as trace files.

use super::named::{Chosen, scenario};
use super::output::print;
use super::random_seed;
use std::fs;
use std::io;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(clap::Args)]
pub(crate) struct Trace {
    /// The scenario to walk through.
    #[arg(value_name = "SCENARIO", value_parser = scenario)]
    scenario: Chosen,
    /// How many walks.
    #[arg(long, value_name = "N", default_value = "10")]
    walks: NonZeroU32,
    /// The seed of the first walk; each further one has the next number. [default: a random one,
    /// which is printed]
    #[arg(long, value_name = "S")]
    seed: Option<u64>,
    /// The folder for the traces, `SCENARIO-SEED-sSID-gLIFE.jsonl`, over what is there. It is made
    /// if it is missing.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

impl Trace {
    pub(crate) fn run(self) -> Result<ExitCode, String> {
        let Self { out, walks, .. } = self;
        let Chosen(scenario) = self.scenario;
        let name = scenario.about().name;
        let first = self.seed.unwrap_or_else(random_seed);
        let (mut traces, mut steps) = (0, 0);
        for walk in 0..walks.get() {
            let seed = first.wrapping_add(walk.into());
            let recordings = scenario.record_walk(seed).ok_or_else(|| no_format(name))?;
            make(&out)?;
            for recording in recordings {
                let file = out.join(format!("{name}-{seed}-{}", recording.name));
                let written = fs::write(&file, recording.text);
                written.map_err(|error| cannot_write(&file, &error))?;
                traces += 1;
                steps += recording.steps;
            }
        }
        let out = out.display();
        print(&format!(
            "seed {first}: {walks} walk(s) of {name}, {traces} traces with {steps} steps in {out}\n"
        ))?;
        Ok(ExitCode::SUCCESS)
    }
}

fn make(folder: &Path) -> Result<(), String> {
    fs::create_dir_all(folder).map_err(|error| cannot_write(folder, &error))
}

fn cannot_write(path: &Path, error: &io::Error) -> String {
    format!("cannot write {}: {error}", path.display())
}

fn no_format(scenario: &str) -> String {
    format!(
        "fle-trace/1 tells of elections, and {scenario} is of the establishment; `fle-conformance \
         lockstep {scenario}` holds the implementation against it, and `fle-model explore {scenario}` \
         shows its steps"
    )
}
