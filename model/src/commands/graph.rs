//! `fle-model graph`: the states of a small scenario, for Graphviz.

use super::named::{Chosen, scenario};
use super::output::{NamedFile, print};
use fle_model::frame::figures::grouped;
use fle_model::frame::shard::Shard;
use fle_model::frame::state_graph::{MOST, StateGraph};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(clap::Args)]
pub(crate) struct Graph {
    /// The scenario to draw.
    #[arg(value_name = "SCENARIO", value_parser = scenario)]
    scenario: Chosen,
    /// Start only from every N-th initial state, as `check` does: with N the number of them, from
    /// one.
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,
    /// The file for the graph: `dot -Tsvg FILE` draws it.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

impl Graph {
    pub(crate) fn run(self) -> Result<ExitCode, String> {
        let Chosen(scenario) = self.scenario;
        let (name, starts) = (scenario.about().name, scenario.initial_states());
        let graph = scenario.graph(self.shard.unwrap_or(Shard::WHOLE));
        let StateGraph { states, steps, dot } = graph.ok_or_else(|| {
            let most = grouped(MOST);
            format!(
                "more than {most} states of {name} are too many to draw; `--shard 0/{starts}` \
                 begins with one of its {starts} initial states"
            )
        })?;
        let out = self.out.display().to_string();
        NamedFile::create(self.out)?.write(&dot)?;
        print(&format!(
            "{name}: {} states and {} steps in {out}\n",
            grouped(states),
            grouped(steps)
        ))?;
        Ok(ExitCode::SUCCESS)
    }
}
