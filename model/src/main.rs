//! `fle-model`: checks the specification of the election, walks through it, shows it.

mod commands;

use clap::error::ErrorKind;
use clap::{Parser, Subcommand};
use commands::check::Check;
use commands::explore::Explore;
use commands::graph::Graph;
use commands::list::List;
use commands::merge::Merge;
use commands::mutants::Mutants;
use commands::simulate::Simulate;
use commands::trace::Trace;
use std::process::ExitCode;

/// The executable specification of Fast Leader Election.
///
/// Exit code 0: all well; 1: a check failed; 2: bad usage or unusable input.
///
/// Where the environment variable GITHUB_ACTIONS is `true`, what failed is also told to GitHub's
/// runner, which shows it beside the run.
#[derive(Parser)]
#[command(name = "fle-model", version, max_term_width = 80)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Visits every state of the scenarios and checks every property.
    Check(Box<Check>),
    /// Runs broken elections: every one must violate a property.
    Mutants(Mutants),
    /// Prints the scenarios, properties and mutants.
    List(List),
    /// Walks through a scenario at random, for those too large to be exhausted, and checks what
    /// must always hold.
    Simulate(Simulate),
    /// Shows a scenario in the browser, state by state: stateright's Explorer.
    Explore(Explore),
    /// Writes the states of a small scenario and the steps between them to a file, for Graphviz.
    Graph(Graph),
    /// Writes random paths of the model as fle-trace/1 files, one for each server, for
    /// fle-conformance to replay.
    Trace(Trace),
    /// Puts the JSON reports of a run's shards together.
    Merge(Merge),
}

impl Command {
    fn run(self) -> Result<ExitCode, String> {
        match self {
            Self::Check(check) => check.run(),
            Self::Mutants(mutants) => mutants.run(),
            Self::List(list) => list.run(),
            Self::Simulate(simulate) => simulate.run(),
            Self::Explore(explore) => explore.run(),
            Self::Graph(graph) => graph.run(),
            Self::Trace(trace) => trace.run(),
            Self::Merge(merge) => merge.run(),
        }
    }
}

fn main() -> ExitCode {
    let result = match Cli::try_parse() {
        Ok(cli) => cli.command.run(),
        Err(usage) if !usage.use_stderr() => usage.exit(),
        Err(usage) => Err(one_line(&usage)),
    };
    result.unwrap_or_else(|error| {
        eprintln!("fle-model: {error}");
        ExitCode::from(2)
    })
}

/// What is wrong with the usage, without the help that clap adds.
fn one_line(usage: &clap::Error) -> String {
    if usage.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        let commands = "check, mutants, list, simulate, explore, graph, trace or merge";
        return format!("which command? {commands} (see --help)");
    }
    let text = usage.render().to_string();
    let lines = text
        .lines()
        .take_while(|line| !line.is_empty())
        .map(str::trim);
    let line = lines.collect::<Vec<_>>().join(" ");
    line.trim_start_matches("error: ").to_owned()
}
