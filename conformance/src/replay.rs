//! Takes the engine through a trace, step by step, and stops at the first difference in anything
//! that the trace shows.

use crate::engine::Engine;
use fle::config::ConfigErrors;
use fle_model::election::trace::format::{Input, Output, Trace};
use serde::Serialize;

/// The first step at which the engine did something else than the trace says.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Difference {
    /// The step, counted from 1: the file's line is one more.
    pub step: usize,
    /// What happened.
    #[serde(rename = "in")]
    pub input: Input,
    /// What the trace says.
    pub expected: Output,
    /// What the engine did.
    pub actual: Output,
}

/// Replays a trace on the pure core; the first difference, if there is one.
///
/// # Errors
/// When a configuration in the trace's first line cannot be read.
pub fn replay(trace: &Trace) -> Result<Option<Difference>, ConfigErrors> {
    let mut engine = Engine::new(&trace.server)?;
    let outputs = trace.steps.iter().map(|step| engine.step(&step.input));
    Ok(first_difference(trace, outputs))
}

/// The first step of a trace that came to something else.
pub fn first_difference(
    trace: &Trace,
    outputs: impl IntoIterator<Item = Output>,
) -> Option<Difference> {
    let steps = trace.steps.iter().zip(outputs).enumerate();
    let mut differing = steps.filter(|(_, (step, actual))| step.output != *actual);
    differing.next().map(|(index, (step, actual))| Difference {
        step: index + 1,
        input: step.input.clone(),
        expected: step.output.clone(),
        actual,
    })
}
