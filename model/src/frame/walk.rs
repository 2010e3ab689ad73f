//! Random walks through a system.
//!
//! stateright has a simulation of its own, which this is not, because of what it does with a model
//! (version 0.31):
//! - It tells a path by the places that its actions had among those that could be taken. When it
//!   passes over an action that changes nothing, it takes that one out first, and the places after
//!   that are those of another list: the path that it tells is not the one that it walked.
//! - It ends a walk in a state where the walk has been before, as every question does that a
//!   settled server answers twice.
//! - It copies all initial states for every walk.
//!
//! What to do next is left to its [`UniformChooser`].

use super::claim::Checked;
use super::scenario::{Scenario, Task};
use super::story::Recorded;
use super::subject::{StateOf, Subject, Way};
use stateright::{Chooser, Model, UniformChooser};

/// A walk that does not come to where nothing more can happen ends after this many steps: some need
/// not end.
pub const LONGEST: usize = 1_000;

/// A random walk: any initial state, then again and again any action that changes something, each
/// as likely as the others. It yields each action with the state that it leads to.
#[must_use = "a walk is taken step by step"]
pub struct Walk<'s, S: Subject> {
    checked: &'s Checked<S>,
    random: Random<S>,
    state: StateOf<S>,
    actions: Vec<S::Action>,
    steps: usize,
}

type Random<S> = <UniformChooser as Chooser<Checked<S>>>::State;

impl<'s, S: Subject> Walk<'s, S> {
    /// The walk of this seed. The same seed gives the same walk.
    ///
    /// # Panics
    /// If the system has no initial state.
    pub fn new(checked: &'s Checked<S>, seed: u64) -> Self {
        let mut random = Chooser::<Checked<S>>::new_state(&UniformChooser, seed);
        let places: Vec<_> = checked
            .starts
            .iter()
            .map(|&start| checked.begin(start))
            .collect();
        let start =
            Chooser::<Checked<S>>::choose_initial_state(&UniformChooser, &mut random, &places);
        Self {
            checked,
            random,
            state: places[start],
            actions: Vec::new(),
            steps: 0,
        }
    }

    /// Where it is.
    #[must_use]
    pub fn state(&self) -> &StateOf<S> {
        &self.state
    }
}

impl<S: Subject> Iterator for Walk<'_, S> {
    type Item = (S::Action, StateOf<S>);

    fn next(&mut self) -> Option<(S::Action, StateOf<S>)> {
        if self.steps == LONGEST {
            return None;
        }
        self.actions.clear();
        self.checked.actions(&self.state, &mut self.actions);
        while !self.actions.is_empty() {
            let choice = Chooser::<Checked<S>>::choose_action(
                &UniformChooser,
                &mut self.random,
                &self.state,
                &self.actions,
            );
            let action = self.actions.swap_remove(choice);
            if let Some(next) = self.checked.next_state(&self.state, action) {
                self.state = next;
                self.steps += 1;
                return Some((action, next));
            }
        }
        None
    }
}

/// The random walk of this seed through the scenario, recorded: server by server, life by life;
/// `None` if there is no format that could tell it.
///
/// # Panics
/// If the catalogue has a scenario with a number of servers that the model is not built for.
#[must_use]
pub fn record<C: Scenario>(scenario: &C, seed: u64) -> Option<Vec<Recorded>> {
    scenario.run(Record(seed))
}

struct Record(u64);

impl<C: Scenario> Task<C> for Record {
    type Output = Option<Vec<Recorded>>;

    fn run<const N: usize>(self, scenario: &C) -> Self::Output {
        let checked = scenario.checked::<N>(|_| true, Vec::new());
        let walk = Walk::new(&checked, self.0);
        let start = walk.state().state;
        let actions: Vec<_> = walk.map(|(action, _)| action).collect();
        let way = Way::taken(&checked.system, start, &actions)?;
        checked.record(&way)
    }
}
