//! A system that is judged: what is remembered of the way to each of its states, and how a way
//! through it reads.
//!
//! What claims need to know of the past is no part of the system, whose servers go by nothing that
//! they have forgotten. It is kept beside the state ([`Observed`]), and worked out from what a step
//! led from and to. So is the mark of a step that broke a rule: never set in a correct model, it
//! costs no states.

use super::coverage::{Kind, Kinds};
use super::story::{Recorded, Story};
use super::system::{Packed, TransitionSystem};
use crate::frame::liveness::Lasso;
use borsh::{BorshDeserialize, BorshSerialize};
use stateright::Path;
use std::fmt::{self, Debug};
use std::hash::Hash;
use std::ops::Deref;

/// A system, and what there is to judge it by.
pub trait Subject: TransitionSystem {
    /// The bounds that it was made from. What is claimed of it depends on them.
    type Scenario;
    /// What is remembered of the way to a state.
    type Past: Copy + Eq + Hash + Debug + Packed + Send + Sync + 'static;

    /// The kinds of steps that are told apart.
    const KINDS: &'static [Kind];

    /// Of which kinds a step is.
    fn kinds(&self, before: &Self::State, action: Self::Action, after: &Self::State) -> Kinds;

    /// What there is to remember in an initial state.
    fn remember(&self, start: &Self::State) -> Self::Past;

    /// What is remembered after a step.
    fn observe(&self, past: Self::Past, step: &Step<'_, Self>) -> Self::Past;

    /// A state in a few words: a line for each server, and one for what is under way.
    fn sketch(&self, state: &Self::State) -> String;

    /// The way as a story.
    ///
    /// # Panics
    /// If it is no way of the system's.
    fn story(&self, way: &Way<Self>) -> Story;

    /// The way as each server saw it, for the implementation to replay; `None` if there is no
    /// format that could tell it.
    fn record(&self, way: &Way<Self>) -> Option<Vec<Recorded>>;
}

/// One step, with everything around it.
pub struct Step<'a, S: TransitionSystem> {
    /// The state before.
    pub before: &'a S::State,
    /// What happened.
    pub action: S::Action,
    /// The state after.
    pub after: &'a S::State,
    /// What was done.
    pub effects: &'a S::Effects,
}

/// A state with what is remembered of the way to it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct Observed<T, P> {
    /// The state.
    pub state: T,
    /// What is remembered.
    pub past: P,
}

/// A state of the system with what is remembered of the way to it.
pub type StateOf<S> = Observed<<S as TransitionSystem>::State, <S as Subject>::Past>;

/// A way as the checker tells it.
pub type Trace<S> = Path<StateOf<S>, <S as TransitionSystem>::Action>;

/// A way through a system: where it begins, and each state with the action taken in it.
pub struct Way<S: TransitionSystem> {
    /// Where it begins.
    pub start: S::State,
    /// Each state with the action taken in it.
    pub steps: Vec<(S::State, S::Action)>,
    /// Of a way that never ends, the number, from 1, of the first step that repeats for ever; past
    /// the last if nothing more happens.
    pub for_ever_from: Option<usize>,
}

/// It is a state, with a note beside it.
impl<T, P> Deref for Observed<T, P> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.state
    }
}

impl<T: Debug, P: Debug> Debug for Observed<T, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { state, past } = self;
        Debug::fmt(state, f)?;
        f.write_str("\n")?;
        Debug::fmt(past, f)
    }
}

impl<S: Subject> Way<S> {
    /// The way that these actions take; `None` if one of them changes nothing.
    #[must_use]
    pub fn taken(system: &S, start: S::State, actions: &[S::Action]) -> Option<Self> {
        let mut state = start;
        let mut steps = Vec::new();
        for &action in actions {
            steps.push((state, action));
            (state, _) = system.next(&state, action)?;
        }
        Some(Self {
            start,
            steps,
            for_ever_from: None,
        })
    }

    /// The way that the checker found.
    #[must_use]
    pub fn of_path(path: &Trace<S>) -> Self {
        let path = path.clone().into_vec();
        let start = path[0].0.state;
        let steps = path.into_iter();
        let steps = steps.filter_map(|(state, action)| Some((state.state, action?)));
        Self {
            start,
            steps: steps.collect(),
            for_ever_from: None,
        }
    }

    /// The run that never ends.
    #[must_use]
    pub fn of_lasso(lasso: &Lasso<StateOf<S>, S::Action>) -> Self {
        let steps = lasso.way_in.iter().chain(&lasso.cycle);
        let first = lasso.way_in.first();
        Self {
            start: first.map_or(lasso.knot.state, |(state, _)| state.state),
            steps: steps
                .map(|(state, action)| (state.state, *action))
                .collect(),
            for_ever_from: Some(lasso.way_in.len() + 1),
        }
    }

    /// The actions that it takes.
    pub fn actions(&self) -> impl Iterator<Item = S::Action> {
        self.steps.iter().map(|&(_, action)| action)
    }
}
