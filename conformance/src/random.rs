//! Random traces, one for each seed: any server in any small ensemble, and up to a hundred things
//! that happen to it.
//!
//! `ensemble` says who it is, `event` what may happen; both say which deviations of `fle` they
//! leave out, for everything else is to be found. The engine tells how the server stands after each
//! event; what it did is part of the trace, and what it is held against comes from elsewhere.

mod ensemble;
mod event;

use crate::engine::Engine;
use ensemble::{Cast, cast};
use event::{Event, event};
use fle_model::election::trace::format::{
    Credentials, Input, Output, Phase, Server, Standing, Step, Trace,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

const LONGEST: usize = 120;

/// The trace of this seed, with all that it may shrink to.
///
/// # Panics
/// If no ensemble is found, however often one is drawn.
#[must_use]
pub fn trace(seed: u64) -> impl ValueTree<Value = Trace> {
    // What stands first is shrunk first: the fewer events, the faster is the rest.
    let plan = (vec(event(), 1..LONGEST), any::<Index>(), cast());
    let traces = plan.prop_map(|(events, own, cast)| {
        let own = cast.histories[own.index(cast.histories.len())];
        play(&cast, own, &events)
    });
    let drawn = traces.new_tree(&mut runner(seed));
    drawn.expect("nearly every ensemble that is drawn is one")
}

/// A trace as the engine takes it, with all that it may shrink to: what is left of it without some
/// of its steps, so many of them taken away at once.
///
/// # Panics
/// If the engine cannot read the trace's configurations, or no step is to be taken away.
#[must_use]
pub fn parts(trace: &Trace, at_once: usize) -> impl ValueTree<Value = Trace> {
    let Trace { server, steps } = trace.clone();
    // Every part is drawn as kept; what a flag shrinks to is false.
    let kept = vec(prop::bool::weighted(1.0), steps.len().div_ceil(at_once));
    let parts = kept.prop_map(move |kept| {
        let mut life = Life::new(&server);
        let kept = steps.chunks(at_once).zip(kept).filter(|(_, kept)| *kept);
        for step in kept.flat_map(|(steps, _)| steps) {
            life.take(step.input.clone());
        }
        life.trace
    });
    parts.new_tree(&mut runner(0)).expect("nothing is rejected")
}

fn play(cast: &Cast, own: Credentials, events: &[Event]) -> Trace {
    let mut life = Life::new(&cast.server);
    life.take(Input::Look(own));
    for event in events {
        if let Some(standing) = life.standing()
            && let Some(input) = event.input(cast, standing)
        {
            life.take(input);
        }
    }
    life.trace
}

/// A server of the engine, and its trace so far.
struct Life {
    engine: Engine,
    trace: Trace,
}

impl Life {
    fn new(server: &Server) -> Self {
        Self {
            engine: Engine::new(server).expect("its configurations have been read before"),
            trace: Trace {
                server: server.clone(),
                steps: Vec::new(),
            },
        }
    }

    /// How it stands; `None` before it looks for the first time, and once its election is torn
    /// down.
    fn standing(&self) -> Option<&Standing> {
        match &self.trace.steps.last()?.output {
            Output::Standing(standing) => Some(standing),
            Output::Restart { .. } => None,
        }
    }

    /// Takes the step, if it can happen.
    fn take(&mut self, input: Input) {
        let waits_in = |phase| {
            let standing = self.standing();
            standing.is_some_and(|it| it.wait.is_some_and(|wait| wait.phase == phase))
        };
        let can_happen = match input {
            Input::Look(_) if self.trace.steps.is_empty() => true,
            Input::Look(_) | Input::Recv { .. } | Input::UpdateEpoch { .. } => {
                self.standing().is_some()
            }
            Input::Timeout { .. } => waits_in(Phase::Collecting),
            Input::FinalizeTimeout {} => waits_in(Phase::Finalizing),
        };
        if can_happen {
            let output = self.engine.step(&input);
            self.trace.steps.push(Step { input, output });
        }
    }
}

fn runner(seed: u64) -> TestRunner {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    TestRunner::new_with_rng(Config::default(), rng)
}
