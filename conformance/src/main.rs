//! The command line of `fle-conformance`.

use clap::{Parser, Subcommand, ValueEnum};
use fle_conformance::describe;
use fle_conformance::replay::{Difference, replay};
use fle_model::trace::format::Trace;
use serde_json::json;
use std::error::Error;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Holds the implementation of Fast Leader Election against recorded traces.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Replays fle-trace/1 files, or every .jsonl file under a folder; the last line is `N passed, M failed`.
    Replay {
        /// Trace files and folders of them.
        #[arg(required = true)]
        paths: Vec<PathBuf>,
        /// What replays them.
        #[arg(long, value_enum, default_value_t = Engine::Core)]
        engine: Engine,
        /// Writes the result as JSON to this file, `-` for standard output.
        #[arg(long, value_name = "FILE")]
        json: Option<PathBuf>,
    },
}

#[derive(Clone, Copy, ValueEnum)]
enum Engine {
    /// The pure state machine.
    Core,
}

fn main() -> ExitCode {
    let Command::Replay {
        paths,
        engine: Engine::Core,
        json,
    } = Cli::parse().command;
    match replay_all(&paths, json.as_deref()) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::from(1),
        Err(error) => {
            eprintln!("fle-conformance: {error}");
            ExitCode::from(2)
        }
    }
}

/// How many traces differ.
fn replay_all(paths: &[PathBuf], json: Option<&Path>) -> Result<usize, Box<dyn Error>> {
    let mut results = Vec::new();
    for path in paths {
        for file in Trace::files(path)? {
            let trace = Trace::read(&file)?;
            let difference = replay(&trace).map_err(|errors| {
                format!(
                    "{}:1: a configuration cannot be read:\n{errors}",
                    file.display()
                )
            })?;
            results.push((file, trace.steps.len(), difference));
        }
    }
    let failed = results
        .iter()
        .filter(|(.., difference)| difference.is_some())
        .count();
    let text_out: &mut dyn Write = match json {
        Some(path) if path == Path::new("-") => &mut io::stderr(),
        _ => &mut io::stdout(),
    };
    report(text_out, &results)?;
    if let Some(path) = json {
        write_json(path, &results)?;
    }
    Ok(failed)
}

type Replayed = (PathBuf, usize, Option<Difference>);

fn report(out: &mut dyn Write, results: &[Replayed]) -> io::Result<()> {
    let mut failed = 0;
    for (file, steps, difference) in results {
        if let Some(difference) = difference {
            failed += 1;
            writeln!(
                out,
                "{}: differs at step {} of {steps}",
                file.display(),
                difference.step
            )?;
            writeln!(out, "{}", describe::difference(difference))?;
        }
    }
    writeln!(out, "{} passed, {failed} failed", results.len() - failed)
}

fn write_json(path: &Path, results: &[Replayed]) -> Result<(), Box<dyn Error>> {
    let traces: Vec<_> = results
        .iter()
        .map(|(file, steps, difference)| {
            json!({
                "file": file,
                "steps": steps,
                "difference": difference.as_ref().map(|it| json!({
                    "step": it.step,
                    "in": it.input,
                    "expected": it.expected,
                    "actual": it.actual,
                })),
            })
        })
        .collect();
    let failed = results
        .iter()
        .filter(|(.., difference)| difference.is_some())
        .count();
    let report = json!({ "passed": results.len() - failed, "failed": failed, "traces": traces });
    if path == Path::new("-") {
        serde_json::to_writer_pretty(io::stdout(), &report)?;
        println!();
    } else {
        let file = File::create(path).map_err(|error| format!("{}: {error}", path.display()))?;
        serde_json::to_writer_pretty(file, &report)?;
    }
    Ok(())
}
