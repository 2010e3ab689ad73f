//! `fle-conformance replay`: recorded traces against the implementation.

use super::{Output, Result};
use clap::ValueEnum;
use fle_conformance::describe;
use fle_conformance::node::script::{Omission, Reason};
use fle_conformance::node::{self, NodeError, Played};
use fle_conformance::replay::{Difference, replay};
use fle_model::election::trace::format::Trace;
use serde_json::{Value, json};
use std::collections::BTreeMap;
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

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Engine {
    /// The pure state machine.
    Core,
    /// The core, then the production node over sockets of this machine.
    Node,
}

/// A file, how many steps it has, and where the engine does something else.
struct Replayed {
    file: PathBuf,
    steps: usize,
    difference: Option<Difference>,
    omissions: Vec<Omission>,
}

impl Replay {
    pub(crate) fn run(self) -> Result<ExitCode> {
        let mut results = Vec::new();
        for path in &self.paths {
            for file in Trace::files(path)? {
                results.push(Replayed::of(file, self.engine)?);
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
    fn of(file: PathBuf, engine: Engine) -> Result<Self> {
        let trace = Trace::read(&file)?;
        let at_first_line = |error: NodeError| format!("{}:1: {error}", file.display());
        let played = play(&trace, engine).map_err(at_first_line)?;
        Ok(Self {
            file,
            steps: trace.steps.len(),
            difference: played.difference,
            omissions: played.omissions,
        })
    }
}

/// What the node is expected to do comes from the core, so the core comes first.
fn play(trace: &Trace, engine: Engine) -> std::result::Result<Played, NodeError> {
    let difference = replay(trace)?;
    if engine == Engine::Node && difference.is_none() {
        return node::replay(trace);
    }
    Ok(Played {
        difference,
        omissions: Vec::new(),
    })
}

fn report(out: &mut dyn Write, results: &[Replayed], failed: usize) -> io::Result<()> {
    for Replayed {
        file,
        steps,
        difference,
        ..
    } in results
    {
        if let Some(difference) = difference {
            let step = difference.step;
            writeln!(out, "{}: differs at step {step} of {steps}", file.display())?;
            writeln!(out, "{}", describe::difference(difference))?;
        }
    }
    report_omissions(out, results)?;
    writeln!(out, "{} passed, {failed} failed", results.len() - failed)
}

fn report_omissions(out: &mut dyn Write, results: &[Replayed]) -> io::Result<()> {
    let mut counts: BTreeMap<Reason, usize> = BTreeMap::new();
    for omission in results.iter().flat_map(|it| &it.omissions) {
        *counts.entry(omission.reason).or_default() += 1;
    }
    let omitted: usize = counts.values().sum();
    if omitted > 0 {
        let steps: usize = results.iter().map(|it| it.steps).sum();
        writeln!(
            out,
            "{omitted} of {steps} steps cannot happen over sockets, or are not believed:"
        )?;
    }
    for (reason, count) in counts {
        writeln!(out, "{count:>6}  {reason}")?;
    }
    Ok(())
}

fn as_json(results: &[Replayed], failed: usize) -> Value {
    let traces = results.iter().map(|it| {
        json!({
            "file": it.file,
            "steps": it.steps,
            "difference": it.difference,
            "omissions": it.omissions,
        })
    });
    let traces: Vec<_> = traces.collect();
    json!({ "passed": results.len() - failed, "failed": failed, "traces": traces })
}
