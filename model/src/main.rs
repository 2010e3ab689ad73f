//! `fle-model`: checks the specification of the election, and lists what there is to check.

mod commands;

use clap::error::ErrorKind;
use clap::{Parser, Subcommand};
use fle_model::catalogue::{self, SCENARIOS, Scenario, Tier};
use fle_model::check::{Options, Report, Shard, check};
use fle_model::counterexample::TraceDir;
use fle_model::mutants::{self, Mutant};
use fle_model::report::Catalogue;
use serde::Serialize;
use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread::available_parallelism;

/// The executable specification of Fast Leader Election.
///
/// Exit code 0: all well; 1: a check failed; 2: bad usage.
#[derive(Parser)]
#[command(name = "fle-model", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Visits every state of the scenarios and checks every property.
    Check(Check),
    /// Runs broken elections: every one must violate a property.
    Mutants(commands::mutants::Mutants),
    /// Prints the scenarios, properties and mutants.
    List {
        /// Write the catalogue as JSON to this file instead, `-` for standard output.
        #[arg(long, value_name = "FILE")]
        json: Option<PathBuf>,
    },
}

#[derive(clap::Args)]
struct Check {
    /// The scenarios to check; without any, those of the tier.
    #[arg(value_name = "SCENARIO", value_parser = scenario)]
    scenarios: Vec<&'static Scenario>,
    /// The tier to check.
    #[arg(long, value_enum, default_value = "ci", conflicts_with = "scenarios")]
    tier: Tier,
    /// Break this rule first; without scenarios named, stop at the first that notices.
    #[arg(
        long,
        value_enum,
        value_name = "NAME",
        conflicts_with = "tier",
        hide_possible_values = true
    )]
    mutant: Option<Mutant>,
    /// How many threads search. [default: one for each processor]
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
    /// Start only from every N-th initial state: part I of N, from 0 to N-1, as batch systems count their tasks. Pinned state
    /// counts do not apply to parts.
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,
    /// Also write the reports as JSON to this file, `-` for standard output.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write counterexamples to this folder, each as JSON and as a diagram (SVG). It is made if it is missing.
    #[arg(long, value_name = "DIR")]
    trace_dir: Option<PathBuf>,
}

fn main() -> ExitCode {
    let result = match Cli::try_parse() {
        Ok(Cli {
            command: Command::Check(command),
        }) => command.run(),
        Ok(Cli {
            command: Command::List { json },
        }) => list(json),
        Ok(Cli {
            command: Command::Mutants(command),
        }) => command.run(),
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
        return "which command? check, mutants or list (see --help)".to_owned();
    }
    let text = usage.render().to_string();
    let lines = text
        .lines()
        .take_while(|line| !line.is_empty())
        .map(str::trim);
    let line = lines.collect::<Vec<_>>().join(" ");
    line.trim_start_matches("error: ").to_owned()
}

fn list(json: Option<PathBuf>) -> Result<ExitCode, String> {
    let catalogue = Catalogue::new();
    match json {
        Some(file) => JsonFile::create(file)?.write(&catalogue)?,
        None => print(&catalogue.to_string())?,
    }
    Ok(ExitCode::SUCCESS)
}

impl Check {
    fn run(self) -> Result<ExitCode, String> {
        let options = Options {
            threads: self
                .threads
                .or_else(|| available_parallelism().ok())
                .unwrap_or(NonZeroUsize::MIN),
            shard: self.shard.unwrap_or(Shard::WHOLE),
        };
        let chosen = self.chosen()?;
        let json = self.json.map(JsonFile::create).transpose()?;
        let trace_dir = self.trace_dir.map(TraceDir::create).transpose()?;
        let text_wanted = !json.as_ref().is_some_and(JsonFile::is_standard_output);
        let mut reports = Vec::new();
        for scenario in chosen {
            let report = match self.mutant {
                None => watched(scenario, options),
                Some(mutant) => watched(&scenario.mutated(mutant), options),
            };
            if text_wanted {
                print(&report.to_string())?;
            }
            if let Some(dir) = &trace_dir {
                report
                    .counterexamples()
                    .try_for_each(|found| dir.write(found))?;
            }
            let noticed = self.mutant.is_some() && !report.passed();
            reports.push(report);
            if noticed && self.scenarios.is_empty() {
                break;
            }
        }
        let failed = reports.iter().filter(|report| !report.passed()).count();
        if text_wanted {
            print(&format!(
                "{} scenario(s) checked, {failed} failed\n",
                reports.len()
            ))?;
        }
        if let Some(json) = json {
            json.write(&reports)?;
        }
        Ok(ExitCode::from(u8::from(failed > 0)))
    }

    /// The scenarios named, or those of the tier.
    fn chosen(&self) -> Result<Vec<&'static Scenario>, String> {
        let of_tier = SCENARIOS
            .iter()
            .filter(|scenario| scenario.tier == self.tier);
        let chosen: Vec<_> = match (&self.scenarios[..], self.mutant) {
            ([], None) => of_tier.collect(),
            ([], Some(mutant)) => mutants::in_order(mutant),
            (named, _) => named.to_vec(),
        };
        if chosen.is_empty() {
            return Err(format!("no scenario is in tier {} yet", self.tier.name()));
        }
        Ok(chosen)
    }
}

/// Checks the scenario, with a line of progress if anybody watches.
fn watched(scenario: &Scenario, options: Options) -> Report {
    if !io::stderr().is_terminal() {
        return check(scenario, options, None);
    }
    let mut progress =
        |generated: usize| eprint!("\r{}: {generated} states generated", scenario.name);
    let report = check(scenario, options, Some(&mut progress));
    eprint!("\r\x1b[K");
    report
}

fn scenario(name: &str) -> Result<&'static Scenario, String> {
    catalogue::find(name).ok_or_else(|| {
        let known: Vec<_> = SCENARIOS.iter().map(|scenario| scenario.name).collect();
        format!("there is no such scenario; there are {}", known.join(", "))
    })
}

fn print(text: &str) -> Result<(), String> {
    let written = io::stdout().write_all(text.as_bytes());
    written.map_err(|error| format!("cannot write to standard output: {error}"))
}

/// Where `--json` writes. Created before the work begins, so that a wrong path is known at once.
enum JsonFile {
    StandardOutput,
    Named(PathBuf, File),
}

impl JsonFile {
    fn create(path: PathBuf) -> Result<Self, String> {
        if path == Path::new("-") {
            return Ok(Self::StandardOutput);
        }
        match File::create(&path) {
            Ok(file) => Ok(Self::Named(path, file)),
            Err(error) => Err(format!("cannot write {}: {error}", path.display())),
        }
    }

    fn is_standard_output(&self) -> bool {
        matches!(self, Self::StandardOutput)
    }

    fn write(self, value: &impl Serialize) -> Result<(), String> {
        let mut text = serde_json::to_string_pretty(value).map_err(|error| error.to_string())?;
        text.push('\n');
        match self {
            Self::StandardOutput => print(&text),
            Self::Named(path, mut file) => {
                let written = file.write_all(text.as_bytes());
                written.map_err(|error| format!("cannot write {}: {error}", path.display()))
            }
        }
    }
}
