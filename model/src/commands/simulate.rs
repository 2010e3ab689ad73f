//! `fle-model simulate`: random walks through a scenario.

use super::named::{Chosen, scenario};
use super::output::{print, watched};
use super::{all_processors, random_seed};
use fle_model::frame::simulate::Options;
use fle_model::frame::trace_dir::TraceDir;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

#[derive(clap::Args)]
pub(crate) struct Simulate {
    /// The scenario to walk through.
    #[arg(value_name = "SCENARIO", value_parser = scenario)]
    scenario: Chosen,
    /// For how long to begin new walks.
    #[arg(long, value_name = "N")]
    seconds: NonZeroU32,
    /// The seed of the first walk; each further one has the next number. [default: a random one,
    /// which is printed]
    #[arg(long, value_name = "S")]
    seed: Option<u64>,
    /// Write counterexamples to this folder, as `check` does. It is made if it is missing.
    #[arg(long, value_name = "DIR")]
    trace_dir: Option<PathBuf>,
}

impl Simulate {
    pub(crate) fn run(self) -> Result<ExitCode, String> {
        let trace_dir = self.trace_dir.map(TraceDir::create).transpose()?;
        let seed = self.seed.unwrap_or_else(random_seed);
        print(&format!("seed {seed}\n"))?;
        let end = Instant::now() + Duration::from_secs(self.seconds.get().into());
        let options = Options {
            threads: all_processors(),
            seed,
            enough: &|_| Instant::now() >= end,
        };
        let Chosen(scenario) = self.scenario;
        let simulation = watched(scenario.about().name, |watcher| {
            scenario.simulate(&options, watcher)
        });
        print(&simulation.to_string())?;
        if let Some(dir) = trace_dir {
            dir.write_all(&simulation.properties)?;
        }
        Ok(ExitCode::from(u8::from(!simulation.passed())))
    }
}
