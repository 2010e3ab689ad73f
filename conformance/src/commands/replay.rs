//! `fle-conformance replay`: recorded traces against the implementation.

use super::{Output, Result};
use clap::ValueEnum;
use fle_conformance::describe;
use fle_conformance::replay::{Difference, replay};
use fle_model::trace::format::Trace;
use serde_json::{Value, json};
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(clap::Args)]
pub(crate) struct Replay {
    /// Trace files and folders of them.
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// What replays them.
    #[arg(long, value_enum, default_value_t = Engine::Core)]
    engine: Engine,
    #[command(flatten)]
    output: Output,
}

#[derive(Clone, Copy, ValueEnum)]
enum Engine {
    /// The pure state machine.
    Core,
}

/// A file, how many steps it has, and where the engine does something else.
struct Replayed {
    file: PathBuf,
    steps: usize,
    difference: Option<Difference>,
}

impl Replay {
    pub(crate) fn run(self) -> Result<ExitCode> {
        let Engine::Core = self.engine;
        let mut results = Vec::new();
        for path in &self.paths {
            for file in Trace::files(path)? {
                results.push(Replayed::of(file)?);
            }
        }
        let differing = results.iter().filter(|it| it.difference.is_some());
        let failed = differing.count();
        report(&mut *self.output.text(), &results, failed)?;
        self.output.json(&as_json(&results, failed))?;
        Ok(ExitCode::from(u8::from(failed > 0)))
    }
}

impl Replayed {
    fn of(file: PathBuf) -> Result<Self> {
        let trace = Trace::read(&file)?;
        let difference = replay(&trace).map_err(|errors| {
            format!(
                "{}:1: a configuration cannot be read:\n{errors}",
                file.display()
            )
        })?;
        Ok(Self {
            file,
            steps: trace.steps.len(),
            difference,
        })
    }
}

fn report(out: &mut dyn Write, results: &[Replayed], failed: usize) -> io::Result<()> {
    for Replayed {
        file,
        steps,
        difference,
    } in results
    {
        if let Some(difference) = difference {
            let step = difference.step;
            writeln!(out, "{}: differs at step {step} of {steps}", file.display())?;
            writeln!(out, "{}", describe::difference(difference))?;
        }
    }
    writeln!(out, "{} passed, {failed} failed", results.len() - failed)
}

fn as_json(results: &[Replayed], failed: usize) -> Value {
    let traces = results.iter().map(|it| {
        json!({
            "file": it.file,
            "steps": it.steps,
            "difference": it.difference,
        })
    });
    let traces: Vec<_> = traces.collect();
    json!({ "passed": results.len() - failed, "failed": failed, "traces": traces })
}
