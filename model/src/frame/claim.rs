//! What is claimed of a system, and the system as stateright searches it: with what is remembered
//! of the way to each state.

use super::diagram::draw_story;
use super::subject::{StateOf, Step, Subject, Trace, Way};
use super::system::Fairness;
use stateright::{Expectation, Model, Property};
use std::ops::Deref;

/// A property and its place in the catalogue.
pub struct Claim<S: Subject> {
    /// Its name, as printed.
    pub name: &'static str,
    /// What it states.
    pub statement: &'static str,
    /// How it is to be read.
    pub kind: Kind,
    /// In which scenarios it is checked.
    pub applies: fn(&S::Scenario) -> bool,
    /// The condition on a state.
    pub condition: Condition<S>,
}

/// The name of the conjunction of everything that must always hold.
pub const ALL_HOLD: &str = "everything holds that must always hold";

/// What may be asked of a state.
pub type Condition<S> = fn(&Checked<S>, &StateOf<S>) -> bool;

/// How a property is to be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Holds in every state.
    Always {
        /// The properties that show it is not vacuous.
        witnesses: &'static [&'static str],
    },
    /// In every fair run, holds from some moment on: see [`super::liveness`].
    Eventually {
        /// The properties that show it is not vacuous.
        witnesses: &'static [&'static str],
    },
    /// Holds in some state, and so shows that another property is not vacuous.
    Witness,
    /// Holds in some state: the opposite sounds right and is false.
    Pitfall,
    /// In some fair run, fails again and again: that it holds eventually sounds right and is false.
    EndlessPitfall,
}

/// Derived, it would ask of the system to be copied.
impl<S: Subject> Clone for Claim<S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S: Subject> Copy for Claim<S> {}

impl Kind {
    /// Whether a mutant that violates it is killed.
    #[must_use]
    pub fn kills(self) -> bool {
        match self {
            Self::Always { .. } | Self::Eventually { .. } => true,
            Self::Witness | Self::Pitfall | Self::EndlessPitfall => false,
        }
    }

    /// Whether it is a property of fair runs, which stateright cannot check.
    #[must_use]
    pub fn is_of_runs(self) -> bool {
        match self {
            Self::Eventually { .. } | Self::EndlessPitfall => true,
            Self::Always { .. } | Self::Witness | Self::Pitfall => false,
        }
    }

    /// The kind in stateright's terms.
    #[must_use]
    pub fn expectation(self) -> Expectation {
        match self {
            Self::Always { .. } => Expectation::Always,
            Self::Eventually { .. } => Expectation::Eventually,
            Self::Witness | Self::Pitfall | Self::EndlessPitfall => Expectation::Sometimes,
        }
    }
}

/// A system, and what to check of it.
pub struct Checked<S: Subject> {
    /// The system.
    pub system: S,
    /// Where a search begins: at first, wherever the system can.
    pub starts: Vec<S::State>,
    /// The properties to check.
    pub claims: Vec<Claim<S>>,
}

/// It is the system, with a list of questions.
impl<S: Subject> Deref for Checked<S> {
    type Target = S;

    fn deref(&self) -> &S {
        &self.system
    }
}

impl<S: Subject> Clone for Checked<S> {
    fn clone(&self) -> Self {
        Self {
            system: self.system.clone(),
            starts: self.starts.clone(),
            claims: self.claims.clone(),
        }
    }
}

impl<S: Subject> Checked<S> {
    /// The system, for these properties.
    #[must_use]
    pub fn new(system: S, claims: Vec<Claim<S>>) -> Self {
        Self {
            starts: system.init().to_vec(),
            system,
            claims,
        }
    }

    /// An initial state, as the search begins in it.
    #[must_use]
    pub fn begin(&self, start: S::State) -> StateOf<S> {
        let past = self.system.remember(&start);
        StateOf::<S> { state: start, past }
    }

    /// The properties that do not hold in the state.
    pub fn violated<'a>(&'a self, state: &'a StateOf<S>) -> impl Iterator<Item = &'a Claim<S>> {
        let claims = self.claims.iter();
        claims.filter(move |claim| !(claim.condition)(self, state))
    }

    /// How the scheduler treats an action.
    #[must_use]
    pub fn fairness(&self, action: &S::Action) -> Option<(S::Duty, Fairness)> {
        self.system.fairness(action)
    }
}

impl<S: Subject> Model for Checked<S> {
    type State = StateOf<S>;
    type Action = S::Action;

    fn init_states(&self) -> Vec<Self::State> {
        let starts = self.starts.iter();
        starts.map(|&start| self.begin(start)).collect()
    }

    fn actions(&self, state: &Self::State, actions: &mut Vec<S::Action>) {
        self.system.actions(state, actions);
    }

    fn next_state(&self, before: &Self::State, action: S::Action) -> Option<Self::State> {
        let mut after = *before;
        let effects = self.system.step(before, action, &mut after.state)?;
        let step = Step {
            before: &before.state,
            action,
            after: &after.state,
            effects: &effects,
        };
        after.past = self.system.observe(before.past, &step);
        Some(after)
    }

    fn within_boundary(&self, state: &Self::State) -> bool {
        self.system.within_bounds(state)
    }

    /// What must always hold is one property to stateright, which asks for each of its properties
    /// by name in every state.
    fn properties(&self) -> Vec<Property<Self>> {
        let is_always = |claim: &Claim<S>| matches!(claim.kind, Kind::Always { .. });
        if self.claims.iter().all(is_always) {
            return vec![Property::always(ALL_HOLD, |it: &Self, state| {
                it.violated(state).next().is_none()
            })];
        }
        let property = |claim: &Claim<S>| Property {
            expectation: claim.kind.expectation(),
            name: claim.name,
            condition: claim.condition,
        };
        self.claims.iter().map(property).collect()
    }

    fn format_action(&self, action: &S::Action) -> String {
        action.to_string()
    }

    /// What happens, in a sentence, and the state that it leads to.
    fn format_step(&self, before: &Self::State, action: S::Action) -> Option<String> {
        let after = self.next_state(before, action)?;
        let way = Way::taken(&self.system, before.state, &[action])?;
        let step = self.system.story(&way).steps.swap_remove(0);
        Some(format!("{}\n\n{after:#?}", step.told.replace("; ", ";\n")))
    }

    /// The path as a diagram; `None` if one of its actions changes nothing.
    fn as_svg(&self, path: Trace<S>) -> Option<String> {
        let (start, actions) = (path.clone().into_vec()[0].0, path.into_actions());
        let way = Way::taken(&self.system, start.state, &actions)?;
        let story = self.system.story(&way);
        let (title, remark) = match story.steps.len() {
            0 => ("Initial state".to_owned(), &*story.beginning),
            steps => (format!("After {steps} step(s)"), ""),
        };
        Some(draw_story(&title, remark, &story).to_string())
    }
}
