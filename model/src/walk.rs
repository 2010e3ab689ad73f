//! Random walks through the model.
//!
//! stateright has a simulation of its own, which this is not, because of what it does with this model (version 0.31):
//! - It tells a path by the places that its actions had among those that could be taken. When it passes over an action that changes
//!   nothing, it takes that one out first, and the places after that are those of another list: the path that it tells is not the
//!   one that it walked.
//! - It ends a walk in a state where the walk has been before, as every question does that a settled server answers twice.
//! - It copies all initial states for every walk.
//!
//! What to do next is left to its [`UniformChooser`].

use crate::system::{Action, State, System};
use stateright::{Chooser, Model, UniformChooser};

/// A walk that does not come to where nothing more can happen ends after this many steps: some need not end.
pub const LONGEST: usize = 1_000;

/// A random walk: any initial state, then again and again any action that changes something, each as likely as the others. It
/// yields each action with the state that it leads to.
#[must_use = "a walk is taken step by step"]
pub struct Walk<'s, const N: usize> {
    system: &'s System<N>,
    random: Random<N>,
    state: State<N>,
    actions: Vec<Action>,
    steps: usize,
}

type Random<const N: usize> = <UniformChooser as Chooser<System<N>>>::State;

impl<'s, const N: usize> Walk<'s, N> {
    /// The walk of this seed. The same seed gives the same walk.
    ///
    /// # Panics
    /// If the system has no initial state.
    pub fn new(system: &'s System<N>, seed: u64) -> Self {
        let mut random = Chooser::<System<N>>::new_state(&UniformChooser, seed);
        let start = Chooser::<System<N>>::choose_initial_state(
            &UniformChooser,
            &mut random,
            &system.starts,
        );
        Self {
            system,
            random,
            state: system.starts[start],
            actions: Vec::new(),
            steps: 0,
        }
    }

    /// Where it is.
    #[must_use]
    pub fn state(&self) -> &State<N> {
        &self.state
    }
}

impl<const N: usize> Iterator for Walk<'_, N> {
    type Item = (Action, State<N>);

    fn next(&mut self) -> Option<(Action, State<N>)> {
        if self.steps == LONGEST {
            return None;
        }
        self.actions.clear();
        self.system.actions(&self.state, &mut self.actions);
        while !self.actions.is_empty() {
            let choice = Chooser::<System<N>>::choose_action(
                &UniformChooser,
                &mut self.random,
                &self.state,
                &self.actions,
            );
            let action = self.actions.swap_remove(choice);
            if let Some(next) = self.system.next_state(&self.state, action) {
                self.state = next;
                self.steps += 1;
                return Some((action, next));
            }
        }
        None
    }
}
