//! The reachable graph, written down while its states are visited, so that no step is worked out
//! twice.
//!
//! Each thread of the search writes what it sees into a [`Book`] of its own, a [row](super::rows)
//! for each state.

use super::rows::{BEYOND, MOST_CLASSES, NOT_OWED, Number, Rows};
use crate::frame::system::Fairness;
use crate::frame::visit::Observer;
use ahash::RandomState;
use stateright::Model;
use std::collections::HashMap;
use std::hash::Hash;
use std::ops::ControlFlow;
use std::sync::Mutex;

/// To which class an action belongs, and how that is owed; `None` for what the scheduler may
/// neglect for ever.
pub type Scheduler<M, C> = fn(&M, &<M as Model>::Action) -> Option<(C, Fairness)>;

/// Where a run should come and stay.
pub type Goal<M> = fn(&M, &<M as Model>::State) -> bool;

/// What is asked of a model while it is searched.
pub struct Recording<M: Model, C> {
    pub(super) model: M,
    pub(super) scheduler: Scheduler<M, C>,
    pub(super) goals: Vec<Goal<M>>,
    /// The classes of the actions that were seen, in the order in which they were: an edge has the
    /// place of its class there.
    pub(super) classes: Mutex<Vec<(C, Fairness)>>,
}

/// What one thread saw, in its order.
pub struct Book<'a, M: Model, C> {
    of: &'a Recording<M, C>,
    /// The classes that it saw, each with its place.
    places: HashMap<(C, Fairness), u8, RandomState>,
    rows: Rows,
}

/// How many goals there can be.
const MOST_GOALS: usize = 32;

impl<M: Model, C> Recording<M, C> {
    /// Begins to remember, for these goals.
    ///
    /// # Panics
    /// With more than 32 goals.
    #[must_use]
    pub fn new(model: M, scheduler: Scheduler<M, C>, goals: &[Goal<M>]) -> Self {
        assert!(goals.len() <= MOST_GOALS, "so many fit into a word");
        Self {
            model,
            scheduler,
            goals: goals.to_vec(),
            classes: Mutex::default(),
        }
    }

    /// A book for a thread to write into.
    pub fn book(&self) -> Book<'_, M, C> {
        Book {
            of: self,
            places: HashMap::default(),
            rows: Rows::default(),
        }
    }

    /// The goals that fail in the state, a bit for each.
    fn failing(&self, state: &M::State) -> u32 {
        let goals = self.goals.iter().enumerate();
        let failing = goals.filter(|(_, goal)| !goal(&self.model, state));
        failing.fold(0, |set, (goal, _)| set | 1 << goal)
    }
}

impl<M, C> Observer<M, Number> for Book<'_, M, C>
where
    M: Model,
    C: Copy + Eq + Hash,
{
    fn visit(&mut self, number: Number, state: &M::State) -> ControlFlow<()> {
        self.rows.begin(number, self.of.failing(state));
        ControlFlow::Continue(())
    }

    fn step(&mut self, _: &M::State, action: &M::Action, _: &M::State, target: Option<Number>) {
        let class = (self.of.scheduler)(&self.of.model, action);
        let class = class.map_or(NOT_OWED, |class| self.place(class));
        self.rows.write(class, target.unwrap_or(BEYOND));
    }
}

impl<M, C> Book<'_, M, C>
where
    M: Model,
    C: Copy + Eq + Hash,
{
    /// The place of the class, the same in every book.
    ///
    /// # Panics
    /// If there are too many.
    fn place(&mut self, class: (C, Fairness)) -> u8 {
        *self.places.entry(class).or_insert_with(|| {
            let mut classes = self.of.classes.lock().expect("nobody panics here");
            let known = classes.iter().position(|&known| known == class);
            let place = known.unwrap_or_else(|| {
                assert!(
                    classes.len() < MOST_CLASSES,
                    "a scheduler has too many classes"
                );
                classes.push(class);
                classes.len() - 1
            });
            u8::try_from(place).expect("there are few")
        })
    }

    /// What was written.
    pub(crate) fn into_rows(self) -> Rows {
        self.rows
    }
}
