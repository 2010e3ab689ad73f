//! Engine, real class and, where a trace says what it expects, that trace: held against one
//! another.
//!
//! The class takes a trace's inputs, and what it does is recorded. The engine replays that
//! recording; a trace from the model or from a file is compared with it too. Where engine and class
//! differ, the trace is shrunk to one that shows just that.

use crate::random::parts;
use crate::reference::{Recording, Reference, ReferenceError, Stopped};
use crate::replay::{Difference, first_difference};
use fle::config::ConfigErrors;
use fle_model::election::catalogue::SCENARIOS;
use fle_model::election::scenario::Scenario;
use fle_model::election::trace::format::Trace;
use fle_model::frame::scenario::Tier;
use fle_model::terms::ensemble::Composition;
use proptest::strategy::ValueTree;

/// The scenarios whose walks the class is held against: those of tier `ci`. One deviation is left
/// out with the only two that come upon it, where a server finalizes and hears of a better proposal
/// for one that has been removed: `impl/DEVIATIONS.md`, "The election".
pub fn beside_the_class() -> impl Iterator<Item = &'static Scenario> {
    let removes = |it: &Scenario| it.ahead && it.composition == Composition::Joint;
    let all = SCENARIOS.iter().filter(|it| it.tier == Tier::Ci);
    all.filter(move |it| !removes(it))
}

/// Where two of the three part.
#[derive(Clone, PartialEq, Debug)]
pub struct Disagreement {
    /// A trace that shows it: what the class did.
    pub trace: Trace,
    /// What it comes to.
    pub finding: Finding,
}

/// In what they part.
#[derive(Clone, PartialEq, Debug)]
pub enum Finding {
    /// The engine does something else than the class.
    Engine(Difference),
    /// The trace expects something else than the class does.
    Trace(Difference),
    /// The class could not go on where the engine does.
    Stopped(Stopped),
}

/// Takes a trace on the engine, and says where that does something else:
/// [`replay`](crate::replay::replay), but for a test.
pub type Replay = fn(&Trace) -> Result<Option<Difference>, ConfigErrors>;

/// Takes the class through a trace and the engine through what it did; where they differ, through
/// all that it may shrink to.
///
/// # Errors
/// When the class cannot be asked.
///
/// # Panics
/// If the engine cannot read a configuration that it was in before.
pub fn compare(
    reference: &mut Reference,
    traces: impl ValueTree<Value = Trace>,
    replay: Replay,
) -> Result<Option<Disagreement>, ReferenceError> {
    let mut shortest = search(reference, traces, replay)?;
    let mut at_once = match &shortest {
        Some(Disagreement {
            finding: Finding::Engine(difference),
            ..
        }) => difference.step,
        _ => 0,
    };
    // Many steps at once first: one at a time a long trace would take long.
    while let Some(disagreement) = &shortest
        && at_once > 0
    {
        shortest = search(reference, parts(&disagreement.trace, at_once), replay)?;
        at_once /= 2;
    }
    Ok(shortest)
}

/// The last disagreement on the way that shrinking takes, which never leads further into a trace
/// than the one before.
fn search(
    reference: &mut Reference,
    mut traces: impl ValueTree<Value = Trace>,
    replay: Replay,
) -> Result<Option<Disagreement>, ReferenceError> {
    let mut shortest = None;
    let mut furthest = usize::MAX;
    loop {
        let Recording { mut trace, stopped } = record(reference, &traces.current(), furthest)?;
        let difference = replay(&trace).expect("it has read these configurations");
        if let Some(difference) = &difference {
            furthest = difference.step;
            trace.steps.truncate(furthest);
        }
        let finding = difference.map(Finding::Engine);
        let simpler = match finding.or(stopped.map(Finding::Stopped)) {
            Some(finding) => {
                shortest = Some(Disagreement { trace, finding });
                traces.simplify()
            }
            None => shortest.is_some() && traces.complicate(),
        };
        if !simpler {
            return Ok(shortest);
        }
    }
}

/// Takes the class through a trace that says what it expects; the first difference between the two.
///
/// # Errors
/// When the class cannot be asked.
pub fn confirm(
    reference: &mut Reference,
    expected: &Trace,
) -> Result<Option<Disagreement>, ReferenceError> {
    let Recording { trace, stopped } = record(reference, expected, usize::MAX)?;
    let outputs = expected.steps.iter().map(|step| step.output.clone());
    let difference = first_difference(&trace, outputs);
    let finding = difference
        .map(Finding::Trace)
        .or(stopped.map(Finding::Stopped));
    Ok(finding.map(|finding| Disagreement { trace, finding }))
}

fn record(
    reference: &mut Reference,
    trace: &Trace,
    steps: usize,
) -> Result<Recording, ReferenceError> {
    let inputs = trace.steps.iter().map(|step| &step.input);
    reference.record(&trace.server, inputs.take(steps))
}
