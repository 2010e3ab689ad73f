//! An establishment as it is judged: what is remembered of the way to a state, and how a way reads.

use super::coverage;
use super::rules::Past;
use super::scenario::Scenario;
use super::story::{NOTATION, beginning, initial, sketch, step};
use super::system::{Action, State, System};
use crate::frame::coverage::{Kind, Kinds};
use crate::frame::story::{Recorded, Story};
use crate::frame::subject::{Step, Subject, Way};

impl<const N: usize> System<N> {
    fn with_commits(&self, past: Past<N>, state: &State<N>) -> Past<N> {
        match self.protocol.replicates {
            true => past.committing(self, state),
            false => past,
        }
    }
}

impl<const N: usize> Subject for System<N> {
    type Scenario = Scenario;
    type Past = Past<N>;

    const KINDS: &'static [Kind] = coverage::KINDS;

    fn kinds(&self, before: &State<N>, action: Action, after: &State<N>) -> Kinds {
        coverage::kinds(before, action, after)
    }

    fn remember(&self, start: &State<N>) -> Past<N> {
        self.with_commits(Past::of(start), start)
    }

    fn observe(&self, past: Past<N>, step: &Step<'_, Self>) -> Past<N> {
        let Step {
            before,
            action,
            after,
            effects,
        } = *step;
        let past = past.after(before, action, after, effects.as_ref());
        self.with_commits(past, after)
    }

    fn sketch(&self, state: &State<N>) -> String {
        sketch(state)
    }

    fn story(&self, way: &Way<Self>) -> Story {
        let steps = way.steps.iter().zip(1..);
        let steps = steps.map(|((before, action), number)| step(self, number, before, *action));
        Story {
            beginning: beginning(&way.start),
            initial: initial(self, &way.start),
            steps: steps.collect(),
            notation: NOTATION,
            for_ever_from: way.for_ever_from,
        }
    }

    /// `fle-trace/1` tells of elections only.
    fn record(&self, _: &Way<Self>) -> Option<Vec<Recorded>> {
        None
    }
}
